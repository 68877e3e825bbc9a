"""The friendly types of the configuration: durations, phone numbers, hours, zones.

Each reader takes what stands in the file and returns the domain's own type, or refuses with what is
wrong and what to write instead. `at` points below the field, to the exact entry of a mapping or list.
"""

import re
import warnings
from collections.abc import Callable
from datetime import date, time, timedelta
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal

import phonenumbers
from pydantic import AfterValidator, PlainValidator, ValidationInfo
from pydantic_core import PydanticCustomError

from config.problems import KeyPath
from config.refusal import refusal, together
from config.zones import read_zone
from secondring.domain.hours import Period
from secondring.domain.ladder import Target
from secondring.domain.phone import PhoneNumber, parse_number

Week = dict[int, tuple[Period, ...]]
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
CLOSED = "closed"
MIDNIGHT = "24:00"
WRITE_PERIODS = 'Write for example ["08:00-12:00", "13:00-17:00"], or closed.'
WRITE_DAYS = "Write days as mon, mon-fri or mon,wed,fri."
_UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400}
_DURATION = re.compile(r"(?:[0-9]{1,9}(?:ms|s|m|h|d))+")
_PART = re.compile(r"([0-9]+)(ms|s|m|h|d)")
_PERIOD = re.compile(r"([0-9]{1,2}):([0-9]{2})\s*-\s*([0-9]{1,2}):([0-9]{2})")


# ------------------------------------------------------------------ durations


def read_duration(raw: object) -> timedelta:
    """`2s`, `10m`, `24h`, `1d`, `1h30m`, `500ms` or `0`."""
    text = raw.replace(" ", "") if isinstance(raw, str) else ""
    if text == "0":
        return timedelta(0)
    if not _DURATION.fullmatch(text):
        raise refusal("is not a length of time", "Write a number and its unit: 500ms, 2s, 10m, 24h or 1d.")
    try:
        return sum((timedelta(seconds=int(n) * _UNITS[u]) for n, u in _PART.findall(text)), timedelta(0))
    except OverflowError:
        raise refusal("is longer than anybody lives", "Write something like 30d.") from None


def _positive(value: timedelta) -> timedelta:
    if not value:
        raise refusal("must be longer than nothing", "Write for example 10s.")
    return value


Duration = Annotated[timedelta, PlainValidator(read_duration)]
PositiveDuration = Annotated[timedelta, PlainValidator(read_duration), AfterValidator(_positive)]


def read_external_answer(raw: object) -> timedelta | None:
    """`person`: at once; `not-a-person`: never; else how long it takes."""
    if raw in ("person", "not-a-person"):
        return timedelta(0) if raw == "person" else None
    return read_duration(raw)


ExternalAnswer = Annotated[timedelta | None, PlainValidator(read_external_answer)]


# ------------------------------------------------------------------ phone numbers and countries


def _number(raw: object, region: str, at: KeyPath = ()) -> PhoneNumber:
    number = parse_number(raw, region) if isinstance(raw, str) else None
    if number is None:
        raise refusal("is not a phone number", "Write it with + and country code: +1 202 555 0123.", at)
    return number


def _site_number(raw: object, info: ValidationInfo) -> PhoneNumber:
    return _number(raw, info.data.get("region", "US"))


def read_numbers(raw: object, region: str) -> tuple[PhoneNumber, ...]:
    """`[+1 202 555 0123]`, in the order that they are written."""
    if not isinstance(raw, list):
        raise refusal("is not a list", "Write it in brackets: [+1 202 555 0123].")
    return tuple(_number(item, region, at=(n,)) for n, item in enumerate(raw))


def _site_numbers(raw: object, info: ValidationInfo) -> tuple[PhoneNumber, ...]:
    return read_numbers(raw, info.data.get("region", "US"))


def _any_numbers(raw: object) -> frozenset[PhoneNumber]:
    return frozenset(read_numbers(raw, region="ZZ"))


SiteNumber = Annotated[PhoneNumber, PlainValidator(_site_number)]
SiteNumbers = Annotated[tuple[PhoneNumber, ...], PlainValidator(_site_numbers)]
AnyNumbers = Annotated[frozenset[PhoneNumber], PlainValidator(_any_numbers)]


def _country(code: str) -> str:
    if code not in phonenumbers.SUPPORTED_REGIONS:
        raise refusal("is not a country", "Write its two capital letters (ISO 3166): US, CA.")
    return code


Country = Annotated[str, AfterValidator(_country)]


# ------------------------------------------------------------------ opening hours


def read_periods(raw: object, at: KeyPath = ()) -> tuple[Period, ...]:
    """`["08:00-12:00", "13:00-17:00"]`, one period without brackets, or `closed`."""
    if raw == CLOSED:
        return ()
    items = raw if isinstance(raw, list) else [raw]
    periods = tuple(_period(item, at) for item in items)
    for (_, end), (start, _) in pairwise(periods):
        if end == time(0) or start < end:
            raise refusal("has periods that overlap or are out of order", WRITE_PERIODS, at)
    return periods


def _period(raw: object, at: KeyPath) -> Period:
    found = _PERIOD.fullmatch(raw.strip()) if isinstance(raw, str) else None
    if found is None:
        raise refusal("has something that is no period of the day", WRITE_PERIODS, at)
    opens, closes = (_clock(found[n], found[n + 1], at) for n in (1, 3))
    if opens >= closes:
        raise refusal("closes before it opens", f"{WRITE_PERIODS} A night is two periods on two days.", at)
    return _time(opens), _time(closes)


def _clock(hour: str, minute: str, at: KeyPath) -> int:
    """Minutes since midnight; 24:00 is the end of the day."""
    minutes = int(hour) * 60 + int(minute)
    if int(minute) > 59 or minutes > 24 * 60:
        raise refusal("has a time of day that does not exist", "Times run from 00:00 to 24:00.", at)
    return minutes


def _time(minutes: int) -> time:
    return time(minutes // 60 % 24, minutes % 60)


def read_week(raw: object) -> Week:
    """`{mon-thu: [...], fri: [...]}`; days that are not named are closed. Refuses every slip in it at once."""
    if not isinstance(raw, dict):
        raise refusal("is not a mapping of days", f'{WRITE_DAYS} For example mon-fri: ["08:00-17:00"].')
    week: Week = {}
    slips: list[PydanticCustomError] = []
    for days, periods in raw.items():
        try:
            _add_days(week, days, periods)
        except PydanticCustomError as slip:
            slips.append(slip)
    if slips:
        raise together(slips)
    return {day: periods for day, periods in week.items() if periods}


def _add_days(week: Week, days: str, raw: object) -> None:
    named = _days(days)
    periods = read_periods(raw, at=(days,))
    for day in named:
        if day in week:
            raise refusal(f"names {DAYS[day]} a second time", "Say each day once.", (days,))
        week[day] = periods


def _days(text: str) -> list[int]:
    found: list[int] = []
    for part in text.lower().replace(" ", "").split(","):
        first, _, last = part.partition("-")
        if first not in DAYS or (last or first) not in DAYS:
            raise refusal("is not a day of the week", WRITE_DAYS, (text,))
        start, end = DAYS.index(first), DAYS.index(last or first)
        if start > end:
            raise refusal("runs backwards", f"{WRITE_DAYS} A week begins on mon.", (text,))
        found.extend(range(start, end + 1))
    return found


def _date(text: object, at: KeyPath) -> date:
    try:
        return date.fromisoformat(text if isinstance(text, str) and len(text) == len("2026-12-25") else "")
    except ValueError:
        raise refusal("is not a date", "Write year-month-day: 2026-12-25.", at) from None


def read_holidays(raw: object) -> dict[date, str]:
    """`{2026-12-25: Christmas Day}`, or a list of dates."""
    if isinstance(raw, list):
        return {_date(item, at=(n,)): "" for n, item in enumerate(raw)}
    if isinstance(raw, dict):
        return {_date(day, at=(day,)): name if isinstance(name, str) else "" for day, name in raw.items()}
    raise refusal("is neither dates with names nor a list of dates", "Write 2026-12-25: Christmas Day.")


def read_special_days(raw: object) -> dict[date, tuple[Period, ...]]:
    """`{2026-12-24: ["08:00-12:00"]}`."""
    if not isinstance(raw, dict):
        raise refusal("is not a mapping of dates", 'Write 2026-12-24: ["08:00-12:00"].')
    return {_date(day, at=(day,)): read_periods(periods, at=(day,)) for day, periods in raw.items()}


OpenWeek = Annotated[Week, PlainValidator(read_week)]
Holidays = Annotated[dict[date, str], PlainValidator(read_holidays)]
SpecialDays = Annotated[dict[date, tuple[Period, ...]], PlainValidator(read_special_days)]
Zone = Annotated[str, AfterValidator(read_zone)]


# ------------------------------------------------------------------ words, patterns, paths


def _matching(pattern: str, what: str, remedy: str) -> Callable[[str], str]:
    return partial(_check, re.compile(pattern), what, remedy)


def _check(pattern: re.Pattern[str], what: str, remedy: str, text: str) -> str:
    if not pattern.fullmatch(text):
        raise refusal(what, remedy)
    return text


def _compiles(text: str) -> str:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            re.compile(text)
    except (re.error, RecursionError, OverflowError, Warning) as error:
        why = error.msg if isinstance(error, re.error) else "it can be read in two ways"
        raise refusal(f"is not a regular expression ({why})", "Write for example from-pstn.*") from None
    return text


def _absolute(raw: Any) -> Path:
    if not (isinstance(raw, str) and raw.startswith("/") and "\0" not in raw):
        raise refusal("is not a whole path", "Begin it with /.")
    return Path(raw)


Word = Annotated[
    str,
    AfterValidator(
        _matching(r"[a-z0-9][a-z0-9_.-]{0,39}", "is no plain name", "Use only a-z, 0-9 and -: main-street.")
    ),
]
Version = Annotated[
    str,
    AfterValidator(
        _matching(
            r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}",
            "is no version",
            "Use letters, digits, - _ and . only: 2026-03.",
        )
    ),
]
Line = Annotated[
    str,
    AfterValidator(
        _matching(r"\S(?:[^\x00-\x1f\x7f]*\S)?", "is empty or not one line", "Write it in one line.")
    ),
]
Digits = Annotated[
    str, AfterValidator(_matching(r"[0-9]{0,20}", "is more than digits", "Write digits only: 2025550199."))
]


def read_target(raw: object) -> Target:
    """A phone of the ladder: an extension, or an outside number with + and country code."""
    text = raw.strip() if isinstance(raw, str) else ""
    if text.startswith("+"):
        return Target(number=_number(text, "ZZ").e164, outside=True)
    if not re.fullmatch(r"[0-9*#]{1,12}", text):
        raise refusal("is neither an extension nor a number", 'Write "1001", or +1 202 555 0177.')
    return Target(number=text)


def read_last_resort(raw: object) -> Target | Literal["none"] | None:
    """A phone; `none` where somebody decided that there is none."""
    return raw if raw is None or raw == "none" else read_target(raw)


Destination = Annotated[
    str,
    AfterValidator(
        _matching(
            r"(?=.{1,50}$)[A-Za-z0-9_-]+,[A-Za-z0-9_+*#-]+,[A-Za-z0-9_-]+",
            "is no place in the dialplan",
            "Write context,extension,priority in 50 characters at most: ext-queues,400,1.",
        )
    ),
]
QueueOptions = Annotated[
    str,
    AfterValidator(_matching(r"[A-Za-z]{0,20}", "are no options of a queue", "Write letters only: tc.")),
]
Pattern = Annotated[str, AfterValidator(_compiles)]
AbsolutePath = Annotated[Path, PlainValidator(_absolute)]
