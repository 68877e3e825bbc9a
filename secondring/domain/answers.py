"""What follows from a text that was understood: the branch table, carried out.

What is not understood goes to a person. Opting out wins over everything but an emergency, and an
emergency is passed on even for someone who opted out.
"""

from dataclasses import replace
from datetime import datetime

from secondring.domain import consent, episodes, optouts, urgent_begin
from secondring.domain.alarms import Alarm, raise_in
from secondring.domain.booking_link import Links
from secondring.domain.casework import DAY, Wording
from secondring.domain.hours import add_business_time
from secondring.domain.ids import TextId
from secondring.domain.intents import Understanding
from secondring.domain.phone import PhoneNumber
from secondring.domain.ports import Books
from secondring.domain.records import Episode, Intent, Task, Text
from secondring.domain.rules import FRONT_DESK, Clock, Route, Rules, Site
from secondring.domain.staff_alert import alert_staff
from secondring.domain.triage_ringing import CALLING_YOU

REPLIES_PER_DAY = 12
"""Our texts to one number in 24 hours, answers included: two machines must not text each other for ever."""

TITLES = {
    Intent.BOOK: "Book an appointment",
    Intent.RESCHEDULE: "Move an appointment",
    Intent.BILLING: "Question about a bill",
    Intent.REFILL: "Prescription refill",
    Intent.URGENT: "URGENT: call now",
    Intent.HELP: "Needs help with the booking link",
    Intent.UNKNOWN: "Read and call back",
    Intent.STOP: "Opted out, and asked for something: call",
    Intent.CANCEL: "Wrote CANCEL: opted out, but may mean an appointment",
}


class Answer:
    """One reply to one text, inside one transaction."""

    def __init__(
        self,
        rules: Rules,
        wording: Wording,
        links: Links,
        books: Books,
        site: Site,
        now: datetime,
        text: TextId,
    ) -> None:
        """`text`: the one to answer."""
        self._text_id = text
        self._rules = rules
        self._wording = wording
        self._links = links
        self._books = books
        self._site = site
        self._now = now

    def give(self, episode: Episode, meaning: Understanding, said: str) -> None:
        """Do what the branch table says for this intent."""
        intent = meaning.intent
        if intent in (Intent.STOP, Intent.CANCEL):
            self._opt_out(episode, meaning, said)
            return
        if intent is Intent.START:
            self._opt_in(episode, said)
            return
        if intent is Intent.URGENT:
            self._urgent(episode, meaning, said)
            return
        route = self._rules.routes[intent]
        if route.link:
            self._offer_booking(episode, intent, route, said)
        elif intent is Intent.HELP and self._is_opted_out(episode):
            self._help_all_the_same(episode, route)
        elif intent is Intent.HELP and episode.booking_asked_at is None:
            self._text(episode, route.template)
        else:
            self._hand_over(episode, intent, route, said)

    # opting out and in

    def _opt_out(self, episode: Episode, meaning: Understanding, said: str) -> None:
        patient = _caller(episode)
        before = self._books.consent(patient)
        confirms = consent.wants_confirmation(before, carrier_confirms=self._rules.carrier_confirms_opt_out)
        confirmation = self._send(episode, episodes.OPT_OUT_TEMPLATE) if confirms else None
        self._keep_opt_out(episode, said, confirmation=confirmation)
        if meaning.intent is Intent.CANCEL or meaning.asks_more:
            self._task(episode, meaning.intent, self._rules.routes[Intent.CANCEL], said)
        optouts.end_episodes(self._books, patient, self._now)

    def _keep_opt_out(
        self, episode: Episode, said: str, *, confirmation: Text | None = None, answer: Text | None = None
    ) -> None:
        optouts.opt_out(
            self._books,
            _caller(episode),
            consent.Source.TEXT,
            self._now,
            words=said,
            episode=episode.id,
            text=self._text_id,
            confirmed_by=confirmation.id if confirmation else None,
            but=answer.id if answer else None,
        )

    def _opt_in(self, episode: Episode, said: str) -> None:
        optouts.opt_in(
            self._books,
            _caller(episode),
            consent.Source.TEXT,
            self._now,
            words=said,
            episode=episode.id,
            text=self._text_id,
        )
        self._text(episode, self._rules.routes[Intent.START].template)

    def _is_opted_out(self, episode: Episode) -> bool:
        return not consent.standing(self._books.consent(_caller(episode))).may_text

    def _help_all_the_same(self, episode: Episode, route: Route) -> None:
        """HELP is answered to those who opted out as well, as carriers demand: they asked who we are."""
        if route.template is not None and not self._has_had_enough(episode):
            self._send(episode, route.template)

    # the branches

    def _urgent(self, episode: Episode, meaning: Understanding, said: str) -> None:
        """A person, now; and texts that tell both sides so. An opt-out in the same breath holds from then on."""
        route = self._rules.routes[Intent.URGENT]
        episode = replace(episode, urgent_at=episode.urgent_at or self._now)
        self._books.save_episode(episode)
        task = self._task(episode, Intent.URGENT, route, said, urgent=True)
        rings = urgent_begin.from_text(self._books, self._rules, self._site, episode, self._now)
        answer = self._text(episode, CALLING_YOU if rings else route.template, always=True)
        alert_staff(self._books, episode, self._site, episodes.STAFF_ALERT, self._wording, task, self._now)
        if meaning.opts_out:
            self._keep_opt_out(episode, said, answer=answer)
        alarm = Alarm("urgent", "a caller wrote that it is urgent", self._site.id)
        raise_in(self._books, alarm, self._rules, self._now)

    def _offer_booking(self, episode: Episode, intent: Intent, route: Route, said: str) -> None:
        episode = replace(episode, booking_asked_at=episode.booking_asked_at or self._now)
        self._books.save_episode(episode)
        if not self._rules.books_online(self._site) or not self._text(episode, route.template, link=True):
            self._hand_over(episode, intent, replace(route, template=f"{route.template}-call"), said)
            return
        silence = add_business_time(self._site.hours, self._now, self._rules.follow_up.link_silence)
        episodes.set_timer(self._books, episodes.LINK_SILENCE, episode.id, silence)

    def _hand_over(self, episode: Episode, intent: Intent, route: Route, said: str) -> None:
        """A person does it; the caller is told so once, not with every line they add."""
        told = any(t.template == route.template for t in self._books.texts_of(episode.id))
        busy = episodes.open_tasks(self._books, episode.id)
        if busy and intent is Intent.UNKNOWN:
            self._add_to(busy[0].queue, episode, intent, said)
            return
        self._task(episode, intent, route, said)
        if not told:
            self._text(episode, route.template)

    def _add_to(self, queue: str, episode: Episode, intent: Intent, said: str) -> None:
        """More words on what is being looked after already: a good time to call, a correction."""
        route = Route(queue=queue, clock=Clock.NEXT_DAY)
        self._task(episode, intent, route, said, title="Wrote again")

    def _task(
        self,
        episode: Episode,
        intent: Intent,
        route: Route,
        said: str,
        *,
        urgent: bool = False,
        title: str = "",
    ) -> Task:
        return episodes.open_task(
            self._books,
            episode,
            self._site,
            route.queue or FRONT_DESK,
            route.clock,
            title or TITLES.get(intent, "Call back"),
            now=self._now,
            said=said,
            urgent=urgent,
        )

    def _text(
        self, episode: Episode, template: str | None, *, always: bool = False, link: bool = False
    ) -> Text | None:
        """Answer, unless they opted out or had too many texts today."""
        if template is None or self._is_opted_out(episode):
            return None
        if not always and self._has_had_enough(episode):
            return None
        return self._send(episode, template, link=link)

    def _has_had_enough(self, episode: Episode) -> bool:
        sent = self._books.count_texts_out(
            since=self._now - DAY, to=_caller(episode), at_most=REPLIES_PER_DAY, withheld=self._site.shadow
        )
        if sent < REPLIES_PER_DAY:
            return False
        because = f"no answer sent: {REPLIES_PER_DAY} texts to this number in 24 hours"
        episodes.note(self._books, self._now, "no-text", "cap-replies", because, episode=episode.id)
        return True

    def _send(self, episode: Episode, template: str, *, link: bool = False) -> Text:
        where = self._links.make(self._books, episode, self._site, self._now) if link else ""
        body = self._wording.text(
            template, site=self._site, language=episode.language, now=self._now, link=where
        )
        now = self._now
        return episodes.queue_text(self._books, episode, self._site, template, body, now=now, due_at=now)


def _caller(episode: Episode) -> PhoneNumber:
    if episode.caller is None:
        raise ValueError(f"episode {episode.id} has a text but no number")
    return episode.caller
