"""What visitors send, and how days and times are said to them."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secondring.booking_web import spoken
from secondring.booking_web.forms import read_born, read_day, read_person, read_start, wrong_fields
from secondring.booking_web.guard import household
from secondring.domain.crowd import Crowd
from secondring.domain.rules import Ask, BookingRules
from sms_gateway.spoken_time import visit_phrase

TODAY = date(2026, 3, 2)
NEW_YORK = "America/New_York"
AT = datetime(2026, 3, 3, 14, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "language", "born"),
    [
        ("4/27/1980", "en", date(1980, 4, 27)),
        ("27/4/1980", "es", date(1980, 4, 27)),
        ("04-27-1980", "en", date(1980, 4, 27)),
        ("4 27 1980", "en", date(1980, 4, 27)),
        ("27. 4. 1980", "es", date(1980, 4, 27)),
        ("1980-04-27", "es", date(1980, 4, 27)),
        (" 2/29/2024 ", "en", date(2024, 2, 29)),
        ("2/29/2023", "en", None),
        ("27/4/1980", "en", None),
        ("3/3/2026", "en", None),
        ("1/1/1899", "en", None),
        ("4/27/80", "en", None),
        ("", "en", None),
        ("yesterday", "en", None),
    ],
)
def test_dates_of_birth(text: str, language: str, born: date | None) -> None:
    assert read_born(text, language, TODAY) == born


@given(st.dates(date(1901, 1, 1), TODAY))
def test_a_date_of_birth_reads_back(born: date) -> None:
    assert read_born(f"{born.month}/{born.day}/{born.year}", "en", TODAY) == born
    assert read_born(f"{born.day}/{born.month}/{born.year}", "es", TODAY) == born
    assert read_born(born.isoformat(), "en", TODAY) == born


@given(st.text(max_size=30))
def test_anything_may_be_sent(text: str) -> None:
    page = BookingRules(public_url="x", ask_name=Ask.REQUIRED, ask_birth_date=Ask.REQUIRED)
    form = {"first_name": text, "born": text}
    person = read_person(form, page, "en", TODAY)
    assert len(person.first_name) <= 60
    assert ("born" in wrong_fields(form, person, page)) == (person.born is None)
    assert read_start(text) is None or text.isascii()
    assert read_day(text) is None or "-" in text


@given(st.integers(10**9, 10**10 - 1))
def test_a_beginning_reads_back(seconds: int) -> None:
    at = read_start(str(seconds))
    assert at is not None
    assert int(at.timestamp()) == seconds


def test_days_and_times_as_people_say_them() -> None:
    assert spoken.whole(AT, NEW_YORK, "en") == "Tuesday, March 3 at 9:30\u00a0AM"
    assert spoken.whole(AT, NEW_YORK, "es") == "martes 3 de marzo a las 9:30\u00a0a.\u00a0m."
    assert spoken.whole(AT + timedelta(hours=4), NEW_YORK, "es").endswith("a la 1:30\u00a0p.\u00a0m.")
    assert spoken.near_day(date(2026, 3, 2), TODAY, "en") == "Today, Monday, March 2"
    assert spoken.near_day(date(2026, 3, 3), TODAY, "es") == "Mañana, martes 3 de marzo"
    assert spoken.near_day(date(2026, 3, 7), TODAY, "es") == "Sábado 7 de marzo"
    midnight, noon = datetime(2026, 3, 3, 5, tzinfo=UTC), datetime(2026, 3, 3, 17, tzinfo=UTC)
    assert (spoken.clock(midnight, NEW_YORK, "en"), spoken.clock(noon, NEW_YORK, "en")) == (
        "12:00\u00a0AM",
        "12:00\u00a0PM",
    )


def test_an_hour_that_comes_twice_is_told_apart() -> None:
    first, second = datetime(2026, 11, 1, 5, 30, tzinfo=UTC), datetime(2026, 11, 1, 6, 30, tzinfo=UTC)
    assert spoken.clock(first, NEW_YORK, "en") == "1:30\u00a0AM (EDT)"
    assert spoken.clock(second, NEW_YORK, "en") == "1:30\u00a0AM (EST)"


def test_the_time_in_a_text_is_short() -> None:
    assert visit_phrase(AT, zone=NEW_YORK, language="en") == "Tue Mar 3 at 9:30 AM"
    assert visit_phrase(AT, zone=NEW_YORK, language="es") == "3 de marzo, 9:30 am"
    one = AT.replace(hour=18, minute=0)
    assert visit_phrase(one, zone=NEW_YORK, language="es") == "3 de marzo, 1 pm"
    assert visit_phrase(one, zone=NEW_YORK, language="fr") == "Tue Mar 3 at 1 PM"


def test_one_household_is_one_visitor() -> None:
    assert household("203.0.113.7") == "203.0.113.7"
    assert household("2001:db8::1") == household("2001:db8::ffff:1") == "2001:db8::/64"
    assert household("2001:db8:0:1::1") != household("2001:db8::1")
    assert household("unix") == "unix"


def test_a_crowd_lets_in_a_burst_and_then_one_at_a_time() -> None:
    crowd = Crowd(per_second=1, burst=3, kept=2)
    assert [crowd.lets_in("a", AT) for _ in range(5)] == [True, True, True, False, False]
    assert crowd.lets_in("b", AT)
    assert crowd.lets_in("a", AT + timedelta(seconds=1))
    assert not crowd.lets_in("a", AT + timedelta(seconds=1))
    assert [crowd.lets_in("a", AT + timedelta(hours=1)) for _ in range(4)] == [True, True, True, False]
