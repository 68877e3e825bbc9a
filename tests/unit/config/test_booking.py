"""The booking page and the calendars in the configuration: what they become, and what is refused."""

from datetime import date, time, timedelta

import pytest

from secondring.domain.errors import ConfigError
from secondring.domain.rules import Ask
from secondring.domain.timetable import Timetable
from tests.unit.config.conftest import configure

ON = "booking: {public_url: 'https://book.clinic.example/', listen: {proxies: [127.0.0.1]}}\n"
FULL = """
sites:
  maple-street:
    calendar:
      address: 12 Maple Street, Springfield
      hours: {mon-thu: ["09:00-11:00"], fri: ["14:00-16:00"]}
      exceptions: {2026-11-26: ["09:00-10:00"], 2026-12-23: closed}
      every: 15m
      capacity: 2
      lead: 4h
      horizon: 14d
      visits:
        checkup: {name: {en: Check-up, es: Consulta}, length: 30m}
        new: {name: First visit, length: 1h, hours: {mon: ["09:00-11:00"]}}
"""


def timetable_of(*texts: str) -> Timetable:
    (site,) = configure(*texts).rules.sites
    assert site.timetable is not None
    return site.timetable


def test_it_is_off_until_it_has_an_address() -> None:
    settings = configure(FULL)
    assert settings.booking is None
    assert settings.rules.booking is None
    assert settings.rules.sites[0].timetable is not None


def test_the_page() -> None:
    keys = (
        "booking: {hold: 5m, link_valid: 1d, ask_name: required, listen: {port: 8500, proxies: [192.0.2.80]}}"
    )
    settings = configure(ON, keys)
    page, listen = settings.rules.booking, settings.booking
    assert page is not None
    assert listen is not None
    assert (page.public_url, page.hold, page.link_valid) == (
        "https://book.clinic.example",
        timedelta(minutes=5),
        timedelta(days=1),
    )
    assert (page.ask_name, page.ask_birth_date) == (Ask.REQUIRED, Ask.NO)
    assert (listen.host, listen.port, listen.proxies, listen.per_minute) == (
        "127.0.0.1",
        8500,
        ("192.0.2.80",),
        120,
    )


def test_patients_may_be_served_without_a_proxy() -> None:
    own = "booking: {listen: {host: 0.0.0.0, proxies: [], certificate: /x/book.crt, certificate_key: /x/book.key}}"
    listen = configure(ON, own).booking
    assert listen is not None
    assert (str(listen.certificate), listen.proxies) == ("/x/book.crt", ())


def test_a_full_calendar() -> None:
    timetable = timetable_of(ON, FULL)
    assert timetable.week[4] == ((time(14), time(16)),)
    assert (timetable.every, timetable.capacity) == (timedelta(minutes=15), 2)
    assert (timetable.lead, timetable.horizon) == (timedelta(hours=4), timedelta(days=14))
    assert timetable.address == "12 Maple Street, Springfield"
    checkup, new = timetable.visits
    assert (checkup.id, checkup.name("es"), checkup.length) == ("checkup", "Consulta", timedelta(minutes=30))
    assert (new.name("es"), new.week) == ("First visit", {0: ((time(9), time(11)),)})


def test_the_sites_own_days_close_the_calendar_unless_it_says_otherwise() -> None:
    days = timetable_of(ON, FULL).days
    assert days[date(2026, 12, 25)] == ()
    assert days[date(2026, 12, 24)] == ((time(9), time(11)),)
    assert days[date(2026, 12, 23)] == ()
    assert days[date(2026, 11, 26)] == ((time(9), time(10)),)


def test_without_hours_it_keeps_the_sites() -> None:
    least = "sites: {maple-street: {calendar: {visits: {v: {name: Visit, length: 20m}}}}}"
    timetable = timetable_of(least)
    assert timetable.week[0] == ((time(8), time(12)), (time(13), time(17)))
    assert timetable == Timetable(
        zone=timetable.zone, week=timetable.week, days=timetable.days, visits=timetable.visits
    )


def calendar(keys: str) -> str:
    return f"sites:\n  maple-street:\n    calendar:\n      {keys}\n"


VISITS = "visits: {v: {name: Visit, length: 30m}}"
SLIPS = {
    "no visits": (calendar("visits: {}"), ["calendar.visits", "at least one entry"]),
    "odd length": (
        calendar("visits: {v: {name: Visit, length: 17m}}"),
        ["20-more.yaml:4: sites.maple-street.calendar.visits.v.length", "'17m'", "five minutes"],
    ),
    "odd step": (calendar(f"{VISITS}\n      every: 7m"), ["20-more.yaml:5:", "calendar.every", "'7m'"]),
    "odd hours": (
        calendar(VISITS + '\n      hours: {mon: ["09:02-12:00"]}'),
        ["20-more.yaml:5:", "calendar.hours", "five minutes"],
    ),
    "odd exception": (
        calendar(VISITS + '\n      exceptions: {2026-12-24: ["09:00-12:01"]}'),
        ["calendar.exceptions.2026-12-24", "five minutes"],
    ),
    "no room": (
        calendar(VISITS + "\n      capacity: 0"),
        ["20-more.yaml:5: sites.maple-street.calendar.capacity", "'0'"],
    ),
    "a slip": (calendar(VISITS + "\n      seats: 2"), ["calendar.seats", "known here: "]),
    "no English": (
        calendar("visits: {v: {name: {es: Consulta}, length: 30m}}"),
        ["visits.v.name", "no English"],
    ),
    "no language": (calendar("visits: {v: {name: {fr: Visite}, length: 30m}}"), ["visits.v.name.fr"]),
    "too long a visit": (
        calendar("visits: {v: {name: Visit, length: 5h}}"),
        ["visits.v.length", "'5h'", "longer than every period"],
    ),
    "too far": (calendar(VISITS + "\n      horizon: 1000d"), ["20-more.yaml:5:", "horizon", "half a year"]),
    "too late": (calendar(VISITS + "\n      lead: 40d"), ["calendar.lead", "no time before the horizon"]),
    "not encrypted": ("booking: {public_url: 'http://book.clinic.example'}", ["booking.public_url", "https"]),
    "nothing before it": (
        "booking: {public_url: 'https://book.clinic.example'}",
        ["listen.proxies", "nobody"],
    ),
    "half a certificate": (
        "booking: {listen: {certificate: /x/book.crt}}",
        ["booking.listen.certificate_key", "missing"],
    ),
    "a path": ("booking: {public_url: 'https://clinic.example/book'}", ["public_url", "more than a host"]),
    "a proxy by name": ("booking: {listen: {proxies: [proxy]}}", ["booking.listen.proxies[1]", "'proxy'"]),
    "asks maybe": ("booking: {ask_name: maybe}", ["booking.ask_name", "'maybe'", "'required'"]),
}


@pytest.mark.parametrize("slip", SLIPS)
def test_a_slip_is_named(slip: str) -> None:
    text, told = SLIPS[slip]
    with pytest.raises(ConfigError) as caught:
        configure(text)
    assert [words for words in told if words not in str(caught.value)] == [], caught.value


# ------------------------------------------------------------------ an EHR's calendar

IN_EHR = FULL + "      ehr: {url: 'https://ehr.example/fhir/R4', schedules: [Schedule/12, Schedule/a-b]}\n"


def test_a_calendar_in_an_ehr() -> None:
    settings = configure(ON, IN_EHR)
    (site,) = settings.rules.sites
    assert site.timetable is not None
    assert site.timetable.elsewhere
    ehr = settings.ehrs[site.id]
    assert (ehr.url, ehr.schedules) == ("https://ehr.example/fhir/R4", ("Schedule/12", "Schedule/a-b"))
    assert (ehr.token, ehr.timeout, ehr.ca_file) == (None, timedelta(seconds=8), None)
    assert configure(ON, FULL).ehrs == {}


def test_its_token_comes_from_a_file_and_is_not_shown() -> None:
    token = (
        "      ehr: {url: 'https://ehr.example/', schedules: [Schedule/1], token_file: 'credential:key'}\n"
    )
    (ehr,) = configure(ON, FULL + token).ehrs.values()
    assert ehr.token is not None
    assert ehr.token.get_secret_value() not in repr(ehr)


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ("{url: 'http://ehr.example/', schedules: [Schedule/1]}", "unencrypted"),
        ("{url: 'https://ehr.example/', schedules: []}", "calendar.ehr.schedules"),
        ("{url: 'https://ehr.example/', schedules: [Practitioner/1]}", "names no Schedule"),
        ("{url: 'https://ehr.example/', schedules: ['Schedule/1?x']}", "names no Schedule"),
        ("{url: 'https://ehr.example/', schedules: [Schedule/1], timeout: 5m}", "waiting for too long"),
        ("{url: 'https://ehr.example/', schedules: [Schedule/1], token_file: secret}", "may not stand here"),
        ("{schedules: [Schedule/1]}", "calendar.ehr.url"),
    ],
)
def test_what_is_no_ehr(keys: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        configure(ON, f"{FULL}      ehr: {keys}\n")
