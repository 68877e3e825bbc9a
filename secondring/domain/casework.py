"""What happens when a call begins, is answered or ends. One function per event, one transaction each.

Each is harmless when told twice: a call is judged once, whoever reports it.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol

from secondring.domain import episodes
from secondring.domain.afterwards import spoken_since
from secondring.domain.alarms import Alarm, raise_in
from secondring.domain.call_events import CallAnswered, CallBegan, CallEnded, CallEvent, Direction
from secondring.domain.circumstances import circumstances, remember_masked
from secondring.domain.ids import CallId, episode_id
from secondring.domain.phone import PhoneNumber, parse_number
from secondring.domain.ports import Books
from secondring.domain.records import Call, Episode, Outcome
from secondring.domain.routing import Action, Decision, decide
from secondring.domain.rules import FRONT_DESK, Clock, Rules, Site
from secondring.domain.urgent_begin import without_a_key
from secondring.domain.urgent_case import FINAL, Stage, UrgentCase
from secondring.domain.verdict import Verdict

DAY = timedelta(days=1)
CALLED_AGAIN = 2
"""From this many missed calls on, a caller who does not answer our text gets a person instead."""


class Wording(Protocol):
    """Our words for a template, ready to send."""

    def text(
        self,
        template: str,
        *,
        site: Site,
        language: str,
        now: datetime,
        task: str = "",
        link: str = "",
        visit_at: datetime | None = None,
    ) -> str: ...


class Casework:
    """The use cases of the calling side."""

    def __init__(self, rules: Rules, wording: Wording) -> None:
        self.rules = rules
        self.wording = wording

    def tell(self, books: Books, events: Sequence[CallEvent], now: datetime) -> None:
        """Take in what the tracker found, in order."""
        for event in events:
            if isinstance(event, CallEnded):
                self.call_ended(books, event, now)
            elif isinstance(event, CallAnswered):
                self.call_answered(books, event, now)
            else:
                self.call_began(books, event, now)

    def leave_to_a_person(self, books: Books, event: CallEvent, now: datetime) -> None:
        """An event that we failed to handle: where it is a missed call, somebody calls back at once."""
        if not isinstance(event, CallEnded) or event.verdict is not Verdict.MISSED:
            return
        because = "handling this call failed, so a person calls back"
        title = "Call back at once (we could not handle this call)"
        self._task_without_a_text(books, event, now, "to-a-person", because, title)

    def leave_unclear(self, books: Books, event: CallEnded, now: datetime) -> None:
        """A missed call that another service on this PBX may have texted or may not: never a second text."""
        if self._is_judged(books, event):
            return
        because = (
            "another Second Ring on this PBX may have texted this caller, and may not: a person calls back"
        )
        title = "Call back (another Second Ring may have texted them)"
        self._task_without_a_text(books, event, now, "second-listener", because, title)

    def leave_to_another(self, books: Books, event: CallEnded, now: datetime) -> None:
        """A missed call that another service on this PBX looks after."""
        if self._is_judged(books, event):
            return
        call = self._verdict_of(event, now)
        books.save_call(
            replace(
                call, verdict=Verdict.IGNORED, reason="second-listener", detail=call.reason, late=event.late
            )
        )
        self._release_texts(books, call, now)
        because = "another Second Ring keeps this PBX and handles this call; this one stands by"
        episodes.note(books, now, Action.EXCLUDE, "second-listener", because, call=call.id)

    @staticmethod
    def _is_judged(books: Books, event: CallEnded) -> bool:
        known = books.call(event.call)
        return known is not None and known.verdict is not None

    def _task_without_a_text(
        self, books: Books, event: CallEnded, now: datetime, rule: str, because: str, title: str
    ) -> None:
        call = self._verdict_of(event, now)
        episode = self._episode_for(books, call, None)
        books.save_call(replace(call, episode=episode.id))
        episodes.note(books, now, Action.TASK, rule, because, episode=episode.id, call=call.id)
        episodes.open_task(books, episode, self.rules.site(call.site), FRONT_DESK, Clock.NOW, title, now=now)

    def call_began(self, books: Books, event: CallBegan, now: datetime) -> None:
        """Remember an open call, so that a crash does not lose it; hold a text to a caller who is back."""
        if books.call(event.call) is not None:
            return
        site = self.rules.site_of_did(event.did)
        caller = parse_number(event.caller, site.region)
        books.save_call(
            Call(
                id=event.call,
                site=site.id,
                direction=Direction.INBOUND,
                caller=caller,
                did=event.did,
                started_at=event.at,
            )
        )
        if caller is not None:
            self._hold_texts(books, caller, now)

    def _hold_texts(self, books: Books, caller: PhoneNumber, now: datetime) -> None:
        """They are on the line again: wait for how that ends, but not for ever."""
        until = now + self.rules.guards.on_line_limit
        for episode in books.open_episodes(caller):
            self._move_first_texts(books, episode, until, now)

    @staticmethod
    def _move_first_texts(books: Books, episode: Episode, due_at: datetime, now: datetime) -> None:
        for text in books.texts_of(episode.id):
            if episodes.is_waiting(text, now) and episodes.waits_for_hang_up(text.template):
                books.save_text(replace(text, due_at=due_at))
                books.move_job(episodes.send_key(text.id), due_at)

    def _release_texts(self, books: Books, call: Call, now: datetime) -> None:
        """They are off the line, and a text that another site held for them need not wait any more."""
        if call.caller is not None:
            for episode in books.open_episodes(call.caller):
                self._move_first_texts(books, episode, now + self.rules.guards.settle, now)

    def call_answered(self, books: Books, event: CallAnswered, now: datetime) -> None:
        """A caller who has a person on the line needs nothing more from us."""
        if event.direction is not Direction.INBOUND:
            return
        call = books.call(event.call)
        if call is None or call.answered_at is not None:
            return
        call = replace(call, answered_at=event.at)
        books.save_call(call)
        self._reached(books, replace(call, caller=None) if event.withheld else call, event.at, now)

    def _reached(self, books: Books, call: Call, at: datetime, now: datetime) -> None:
        asked = episodes.asked_in(books, call)
        if asked is not None and (case := without_a_key(books, asked.id)) is not None:
            self._answered_without_a_key(books, case, call.id, at, now)
            return
        if asked is not None:
            wish = "pressed the key for urgent" if asked.urgent_at else "asked for a text, stayed on the line"
            because = f"the caller {wish} and was answered"
            episodes.spoken_with(books, asked, "answered-after-asking", because, now)
        for episode in books.open_episodes(call.caller) if call.caller else []:
            if episode.site == call.site and episode.opened_at <= at:
                episodes.spoken_with(
                    books, episode, "called-again", "the caller called again and was answered", now
                )

    @staticmethod
    def _answered_without_a_key(
        books: Books, case: UrgentCase, call: CallId, at: datetime, now: datetime
    ) -> None:
        """Told when it is answered and when it ends: the first counts. While nurses ring it is one of them, who has
        pressed the key and of whom the ladder is about to hear.
        """
        if case.bridged_at is not None:
            return
        books.save_urgent_case(replace(case, bridged_at=at))
        if case.stage in (Stage.LAST_RESORT, *FINAL):
            because = "an urgent caller was answered by somebody who pressed no key: that may be a mailbox"
            episodes.note(books, now, "triage-answered", "no-key", because, episode=case.episode, call=call)

    def call_ended(self, books: Books, event: CallEnded, now: datetime) -> None:
        """Keep the verdict; a missed call also gets its decision, in the same transaction."""
        if event.direction is Direction.OUTBOUND:
            self._called_back(books, event, now)
            return
        if event.direction is not Direction.INBOUND:
            return
        known = books.call(event.call)
        if known is not None and known.verdict is not None:
            return
        if event.masked:
            remember_masked(books, now)
        call = replace(self._verdict_of(event, now), episode=known.episode if known else None)
        if event.verdict is Verdict.MISSED:
            self._missed(books, call, now)
            return
        books.save_call(call)
        if event.verdict is Verdict.ANSWERED and event.answered_at is not None:
            self._reached(books, call, event.answered_at, now)
        self._release_texts(books, call, now)

    def _verdict_of(self, event: CallEnded, now: datetime) -> Call:
        site = self.rules.site_of_did(event.did)
        caller = None if event.withheld else parse_number(event.caller, site.region)
        return Call(
            id=event.call,
            site=site.id,
            direction=event.direction,
            caller=caller,
            did=event.did,
            queue=event.queue,
            started_at=event.started_at,
            answered_at=event.answered_at,
            ended_at=event.ended_at,
            verdict=event.verdict,
            reason=event.reason,
            detail=event.detail,
            caller_note="" if caller else "withheld" if event.withheld else "invalid",
            partial=event.partial,
            late=event.late or now - event.ended_at > self.rules.guards.late_after,
        )

    # a staff member calls a patient

    def _called_back(self, books: Books, event: CallEnded, now: datetime) -> None:
        region = self.rules.sites[0].region
        number = parse_number(event.caller, region)
        if number is None or books.call(event.call) is not None:
            return
        ours = {site.id for site in self.rules.sites}
        waiting = [episode for episode in books.open_episodes(number) if episode.site in ours]
        if not waiting:
            return
        books.save_call(
            replace(self._verdict_of(event, now), caller=number, site=waiting[0].site, episode=waiting[0].id)
        )
        for episode in waiting:
            if event.talked >= self.rules.guards.spoken:
                episodes.spoken_with(
                    books, episode, "called-back", "staff called back and spoke with the caller", now
                )
            else:
                because = "staff called back and did not get through"
                episodes.note(
                    books, now, "call-back-tried", "called-back", because, episode=episode.id, call=event.call
                )

    # a missed call

    def _missed(self, books: Books, call: Call, now: datetime) -> None:
        site = self.rules.site(call.site)
        asked = episodes.asked_in(books, call)
        if asked is not None:
            episodes.missed_after_asking(books, asked, call, site, now)
            return
        case = circumstances(books, self.rules, call, site, now)
        decision = decide(case)
        if decision.action is Action.EXCLUDE:
            books.save_call(replace(call, verdict=Verdict.IGNORED, reason=decision.rule, detail=call.reason))
            self._release_texts(books, call, now)
            self._note(books, decision, call.id, None, now)
            return
        episode = self._episode_for(books, call, case.episode)
        books.save_call(replace(call, episode=episode.id))
        if call.late and spoken_since(books, call):
            because = "the caller called again and was answered before this call was known"
            episodes.spoken_with(books, episode, "called-again", because, now)
            return
        self._note(books, decision, call.id, episode, now)
        self._carry_out(books, decision, call, episode, site, now)
        if decision.alarm:
            raise_in(books, Alarm(decision.rule, decision.because, site.id), self.rules, now)

    def _episode_for(self, books: Books, call: Call, found: Episode | None) -> Episode:
        if found is not None:
            joined = replace(found, calls=found.calls + 1)
            books.save_episode(joined)
            return joined
        ended_at = call.ended_at or call.started_at
        episode = Episode(
            id=episode_id(call.id),
            site=call.site,
            caller=call.caller,
            origin=episodes.origin_of_missed(self.rules.site(call.site)),
            opened_at=ended_at,
            window_ends_at=ended_at + self.rules.guards.window,
            language=self._language(books, call),
            did=call.did or None,
            queue=call.queue,
            reason=call.reason,
            announcement=self.rules.announcement or None,
        )
        books.save_episode(episode)
        episodes.set_timer(books, episodes.WINDOW, episode.id, episode.window_ends_at)
        return episode

    def _language(self, books: Books, call: Call) -> str:
        """The language they last wrote in, else the site's."""
        before = books.last_episode(call.caller) if call.caller else None
        return before.language if before else self.rules.site(call.site).language

    @staticmethod
    def _note(books: Books, decision: Decision, call: CallId, episode: Episode | None, now: datetime) -> None:
        found = episode.id if episode else None
        episodes.note(books, now, decision.action, decision.rule, decision.because, episode=found, call=call)

    def _carry_out(
        self, books: Books, decision: Decision, call: Call, episode: Episode, site: Site, now: datetime
    ) -> None:
        if decision.action is Action.TEXT and decision.template is not None:
            body = self.wording.text(decision.template, site=site, language=episode.language, now=now)
            due_at = self._settled(call, now)
            if call.late and call.caller is not None and books.caller_on_line(call.caller):
                due_at = now + self.rules.guards.on_line_limit
            episodes.queue_text(books, episode, site, decision.template, body, now=now, due_at=due_at)
        elif decision.action is Action.TASK:
            title = f"Call back ({decision.rule})" if call.caller else "Listen to the voice message"
            episodes.open_task(books, episode, site, FRONT_DESK, Clock.WITHIN_THE_HOUR, title, now=now)
        elif decision.action is Action.JOIN:
            self._join(books, episode, site, call, now)
        else:
            episodes.close(books, episode, Outcome.UNTEXTABLE, decision.rule, decision.because, now)

    def _settled(self, call: Call, now: datetime) -> datetime:
        """When the caller has had time to call again; a PBX whose clock is ahead delays nothing."""
        return min(call.ended_at or now, now) + self.rules.guards.settle

    def _join(self, books: Books, episode: Episode, site: Site, call: Call, now: datetime) -> None:
        """They called in vain again: a waiting text waits longer; if it was of no use, a person calls."""
        self._move_first_texts(books, episode, self._settled(call, now), now)
        unanswered = episode.texted_at is not None and episode.replied_at is None
        if unanswered and episode.calls >= CALLED_AGAIN:
            title = "Call back (called again after our text)"
            episodes.open_task(books, episode, site, FRONT_DESK, Clock.WITHIN_THE_HOUR, title, now=now)
