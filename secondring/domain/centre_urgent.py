"""Urgent callers of site boxes, as the centre sees them: the box's ladder steps, mirrored into the centre's books.

The box rings; the centre makes the red task, texts, tells staff and draws the board. What a box does not take over or
has left without a word becomes what an urgent caller is where nobody can be rung: an alarm, a red task, a text.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from secondring.domain.dispatches import NotTheirs, Presser, UrgentTold
from secondring.domain.phone import parse_number
from secondring.domain.ports import Books
from secondring.domain.records import Episode, Intent, Origin
from secondring.domain.rules import Site
from secondring.domain.triage_events import Effect, Note, RaiseAlarm, RedTask, Spoken, TextPatient
from secondring.domain.triage_ringing import leave
from secondring.domain.urgent import TITLE, Triage
from secondring.domain.urgent_begin import OnLine, job_key
from secondring.domain.urgent_case import Stage, UrgentCase

UNHEARD = timedelta(minutes=2)
"""So long after a case should be over at the latest, the box has had its time."""
IN_TALK = frozenset({Stage.JOINING, Stage.CALLING, Stage.TALKING})


class CentreTriage(Triage):
    """The mirror. Its rules are those of one box."""

    def take(self, books: Books, told: UrgentTold, now: datetime) -> None:
        """Take in one step of a box's ladder."""
        known = books.urgent_case(told.case.id) if told.case else None
        self._must_be_theirs(known)
        if known is not None:
            episode, site = books.episode(known.episode), self.rules.site(known.site)
        elif told.presser is not None:
            site = self.rules.site_of_did(told.presser.did)
            episode = self._pressed(books, told.presser, site, told.at)
            self._begin(books, episode, site, has_ladder=told.case is not None, now=now)
        elif told.case is not None:
            site = self.rules.site(told.case.site)
            episode = self._unknown(books, told.case, site, told.at)
        else:
            return
        if told.case is None or episode is None:
            return
        case = replace(told.case, episode=episode.id, site=site.id)
        if known is not None:
            bridged_at = case.bridged_at or known.bridged_at
            case = replace(case, signed_at=known.signed_at, signed_by=known.signed_by, bridged_at=bridged_at)
        books.save_urgent_case(case)
        books.drop_job(job_key(case.id))
        late = now - told.at > self.rules.guards.late_after
        self._carry_out(books, case, site, _effects(told, late=late), now)

    def _must_be_theirs(self, record: UrgentCase | Episode | None) -> None:
        if record is not None and record.site not in {site.id for site in self.rules.sites}:
            raise NotTheirs("a box told of an urgent caller of another one's")

    def _pressed(self, books: Books, who: Presser, site: Site, at: datetime) -> Episode:
        caller = parse_number(who.caller, site.region)
        on_line = OnLine(call=who.call, line="", caller=who.caller, did=who.did, language=who.language)
        return self._episode(books, on_line, site, caller, at)

    def _begin(self, books: Books, episode: Episode, site: Site, *, has_ladder: bool, now: datetime) -> None:
        if has_ladder:
            self._red_task(books, episode, site, TITLE, now)
        else:
            self.red_task(books, episode.id, site, TITLE, now)

    def _unknown(self, books: Books, case: UrgentCase, site: Site, at: datetime) -> Episode:
        """We handed it over and know nothing of it: our books were put back. The caller matters all the same."""
        before = books.episode(case.episode)
        self._must_be_theirs(before)
        found = before or Episode(
            id=case.episode,
            site=site.id,
            caller=case.caller,
            origin=Origin.CALL,
            calls=0,
            opened_at=at,
            window_ends_at=at + self.rules.guards.window,
            intent=Intent.URGENT,
            language=site.language,
        )
        episode = replace(found, urgent_at=found.urgent_at or at)
        books.save_episode(episode)
        self._red_task(books, episode, site, TITLE, at)
        return episode

    # -- when the box does not do its part

    def leave(self, books: Books, case: UrgentCase, because: str, now: datetime) -> None:
        """Only people can help now."""
        site = self.rules.site(case.site)
        closed, effects = leave(replace(case, line=""), now, because)
        books.save_urgent_case(closed)
        books.drop_job(job_key(case.id))
        self._carry_out(books, closed, site, effects, now)

    def leave_unheard(self, books: Books, now: datetime) -> list[UrgentCase]:
        """Cases of this box that should have been over by now, and of which it tells nothing any more."""
        ours = {site.id for site in self.rules.sites}
        left = [
            case
            for case in books.open_urgent_cases()
            if case.site in ours and case.stage not in IN_TALK and now > case.give_up_at + UNHEARD
        ]
        for case in left:
            self.leave(books, case, "the site box has told nothing more of this caller", now)
        return left


def _effects(told: UrgentTold, *, late: bool) -> Sequence[Effect]:
    """What people are to be told. A patient who reads hours later that nurses are being called is not helped."""
    effects: list[Effect] = [Note(action, because) for action, because in told.notes]
    effects += [RaiseAlarm(kind, because) for kind, because in told.alarms]
    effects += [RedTask(title, alert) for title, alert in told.red_tasks]
    if not late:
        effects += [TextPatient(template) for template in told.texts]
    elif told.texts:
        effects.append(Note("no-text", "the site box was cut off: too late for a text about a nurse's call"))
    if told.spoken:
        effects.append(Spoken())
    return effects
