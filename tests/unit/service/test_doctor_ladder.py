"""Would an urgent caller reach anybody? A PBX that answers what it knows of its phones."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, time

import pytest

from ami_listener.session import AmiAccount
from secondring.doctor.findings import Finding
from secondring.doctor.ladder import device_of, examine_ladders, examine_phones
from secondring.domain.hours import OpeningHours
from secondring.domain.ladder import DialPlan, Ladder, Shift, Step, Target
from tests.support.clinic import a_site, some_rules
from tests.support.fake_ami import USER, FakeAmi
from tests.unit.config.conftest import configure

MONDAY = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
NIGHTS = OpeningHours(zone="America/New_York", week=dict.fromkeys(range(7), ((time(20), time(23)),)))
PJSIP = Ladder(
    steps=(
        Step(targets=(Target(number="1001"), Target(number="+12025550177", outside=True))),
        Step(rota=(Shift(target=Target(number="1002"), hours=NIGHTS),)),
    ),
    last_resort=Target(number="1009"),
)
WELL = {
    "DEVICE_STATE(PJSIP/1001)": "NOT_INUSE",
    "DEVICE_STATE(PJSIP/1002)": "UNAVAILABLE",
    "DEVICE_STATE(PJSIP/1009)": "INUSE",
    "DEVICE_STATE(PJSIP/trunk)": "NOT_INUSE",
}


def phones(ladder: Ladder, states: Mapping[str, str]) -> dict[str, Finding]:
    async def ask(function: str) -> str:
        return states.get(function, "INVALID")

    async def look() -> dict[str, Finding]:
        site = a_site(triage=ladder)
        return {named.name: named.finding async for named in examine_phones(site, ask, MONDAY)}

    return asyncio.run(look())


def test_phones_that_are_there() -> None:
    found = phones(PJSIP, WELL)
    assert [finding.ok for finding in found.values()] == [True] * 4
    assert "not on duty now" in found["phone 1002"].evidence


def test_phones_that_are_all_switched_off_are_one_red_line() -> None:
    """They were one each; a switch without power took the whole page."""
    off = replace(PJSIP, steps=(Step(targets=(Target(number="1001"), Target(number="1002"))),))
    away = {f"DEVICE_STATE(PJSIP/{phone})": "UNAVAILABLE" for phone in ("1001", "1002", "1009")}
    found = phones(off, WELL | away)
    assert [name for name, finding in found.items() if finding.ok is False] == ["phones of north"]
    assert found["phones of north"].evidence.startswith("1001, 1002, 1009: not registered")


@pytest.mark.parametrize(
    ("function", "state", "broken"),
    [
        ("PJSIP/1001", "UNAVAILABLE", "phone 1001"),
        ("PJSIP/1009", "UNAVAILABLE", "phone 1009"),
        ("PJSIP/1002", "INVALID", "phone 1002"),
        ("PJSIP/trunk", "INVALID", "trunk for north"),
        ("PJSIP/trunk", "UNAVAILABLE", "trunk for north"),
    ],
)
def test_what_would_not_ring_is_red(function: str, state: str, broken: str) -> None:
    found = phones(PJSIP, WELL | {f"DEVICE_STATE({function})": state})
    assert [name for name, finding in found.items() if finding.ok is False] == [broken]
    assert found[broken].remedy


def test_another_technology_than_the_pbx_has_is_red() -> None:
    ladder = replace(PJSIP, dial=DialPlan(internal="SIP/{number}", outside="SIP/trunk/{digits}"))
    assert [finding.ok for finding in phones(ladder, WELL).values()] == [False] * 4


def test_freepbx_tells_by_its_hints() -> None:
    ladder = replace(PJSIP, dial=DialPlan(internal="Local/{number}@originate-skipvm/n"))
    local = {f"DEVICE_STATE(Local/{n}@originate-skipvm)": "NOT_INUSE" for n in ("1001", "1002", "1009")}
    hints = {f"EXTENSION_STATE({n}@ext-local)": "NOT_INUSE" for n in ("1002", "1009")}
    found = phones(ladder, WELL | local | hints | {"EXTENSION_STATE(1001@ext-local)": "UNAVAILABLE"})
    assert [name for name, finding in found.items() if finding.ok is False] == ["phone 1001"]
    group = phones(ladder, WELL | local | hints)["phone 1001"]
    assert group.ok is None, "a ring group has no state"


@pytest.mark.parametrize(
    ("dial", "device"),
    [
        ("PJSIP/1001", "PJSIP/1001"),
        ("PJSIP/+12025550177@trunk", "PJSIP/trunk"),
        ("SIP/trunk/2025550177", "SIP/trunk"),
        ("Local/1001@originate-skipvm/n", "Local/1001@originate-skipvm"),
        ("DAHDI/g0/2025550177", None),
    ],
)
def test_the_device_behind_a_dial_string(dial: str, device: str | None) -> None:
    assert device_of(dial) == device


def ladders_of(ladder: Ladder, cautions: tuple[str, ...] = ()) -> dict[str, Finding]:
    settings = replace(configure(), rules=some_rules(a_site(triage=ladder)), cautions=cautions)

    async def look() -> dict[str, Finding]:
        return {named.name: named.finding async for named in examine_ladders(settings, None, MONDAY)}

    return asyncio.run(look())


def test_who_is_on_duty_now() -> None:
    assert "1001, +12025550177 now" in ladders_of(PJSIP)["on duty at north"].evidence
    nobody = ladders_of(replace(PJSIP, steps=PJSIP.steps[1:]))["on duty at north"]
    assert (nobody.ok, "nobody now" in nobody.evidence) == (False, True)


def test_hours_to_come_without_anybody_are_red_where_there_is_no_last_resort() -> None:
    days = OpeningHours(zone="America/New_York", week=dict.fromkeys(range(7), ((time(8), time(20)),)))
    step = Step(rota=(Shift(target=Target(number="1002"), hours=days),))
    covered = ladders_of(replace(PJSIP, steps=(step,)))["on duty at north"]
    alone = ladders_of(replace(PJSIP, steps=(step,), last_resort=None))["on duty at north"]
    assert (covered.ok, alone.ok) == (True, False)
    assert "1002 now, but nobody from Mon 2026-03-02 20:00 on" in covered.evidence


def test_no_last_resort_is_red_unless_it_was_decided() -> None:
    none = replace(PJSIP, last_resort=None)
    told = ("20.yaml: sites.north.triage.last_resort: is missing",)
    assert ladders_of(none, told)["last resort of north"].ok is False
    assert ladders_of(none)["last resort of north"].ok is None


async def test_an_account_that_cannot_log_in_leaves_the_phones_unseen() -> None:
    settings = replace(configure(), rules=some_rules(a_site(triage=PJSIP)))
    async with FakeAmi() as ami:
        account = AmiAccount(host="127.0.0.1", port=ami.port, user=USER, secret="wrong")
        found = {named.name: named.finding async for named in examine_ladders(settings, account, MONDAY)}
    assert found["ladder phones"].ok is None
    assert found["ladder phones"].remedy == "see `AMI dialling`"
