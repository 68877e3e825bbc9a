"""Urgent callers: opens a case for the ladder, and carries out in the books what `triage.step` says.

Every function works inside the transaction whose books it is handed. What is to be done on the PBX is given
back, to be done after the commit: a crash in between is mended by looking at what the PBX really does.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from secondring.domain import consent, episodes, triage
from secondring.domain.alarms import Alarm, raise_in
from secondring.domain.casework import Wording
from secondring.domain.ids import EpisodeId, Uniqueid, UrgentId, episode_id
from secondring.domain.ladder import Ladder
from secondring.domain.phone import LineKind, PhoneNumber, line_kind, parse_number
from secondring.domain.ports import Books
from secondring.domain.records import Episode, Intent, Job, Origin, Task
from secondring.domain.rules import TRIAGE, Clock, Rules, Site
from secondring.domain.staff_alert import alert_staff
from secondring.domain.triage_events import (
    CallerCame,
    CallerIs,
    CallerLeft,
    Deadline,
    Effect,
    Event,
    Failed,
    HangUp,
    Looked,
    Note,
    PatientEnded,
    RaiseAlarm,
    Reached,
    RedTask,
    Ring,
    Spoken,
    Started,
    StopRinging,
    TextPatient,
    ToLastResort,
    Why,
)
from secondring.domain.triage_ringing import NOT_YET
from secondring.domain.urgent_begin import JOB, OnLine, case_of, job_key, may_be_called, open_case
from secondring.domain.urgent_case import Stage, Trigger, UrgentCase

TITLE = "URGENT: call now"
PbxOrder = Ring | StopRinging | HangUp | CallerIs | ToLastResort


@dataclass(frozen=True, slots=True)
class Orders:
    """What is to be done outside the books, in order, once the transaction is committed."""

    case: UrgentCase
    ladder: Ladder
    site: Site
    pbx: tuple[PbxOrder, ...] = ()
    others: tuple["Orders", ...] = ()
    """Those of other cases, where several were looked at together."""


class Triage:
    """The use cases of urgent callers."""

    def __init__(self, rules: Rules, wording: Wording) -> None:
        self.rules = rules
        self._wording = wording

    # -- beginnings

    def from_key(self, books: Books, who: OnLine, now: datetime) -> Orders | None:
        """A caller on the line pressed the key. None when their site has no ladder: staff are told, and they go on
        to the clinic's ordinary path.

        It begins with its job, which is due at once. Someone for whom it runs already, because they wrote
        before, is put through by that one.
        """
        site = self.rules.site_of_did(who.did)
        caller = parse_number(who.caller, site.region)
        callable_ = caller if caller is not None and may_be_called(caller, self.rules) else None
        episode = self._episode(books, who, site, caller, now)
        if site.triage is None:
            self.red_task(books, episode.id, site, TITLE, now)
            return None
        came = CallerCame(who.line, who.call.uniqueid)
        running = [case for case in books.urgent_cases_of(episode.id) if case.is_open]
        if running:
            return self.tell(books, running[0].id, came, now)
        case = open_case(books, site.triage, episode, Trigger.KEY, callable_, now)
        self._make_red(books, episode, site, TITLE, now)
        return self.tell(books, case.id, came, now)

    def _episode(
        self, books: Books, who: OnLine, site: Site, caller: PhoneNumber | None, now: datetime
    ) -> Episode:
        found = episodes.open_here(books, caller, site) if caller else []
        known = found[0] if found else books.episode(episode_id(who.call))
        episode = known or Episode(
            id=episode_id(who.call),
            site=site.id,
            caller=caller,
            origin=Origin.OFFER,
            calls=0,
            opened_at=now,
            window_ends_at=now + self.rules.guards.window,
            language=who.language or site.language,
        )
        episode = replace(
            episode, urgent_at=episode.urgent_at or now, intent=Intent.URGENT, closed_at=None, outcome=None
        )
        books.save_episode(episode)
        episodes.set_timer(books, episodes.WINDOW, episode.id, episode.window_ends_at)
        call = books.call(who.call)
        if call is not None:
            books.save_call(replace(call, episode=episode.id))
        episodes.note(
            books,
            now,
            "urgent",
            "key",
            "the caller pressed the key for urgent",
            episode=episode.id,
            call=who.call,
        )
        return episode

    # -- what happens

    def tell(self, books: Books, case_id: UrgentId, event: Event, now: datetime) -> Orders | None:
        """Take in one event; None when there is no such case, its site has no ladder any more, or a site box rings."""
        case = books.urgent_case(case_id)
        site = self.rules.site(case.site) if case else None
        if case is None or site is None or site.triage is None or site.box or not case.is_open:
            return None
        if _is_reached(books.episode(case.episode), case, event, now):
            event = Reached()
        after, effects = triage.step(case, event, site.triage, now)
        books.save_urgent_case(after)
        self._plan(books, after)
        return Orders(after, site.triage, site, self._carry_out(books, after, site, effects, now))

    def _carry_out(
        self, books: Books, case: UrgentCase, site: Site, effects: Sequence[Effect], now: datetime
    ) -> tuple[PbxOrder, ...]:
        """Do in the books what is to be done there; the rest is for the PBX, after the commit."""
        told = _Told(self, books, case, site, now)
        for effect in effects:
            told.carry_out(effect)
        return tuple(told.pbx)

    def due(
        self, books: Books, job: Job, now: datetime, *, ask: Callable[[UrgentCase], None]
    ) -> Orders | None:
        """A stage's time is over. Where only the PBX can tell what became of it, `ask` is called instead."""
        case = books.urgent_case(UrgentId(job.ref))
        if case is None or not case.is_open:
            return None
        if case.stage in (Stage.JOINING, Stage.CALLING):
            books.save_urgent_case(replace(case, due_at=now + ASK_AGAIN))
            self._plan(books, replace(case, due_at=now + ASK_AGAIN))
            ask(case)
            return None
        return self.tell(books, case.id, Deadline() if case.stage is not Stage.NEW else Started(), now)

    def leg_ended(
        self, books: Books, attempt: str, why: Why | None, now: datetime, *, during: Collection[Stage]
    ) -> Orders | None:
        """A nurse's channel is over, or has left the patient's; said again, or in a stage other than those where it
        means something, it means nothing. `why` is None when it ended as calls end.
        """
        case = books.urgent_case(case_of(attempt))
        if case is None or case.stage not in during:
            return None
        if case.stage is Stage.TALKING and case.bridged_at is not None:
            return self.tell(books, case.id, PatientEnded(attempt, now - case.bridged_at), now)
        if case.stage is Stage.CALLING and why is not None:
            return self.tell(books, case.id, PatientEnded(attempt, timedelta(0)), now)
        return self.tell(books, case.id, Failed(attempt, why or Why.NO_KEY), now)

    def rang(self, books: Books, case_id: UrgentId, now: datetime) -> Orders | None:
        """The first phone rings: for the record of how long that took."""
        case = books.urgent_case(case_id)
        if case is not None and case.first_ring_at is None:
            books.save_urgent_case(replace(case, first_ring_at=now))
        return None

    def case_of_line(self, books: Books, line: Uniqueid) -> UrgentCase | None:
        """The open case whose caller waits on that channel."""
        return next((c for c in books.open_urgent_cases() if c.line_id == line and c.on_line), None)

    @staticmethod
    def _plan(books: Books, case: UrgentCase) -> None:
        key = job_key(case.id)
        if not case.is_open:
            books.drop_job(key)
        elif not books.add_job(Job(key=key, kind=JOB, ref=case.id, due_at=case.due_at)):
            books.move_job(key, case.due_at)

    # -- pieces

    def _make_red(self, books: Books, episode: Episode, site: Site, title: str, now: datetime) -> None:
        self._red_task(books, episode, site, title, now)

    def _red_task(self, books: Books, episode: Episode, site: Site, title: str, now: datetime) -> Task:
        return episodes.open_task(books, episode, site, TRIAGE, Clock.NOW, title, now=now, urgent=True)

    def red_task(
        self,
        books: Books,
        episode: EpisodeId,
        site: Site,
        title: str,
        now: datetime,
        alert: str = episodes.STAFF_ALERT,
    ) -> None:
        """Make the task, or say on the one there is what has happened since; then staff phones are texted."""
        found = books.episode(episode)
        if found is None:
            return
        task = self._red_task(books, found, site, title, now)
        alert_staff(books, found, site, alert, self._wording, task, now)

    def alarm(self, books: Books, alarm: Alarm, now: datetime) -> None:
        raise_in(books, alarm, self.rules, now)

    def text(self, books: Books, episode: EpisodeId, site: Site, template: str, now: datetime) -> None:
        """Text the patient, unless they asked for no texts or have no number. That nobody was found is told again only
        when something else was said since.
        """
        found = books.episode(episode)
        if found is None or found.caller is None:
            return
        if not consent.standing(books.consent(found.caller)).may_text or not _textable(found.caller):
            return
        said = [t for t in books.texts_of(episode) if t.outgoing and t.template not in episodes.TO_STAFF]
        if template == NOT_YET and said and said[-1].template == template:
            return
        body = self._wording.text(template, site=site, language=found.language, now=now)
        episodes.queue_text(books, found, site, template, body, now=now, due_at=now)


SETTLED = timedelta(seconds=5)
"""How long after somebody spoke with the caller the ladder's phones may still ring: that may have been one of its
own nurses, whose accepting is on its way to us, and who must not be hung up on."""


def _is_reached(episode: Episode | None, case: UrgentCase, event: Event, now: datetime) -> bool:
    """Has somebody spoken with the caller without the ladder? Known from their call, or from a person's word."""
    answered_at = case.bridged_at if case.accepted_by is None else None
    spoken_at = episode.closed_at if episode is not None else None
    since = answered_at or spoken_at
    if since is None:
        return False
    if isinstance(event, CallerLeft) and case.stage is Stage.LAST_RESORT:
        return True
    return isinstance(event, Deadline | Failed | Looked) and now - since > SETTLED


ASK_AGAIN = timedelta(seconds=3)
"""When the PBX did not answer what became of a nurse, it is asked again after this."""


def _textable(number: PhoneNumber) -> bool:
    return line_kind(number) not in (LineKind.FIXED, LineKind.TOLL_FREE, LineKind.PREMIUM)


class _Told:
    """The effects of one event, carried out in the books or kept for after the commit."""

    def __init__(self, desk: Triage, books: Books, case: UrgentCase, site: Site, now: datetime) -> None:
        self._desk = desk
        self._books = books
        self._case = case
        self._site = site
        self._now = now
        self.pbx: list[PbxOrder] = []

    def carry_out(self, effect: Effect) -> None:
        books, case, now = self._books, self._case, self._now
        if isinstance(effect, PbxOrder):
            self.pbx.append(effect)
        elif isinstance(effect, TextPatient):
            self._desk.text(books, case.episode, self._site, effect.template, now)
        elif isinstance(effect, RaiseAlarm):
            self._desk.alarm(books, Alarm(effect.kind, effect.because, self._site.id), now)
        elif isinstance(effect, RedTask):
            self._desk.red_task(books, case.episode, self._site, effect.title, now, effect.alert)
        elif isinstance(effect, Spoken):
            self._spoken()
        elif isinstance(effect, Note):
            episodes.note(books, now, effect.action, "ladder", effect.because, episode=case.episode)

    def _spoken(self) -> None:
        episode = self._books.episode(self._case.episode)
        if self._case.accepted_by is None:
            because = "the last resort answered, and pressed no key: the task stays until somebody has spoken"
            episodes.note(
                self._books, self._now, "triage-answered", "ladder", because, episode=self._case.episode
            )
        elif episode is not None:
            at = max(self._case.bridged_at or self._now, self._case.triggered_at)
            episode = replace(episode, urgent_at=episode.urgent_at or self._case.triggered_at)
            because = "a clinician and the caller are talking"
            episodes.spoken_with(self._books, episode, "triage", because, self._now, since=at)
