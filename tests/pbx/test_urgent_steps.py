"""What a step of the ladder may be: phones one by one or together, an on-call rota; and who is first of two."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from lab import offer, triage
from lab.errors import LabError
from lab.pbx import Pbx
from lab.phones import Line, Phone, State
from lab.service import ALWAYS, Service
from lab.sounds import write_tone
from lab.triage import NURSE_TONE, PATIENT_TONE, TONES, hear_each_other
from secondring import wiring
from secondring.domain.urgent_case import Stage
from tests.support.onlooker import Onlooker
from tests.support.until import until
from tests.support.urgent import wait_for_stage

ROTA, ONE_BY_ONE, TOGETHER = (f"202555015{n}" for n in range(3))
ZONE = "America/New_York"
NUMBERS = "".join(
    f"""
[from-trunk]
exten => {did},1,Gosub(secondring,urgent,1)
 same => n,Hangup()
"""
    for did in (ROTA, ONE_BY_ONE, TOGETHER)
)
_numbers = iter(range(100, 150))


def site(name: str, did: str, *steps: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": name,
        "phone": f"+1{did}",
        "sender": f"+1{did}",
        "zone": ZONE,
        "hours": ALWAYS,
        "booking_url": "https://book.northside.example/new",
        "triage": {**triage.TRIAGE, "steps": list(steps)},
    }


def config() -> dict[str, Any]:
    """1001 is on call every day but today, 1002 always, 1003 neither today nor tomorrow."""
    today = wiring.now().astimezone(ZoneInfo(ZONE)).date()
    rota = [
        {"who": "1001", "hours": ALWAYS, "days": {today: "closed"}},
        {"who": "1002", "hours": ALWAYS},
        {"who": "1003", "hours": ALWAYS, "days": {today: "closed", today + timedelta(days=1): "closed"}},
    ]
    kept = [f"+12025550{n}" for n in range(100, 150)]
    base = triage.config()
    sites: dict[str, Any] = {
        "northside": {**base["sites"]["northside"], "dids": kept},
        "rota": site("Rota", ROTA, {"on_call": rota, "ring_for": "6s"}),
        "turns": site(
            "Turns", ONE_BY_ONE, {"ring": ["1001", "1002"], "order": "one-by-one", "ring_for": "3s"}
        ),
        "race": site("Race", TOGETHER, {"ring": ["1001", "1002"], "ring_for": "10s"}),
    }
    return {**base, "sites": sites}


@pytest.fixture(scope="module")
def clinic(pbx: Pbx) -> Iterator[Onlooker]:
    with Service(pbx, config=config()) as service, Onlooker(service) as onlooker:
        triage.record_prompts(pbx)
        taken = pbx.home / "prompts/en/urgent-taken.wav"
        write_tone(
            taken, TONES["urgent-taken"], 2
        )  # long enough to be heard while the other line is listened to
        offer.add_offer(pbx, service, numbers=NUMBERS)
        yield onlooker


@pytest.fixture
def number() -> str:
    """A caller who never called before."""
    return f"+13125550{next(_numbers)}"


@pytest.fixture(autouse=True)
def _nobody_left(pbx: Pbx) -> Iterator[None]:
    yield
    until(lambda: pbx.channels() == 0, lambda: f"every call is over; {pbx.cli('core show channels')}")


def asked(nurse: Phone) -> Line:
    """Answer, and hear what to press."""
    line = nurse.next_call(10).answer()
    line.wait_to_hear(TONES["urgent-accept"], 10)
    return line


def test_who_is_on_call_now_is_rung_and_nobody_else(pbx: Pbx, clinic: Onlooker, number: str) -> None:
    with (
        Phone.inside(pbx, "1001") as off_today,
        Phone.inside(pbx, "1002") as on_call,
        Phone.inside(pbx, "1003") as never,
        Phone.outside(pbx, number) as caller,
    ):
        call = caller.call(ROTA).wait_for(State.TALKING)
        line = asked(on_call)
        line.dial("1")
        hear_each_other(line, call)
        call.hang_up()
        assert (off_today.lines, never.lines) == ([], [])
    wait_for_stage(clinic, number, Stage.CONNECTED)


def test_one_by_one_the_second_rings_when_the_first_has_rung_out(
    pbx: Pbx, clinic: Onlooker, number: str
) -> None:
    with (
        Phone.inside(pbx, "1001") as first,
        Phone.inside(pbx, "1002") as second,
        Phone.outside(pbx, number) as caller,
    ):
        call = caller.call(ONE_BY_ONE).wait_for(State.TALKING)
        ringing = first.next_call(10).wait_for(State.RINGING)
        with pytest.raises(LabError, match="was not called"):
            second.next_call(1)
        ringing.wait_for(State.ENDED)
        line = asked(second)
        line.dial("1")
        hear_each_other(line, call)
        call.hang_up()
    wait_for_stage(clinic, number, Stage.CONNECTED)


@pytest.mark.parametrize("_again", range(3))
def test_of_two_who_press_1_at_once_one_is_put_through_and_the_other_is_told(
    pbx: Pbx, clinic: Onlooker, number: str, _again: int
) -> None:
    with (
        Phone.inside(pbx, "1001") as one,
        Phone.inside(pbx, "1002") as two,
        Phone.outside(pbx, number) as caller,
    ):
        call = caller.call(TOGETHER).wait_for(State.TALKING)
        call.play_tone(PATIENT_TONE)
        lines = [one.next_call(10).answer(), two.next_call(10).answer()]
        for line in lines:
            line.wait_to_hear(TONES["urgent-accept"], 10)
        for line in lines:
            line.dial("1")
        (won,) = until(lambda: [line for line in lines if line.hears(PATIENT_TONE, 0.1)])
        (lost,) = [line for line in lines if line is not won]
        lost.wait_to_hear(TONES["urgent-taken"])
        lost.wait_for(State.ENDED)
        won.play_tone(NURSE_TONE)
        call.wait_to_hear(NURSE_TONE)
        call.hang_up()
    wait_for_stage(clinic, number, Stage.CONNECTED)
