"""Urgent callers when we die, when the PBX dies, and when nobody can be asked: a person, or the last resort."""

from collections.abc import Iterator

import pytest

from lab import triage
from lab.errors import LabError
from lab.line import Line
from lab.pbx import Pbx
from lab.phones import Answer, Phone, Refuse, State
from lab.service import Service
from lab.triage import LAST, TONES, URGENT, accept, hear_each_other
from secondring.domain.records import TaskState
from secondring.domain.urgent_case import FINAL, Stage
from tests.support.onlooker import Onlooker
from tests.support.until import until
from tests.support.urgent import BUSY, case_of, missed, wait_for_stage

UNHURRIED = {
    "keep_trying": "60s",
    "rounds": 2,
    "pause": "3s",
    "steps": [step | {"ring_for": "10s"} for step in triage.STEPS],
    "last_resort_ring": "10s",
    "patient_ring": "12s",
}
"""Phones ring for longer than a service takes to die and to come back, on a busy machine too."""

_numbers = iter(range(100, 200))


@pytest.fixture(scope="module")
def pbx() -> Iterator[Pbx]:
    """A PBX of its own: it is killed."""
    with Pbx() as box:
        yield box


@pytest.fixture(scope="module")
def clinic(pbx: Pbx) -> Iterator[Onlooker]:
    with (
        Service(pbx, config=triage.config(**UNHURRIED)) as service,
        Onlooker(service) as onlooker,
    ):
        triage.add_triage(pbx, service)
        yield onlooker


@pytest.fixture
def number() -> str:
    """A caller who never called before."""
    return f"+13125550{next(_numbers)}"


@pytest.fixture(autouse=True)
def _as_it_was(pbx: Pbx, clinic: Onlooker) -> Iterator[None]:
    yield
    try:
        assert clinic.service.pid
    except LabError:
        clinic.service.start()
    until(
        lambda: pbx.channels() == 0,
        lambda: f"every call is over; {pbx.cli('core show channels')}",
        timeout=60,
    )


def reborn(clinic: Onlooker) -> None:
    clinic.service.kill()
    clinic.service.start()


def asked_to_accept(nurse: Phone) -> Line:
    """The first call on which she is asked. One from before the kill, of which nothing was stored, is given up."""
    while True:
        line = nurse.next_call(30)
        try:
            line.answer().wait_to_hear(TONES["urgent-accept"], 15)
        except LabError:
            if not line.reached(State.ENDED):
                raise
        else:
            return line


# ---------------------------------------------------------------- we die


def test_killed_while_a_nurse_rings_she_is_not_rung_twice(pbx: Pbx, clinic: Onlooker, number: str) -> None:
    with Phone.inside(pbx, "1001") as nurse, Phone.outside(pbx, number) as caller:
        call = caller.call(URGENT).wait_for(State.TALKING)
        nurse.next_call(10).wait_for(State.RINGING)
        reborn(clinic)
        nurse.lines[-1].answer().wait_to_hear(TONES["urgent-accept"])
        nurse.lines[-1].dial("1")
        hear_each_other(nurse.lines[-1], call)
        wait_for_stage(clinic, number, Stage.CONNECTED)
        assert len(nurse.lines) == 1
        call.hang_up()


def test_killed_before_the_nurse_accepts_they_talk_all_the_same(
    pbx: Pbx, clinic: Onlooker, number: str
) -> None:
    """Nobody of us is alive when she presses 1; what happened is found out afterwards."""
    with Phone.inside(pbx, "1001") as nurse, Phone.outside(pbx, number) as caller:
        call = caller.call(URGENT).wait_for(State.TALKING)
        nurse.next_call(10).wait_for(State.RINGING)
        clinic.service.kill()
        line = nurse.lines[-1].answer()
        line.wait_to_hear(TONES["urgent-accept"])
        line.dial("1")
        hear_each_other(line, call)
        clinic.service.start()
        wait_for_stage(clinic, number, Stage.CONNECTED)
        assert call.hears(1500)
        call.hang_up()


def test_killed_while_they_talk_nobody_is_disturbed(pbx: Pbx, clinic: Onlooker, number: str) -> None:
    with Phone.inside(pbx, "1001") as nurse, Phone.outside(pbx, number) as caller:
        call = caller.call(URGENT).wait_for(State.TALKING)
        hear_each_other(accept(nurse), call)
        reborn(clinic)
        wait_for_stage(clinic, number, Stage.CONNECTED)
        assert call.hears(1500)
        assert len(nurse.lines) == 1
        call.hang_up()


def test_killed_while_the_patients_phone_rings_it_is_rung_once(
    pbx: Pbx, clinic: Onlooker, number: str
) -> None:
    missed(pbx, clinic, number)
    with Phone.inside(pbx, "1001") as nurse, Phone.outside(pbx, number) as patient:
        clinic.reply(number, "URGENT")
        line = accept(nurse)
        rung = patient.next_call(20).wait_for(State.RINGING)
        reborn(clinic)
        rung.answer()
        hear_each_other(line, rung)
        wait_for_stage(clinic, number, Stage.CONNECTED)
        line.hang_up()
        assert len(patient.lines) == 1


def test_killed_right_after_the_trigger_the_ladder_begins_at_the_next_start(
    pbx: Pbx, clinic: Onlooker, number: str
) -> None:
    missed(pbx, clinic, number)
    with Phone.inside(pbx, "1001") as nurse, Phone.outside(pbx, number) as patient:
        clinic.reply(number, "URGENT")
        clinic.wait(lambda: case_of(clinic, number), "the case")
        reborn(clinic)
        line = asked_to_accept(nurse)
        line.dial("1")
        hear_each_other(line, patient.next_call(20).wait_for(State.RINGING).answer())
        wait_for_stage(clinic, number, Stage.CONNECTED)
        line.hang_up()


def test_killed_between_two_rounds_the_next_round_comes(pbx: Pbx, clinic: Onlooker, number: str) -> None:
    missed(pbx, clinic, number)
    clinic.reply(number, "URGENT")
    wait_for_stage(clinic, number, Stage.PAUSED)
    clinic.service.kill()
    with Phone.inside(pbx, "1001") as nurse, Phone.outside(pbx, number) as patient:
        clinic.service.start()
        line = accept(nurse, timeout=30)
        hear_each_other(line, patient.next_call(20).wait_for(State.RINGING).answer())
        wait_for_stage(clinic, number, Stage.CONNECTED)
        line.hang_up()


def test_killed_between_two_tries_the_patient_is_tried_again(pbx: Pbx, clinic: Onlooker, number: str) -> None:
    missed(pbx, clinic, number)
    with (
        Phone.inside(pbx, "1001") as nurse,
        Phone.outside(pbx, number, when_called=Refuse(BUSY)) as patient,
    ):
        clinic.reply(number, "URGENT")
        line = accept(nurse)
        wait_for_stage(clinic, number, Stage.RETRY)
        reborn(clinic)
        line.wait_for(State.ENDED)
        assert patient.next_call().status == BUSY
        patient.when_called = Answer()
        again = accept(nurse, timeout=30)
        hear_each_other(again, patient.next_call(20).wait_for(State.TALKING))
        wait_for_stage(clinic, number, Stage.CONNECTED)
        again.hang_up()


def test_killed_while_the_last_resort_rings_it_is_not_rung_twice(
    pbx: Pbx, clinic: Onlooker, number: str
) -> None:
    missed(pbx, clinic, number)
    with Phone.inside(pbx, LAST) as doctor, Phone.outside(pbx, number) as patient:
        clinic.reply(number, "URGENT")
        line = doctor.next_call(40).wait_for(State.RINGING)
        reborn(clinic)
        line.answer().wait_to_hear(TONES["urgent-accept"], 10)
        line.dial("1")
        hear_each_other(line, patient.next_call(20).wait_for(State.RINGING).answer())
        wait_for_stage(clinic, number, Stage.CONNECTED)
        assert len(doctor.lines) == 1
        assert clinic.tasks_of(number)[0].urgent
        line.hang_up()


def test_dead_for_good_the_caller_goes_to_the_last_resort(pbx: Pbx, clinic: Onlooker, number: str) -> None:
    clinic.service.kill()
    with Phone.inside(pbx, LAST) as doctor, Phone.outside(pbx, number) as caller:
        call = caller.call(URGENT).wait_for(State.TALKING)
        line = doctor.next_call(10).wait_for(State.RINGING).answer()
        hear_each_other(line, call)
        call.hang_up()
    clinic.service.start()


def test_dead_and_no_last_resort_nothing_is_promised_and_the_ordinary_path_is_next(
    pbx: Pbx, clinic: Onlooker, number: str
) -> None:
    """Nobody has noted this caller, so nobody may say that we call back."""
    clinic.service.kill()
    with Phone.inside(pbx, "1001") as desk, Phone.outside(pbx, number) as caller:
        call = caller.call(URGENT).wait_for(State.TALKING)
        line = desk.next_call(10).wait_for(State.RINGING)
        assert call.first_heard(TONES["urgent-nobody"]) is None
        line.answer()
        hear_each_other(line, call)
        call.hang_up()
    clinic.service.start()


def test_dead_in_the_middle_the_dialplan_ends_the_wait_by_itself(
    pbx: Pbx, clinic: Onlooker, number: str
) -> None:
    with Phone.inside(pbx, LAST) as doctor, Phone.outside(pbx, number) as caller:
        call = caller.call(URGENT).wait_for(State.TALKING)
        clinic.wait(lambda: case_of(clinic, number), "the case")
        clinic.service.kill()
        # It was told at the start how long a search may take: `Ladder.longest_search`, 111 s of these settings.
        line = doctor.next_call(150).wait_for(State.RINGING).answer()
        hear_each_other(line, call)
        call.hang_up()
    clinic.service.start()
    case = clinic.wait(
        lambda: next((c for c in [case_of(clinic, number)] if c and c.stage in FINAL), None), "the end", 90
    )
    assert case.stage is Stage.CONNECTED or clinic.tasks_of(number)[0].state is TaskState.OPEN


# ---------------------------------------------------------------- the PBX dies


def test_the_pbx_is_killed_in_the_ladder_and_the_caller_is_called(
    pbx: Pbx, clinic: Onlooker, number: str
) -> None:
    with Phone.inside(pbx, "1001") as nurse, Phone.outside(pbx, number) as caller:
        caller.call(URGENT).wait_for(State.TALKING)
        nurse.next_call(10).wait_for(State.RINGING)
        pbx.kill()
        caller.line.start_hang_up()
        nurse.line.start_hang_up()
        # Before the phones leave: a farewell to a dead PBX is sent again and again, and would take the next one's
        # registration away from the PBX that is back.
        pbx.start()
    with Phone.inside(pbx, "1001") as nurse, Phone.outside(pbx, number) as patient:
        line = accept(nurse, timeout=40)
        hear_each_other(line, patient.next_call(20).wait_for(State.RINGING).answer())
        wait_for_stage(clinic, number, Stage.CONNECTED)
        line.hang_up()
