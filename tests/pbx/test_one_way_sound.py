"""Everybody hears everybody, whatever number a phone gives to its first packet of sound.

Debian's package of Asterisk (and Ubuntu's, made from it) carries a patch (2016_opus_plc) that drops a voice as "late"
when it is transcoded and follows, with a sequence number above 32769, a prompt in the same translation. RFC 3550 lets
phones begin anywhere, so that would be every other caller. The lab's own phones begin below 32768.
"""

from collections.abc import Iterator

import pytest

from lab import triage
from lab.pbx import Pbx
from lab.phones import Phone
from lab.raw_phone import RawPhone
from lab.service import Service
from lab.triage import NURSE_TONE, PATIENT_TONE, URGENT, accept
from secondring.domain.urgent_case import Stage
from tests.support.onlooker import Onlooker
from tests.support.until import until
from tests.support.urgent import missed, wait_for_stage

HIGH = 50_000
NURSES = ["1001", "1006"]
"""One phone speaks mu-law as everybody else here, the other A-law."""

_numbers = iter(range(100, 200))


@pytest.fixture(scope="module")
def clinic(pbx: Pbx) -> Iterator[Onlooker]:
    steps = [{"ring": NURSES, "ring_for": "10s"}]
    config = triage.config(outside="PJSIP/{number}@load-desk", steps=steps)
    with Service(pbx, config=config) as service, Onlooker(service) as onlooker:
        triage.add_triage(pbx, service)
        yield onlooker


@pytest.fixture(autouse=True)
def _nobody_left(pbx: Pbx) -> Iterator[None]:
    yield
    until(lambda: pbx.channels() == 0, lambda: f"every call is over; {pbx.cli('core show channels')}")


@pytest.fixture
def number() -> str:
    """A caller who never called before."""
    return f"+13125550{next(_numbers)}"


@pytest.mark.parametrize("phone", NURSES)
def test_the_nurse_hears_a_caller_on_the_line(pbx: Pbx, clinic: Onlooker, number: str, phone: str) -> None:
    with Phone.inside(pbx, phone) as nurse, RawPhone(pbx, tone=PATIENT_TONE, first_sequence=HIGH) as caller:
        caller.call(number, URGENT)
        line = accept(nurse)
        line.play_tone(NURSE_TONE)
        assert caller.hears(NURSE_TONE, 10)
        line.wait_to_hear(PATIENT_TONE, 5)
        wait_for_stage(clinic, number, Stage.CONNECTED)
        line.hang_up()


def test_the_nurse_hears_a_patient_who_is_called(pbx: Pbx, clinic: Onlooker, number: str) -> None:
    """On a phone that knows mu-law; for another phone see docs/urgent.md, "One side hears nothing"."""
    missed(pbx, clinic, number)
    with Phone.inside(pbx, "1001") as nurse, RawPhone(pbx, tone=PATIENT_TONE, first_sequence=HIGH) as patient:
        clinic.reply(number, "URGENT")
        line = accept(nurse)
        line.play_tone(NURSE_TONE)
        patient.wait_until_talking()
        assert patient.hears(NURSE_TONE, 10)
        line.wait_to_hear(PATIENT_TONE, 5)
        wait_for_stage(clinic, number, Stage.CONNECTED)
        line.hang_up()
