"""What a right configuration becomes."""

import re
from dataclasses import fields
from datetime import date, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.carriers import HttpKeys
from config.fields import read_duration, read_external_answer, read_periods, read_week
from config.loader import default_source, parse
from config.schema import FollowUpKeys, GuardKeys, RouteKeys
from config.tree import Source
from secondring.domain.calls import ListeningRules
from secondring.domain.phone import PhoneNumber
from secondring.domain.records import Intent
from secondring.domain.rules import DEFAULT_ROUTES, AlarmRules, FollowUp, Guards, Route
from tests.unit.config.conftest import SECRETS, WHERE, configure

SMALLEST = """
sites:
  main:
    name: A Clinic
    phone: (202) 555-0123
    zone: America/Chicago
    hours: {mon-fri: ["08:00-17:00"]}
"""


def test_the_packaged_defaults_are_the_domains_own() -> None:
    rules = parse([default_source(), Source(name="x", text=SMALLEST)], SECRETS.__getitem__, WHERE)
    assert rules.rules.guards == Guards()
    assert rules.rules.follow_up == FollowUp()
    assert rules.rules.routes == DEFAULT_ROUTES
    assert rules.listening == ListeningRules()


@pytest.mark.parametrize(
    ("keys", "wishes"), [(GuardKeys, Guards), (FollowUpKeys, FollowUp), (RouteKeys, Route)]
)
def test_every_wish_of_the_domain_can_be_configured(keys: type, wishes: type) -> None:
    assert set(keys.model_fields) == {f.name for f in fields(wishes)}  # type: ignore[attr-defined]


def test_alarms_mail_and_mqtt_are_off_until_somebody_is_named() -> None:
    settings = configure()
    assert (settings.mail, settings.alarm_mail, settings.mqtt) == (None, (), None)
    assert settings.rules.alarms == AlarmRules()


def test_alarms_by_every_channel() -> None:
    settings = configure(
        "alarms: {texts: [+1 202 555 0178, +1 202 555 0177], mail: [boss@clinic.example], fold: 0}",
        "mail: {host: mail.example, user: us, password_file: credential:carrier-token, sender: us@b.example}",
        "mqtt: {host: 127.0.0.1, port: 1883, tls: false}",
    )
    assert [n.e164 for n in settings.rules.alarms.texts] == ["+12025550177", "+12025550178"]
    assert settings.alarm_mail == ("boss@clinic.example",)
    assert settings.mail is not None
    assert settings.mail.password is not None
    assert (settings.mail.security, settings.mail.port) == ("starttls", 587)
    assert "a-token" not in repr(settings)
    assert settings.mqtt is not None
    assert settings.mqtt.password is None


def test_the_smallest_site_is_enough() -> None:
    settings = parse([default_source(), Source(name="x", text=SMALLEST)], SECRETS.__getitem__, WHERE)
    (site,) = settings.rules.sites
    number = PhoneNumber("+12025550123")
    assert (site.phone, site.sender, site.dids) == (number, number, (number,))
    assert [carrier.kind for carrier in settings.carriers] == ["handset"]


def test_the_example_clinic() -> None:
    settings = configure()
    (site,) = settings.rules.sites
    assert site.name == "Maple Street Family Clinic"
    assert site.hours.week[4] == ((time(8), time(12)), (time(13), time(16)))
    assert sorted(site.hours.week) == [0, 1, 2, 3, 4]
    assert site.hours.days[date(2026, 12, 25)] == ()
    assert site.hours.days[date(2026, 12, 24)] == ((time(8), time(12)),)
    assert settings.rules.follow_up.reminder_after == timedelta(hours=4)


def test_a_later_file_changes_one_key_and_keeps_the_rest() -> None:
    settings = configure("sites:\n  maple-street:\n    language: es\n", "guards: {settle: 0}\nami:\n")
    assert settings.rules.sites[0].language == "es"
    assert settings.rules.sites[0].name == "Maple Street Family Clinic"
    assert settings.rules.guards.settle == timedelta(0)
    assert settings.ami.port == 5038


def test_lists_replace() -> None:
    settings = configure("guards: {countries: [US, MX]}", "guards: {countries: [CA]}")
    assert settings.rules.guards.countries == ("CA",)


def test_one_field_of_a_route_changes_alone() -> None:
    routes = configure("routes: {refill: {queue: front-desk}}").rules.routes
    assert routes[Intent.REFILL] == Route(
        template="refill", queue="front-desk", clock=DEFAULT_ROUTES[Intent.REFILL].clock
    )


def test_yaml_surprises_are_none_here() -> None:
    settings = configure(
        "sites:\n  maple-street:\n    phone: +12025550111\n    hours: {sat-sun: 10:30-12:30}\n"
        "pbx: {outside_prefix: 09}\nguards: {ignored_dids: [0123]}\n"
    )
    assert settings.rules.sites[0].phone == PhoneNumber("+12025550111")
    assert settings.rules.sites[0].hours.week[6] == ((time(10, 30), time(12, 30)),)
    assert settings.listening.outside_prefix == "09"
    assert settings.rules.guards.ignored_dids == frozenset({"0123"})


def test_an_http_carrier_with_its_secrets() -> None:
    settings = configure(
        "carrier:\n  kind: http\n  http:\n    url: https://carrier.example/texts\n"
        "    token_file: credential:carrier-token\n"
        "    inbound: {host: 127.0.0.1, port: 8480, secret_file: credential:ami-secret}\n"
    )
    (carrier,) = settings.carriers
    assert (carrier.name, carrier.kind) == ("http", "http")
    assert carrier.keys_as(HttpKeys).url == "https://carrier.example/texts"
    assert carrier.secret("token") == "a-token"
    assert carrier.secret("inbound_secret") == "a-secret-of-the-pbx"
    assert settings.webhooks is not None
    assert (settings.webhooks.host, settings.webhooks.port) == ("127.0.0.1", 8480)


def test_no_secret_shows_in_a_repr() -> None:
    shown = repr(configure())
    assert "a-secret-of-the-pbx" not in shown
    assert "0123456789abcdef" not in shown
    assert re.search(r"\+1202555\d+", shown) is None


@given(st.integers(0, 10**6), st.sampled_from(["ms", "s", "m", "h", "d"]))
def test_durations_mean_what_they_say(number: int, unit: str) -> None:
    scale = {"ms": "milliseconds", "s": "seconds", "m": "minutes", "h": "hours", "d": "days"}[unit]
    assert read_duration(f"{number}{unit}") == timedelta(**{scale: number})


def test_durations_add_up() -> None:
    assert read_duration("1h 30m") == timedelta(minutes=90)


def test_midnight_ends_a_day() -> None:
    assert read_periods(["00:00-24:00"]) == ((time(0), time(0)),)


def test_days_are_named_alone_in_ranges_and_in_lists() -> None:
    assert set(read_week({"Mon, wed-thu": "09:00-10:00", "sun": "closed"})) == {0, 2, 3}


@pytest.mark.parametrize(
    ("written", "read"), [("person", timedelta(0)), ("20s", timedelta(seconds=20)), ("not-a-person", None)]
)
def test_what_an_outside_phone_counts_for(written: str, read: timedelta | None) -> None:
    assert read_external_answer(written) == read
