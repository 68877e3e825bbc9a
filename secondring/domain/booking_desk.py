"""What a patient does on the booking page, each a use case in one transaction.

Whoever has the link is the caller of its episode, and has one booking at a time. Nothing here happens on
looking: `visitor` and `open_times` write nothing.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from secondring.domain import booking_effects, consent, episodes
from secondring.domain.booking import Booking, BookingState, Link, LinkKind, booking_id, token_hash
from secondring.domain.booking_link import address
from secondring.domain.booking_ports import Calendar, CalendarOf
from secondring.domain.calendars import calendars
from secondring.domain.casework import Wording
from secondring.domain.ports import Books
from secondring.domain.records import Episode
from secondring.domain.rules import Ask, BookingRules, Rules, Site
from secondring.domain.timetable import Slot, Timetable, VisitType

GIVEN_BACK = frozenset({BookingState.RELEASED, BookingState.CANCELLED, BookingState.MOVED})
MOST_CHOICES = 40
"""Times that one episode may choose, one after the other; whoever needs more is called."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """Whoever opened a link that works, and where they stand."""

    link: Link
    token: str
    episode: Episode
    site: Site
    timetable: Timetable
    held: Booking | None
    """The time being kept for them."""
    booked: Booking | None
    """Their booking that is still to come."""
    gets_texts: bool
    """False when they opted out: then nothing must promise them one."""


class Result(StrEnum):
    """What came of a wish."""

    DONE = "done"
    TAKEN = "taken"
    """Somebody else has that time, or it is not offered any more."""
    UNSURE = "unsure"
    """The EHR could not be asked: a person calls them, and we go on asking."""
    INCOMPLETE = "incomplete"
    """The clinic wants to know who comes."""
    NOTHING = "nothing"
    """There is nothing (any more) that this could be about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who comes; what the clinic does not ask for stays empty."""

    first_name: str = ""
    born: date | None = None

    def __repr__(self) -> str:
        return "Person()"


class BookingDesk:
    """The use cases of the booking page."""

    def __init__(self, rules: Rules, wording: Wording, calendar_of: CalendarOf | None = None) -> None:
        self._rules = rules
        self._wording = wording
        self._calendar_of = calendar_of or calendars()

    @property
    def page(self) -> BookingRules:
        """How patients book; raises ValueError while the page is off."""
        if self._rules.booking is None:
            raise ValueError("the booking page is off")
        return self._rules.booking

    # looking

    def visitor(self, books: Books, token: str, now: datetime) -> Visitor | None:
        """Whose link this is; None when it is unknown or has run out, and nobody learns which."""
        kept = token_hash(token)
        link = books.link(kept) if kept else None
        episode = books.episode(link.episode) if link and link.kind is LinkKind.OWN else None
        if link is None or episode is None:
            return None
        site = self._rules.site(link.site)
        booked = _to_come(books, episode, now)
        if site.timetable is None or site.id != link.site or (now >= link.expires_at and booked is None):
            return None
        return Visitor(
            link=link,
            token=token,
            episode=episode,
            site=site,
            timetable=site.timetable,
            held=_held(books, episode, now),
            booked=booked,
            gets_texts=_gets_texts(books, episode),
        )

    def open_times(self, books: Books, visitor: Visitor, visit: VisitType, now: datetime) -> list[Slot]:
        """What may be chosen, soonest first."""
        return self._calendar(books, visitor).open_times(visit, now)

    def _calendar(self, books: Books, visitor: Visitor) -> Calendar:
        return self._calendar_of(books, visitor.site.id, visitor.timetable)

    # choosing

    def in_their_language(self, books: Books, visitor: Visitor, language: str) -> Visitor:
        """Whoever sends a form of the page in a language reads it: what we text from now on is in it, too."""
        if language == visitor.episode.language:
            return visitor
        episode = replace(visitor.episode, language=language)
        books.save_episode(episode)
        return replace(visitor, episode=episode)

    def hold(self, books: Books, visitor: Visitor, visit: str, starts_at: datetime, now: datetime) -> Result:
        """Keep a time while the caller reads it over. Choosing it twice keeps it longer."""
        held = visitor.held
        if held and (held.visit, held.starts_at) == (visit, starts_at):
            books.save_booking(replace(held, held_until=now + self.page.hold))
            return Result.DONE
        kind = visitor.timetable.visit(visit)
        number = len(books.bookings_of(visitor.episode.id))
        if kind is None or number >= MOST_CHOICES:
            return Result.TAKEN
        wanted = Booking(
            id=booking_id(visitor.episode.id, number),
            episode=visitor.episode.id,
            site=visitor.site.id,
            visit=visit,
            starts_at=starts_at,
            ends_at=starts_at + kind.length,
            seat=0,
            held_until=now + self.page.hold,
            made_at=now,
        )
        kept = self._calendar(books, visitor).hold(wanted, now)
        return Result.TAKEN if kept is None else Result.DONE

    def let_go(self, books: Books, visitor: Visitor, now: datetime) -> Result:
        """They want another time than the one kept for them."""
        if visitor.held is None:
            return Result.NOTHING
        self._calendar(books, visitor).release(visitor.held, now)
        return Result.DONE

    def confirm(self, books: Books, visitor: Visitor, chosen: str, person: Person, now: datetime) -> Result:
        """Make the chosen time theirs; told twice, it is done once."""
        booking = self.chosen(books, visitor, chosen, person)
        if isinstance(booking, Result):
            return booking
        named = replace(booking, first_name=person.first_name, born=person.born)
        confirmed = self._calendar(books, visitor).confirm(named, now)
        if confirmed is None:
            return Result.TAKEN
        link = address(self.page.public_url, LinkKind.OWN, visitor.token)
        moved = visitor.booked is not None
        episode = visitor.episode
        booking_effects.booked(
            books, self._rules, self._wording, episode, confirmed, now, moved=moved, link=link
        )
        return Result.DONE

    def chosen(self, books: Books, visitor: Visitor, chosen: str, person: Person) -> Booking | Result:
        """The time that they want to make theirs, or why there is nothing (more) to do."""
        booking = next((one for one in books.bookings_of(visitor.episode.id) if one.id == chosen), None)
        if booking is None or booking.state in GIVEN_BACK:
            return Result.NOTHING
        if visitor.booked and visitor.booked.id == booking.id:
            return Result.DONE
        return booking if self._is_complete(person) else Result.INCOMPLETE

    def _is_complete(self, person: Person) -> bool:
        named = person.first_name or self.page.ask_name is not Ask.REQUIRED
        return bool(named) and (person.born is not None or self.page.ask_birth_date is not Ask.REQUIRED)

    def cancel(self, books: Books, visitor: Visitor, chosen: str, now: datetime) -> Result:
        """They do not come. Told twice, it is done once."""
        booked = visitor.booked
        if booked is None or booked.id != chosen:
            return Result.NOTHING
        cancelled = self._calendar(books, visitor).release(booked, now)
        booking_effects.cancelled(books, self._rules, self._wording, cancelled, visitor.episode, now)
        return Result.DONE

    def call_me(self, books: Books, visitor: Visitor, now: datetime) -> Result:
        """They would rather talk: a person calls. What they have booked stays booked."""
        if visitor.held is not None:
            self._calendar(books, visitor).release(visitor.held, now)
        booking_effects.call_them(books, self._rules, visitor, now)
        return Result.DONE

    # counting

    def clicked(self, books: Books, token: str, now: datetime) -> str | None:
        """Count that a link was followed; where one to the clinic's own page leads, None for any other."""
        kept = token_hash(token)
        link = books.link(kept) if kept else None
        if link is None:
            return None
        if link.clicked_at is None:
            because = "the caller opened the link"
            episodes.note(books, now, "link-opened", "click", because, episode=link.episode)
        books.save_link(replace(link, clicks=link.clicks + 1, clicked_at=link.clicked_at or now))
        return self.target(books, token, now)

    def target(self, books: Books, token: str, now: datetime) -> str | None:
        """Where a link to the clinic's own page leads; None when it leads nowhere (any more)."""
        kept = token_hash(token)
        link = books.link(kept) if kept else None
        if link is None or link.kind is not LinkKind.OUTSIDE or now >= link.expires_at:
            return None
        site = self._rules.site(link.site)
        return site.booking_url if site.id == link.site else None


def _gets_texts(books: Books, episode: Episode) -> bool:
    return episode.caller is not None and consent.standing(books.consent(episode.caller)).may_text


def _held(books: Books, episode: Episode, now: datetime) -> Booking | None:
    mine = books.bookings_of(episode.id)
    return next((one for one in mine if one.state is BookingState.HELD and one.held_until > now), None)


def _to_come(books: Books, episode: Episode, now: datetime) -> Booking | None:
    mine = books.bookings_of(episode.id)
    return next((one for one in mine if one.state is BookingState.CONFIRMED and one.starts_at > now), None)
