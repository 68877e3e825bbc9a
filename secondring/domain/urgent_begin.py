"""How an urgent case begins: by a text at once, by key through `Triage.from_key`; and how it is named."""

from dataclasses import dataclass
from datetime import datetime

from secondring.domain import episodes
from secondring.domain.ids import CallId, EpisodeId, JobKey, SiteId, UrgentId, urgent_id
from secondring.domain.ladder import Ladder
from secondring.domain.phone import LineKind, PhoneNumber, line_kind, region_of
from secondring.domain.ports import Books
from secondring.domain.records import Episode, Job
from secondring.domain.rules import Rules, Site
from secondring.domain.triage_ringing import bound
from secondring.domain.urgent_case import Trigger, UrgentCase

JOB = "triage"
"""The kind of job that is a case's next deadline."""
HAND_OVER = "hand-over"
"""The kind of job that hands a case to the site box whose PBX rings for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OnLine:
    """A caller who pressed the key for urgent and waits on the line."""

    call: CallId
    line: str
    """The name of their channel."""
    caller: str
    """As the PBX shows it; empty when withheld."""
    did: str
    language: str = ""
    """`en`, `es` or empty: the site's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """What to do with a caller who pressed the key."""

    site: SiteId
    language: str
    seconds: int | None
    """How long the ladder may take; None when there is none, or nobody can be rung now: the last resort at once."""
    is_shadow: bool = False
    """Shadow mode: when nobody is reached, staff are not texted, so no call back is promised."""


def job_key(case: UrgentId) -> JobKey:
    return JobKey(f"{JOB}:{case}")


def case_of(attempt: str) -> UrgentId:
    """The case that an attempt is for."""
    return UrgentId(attempt.rpartition(".")[0])


def without_a_key(books: Books, episode: EpisodeId) -> UrgentCase | None:
    """The newest urgent case of an episode, when nobody has accepted it by key. Whoever answers its caller then, the
    last resort for example, may be a machine: the task stays until a person says that they have spoken.
    """
    cases = books.urgent_cases_of(episode)
    return cases[-1] if cases and cases[-1].accepted_by is None else None


def may_be_called(number: PhoneNumber, rules: Rules) -> bool:
    """False for numbers that cost somebody a fortune, and for those the clinic blocked."""
    if number in rules.guards.blocked or line_kind(number) is LineKind.PREMIUM:
        return False
    return region_of(number) in rules.guards.countries


def from_text(books: Books, rules: Rules, site: Site, episode: Episode, now: datetime) -> bool:
    """A text said URGENT: the ladder begins as soon as this is committed. False when there is none for them."""
    caller = episode.caller
    if site.triage is None or caller is None or not may_be_called(caller, rules):
        return False
    if site.shadow:
        because = "shadow mode: the ladder would have begun, but a text rings nobody"
        episodes.note(books, now, "no-triage", "shadow", because, episode=episode.id)
        return False
    if not any(case.is_open for case in books.urgent_cases_of(episode.id)):
        kind = HAND_OVER if site.box else JOB
        open_case(books, site.triage, episode, Trigger.TEXT, caller, now, kind=kind)
    return True


def open_case(
    books: Books,
    ladder: Ladder,
    episode: Episode,
    trigger: Trigger,
    caller: PhoneNumber | None,
    now: datetime,
    *,
    kind: str = JOB,
) -> UrgentCase:
    case = UrgentCase(
        id=urgent_id(episode.id, len(books.urgent_cases_of(episode.id))),
        episode=episode.id,
        site=episode.site,
        trigger=trigger,
        caller=caller,
        due_at=now,
        give_up_at=now + bound(ladder),
        triggered_at=now,
    )
    books.save_urgent_case(case)
    books.add_job(Job(key=job_key(case.id), kind=kind, ref=case.id, due_at=now))
    episodes.note(books, now, "triage", trigger, "the ladder begins", episode=episode.id)
    return case
