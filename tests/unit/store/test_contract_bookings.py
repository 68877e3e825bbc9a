"""Links and bookings: what every store keeps, gives back and refuses."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from secondring.domain.booking import STANDING, BookingState, LinkKind, TokenHash
from secondring.domain.errors import BookingClash, UnknownThing
from secondring.domain.ports import Store
from tests.support.books import DAY, EAST, MAIN, MINUTE, NINE, NOW, a_booking, a_link, an_episode

HALF_AN_HOUR = 30 * MINUTE
FULL_BOOKING = a_booking(
    1,
    seat=3,
    state=BookingState.CANCELLED,
    confirmed_at=NOW + MINUTE,
    closed_at=NOW + DAY,
    first_name="Zoë",
    born=date(1980, 2, 29),
)
FULL_LINK = a_link(1, kind=LinkKind.OUTSIDE, clicks=3, clicked_at=NOW + MINUTE)


@pytest.fixture
def books_of_three(store: Store) -> Store:
    with store.transaction() as books:
        for number in (1, 2, 3):
            books.save_episode(an_episode(number))
    return store


def test_what_is_kept_comes_back_whole(books_of_three: Store) -> None:
    with books_of_three.transaction() as books:
        books.save_booking(FULL_BOOKING)
        books.save_link(FULL_LINK)
    with books_of_three.reading() as books:
        assert books.booking(FULL_BOOKING.id) == FULL_BOOKING
        assert books.bookings_of(FULL_BOOKING.episode) == [FULL_BOOKING]
        assert books.link(FULL_LINK.token) == FULL_LINK
        assert books.links_of(FULL_LINK.episode) == [FULL_LINK]
        assert books.link(TokenHash("t2")) is None
        assert books.booking(a_booking(2).id) is None


def test_a_booking_never_shows_who_comes() -> None:
    assert "Zo" not in repr(FULL_BOOKING)
    assert "1980" not in repr(FULL_BOOKING)


OVERLAPS: dict[str, dict[str, Any]] = {
    "the same time": {},
    "its beginning": {"starts_at": NINE - HALF_AN_HOUR, "ends_at": NINE + 5 * MINUTE},
    "its end": {"starts_at": NINE + 25 * MINUTE, "ends_at": NINE + 60 * MINUTE},
    "its middle": {"starts_at": NINE + 10 * MINUTE, "ends_at": NINE + 15 * MINUTE},
    "all of it": {"starts_at": NINE - MINUTE * 60, "ends_at": NINE + 60 * MINUTE},
}


@pytest.mark.parametrize("what", OVERLAPS)
@pytest.mark.parametrize("state", [BookingState.HELD, BookingState.CONFIRMED])
def test_nobody_gets_a_seat_that_somebody_has(books_of_three: Store, what: str, state: BookingState) -> None:
    with books_of_three.transaction() as books:
        books.save_booking(a_booking(1, state=state))
    second = a_booking(2, **OVERLAPS[what])
    with pytest.raises(BookingClash), books_of_three.transaction() as books:
        books.save_booking(second)
    with books_of_three.reading() as books:
        assert books.booking(second.id) is None


FREE: dict[str, dict[str, Any]] = {
    "just before": {"starts_at": NINE - HALF_AN_HOUR, "ends_at": NINE},
    "just after": {"starts_at": NINE + HALF_AN_HOUR, "ends_at": NINE + 60 * MINUTE},
    "another seat": {"seat": 1},
    "another site": {"site": EAST},
    "no longer standing": {"state": BookingState.EXPIRED},
}


@pytest.mark.parametrize("what", FREE)
def test_beside_it_there_is_room(books_of_three: Store, what: str) -> None:
    with books_of_three.transaction() as books:
        books.save_booking(a_booking(1))
        books.save_booking(a_booking(2, **FREE[what]))


@pytest.mark.parametrize("end", sorted(set(BookingState) - STANDING))
def test_what_ended_gives_its_seat_back(books_of_three: Store, end: BookingState) -> None:
    with books_of_three.transaction() as books:
        books.save_booking(a_booking(1))
    with books_of_three.transaction() as books:
        books.save_booking(a_booking(1, state=end))
        books.save_booking(a_booking(2))
    with pytest.raises(BookingClash), books_of_three.transaction() as books:
        books.save_booking(a_booking(1))


def test_one_caller_has_one_hold_and_one_booking(books_of_three: Store) -> None:
    later: dict[str, Any] = {"starts_at": NINE + DAY, "ends_at": NINE + DAY + HALF_AN_HOUR}
    confirmed = BookingState.CONFIRMED
    with books_of_three.transaction() as books:
        books.save_booking(a_booking(1, 0, state=confirmed))
        books.save_booking(a_booking(1, 1, **later))
    for choice, state in ((2, BookingState.HELD), (3, confirmed)):
        third = a_booking(1, choice, starts_at=NINE + 2 * DAY, ends_at=NINE + 2 * DAY + MINUTE, state=state)
        with pytest.raises(BookingClash), books_of_three.transaction() as books:
            books.save_booking(third)
    with books_of_three.transaction() as books:
        books.save_booking(a_booking(1, 0, state=BookingState.MOVED))
        books.save_booking(a_booking(1, 1, state=confirmed, **later))


def test_lists_are_by_time_and_by_what_they_are_for(books_of_three: Store) -> None:
    first = a_booking(1, state=BookingState.CONFIRMED)
    second = a_booking(2, starts_at=NINE + HALF_AN_HOUR, ends_at=NINE + 60 * MINUTE, held_until=NOW)
    gone = a_booking(3, starts_at=NINE + 10 * MINUTE, state=BookingState.RELEASED)
    with books_of_three.transaction() as books:
        for booking in (second, gone, first):
            books.save_booking(booking)
    with books_of_three.reading() as books:
        span = {"since": NINE, "until": NINE + DAY}
        assert books.standing_bookings(MAIN, **span) == [first, second]
        assert books.standing_bookings(EAST, **span) == []
        assert books.standing_bookings(MAIN, since=NINE, until=NINE + HALF_AN_HOUR) == [first]
        assert books.bookings(**span, limit=5) == [first, gone, second]
        assert books.bookings(**span, limit=1) == [first]
        assert books.stale_holds(NOW, limit=5) == [second]
        assert books.stale_holds(NOW - MINUTE, limit=5) == []
        assert books.stale_holds(NOW + DAY, limit=0) == []


def test_both_need_an_episode_that_exists(store: Store) -> None:
    with pytest.raises(UnknownThing), store.transaction() as books:
        books.save_link(a_link(9))
    with pytest.raises(UnknownThing), store.transaction() as books:
        books.save_booking(a_booking(9))


def test_a_link_counts(books_of_three: Store) -> None:
    with books_of_three.transaction() as books:
        books.save_link(a_link(1))
        books.save_link(replace(a_link(1), clicks=2, clicked_at=NOW))
        books.save_link(a_link(1, "t2", made_at=NOW - MINUTE))
    with books_of_three.reading() as books:
        assert [(link.token, link.clicks) for link in books.links_of(a_link(1).episode)] == [
            ("t2", 0),
            ("t1", 2),
        ]
