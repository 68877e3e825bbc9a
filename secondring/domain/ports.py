"""What the domain needs from the outside world. The contract is the docstring; one suite tests every version.

Everything here is synchronous: async doors hop to a worker thread.
"""

from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from secondring.domain.booking_ports import BookingBooks
from secondring.domain.ids import AlarmId, CallId, EpisodeId, JobKey, SiteId, TaskId, TextId, UrgentId
from secondring.domain.metrics_rows import CallRows, EpisodeRows
from secondring.domain.note_ports import NoteBooks
from secondring.domain.phone import PhoneNumber
from secondring.domain.records import (
    Call,
    Consent,
    DecisionRecord,
    Episode,
    Job,
    KeptAlarm,
    KnownLine,
    Outcome,
    Task,
    Text,
)
from secondring.domain.retention_ports import RetentionBooks
from secondring.domain.settings_ports import SettingsBooks
from secondring.domain.site_ports import SiteBooks
from secondring.domain.staff_ports import StaffBooks
from secondring.domain.tally import Tally
from secondring.domain.urgent_case import UrgentCase
from secondring.domain.weeks import Span


class Books(StaffBooks, BookingBooks, SettingsBooks, NoteBooks, RetentionBooks, SiteBooks, Protocol):
    """Everything kept, as seen inside one transaction: all of it is written, or none.

    `save_*` inserts or replaces by id. Look-ups by number compare whole numbers.
    """

    # calls
    def call(self, call: CallId) -> Call | None: ...
    def save_call(self, call: Call) -> None: ...
    def open_calls(self, pbx: str) -> list[Call]:
        """Inbound calls of a PBX that have no verdict yet, oldest first."""
        ...

    def calls_of(self, episode: EpisodeId) -> list[Call]:
        """The calls of an episode, oldest first."""
        ...

    def calls(self, *, since: datetime, until: datetime, limit: int) -> list[Call]:
        """Calls that started in [since, until), newest first."""
        ...

    def find_calls(self, uniqueid: str) -> list[Call]:
        """Calls with that Uniqueid on any PBX."""
        ...

    def caller_on_line(self, caller: PhoneNumber) -> bool:
        """True while an inbound call of that number has no verdict yet."""
        ...

    def answered_since(self, caller: PhoneNumber, since: datetime) -> bool:
        """True when that number had a person on the line in an inbound call that began since then."""
        ...

    # episodes
    def episode(self, episode: EpisodeId) -> Episode | None: ...
    def save_episode(self, episode: Episode) -> None: ...
    def open_episodes(self, caller: PhoneNumber) -> list[Episode]:
        """The open episodes of a caller at any site, newest first."""
        ...

    def episodes_of(self, caller: PhoneNumber) -> list[Episode]:
        """All episodes of a caller, at any site, newest first."""
        ...

    def last_episode(self, caller: PhoneNumber) -> Episode | None:
        """The newest episode of a caller, open or closed."""
        ...

    def episodes(self, *, since: datetime, until: datetime, limit: int) -> list[Episode]:
        """Episodes opened in [since, until), newest first; not those that only carry an alarm."""
        ...

    # texts
    def text(self, text: TextId) -> Text | None: ...
    def save_text(self, text: Text) -> None: ...
    def texts_of(self, episode: EpisodeId) -> list[Text]:
        """The texts of an episode, oldest first."""
        ...

    def texts_in(self, *, since: datetime, limit: int) -> list[Text]:
        """Texts that came in since then, newest first."""
        ...

    def waiting_texts(self, patient: PhoneNumber) -> list[Text]:
        """Texts to a number that have not been handed to a carrier, oldest first, those withheld among them."""
        ...

    def text_by_carrier_id(self, carrier: str, carrier_id: str, *, outgoing: bool) -> Text | None: ...
    def count_texts_out(
        self,
        *,
        since: datetime,
        site: SiteId | None = None,
        to: PhoneNumber | None = None,
        at_most: int,
        withheld: bool = True,
    ) -> int:
        """Outgoing texts created since then that were not cancelled; counts no further than `at_most`.

        Those that shadow mode withheld count unless `withheld` says otherwise.
        """
        ...

    def has_texts_out(self, most: int, *, since: datetime, site: SiteId | None = None) -> bool:
        """Whether `count_texts_out` comes to so many; cheap also where thousands have gone out."""
        ...

    # tasks
    def task(self, task: TaskId) -> Task | None: ...
    def save_task(self, task: Task) -> None: ...
    def tasks_of(self, episode: EpisodeId) -> list[Task]:
        """The tasks of an episode, oldest first."""
        ...

    def tasks(self, *, include_done: bool = False, limit: int = 1000) -> list[Task]:
        """Tasks, urgent first, then by due time."""
        ...

    def urgent_work(self) -> list[tuple[SiteId, EpisodeId]]:
        """Site and episode of every urgent task that is not done, by due time."""
        ...

    # urgent callers
    def urgent_case(self, case: UrgentId) -> UrgentCase | None: ...
    def save_urgent_case(self, case: UrgentCase) -> None: ...
    def open_urgent_cases(self) -> list[UrgentCase]:
        """Those that are neither connected nor left to a task, oldest first."""
        ...

    def unsigned_urgent_cases(self) -> list[UrgentCase]:
        """Those that came to the last resort and that nobody has signed for, oldest first."""
        ...

    def urgent_cases_since(self, since: datetime) -> list[UrgentCase]:
        """Those triggered since then, oldest first."""
        ...

    def urgent_cases_of(self, episode: EpisodeId) -> list[UrgentCase]:
        """The urgent cases of an episode, oldest first."""
        ...

    # consent and decisions
    def consent(self, number: PhoneNumber) -> Consent | None:
        """The newest entry for a number; None when nothing was ever recorded."""
        ...

    def consents(self, number: PhoneNumber) -> list[Consent]:
        """Every entry for a number, oldest first."""
        ...

    def known_line(self, number: PhoneNumber) -> KnownLine | None:
        """What was last learned of a number's line; None when nothing ever was."""
        ...

    def keep_line(self, known: KnownLine) -> None:
        """Takes the place of what was known of that number."""
        ...

    def add_consent(self, consent: Consent) -> None: ...
    def add_decision(self, decision: DecisionRecord) -> None: ...
    def decisions_of(self, episode: EpisodeId) -> list[DecisionRecord]:
        """The decisions about an episode, in the order they were made."""
        ...

    def decisions_about(self, call: CallId) -> list[DecisionRecord]:
        """The decisions about a call, in the order they were made."""
        ...

    # jobs
    def add_job(self, job: Job) -> bool:
        """Plan work. False, and nothing changes, when a job of that key exists already."""
        ...

    def job(self, key: JobKey) -> Job | None: ...
    def move_job(self, key: JobKey, due_at: datetime) -> None:
        """Change when a job is due and free its lease; nothing happens when there is no such job."""
        ...

    def drop_job(self, key: JobKey) -> None:
        """Forget a job; nothing happens when there is no such job."""
        ...

    def claim_jobs(self, kinds: Sequence[str], *, now: datetime, lease: timedelta, limit: int) -> list[Job]:
        """Take up to `limit` due jobs whose lease is free or has run out, oldest first.

        Each comes back with attempts + 1, fence + 1 and its new lease. No job goes to two claimants.
        """
        ...

    def finish_job(self, job: Job) -> None:
        """Remove a job that we hold; raises StaleLease when its fence has moved on, or it was moved or dropped.

        Finish first and act afterwards, in one transaction: acting may drop or plan anew that very job.
        """
        ...

    def retry_job(self, job: Job, due_at: datetime) -> None:
        """Give back a job that we hold for a later time; raises StaleLease when its fence has moved on."""
        ...

    def next_due(self, kinds: Sequence[str]) -> datetime | None:
        """When the next job of these kinds may be claimed; None when there is none."""
        ...

    def count_jobs(self, kind: str, *, due_before: datetime) -> tuple[int, datetime | None]:
        """How many jobs of a kind that nobody has taken are due before then, and when the first of them is."""
        ...

    # alarms
    def alarm(self, alarm: AlarmId) -> KeptAlarm | None: ...
    def save_alarm(self, alarm: KeptAlarm) -> None: ...
    def last_alarm(self, kind: str, site: str) -> KeptAlarm | None:
        """Of those of that kind and site, the one that was first saved last: clocks may be put back."""
        ...

    def alarms(self, *, since: datetime, limit: int) -> list[KeptAlarm]:
        """Alarms raised since then, newest first."""
        ...

    # bookmarks
    def bookmark(self, name: str) -> str | None:
        """How far something outside was read, for example a carrier's inbox; None when never kept."""
        ...

    def keep_bookmark(self, name: str, place: str) -> None: ...

    # figures
    def figures(self, *, since: datetime, until: datetime, site: SiteId | None = None) -> "Figures": ...
    def earliest(self) -> datetime | None:
        """When the first episode was opened or the first call ended; None in empty books."""
        ...

    def count_span(self, site: SiteId, span: Span, zone: str) -> Tally:
        """Count what happened at a site in a span, from its rows; hours are those of the zone."""
        ...

    def tallies(self, site: SiteId, around: Span, *, days: int) -> dict[Span, Tally]:
        """The kept tallies of so many days each that lie within a span. Books need not keep any."""
        ...

    def tally_spans(self, site: SiteId, around: Span, *, days: int) -> set[Span]:
        """The spans of these, without the numbers."""
        ...

    def keep_tally(self, site: SiteId, span: Span, tally: Tally, *, days: int) -> None:
        """Keep a tally until an episode, call or urgent case that it counted is written again."""
        ...

    def episode_rows(self, rows: EpisodeRows, *, after: EpisodeId | None, limit: int) -> list[Episode]:
        """The episodes behind a figure, newest first, from the one after `after` on."""
        ...

    def call_rows(self, rows: CallRows, *, after: CallId | None, limit: int) -> list[Call]:
        """The calls behind a figure, the last to end first, from the one after `after` on."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Raw counts over the episodes opened by a missed call in a period; `metrics` makes rates of them."""

    episodes: int
    open: int
    outcomes: dict[Outcome, int]
    texted: int
    replied: int
    """Of those texted, how many answered."""
    booking_asked: int
    booked: int
    """Of those that asked to book, how many booked."""
    urgent: int
    urgent_reached: int
    seconds_to_text: tuple[float, ...]
    """Hang-up to carrier acceptance, one for each episode that was texted, ascending."""
    seconds_to_nurse: tuple[float, ...]
    """URGENT to a nurse's talking with the caller, ascending."""
    seconds_to_accept: tuple[float, ...] = ()
    """URGENT (by text or key) to a nurse's accepting, one for each time that one did, ascending."""
    calls_missed: dict[str, int]
    """Missed inbound calls by reason."""
    calls_answered: int
    calls_ignored: int
    shadow_missed: int = 0
    """Episodes opened by a missed call in shadow mode. They are in none of the counts of episodes above."""
    shadow_texts: int = 0
    """Of those, whose callers would have been texted."""
    shadow_reached: int = 0
    """Of those that would have been texted, with whom a person spoke all the same."""


WORK, URGENT, CALLS = "work", "urgent", "calls"
"""What screens may wait for: the tasks to do, the urgent callers, the newest call."""


def episode_topic(episode: EpisodeId) -> str:
    """What the screen of one episode waits for."""
    return f"episode:{episode}"


class Watch(Protocol):
    """Tells that the books have changed, whoever changed them. For one thread at a time."""

    def has_changed(self) -> bool:
        """True the first time, and when something was committed since it was last asked. Costs microseconds."""
        ...

    def prints(self, stories: Collection[EpisodeId]) -> dict[str, str]:
        """A short print of what each topic's screens show: another one means that they are to be drawn anew."""
        ...

    def close(self) -> None: ...


class Store(Protocol):
    """Where the books are kept."""

    def watch(self) -> Watch:
        """Eyes on the books, to be closed by whoever asked for them."""
        ...

    def transaction(self) -> AbstractContextManager[Books]:
        """Read and write; commits when the block ends, rolls back when it raises."""
        ...

    def reading(self) -> AbstractContextManager[Books]:
        """Read only; never waits for a writer."""
        ...

    def close(self) -> None: ...
