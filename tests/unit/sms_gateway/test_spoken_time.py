"""When we open next, as people say it."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sms_gateway.segments import Encoding, encoding
from sms_gateway.spoken_time import opens_phrase

ZONE = "America/New_York"
FRIDAY = datetime(2026, 6, 12, 18, 30, tzinfo=ZoneInfo(ZONE))


@pytest.mark.parametrize(
    ("opens_at", "english", "spanish"),
    [
        ((12, 20, 0), "today at 8 PM", "hoy a las 8 pm"),
        ((13, 9, 30), "tomorrow at 9:30 AM", "mañana a las 9:30 am"),
        ((15, 8, 0), "Monday at 8 AM", "el lunes a las 8 am"),
        ((16, 13, 0), "Tuesday at 1 PM", "el martes a la 1 pm"),
        ((18, 12, 0), "Thursday at 12 PM", "el jueves a las 12 pm"),
        ((19, 0, 5), "June 19 at 12:05 AM", "el 19 de junio a las 12:05 am"),
        ((20, 8, 0), "June 20 at 8 AM", "el 20 de junio a las 8 am"),
    ],
)
def test_said_as_people_say_it(opens_at: tuple[int, int, int], english: str, spanish: str) -> None:
    day, hour, minute = opens_at
    when = datetime(2026, 6, day, hour, minute, tzinfo=ZoneInfo(ZONE))
    assert opens_phrase(when, now=FRIDAY, zone=ZONE, language="en") == english
    assert opens_phrase(when, now=FRIDAY, zone=ZONE, language="es") == spanish


def test_the_day_is_that_of_the_clinic() -> None:
    late_evening = datetime(2026, 6, 13, 3, 0, tzinfo=ZoneInfo("UTC"))
    opens = datetime(2026, 6, 13, 13, 0, tzinfo=ZoneInfo("UTC"))
    assert opens_phrase(opens, now=late_evening, zone=ZONE, language="en") == "tomorrow at 9 AM"


@given(ahead=st.integers(0, 400 * 24 * 60), language=st.sampled_from(["en", "es", "fr"]))
def test_it_never_makes_a_text_longer_than_its_letters(ahead: int, language: str) -> None:
    phrase = opens_phrase(FRIDAY + timedelta(minutes=ahead), now=FRIDAY, zone=ZONE, language=language)
    assert encoding(phrase) is Encoding.GSM7
    assert len(phrase) < 40
