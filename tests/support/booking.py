"""A clinic with an online calendar, and callers who have a link in a text."""

import re
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from secondring.domain.booking import Booking, Link
from secondring.domain.booking_desk import BookingDesk, Person, Result, Visitor
from secondring.domain.booking_link import Links
from secondring.domain.booking_on_behalf import OnBehalf
from secondring.domain.phone import PhoneNumber
from secondring.domain.records import Episode, Task, Text
from secondring.domain.rules import BookingRules, Rules, Site
from secondring.domain.timetable import Timetable, VisitType
from tests.support.clinic import ANNA, Clinic, PlainWording, a_site, some_rules

PUBLIC = "https://book.example"
HALF_AN_HOUR = timedelta(minutes=30)
CHECKUP = VisitType(id="checkup", names={"en": "Check-up", "es": "Consulta"}, length=HALF_AN_HOUR)
TIMETABLE = Timetable(
    zone="America/New_York",
    week=dict.fromkeys(range(5), ((time(9), time(12)),)),
    visits=(CHECKUP,),
    lead=timedelta(hours=2),
    horizon=timedelta(days=14),
    address="12 Maple Street",
)


def booking_site(**changes: Any) -> Site:
    return a_site(**{"timetable": TIMETABLE, "booking_url": None} | changes)


def booking_rules(site: Site | None = None, **changes: Any) -> Rules:
    return some_rules(site or booking_site(), booking=BookingRules(public_url=PUBLIC, **changes))


@dataclass
class Tokens:
    """Sixteen bytes at a time, never the same."""

    made: int = 0

    def __call__(self) -> bytes:
        self.made += 1
        return self.made.to_bytes(16)


@dataclass
class BookingClinic(Clinic):
    """A clinic whose callers book themselves."""

    rules: Rules = field(default_factory=booking_rules)

    def __post_init__(self) -> None:
        self.links = Links(self.rules, Tokens())
        super().__post_init__()
        self.booking = BookingDesk(self.rules, PlainWording())
        self.on_behalf = OnBehalf(self.rules, PlainWording(), self.links)

    def asks_to_book(self, who: PhoneNumber = ANNA, word: str = "BOOK") -> str:
        """A missed call, our text, their reply; the token of the link that they get."""
        self.misses(who)
        self.wait(seconds=10).send_due()
        self.writes(word, who)
        self.send_due()
        return self.token(self.on_phones[-1])

    @staticmethod
    def token(text: Text) -> str:
        found = re.search(r"/[bg]/([\w-]{22})(?:\s|$)", text.body)
        assert found, text.body
        return found[1]

    def visitor(self, token: str) -> Visitor | None:
        with self.store.reading() as books:
            return self.booking.visitor(books, token, self.now)

    def there(self, token: str) -> Visitor:
        visitor = self.visitor(token)
        assert visitor is not None
        return visitor

    def times(self, token: str) -> list[datetime]:
        with self.store.reading() as books:
            slots = self.booking.open_times(books, self.there(token), CHECKUP, self.now)
            return [slot.starts_at for slot in slots]

    def holds(self, token: str, starts_at: datetime, visit: str = "checkup") -> Result:
        visitor = self.there(token)
        with self.store.transaction() as books:
            return self.booking.hold(books, visitor, visit, starts_at, self.now)

    def confirms(self, token: str, chosen: str = "", name: str = "", born: date | None = None) -> Result:
        visitor = self.there(token)
        chosen = chosen or (visitor.held.id if visitor.held else "")
        person = Person(first_name=name, born=born)
        with self.store.transaction() as books:
            return self.booking.confirm(books, visitor, chosen, person, self.now)

    def books_first(self, token: str) -> Booking:
        """They take the soonest time there is."""
        assert self.holds(token, self.times(token)[0]) is Result.DONE
        assert self.confirms(token) is Result.DONE
        booked = self.there(token).booked
        assert booked is not None
        return booked

    def cancels(self, token: str, chosen: str = "") -> Result:
        visitor = self.there(token)
        chosen = chosen or (visitor.booked.id if visitor.booked else "")
        with self.store.transaction() as books:
            return self.booking.cancel(books, visitor, chosen, self.now)

    def lets_go(self, token: str) -> Result:
        visitor = self.there(token)
        with self.store.transaction() as books:
            return self.booking.let_go(books, visitor, self.now)

    def wants_a_call(self, token: str) -> Result:
        visitor = self.there(token)
        with self.store.transaction() as books:
            return self.booking.call_me(books, visitor, self.now)

    def clicks(self, token: str) -> str | None:
        with self.store.transaction() as books:
            return self.booking.clicked(books, token, self.now)

    @property
    def all_links(self) -> list[Link]:
        with self.store.reading() as books:
            return [link for episode in self.episodes for link in books.links_of(episode.id)]

    def bookings(self, episode: Episode) -> list[Booking]:
        with self.store.reading() as books:
            return books.bookings_of(episode.id)

    def done_tasks(self) -> list[Task]:
        with self.store.reading() as books:
            return [task for task in books.tasks(include_done=True) if task.closed_at is not None]
