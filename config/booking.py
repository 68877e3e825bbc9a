"""The keys of the booking page and of a site's calendar, and the timetable that is built from them."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, PlainValidator

from config.ehr import EhrKeys
from config.fields import (
    AbsolutePath,
    Duration,
    Line,
    OpenWeek,
    PositiveDuration,
    SpecialDays,
    Week,
    Word,
)
from config.links import WebAddress
from config.proxies import Proxies
from config.refusal import refusal
from config.section import Section
from secondring.domain.hours import Period
from secondring.domain.rules import Ask
from secondring.domain.timetable import GRAIN, Timetable, VisitType, within

LANGUAGES = ("en", "es")
LONGEST_NAME = 60


def host_only(text: str) -> str:
    """An address without anything after the host."""
    parts = urlsplit(text)
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise refusal(
            "is more than a host", "Write it without anything after the host: https://HOST.clinic.example"
        )
    return text.rstrip("/")


def _marks(value: timedelta) -> timedelta:
    if value % GRAIN:
        raise refusal("is no multiple of five minutes", "Write 5m, 15m, 30m, 1h or the like.")
    return value


def _week_on_marks(week: Week) -> Week:
    for periods in week.values():
        _periods_on_marks(periods)
    return week


def _days_on_marks(days: dict[date, tuple[Period, ...]]) -> dict[date, tuple[Period, ...]]:
    for day, periods in days.items():
        _periods_on_marks(periods, day.isoformat())
    return days


def _periods_on_marks(periods: tuple[Period, ...], day: str = "") -> None:
    minutes = int(GRAIN.total_seconds()) // 60
    if any(clock.minute % minutes for period in periods for clock in period):
        raise refusal(
            "has a time that is no multiple of five minutes",
            "Write 09:00, 09:05 and so on.",
            (day,) * bool(day),
        )


def _names(raw: object) -> dict[str, str]:
    found = raw if isinstance(raw, dict) else {"en": raw}
    for language, name in found.items():
        if language not in LANGUAGES:
            raise refusal("is no language of the booking page", "Write en or es.", (language,))
        if not (isinstance(name, str) and name.strip() and name.isprintable() and len(name) <= LONGEST_NAME):
            raise refusal(
                f"is empty, not one line, or longer than {LONGEST_NAME} characters",
                "Write for example Check-up.",
            )
    if "en" not in found:
        raise refusal("has no English", "Write {en: Check-up, es: Consulta}.")
    return {language: str(name).strip() for language, name in found.items()}


Marks = Annotated[timedelta, AfterValidator(_marks)]
BookableWeek = Annotated[OpenWeek, AfterValidator(_week_on_marks)]
BookableDays = Annotated[SpecialDays, AfterValidator(_days_on_marks)]


class BookingListen(Section):
    """Where the booking page listens: by a certificate of its own, or for a proxy that does the encryption."""

    host: Line = Field(examples=["127.0.0.1"])
    """Address to listen on; loopback when the proxy is on this machine."""
    port: Annotated[int, Field(ge=1, le=65535)] = Field(examples=["8490"])
    """Port to listen on."""
    certificate: AbsolutePath | None = Field(examples=["/etc/secondring/tls/book.crt"])
    """Certificate, with its chain, to serve patients without a proxy; empty: plain HTTP, for the proxy alone."""
    certificate_key: AbsolutePath | None = Field(examples=["/etc/secondring/tls/book.key"])
    """Its private key; not for everybody to read."""
    proxies: Proxies = Field(examples=["[127.0.0.1]"])
    """Addresses of the proxy: what it says of the visitor's address is believed, to limit each one's haste."""
    per_minute: Annotated[int, Field(ge=10, le=100_000)] = Field(examples=["120"])
    """Requests from one address in a minute; patients behind one wall share it."""


class BookingKeys(Section):
    """How patients book themselves. The page is off until `public_url` is set."""

    public_url: Annotated[WebAddress, AfterValidator(host_only)] | None = Field(
        examples=["https://book.clinic.example"]
    )
    """Where the page is found from outside; short, because it stands in texts. Empty: no page."""
    link_valid: PositiveDuration = Field(examples=["3d"])
    """How long a link works that led to no booking; one that did works until the visit begins."""
    hold: PositiveDuration = Field(examples=["10m"])
    """How long a chosen time is kept for a caller who has not confirmed it."""
    ask_name: Ask = Field(examples=["optional"])
    """Ask for the first name: `no`, `optional` or `required`."""
    ask_birth_date: Ask = Field(examples=["required"])
    """Ask for the date of birth: `no`, `optional` or `required`."""
    listen: BookingListen


class VisitKeys(Section):
    """A kind of visit that patients may choose. The key it stands under is its id."""

    name: Annotated[dict[str, str], PlainValidator(_names)] = Field(examples=["{en: Check-up, es: Consulta}"])
    """What patients read."""
    length: Annotated[PositiveDuration, AfterValidator(_marks)] = Field(examples=["30m"])
    """How long it takes; a multiple of five minutes."""
    hours: BookableWeek | None = Field(default=None, examples=['{tue: ["09:00-12:00"]}'])
    """When such visits may take place, within the calendar's hours; empty: whenever the calendar is open."""


class CalendarKeys(Section):
    """A site's own calendar. Patients see its open times when `booking.public_url` is set."""

    hours: BookableWeek | None = Field(default=None, examples=['{mon-fri: ["09:00-11:30"]}'])
    """When patients may come; empty: the site's opening hours."""
    exceptions: BookableDays = Field(default={}, examples=['{2026-12-24: ["09:00-10:00"]}'])
    """Days with other bookable hours, or `closed`. The site's holidays are closed without being named."""
    every: Annotated[PositiveDuration, AfterValidator(_marks)] | None = Field(default=None, examples=["15m"])
    """From one beginning to the next; empty: the length of the visit."""
    capacity: Annotated[int, Field(ge=1, le=50)] = Field(default=1, examples=["2"])
    """Visits at one time: how many doctors, or rooms."""
    lead: Duration = Field(default=timedelta(hours=2), examples=["2h"])
    """A time closer than this is not offered any more."""
    horizon: PositiveDuration = Field(default=timedelta(days=30), examples=["30d"])
    """A time further away than this is not offered yet; at most 180d."""
    address: Annotated[str, Field(max_length=200)] = Field(
        default="", examples=["12 Maple Street, Springfield"]
    )
    """Where to come, as patients read it."""
    visits: dict[Word, VisitKeys] = Field(min_length=1, examples=["{checkup: {name: Check-up, length: 30m}}"])
    """The kinds of visit, in the order that patients see them."""
    ehr: EhrKeys | None = Field(
        default=None, examples=["{url: https://ehr.example/fhir/R4, schedules: [...]}"]
    )
    """The EHR that keeps these appointments; hours, exceptions, capacity and steps are then its own. Empty: ours."""


def build_timetable(
    keys: CalendarKeys | None,
    zone: str,
    hours: Week,
    days: dict[date, tuple[Period, ...]],
) -> Timetable | None:
    """The timetable as the domain takes it; `hours` and `days` are those of the site."""
    if keys is None:
        return None
    week = hours if keys.hours is None else keys.hours
    shared = {day: within(periods, week.get(day.weekday(), ())) for day, periods in days.items()}
    return Timetable(
        zone=zone,
        week=week,
        days=shared | keys.exceptions,
        visits=tuple(
            VisitType(id=name, names=visit.name, length=visit.length, week=visit.hours)
            for name, visit in keys.visits.items()
        ),
        every=keys.every,
        capacity=keys.capacity,
        lead=keys.lead,
        horizon=keys.horizon,
        address=keys.address,
        elsewhere=keys.ehr is not None,
    )


def visits_that_never_fit(timetable: Timetable) -> Iterator[str]:
    """Ids of visit types that are longer than every period in which they might take place."""
    if timetable.elsewhere:
        return
    for visit in timetable.visits:
        week = timetable.week if visit.week is None else visit.week
        spans = [
            period for day, limits in week.items() for period in within(timetable.week.get(day, ()), limits)
        ]
        exceptions = [period for periods in timetable.days.values() for period in periods]
        if all(_length(period) < visit.length for period in (*spans, *exceptions)):
            yield visit.id


def _length(period: Period) -> timedelta:
    start, end = (datetime.combine(date.min, clock) for clock in period)
    return (end if end > start else end + timedelta(days=1)) - start
