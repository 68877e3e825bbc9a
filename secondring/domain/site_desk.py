"""The use cases of a site box: calls, keys and urgent callers, kept here and told the centre in the same transaction.

Nothing here texts anybody or makes a task: that is the centre's. The box keeps what it needs to judge calls and to
run the ladder with nobody's help.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from secondring.domain import consent, episodes, optouts
from secondring.domain.call_events import CallEnded, CallEvent, Direction
from secondring.domain.casework import Casework, Wording
from secondring.domain.dispatches import Presser, Spool, TextAsked, TextsDeclined, UrgentTold
from secondring.domain.ids import CallId, EpisodeId, derived_id
from secondring.domain.offer import InCall, Offers, Promise
from secondring.domain.phone import PhoneNumber, parse_number
from secondring.domain.ports import Books
from secondring.domain.records import Call, Episode, Intent, Origin
from secondring.domain.routing import unsuitable
from secondring.domain.rules import Rules, Site
from secondring.domain.triage_events import (
    Effect,
    Note,
    RaiseAlarm,
    RedTask,
    Spoken,
    TextPatient,
)
from secondring.domain.urgent import Orders, PbxOrder, Triage
from secondring.domain.urgent_begin import OnLine, without_a_key
from secondring.domain.urgent_case import Trigger, UrgentCase
from secondring.domain.verdict import Detail

ASKED = "key-1"
"""The rule of the note that a caller was promised a text."""


class SiteCasework(Casework):
    """Calls at a box: kept so that each is judged once, and told the centre, which decides."""

    def __init__(self, rules: Rules, wording: Wording, spool: Spool) -> None:
        super().__init__(rules, wording)
        self._spool = spool

    def tell(self, books: Books, events: Sequence[CallEvent], now: datetime) -> None:
        for event in events:
            if self._is_news(books, event):
                self._spool.add(books, event, now)
            super().tell(books, [event], now)

    def leave_to_a_person(self, books: Books, event: CallEvent, now: datetime) -> None:
        """We failed to keep this one; the centre may do better."""
        self._spool.add(books, event, now)

    def leave_unclear(self, books: Books, event: CallEnded, now: datetime) -> None:
        """Another service may have handled this call: the centre has a person find out."""
        self.tell(books, [replace(event, detail=Detail.LOST_TRACK)], now)

    @staticmethod
    def _is_news(books: Books, event: CallEvent) -> bool:
        """A call is told again and again; of one that has its verdict the centre knows all."""
        if event_is_elsewhere(event):
            return False
        known = books.call(event.call)
        return known is None or known.verdict is None

    def _hold_texts(self, books: Books, caller: PhoneNumber, now: datetime) -> None:
        """There are none here."""

    def _release_texts(self, books: Books, call: Call, now: datetime) -> None:
        """There are none here."""

    def _reached(self, books: Books, call: Call, at: datetime, now: datetime) -> None:
        """The ladder has to know when its caller is answered by somebody who presses no key."""
        asked = episodes.asked_in(books, call)
        case = without_a_key(books, asked.id) if asked else None
        if case is not None:
            self._answered_without_a_key(books, case, call.id, at, now)

    def _called_back(self, books: Books, event: CallEnded, now: datetime) -> None:
        """Kept, so that it is told once."""
        if books.call(event.call) is None:
            books.save_call(self._verdict_of(event, now))

    def _missed(self, books: Books, call: Call, now: datetime) -> None:
        del now
        books.save_call(call)


def event_is_elsewhere(event: CallEvent) -> bool:
    """Calls between phones of the clinic are nobody's business."""
    return isinstance(event, CallEnded) and event.direction not in (Direction.INBOUND, Direction.OUTBOUND)


class SiteOffers(Offers):
    """The keys 1 and 9 at a box."""

    def __init__(self, rules: Rules, wording: Wording, announcement: str, spool: Spool) -> None:
        super().__init__(rules, wording, announcement)
        self._spool = spool

    def text_link(
        self,
        books: Books,
        call_id: CallId,
        call: InCall,
        now: datetime,
        *,
        typed: str = "",
        opt_in: bool = False,
    ) -> Promise:
        """Promise what can be promised here: the centre sends, as soon as it hears of it, or has somebody call."""
        known = self._call(books, call_id, call, now)
        site = self._rules.site(known.site)
        if any(note.rule == ASKED for note in books.decisions_about(call_id)):
            return Promise.ALREADY
        if site.shadow:
            return self._refuse(books, known, "shadow", "nothing is sent in shadow mode", now)
        number = parse_number(typed, site.region) if typed else known.caller
        if number is None or unsuitable(number, self._rules) is not None:
            return Promise.NO if typed else Promise.ASK
        entry = books.consent(number)
        if entry is not None and entry.opted_out and not opt_in:
            if typed:
                return self._refuse(books, known, "opted-out", "that number asked for no texts", now)
            return Promise.OPTED_OUT
        heard = replace(call, announcement=self._heard(call))
        if entry is not None and entry.opted_out:
            self._opt_in(books, known, number, heard.announcement, now)
        asked = TextAsked(call=call_id, heard=heard, typed=typed, opt_in=opt_in, at=now)
        self._spool.add(books, asked, now)
        because = f"pressed 1 on announcement {heard.announcement}; the centre is told"
        episodes.note(books, now, "text", ASKED, because, call=call_id)
        return Promise.SOON

    def decline(self, books: Books, call_id: CallId, call: InCall, now: datetime) -> None:
        heard = replace(call, announcement=self._heard(call))
        self._spool.add(books, TextsDeclined(call=call_id, heard=heard, at=now), now)
        known = self._call(books, call_id, call, now)
        if known.caller is not None:
            ivr, words = consent.Source.IVR, "pressed 9"
            optouts.opt_out(books, known.caller, ivr, now, words=words, announcement=heard.announcement)
        because = f"pressed 9 on announcement {heard.announcement}; the centre is told"
        episodes.note(books, now, "opt-out", "key-9", because, call=call_id)


class SiteTriage(Triage):
    """The ladder at a box: rings from its own PBX with its own state; every step is told the centre.

    Its episodes stand for nothing but the case: one for each call in which somebody pressed 2, or for each case that
    the centre handed over.
    """

    def __init__(self, rules: Rules, wording: Wording, spool: Spool, pbx: str) -> None:
        super().__init__(rules, wording)
        self._spool = spool
        self._pbx = pbx

    def from_key(self, books: Books, who: OnLine, now: datetime) -> Orders | None:
        orders = super().from_key(books, who, now)
        if orders is None:
            presser = Presser(call=who.call, caller=who.caller, did=who.did, language=who.language)
            self._spool.add(books, UrgentTold(case=None, presser=presser, at=now), now)
        return orders

    def _episode(
        self, books: Books, who: OnLine, site: Site, caller: PhoneNumber | None, now: datetime
    ) -> Episode:
        running = [
            case
            for case in books.open_urgent_cases()
            if caller and case.caller == caller and case.site == site.id
        ]
        # Never the name that the centre would give it: their cases must not be called alike.
        own = EpisodeId(derived_id("E", "box", str(who.call)))
        known = books.episode(running[0].episode if running else own)
        episode = known or _bare(own, site, caller, now, language=who.language or site.language, did=who.did)
        books.save_episode(replace(episode, urgent_at=episode.urgent_at or now))
        call = books.call(who.call)
        if call is not None:
            books.save_call(replace(call, episode=episode.id))
        return episode

    def take_over(self, books: Books, case: UrgentCase, language: str, now: datetime) -> bool:
        """The centre hands over somebody who wrote URGENT: the ladder begins as soon as this is committed. False when
        it cannot begin here.
        """
        site = next((site for site in self.rules.sites if site.id == case.site), None)
        if site is None or site.triage is None:
            return False
        if books.urgent_case(case.id) is not None:
            return True
        episode = _bare(case.episode, site, case.caller, now, language=language or site.language, did=None)
        books.save_episode(replace(episode, urgent_at=case.triggered_at))
        books.save_urgent_case(replace(case, due_at=now))
        self._plan(books, replace(case, due_at=now))
        self._spool.add(books, UrgentTold(case=case, presser=None, at=now), now)
        return True

    def _carry_out(
        self, books: Books, case: UrgentCase, site: Site, effects: Sequence[Effect], now: datetime
    ) -> tuple[PbxOrder, ...]:
        self._spool.add(books, _told(_presser(books, case, self._pbx), case, effects, now), now)
        return super()._carry_out(books, case, site, effects, now)

    # what people do and get is the centre's

    def _make_red(self, books: Books, episode: Episode, site: Site, title: str, now: datetime) -> None:
        """The centre makes the task."""

    def red_task(
        self,
        books: Books,
        episode: EpisodeId,
        site: Site,
        title: str,
        now: datetime,
        alert: str = episodes.STAFF_ALERT,
    ) -> None:
        """The centre makes the task, and tells staff."""

    def text(self, books: Books, episode: EpisodeId, site: Site, template: str, now: datetime) -> None:
        """The centre texts."""


def _bare(
    name: EpisodeId, site: Site, caller: PhoneNumber | None, now: datetime, *, language: str, did: str | None
) -> Episode:
    return Episode(
        id=name,
        site=site.id,
        caller=caller,
        origin=Origin.OFFER,
        calls=0,
        opened_at=now,
        window_ends_at=now,
        language=language,
        intent=Intent.URGENT,
        did=did,
    )


def _told(presser: Presser | None, case: UrgentCase, effects: Sequence[Effect], now: datetime) -> UrgentTold:
    return UrgentTold(
        case=case,
        presser=presser,
        at=now,
        notes=tuple((each.action, each.because) for each in effects if isinstance(each, Note)),
        alarms=tuple((each.kind, each.because) for each in effects if isinstance(each, RaiseAlarm)),
        red_tasks=tuple((each.title, each.alert) for each in effects if isinstance(each, RedTask)),
        texts=tuple(each.template for each in effects if isinstance(each, TextPatient)),
        spoken=any(isinstance(each, Spoken) for each in effects),
    )


def _presser(books: Books, case: UrgentCase, pbx: str) -> Presser | None:
    episode = books.episode(case.episode)
    if case.trigger is not Trigger.KEY or episode is None or case.line_id is None:
        return None
    caller = episode.caller.e164 if episode.caller else ""
    return Presser(
        call=CallId(pbx, case.line_id), caller=caller, did=episode.did or "", language=episode.language
    )
