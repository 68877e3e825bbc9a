"""What happens when a text arrives: whose it is, what it wants, and what follows.

Every text is kept whole; what is not understood goes to a person. Opting out wins over everything
but an emergency, and an emergency is passed on even for someone who opted out.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from secondring.domain import episodes
from secondring.domain.casework import DAY, Alarm, Wording
from secondring.domain.hours import add_business_time
from secondring.domain.ids import EpisodeId, TextId, derived_id
from secondring.domain.intents import understand
from secondring.domain.phone import PhoneNumber
from secondring.domain.ports import Books
from secondring.domain.records import Consent, Episode, Intent, Origin, Outcome, Task, Text, TextState
from secondring.domain.rules import FRONT_DESK, Clock, Route, Rules, Site
from secondring.domain.texting import Arrival

REPLIES_PER_DAY = 12
"""Our texts to one number in 24 hours, answers included: two machines must not text each other for ever."""
LATE_REPLY = timedelta(days=7)
"""A text this long after an episode was given up still belongs to it."""
GIVEN_UP = frozenset({Outcome.UNRECOVERED, Outcome.UNTEXTABLE, Outcome.OPTED_OUT})

TITLES = {
    Intent.BOOK: "Book an appointment",
    Intent.RESCHEDULE: "Move an appointment",
    Intent.BILLING: "Question about a bill",
    Intent.REFILL: "Prescription refill",
    Intent.URGENT: "URGENT: call now",
    Intent.HELP: "Needs help with the booking link",
    Intent.UNKNOWN: "Read and call back",
    Intent.CANCEL: "Wrote CANCEL: opted out, but may mean an appointment",
}


class Replies:
    """The use case of an arrival text."""

    def __init__(self, rules: Rules, wording: Wording) -> None:
        self._rules = rules
        self._wording = wording

    def received(self, books: Books, arrival: Arrival, now: datetime) -> list[Alarm]:
        """Keep a text and do what it asks for; a text that was seen before does nothing."""
        if books.text_by_carrier_id(arrival.carrier, arrival.carrier_id, outgoing=False) is not None:
            return []
        site = self._rules.site_of_sender(arrival.to.e164)
        patient = arrival.sender
        meaning = understand(arrival.body)
        episode = self._episode_of(books, patient, site, arrival, now)
        episode = replace(
            episode,
            replied_at=episode.replied_at or now,
            intent=meaning.intent,
            language=meaning.language or episode.language,
        )
        books.save_episode(episode)
        text = self._keep(books, episode, arrival)
        because = f"understood as {meaning.intent} by {meaning.rule}"
        episodes.note(
            books, now, f"intent-{meaning.intent}", meaning.rule, because, episode=episode.id, text=text.id
        )
        return _Answer(self._rules, self._wording, books, self._rules.site(episode.site), now).give(
            episode, meaning.intent, arrival.body
        )

    def leave_to_a_person(self, books: Books, arrival: Arrival, now: datetime) -> None:
        """Keep a text that we failed to handle, whole, and have somebody read it at once."""
        site = self._rules.site_of_sender(arrival.to.e164)
        episode = replace(self._episode_of(books, arrival.sender, site, arrival, now), replied_at=now)
        books.save_episode(episode)
        self._keep(books, episode, arrival)
        route = self._rules.routes[Intent.UNKNOWN]
        episodes.open_task(
            books,
            episode,
            self._rules.site(episode.site),
            route.queue or FRONT_DESK,
            Clock.NOW,
            "Read at once: we could not handle this text",
            now=now,
            said=arrival.body,
        )
        episodes.note(books, now, "to-a-person", "failed", "handling the text failed", episode=episode.id)

    def _episode_of(
        self, books: Books, patient: PhoneNumber, site: Site, arrival: Arrival, now: datetime
    ) -> Episode:
        waiting = books.open_episodes(patient)
        here = [episode for episode in waiting if episode.site == site.id]
        if here or waiting:
            return (here or waiting)[0]
        last = books.last_episode(patient)
        window = self._rules.guards.window
        if last and last.outcome in GIVEN_UP and now - last.opened_at < LATE_REPLY + window:
            return episodes.reopen(books, last, now, window)
        return self._out_of_the_blue(books, patient, site, arrival, now)

    def _out_of_the_blue(
        self, books: Books, patient: PhoneNumber, site: Site, arrival: Arrival, now: datetime
    ) -> Episode:
        """A text that follows no missed call: looked after like any other, counted in no recovery rate."""
        episode = Episode(
            id=EpisodeId(derived_id("E", arrival.carrier, arrival.carrier_id)),
            site=site.id,
            caller=patient,
            origin=Origin.TEXT,
            calls=0,
            opened_at=now,
            window_ends_at=now + self._rules.guards.window,
            language=site.language,
        )
        books.save_episode(episode)
        episodes.set_timer(books, episodes.WINDOW, episode.id, episode.window_ends_at)
        return episode

    @staticmethod
    def _keep(books: Books, episode: Episode, arrival: Arrival) -> Text:
        text = Text(
            id=TextId(derived_id("I", arrival.carrier, arrival.carrier_id)),
            episode=episode.id,
            site=episode.site,
            outgoing=False,
            patient=arrival.sender,
            ours=arrival.to,
            body=arrival.body,
            state=TextState.RECEIVED,
            created_at=arrival.at,
            due_at=arrival.at,
            settled_at=arrival.at,
            carrier=arrival.carrier,
            carrier_id=arrival.carrier_id,
        )
        books.save_text(text)
        return text


class _Answer:
    """One reply to one text, inside one transaction."""

    def __init__(self, rules: Rules, wording: Wording, books: Books, site: Site, now: datetime) -> None:
        self._rules = rules
        self._wording = wording
        self._books = books
        self._site = site
        self._now = now

    def give(self, episode: Episode, intent: Intent, said: str) -> list[Alarm]:
        """Do what the branch table says for this intent."""
        if intent in (Intent.STOP, Intent.CANCEL):
            self._opt_out(episode, intent, said)
            return []
        if intent is Intent.START:
            self._opt_in(episode, said)
            return []
        if intent is Intent.URGENT:
            return self._urgent(episode, said)
        route = self._rules.routes[intent]
        if route.link:
            self._offer_booking(episode, intent, route, said)
        elif intent is Intent.HELP and episode.booking_asked_at is None:
            self._text(episode, route.template)
        else:
            self._hand_over(episode, intent, route, said)
        return []

    # opting out and in

    def _opt_out(self, episode: Episode, intent: Intent, said: str) -> None:
        patient = _caller(episode)
        before = self._books.consent(patient)
        newly = before is None or not before.opted_out
        self._consent(patient, said, opted_out=True)
        for other in self._books.open_episodes(patient):
            episodes.cancel_texts(self._books, other.id, self._now, "the caller opted out")
        if newly and not self._rules.carrier_confirms_opt_out:
            self._send(episode, episodes.OPT_OUT_TEMPLATE)
        if intent is Intent.CANCEL:
            self._task(episode, intent, self._rules.routes[Intent.CANCEL], said)
        if not episodes.open_tasks(self._books, episode.id):
            because = "the caller asked for no more texts"
            episodes.close(self._books, episode, Outcome.OPTED_OUT, "opted-out", because, self._now)

    def _opt_in(self, episode: Episode, said: str) -> None:
        self._consent(_caller(episode), said, opted_out=False)
        self._text(episode, self._rules.routes[Intent.START].template)

    def _consent(self, patient: PhoneNumber, said: str, *, opted_out: bool) -> None:
        entry = Consent(number=patient, opted_out=opted_out, at=self._now, source="text", words=said)
        self._books.add_consent(entry)

    # the branches

    def _urgent(self, episode: Episode, said: str) -> list[Alarm]:
        """A person, now; and texts that tell both sides so."""
        route = self._rules.routes[Intent.URGENT]
        episode = replace(episode, urgent_at=episode.urgent_at or self._now)
        self._books.save_episode(episode)
        task = self._task(episode, Intent.URGENT, route, said, urgent=True)
        self._text(episode, route.template, always=True)
        body = self._wording.text(
            episodes.STAFF_ALERT, site=self._site, language=self._site.language, now=self._now, task=task.id
        )
        for nurse in self._site.alert_numbers:
            episodes.queue_text(
                self._books,
                episode,
                self._site,
                episodes.STAFF_ALERT,
                body,
                now=self._now,
                due_at=self._now,
                to=nurse,
            )
        return [Alarm("urgent", "a caller wrote that it is urgent", self._site.id)]

    def _offer_booking(self, episode: Episode, intent: Intent, route: Route, said: str) -> None:
        episode = replace(episode, booking_asked_at=episode.booking_asked_at or self._now)
        self._books.save_episode(episode)
        if self._site.booking_url is None or not self._text(episode, route.template):
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

    def _text(self, episode: Episode, template: str | None, *, always: bool = False) -> bool:
        """Answer, unless they opted out or had too many texts today. True when a text will go."""
        patient = _caller(episode)
        consent = self._books.consent(patient)
        if template is None or (consent is not None and consent.opted_out):
            return False
        sent = self._books.count_texts_out(since=self._now - DAY, to=patient, at_most=REPLIES_PER_DAY)
        if not always and sent >= REPLIES_PER_DAY:
            because = f"no answer sent: {REPLIES_PER_DAY} texts to this number in 24 hours"
            episodes.note(self._books, self._now, "no-text", "cap-replies", because, episode=episode.id)
            return False
        self._send(episode, template)
        return True

    def _send(self, episode: Episode, template: str) -> None:
        body = self._wording.text(template, site=self._site, language=episode.language, now=self._now)
        episodes.queue_text(self._books, episode, self._site, template, body, now=self._now, due_at=self._now)


def _caller(episode: Episode) -> PhoneNumber:
    if episode.caller is None:
        raise ValueError(f"episode {episode.id} has a text but no number")
    return episode.caller
