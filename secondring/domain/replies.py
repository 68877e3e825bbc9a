"""What happens when a text arrives: whose it is and what it wants; `answers` has what follows.

Every text is kept whole.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from secondring.domain import episodes
from secondring.domain.alarms import Alarm, raise_in
from secondring.domain.answers import Answer
from secondring.domain.booking_link import Links
from secondring.domain.casework import Wording
from secondring.domain.ids import EpisodeId, TextId, derived_id
from secondring.domain.intents import understand
from secondring.domain.phone import PhoneNumber
from secondring.domain.ports import Books
from secondring.domain.records import Episode, Intent, Origin, Outcome, Text, TextState
from secondring.domain.rules import FRONT_DESK, Clock, Rules, Site
from secondring.domain.texting import Arrival, Stray

LATE_REPLY = timedelta(days=7)
"""A text this long after an episode was given up still belongs to it."""
GIVEN_UP = frozenset({Outcome.UNRECOVERED, Outcome.UNTEXTABLE, Outcome.OPTED_OUT})


class Replies:
    """The use case of an arrival text."""

    def __init__(self, rules: Rules, wording: Wording, links: Links) -> None:
        self._rules = rules
        self._wording = wording
        self._links = links

    def received(self, books: Books, arrival: Arrival, now: datetime) -> None:
        """Keep a text and do what it asks for; a text that was seen before does nothing."""
        if books.text_by_carrier_id(arrival.carrier, arrival.carrier_id, outgoing=False) is not None:
            return
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
        site = self._rules.site(episode.site)
        answer = Answer(self._rules, self._wording, self._links, books, site, now, text.id)
        answer.give(episode, meaning, arrival.body)

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
        alarm = Alarm(
            "reply-not-handled", "a reply could not be handled; a task asks to read it", episode.site
        )
        raise_in(books, alarm, self._rules, now)

    def unanswerable(self, books: Books, stray: Stray, now: datetime) -> bool:
        """Have a person read a text that cannot be answered; False for one that was seen before."""
        id_ = EpisodeId(derived_id("E", stray.carrier, stray.carrier_id))
        if books.episode(id_) is not None:
            return False
        site = self._rules.site_of_sender(stray.to)
        intent = understand(stray.body).intent
        episode = replace(self._new_episode(books, id_, None, site, now), replied_at=now, intent=intent)
        books.save_episode(episode)
        is_urgent = intent is Intent.URGENT
        episodes.open_task(
            books,
            episode,
            site,
            self._rules.routes[Intent.UNKNOWN].queue or FRONT_DESK,
            Clock.NOW if is_urgent else Clock.WITHIN_THE_HOUR,
            "Read this text: it cannot be answered, its sender or the line it came to is no number that we know",
            now=now,
            said=f"{stray.sender or 'somebody'}: {stray.body}",
            urgent=is_urgent,
        )
        because = "a text without a telephone number at both ends goes to a person"
        episodes.note(books, now, "to-a-person", "no-number", because, episode=episode.id)
        return True

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
        id_ = EpisodeId(derived_id("E", arrival.carrier, arrival.carrier_id))
        return self._new_episode(books, id_, patient, site, now)

    def _new_episode(
        self, books: Books, id_: EpisodeId, caller: PhoneNumber | None, site: Site, now: datetime
    ) -> Episode:
        episode = Episode(
            id=id_,
            site=site.id,
            caller=caller,
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
