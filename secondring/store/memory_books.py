"""`Books` on plain dictionaries.

Look-ups go through every row: thousands are fine, a clinic's years are not.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeVar

from secondring.domain.calls import Direction
from secondring.domain.ids import AlarmId, CallId, EpisodeId, JobKey, SiteId, TaskId, TextId, UrgentId
from secondring.domain.phone import PhoneNumber
from secondring.domain.ports import Figures
from secondring.domain.records import (
    Call,
    Consent,
    DecisionRecord,
    Episode,
    Job,
    KeptAlarm,
    KnownLine,
    Origin,
    Task,
    TaskState,
    Text,
    TextState,
)
from secondring.domain.staff import StaffNote
from secondring.domain.urgent_case import UrgentCase
from secondring.store.agreed import no_such_episode, refuse_writing, stale
from secondring.store.memory_booking import MemoryBookings
from secondring.store.memory_figures import count, is_withheld
from secondring.store.memory_notes import MemoryNotes
from secondring.store.memory_retention import MemoryRetention
from secondring.store.memory_sites import MemorySites
from secondring.store.memory_staff import MemoryStaffBooks, StaffTables
from secondring.store.memory_tables import Tables
from secondring.store.memory_tallies import TallyPages

_T = TypeVar("_T")


class MemoryBooks(TallyPages, MemoryStaffBooks, MemoryBookings, MemoryNotes, MemoryRetention, MemorySites):
    """`Books` on tables in memory."""

    def __init__(self, tables: Tables, *, writable: bool) -> None:
        super().__init__(tables)
        self._writable = writable
        self._copied: set[str] = set()
        self._naming: set[tuple[str, object]] = set()

    def closed(self) -> Tables:
        """The tables to commit; raises UnknownThing when something written names no episode there is."""
        named = {getattr(self._tables, table)[key].episode for table, key in self._naming}
        if not named - {None} <= self._tables.episodes.keys():
            raise no_such_episode()
        return self._tables

    def _own(self, name: str) -> Tables:
        """The tables, with the one of that name safe to change."""
        if not self._writable:
            refuse_writing()
        if name not in self._copied:
            setattr(self._tables, name, getattr(self._tables, name).copy())
            self._copied.add(name)
        return self._tables

    def add_note(self, note: StaffNote) -> None:
        self._written_again(note.episode)
        super().add_note(note)
        self._naming.add(("notes", len(self._tables.notes) - 1))

    def _staff(self) -> StaffTables:
        return self._tables

    def _own_staff(self, name: str) -> StaffTables:
        return self._own(name)

    # calls
    def call(self, call: CallId) -> Call | None:
        return self._tables.calls.get(call)

    def save_call(self, call: Call) -> None:
        self._own("calls").calls[call.id] = call
        self._naming.add(("calls", call.id))

    def open_calls(self, pbx: str) -> list[Call]:
        return sorted((c for c in self._on_line() if c.id.pbx == pbx), key=_started)

    def calls_of(self, episode: EpisodeId) -> list[Call]:
        return sorted((c for c in self._tables.calls.values() if c.episode == episode), key=_started)

    def calls(self, *, since: datetime, until: datetime, limit: int) -> list[Call]:
        found = (c for c in self._tables.calls.values() if since <= c.started_at < until)
        return _newest_first(found, _started)[:limit]

    def find_calls(self, uniqueid: str) -> list[Call]:
        return sorted((c for c in self._tables.calls.values() if c.id.uniqueid == uniqueid), key=_started)

    def caller_on_line(self, caller: PhoneNumber) -> bool:
        return any(c.caller == caller for c in self._on_line())

    def answered_since(self, caller: PhoneNumber, since: datetime) -> bool:
        return any(
            c.caller == caller and c.answered_at is not None and c.started_at >= since
            for c in self._tables.calls.values()
            if c.direction is Direction.INBOUND
        )

    def _on_line(self) -> Iterator[Call]:
        calls = self._tables.calls.values()
        return (c for c in calls if c.verdict is None and c.direction is Direction.INBOUND)

    # episodes
    def episode(self, episode: EpisodeId) -> Episode | None:
        return self._tables.episodes.get(episode)

    def save_episode(self, episode: Episode) -> None:
        self._own("episodes").episodes[episode.id] = episode

    def open_episodes(self, caller: PhoneNumber) -> list[Episode]:
        return [episode for episode in self._of_caller(caller) if episode.is_open]

    def episodes_of(self, caller: PhoneNumber) -> list[Episode]:
        return self._of_caller(caller)

    def last_episode(self, caller: PhoneNumber) -> Episode | None:
        return next(iter(self._of_caller(caller)), None)

    def _of_caller(self, caller: PhoneNumber) -> list[Episode]:
        return _newest_first((e for e in self._tables.episodes.values() if e.caller == caller), _opened)

    def episodes(self, *, since: datetime, until: datetime, limit: int) -> list[Episode]:
        listed = (e for e in self._tables.episodes.values() if e.origin is not Origin.ALARM)
        found = (e for e in listed if since <= e.opened_at < until)
        return _newest_first(found, _opened)[:limit]

    # texts
    def text(self, text: TextId) -> Text | None:
        return self._tables.texts.get(text)

    def save_text(self, text: Text) -> None:
        if text.id not in self._tables.texts:
            self._written_again(text.episode)
        self._own("texts").texts[text.id] = text
        self._naming.add(("texts", text.id))

    def texts_of(self, episode: EpisodeId) -> list[Text]:
        return sorted((t for t in self._tables.texts.values() if t.episode == episode), key=_created)

    def texts_in(self, *, since: datetime, limit: int) -> list[Text]:
        came = (t for t in self._tables.texts.values() if not t.outgoing and t.created_at >= since)
        return _newest_first(came, _created)[:limit]

    def waiting_texts(self, patient: PhoneNumber) -> list[Text]:
        waiting = (TextState.QUEUED, TextState.WITHHELD)
        to_them = (t for t in self._tables.texts.values() if t.outgoing and t.patient == patient)
        return sorted((t for t in to_them if t.state in waiting), key=_created)

    def text_by_carrier_id(self, carrier: str, carrier_id: str, *, outgoing: bool) -> Text | None:
        found = (
            t
            for t in self._tables.texts.values()
            if (t.carrier, t.carrier_id, t.outgoing) == (carrier, carrier_id, outgoing)
        )
        return next(iter(_newest_first(found, _created)), None)

    def count_texts_out(
        self,
        *,
        since: datetime,
        site: SiteId | None = None,
        to: PhoneNumber | None = None,
        at_most: int,
        withheld: bool = True,
    ) -> int:
        counted = sum(
            t.outgoing
            and t.state is not TextState.CANCELLED
            and (withheld or t.state is not TextState.WITHHELD)
            and t.created_at >= since
            and site in {None, t.site}
            and to in {None, t.patient}
            for t in self._tables.texts.values()
        )
        return min(counted, at_most)

    def has_texts_out(self, most: int, *, since: datetime, site: SiteId | None = None) -> bool:
        return self.count_texts_out(since=since, site=site, at_most=most) >= most

    # tasks
    def task(self, task: TaskId) -> Task | None:
        return self._tables.tasks.get(task)

    def save_task(self, task: Task) -> None:
        if task.id not in self._tables.tasks:
            self._written_again(task.episode)
        self._own("tasks").tasks[task.id] = task
        self._naming.add(("tasks", task.id))

    def tasks_of(self, episode: EpisodeId) -> list[Task]:
        return sorted((t for t in self._tables.tasks.values() if t.episode == episode), key=_created)

    def tasks(self, *, include_done: bool = False, limit: int = 1000) -> list[Task]:
        found = (t for t in self._tables.tasks.values() if include_done or t.state is not TaskState.DONE)
        return sorted(found, key=lambda task: (not task.urgent, task.due_at))[:limit]

    def urgent_work(self) -> list[tuple[SiteId, EpisodeId]]:
        found = (t for t in self._tables.tasks.values() if t.urgent and t.state is not TaskState.DONE)
        return [(task.site, task.episode) for task in sorted(found, key=lambda task: task.due_at)]

    # urgent callers
    def urgent_case(self, case: UrgentId) -> UrgentCase | None:
        return self._tables.urgent.get(case)

    def save_urgent_case(self, case: UrgentCase) -> None:
        self._own("urgent").urgent[case.id] = case
        self._naming.add(("urgent", case.id))

    def open_urgent_cases(self) -> list[UrgentCase]:
        return sorted((c for c in self._tables.urgent.values() if c.closed_at is None), key=_triggered)

    def unsigned_urgent_cases(self) -> list[UrgentCase]:
        found = (c for c in self._tables.urgent.values() if c.last_resort_at and not c.signed_at)
        return sorted(found, key=_triggered)

    def urgent_cases_since(self, since: datetime) -> list[UrgentCase]:
        return sorted((c for c in self._tables.urgent.values() if c.triggered_at >= since), key=_triggered)

    def urgent_cases_of(self, episode: EpisodeId) -> list[UrgentCase]:
        return sorted((c for c in self._tables.urgent.values() if c.episode == episode), key=_triggered)

    # consent and decisions
    def consent(self, number: PhoneNumber) -> Consent | None:
        found = (entry for entry in self._tables.consents.values() if entry.number == number)
        return next(iter(_newest_first(found, _at)), None)

    def consents(self, number: PhoneNumber) -> list[Consent]:
        return sorted((e for e in self._tables.consents.values() if e.number == number), key=_at)

    def known_line(self, number: PhoneNumber) -> KnownLine | None:
        return self._tables.lines.get(number)

    def keep_line(self, known: KnownLine) -> None:
        self._own("lines").lines[known.number] = known

    def add_consent(self, consent: Consent) -> None:
        consents = self._own("consents").consents
        consents[len(consents)] = consent

    def add_decision(self, decision: DecisionRecord) -> None:
        decisions = self._own("decisions").decisions
        decisions[len(decisions)] = decision

    def decisions_of(self, episode: EpisodeId) -> list[DecisionRecord]:
        return sorted((d for d in self._tables.decisions.values() if d.episode == episode), key=_at)

    def decisions_about(self, call: CallId) -> list[DecisionRecord]:
        return sorted((d for d in self._tables.decisions.values() if d.call == call), key=_at)

    # jobs
    def add_job(self, job: Job) -> bool:
        jobs = self._own("jobs").jobs
        return jobs.setdefault(job.key, job) is job

    def job(self, key: JobKey) -> Job | None:
        return self._tables.jobs.get(key)

    def move_job(self, key: JobKey, due_at: datetime) -> None:
        jobs = self._own("jobs").jobs
        if key in jobs:
            jobs[key] = replace(jobs[key], due_at=due_at, leased_until=None)

    def drop_job(self, key: JobKey) -> None:
        self._own("jobs").jobs.pop(key, None)

    def claim_jobs(self, kinds: Sequence[str], *, now: datetime, lease: timedelta, limit: int) -> list[Job]:
        jobs = self._own("jobs").jobs
        due = (job for job in jobs.values() if job.kind in kinds and _claimable_at(job) <= now)
        claimed = [
            replace(job, attempts=job.attempts + 1, fence=job.fence + 1, leased_until=now + lease)
            for job in sorted(due, key=lambda job: job.due_at)[:limit]
        ]
        jobs.update((job.key, job) for job in claimed)
        return claimed

    def finish_job(self, job: Job) -> None:
        self._require_holder(job)
        del self._own("jobs").jobs[job.key]

    def retry_job(self, job: Job, due_at: datetime) -> None:
        self._require_holder(job)
        self.move_job(job.key, due_at)

    def _require_holder(self, job: Job) -> None:
        held = self._own("jobs").jobs.get(job.key)
        if held is None or (held.fence, held.leased_until) != (job.fence, job.leased_until):
            raise stale(job)

    def next_due(self, kinds: Sequence[str]) -> datetime | None:
        times = (_claimable_at(job) for job in self._tables.jobs.values() if job.kind in kinds)
        return min(times, default=None)

    def count_jobs(self, kind: str, *, due_before: datetime) -> tuple[int, datetime | None]:
        free = (job for job in self._tables.jobs.values() if job.kind == kind and job.leased_until is None)
        due = [job.due_at for job in free if job.due_at < due_before]
        return len(due), min(due, default=None)

    # alarms
    def alarm(self, alarm: AlarmId) -> KeptAlarm | None:
        return self._tables.alarms.get(alarm)

    def save_alarm(self, alarm: KeptAlarm) -> None:
        self._own("alarms").alarms[alarm.id] = alarm

    def last_alarm(self, kind: str, site: str) -> KeptAlarm | None:
        newest_first = reversed(self._tables.alarms.values())
        return next((a for a in newest_first if (a.kind, a.site) == (kind, site)), None)

    def alarms(self, *, since: datetime, limit: int) -> list[KeptAlarm]:
        found = (a for a in self._tables.alarms.values() if a.raised_at >= since)
        return _newest_first(found, _raised)[:limit]

    # bookmarks
    def bookmark(self, name: str) -> str | None:
        return self._tables.bookmarks.get(name)

    def keep_bookmark(self, name: str, place: str) -> None:
        self._own("bookmarks").bookmarks[name] = place

    # figures
    def figures(self, *, since: datetime, until: datetime, site: SiteId | None = None) -> Figures:
        def inside(at: datetime | None, where: SiteId) -> bool:
            return at is not None and since <= at < until and site in {None, where}

        return count(
            [e for e in self._tables.episodes.values() if inside(e.opened_at, e.site)],
            [c for c in self._tables.calls.values() if inside(c.ended_at, c.site)],
            [c for c in self._tables.urgent.values() if inside(c.triggered_at, c.site)],
            withheld={t.episode for t in self._tables.texts.values() if is_withheld(t)},
        )


def _newest_first(rows: Iterator[_T], at: Callable[[_T], datetime]) -> list[_T]:
    return sorted(rows, key=at)[::-1]


def _started(call: Call) -> datetime:
    return call.started_at


def _opened(episode: Episode) -> datetime:
    return episode.opened_at


def _triggered(case: UrgentCase) -> datetime:
    return case.triggered_at


def _raised(alarm: KeptAlarm) -> datetime:
    return alarm.raised_at


def _created(row: Text | Task) -> datetime:
    return row.created_at


def _at(entry: Consent | DecisionRecord) -> datetime:
    return entry.at


def _claimable_at(job: Job) -> datetime:
    return max(job.due_at, job.leased_until or job.due_at)
