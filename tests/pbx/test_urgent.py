"""Urgent callers on a real Asterisk: a living person, heard and hearing, whatever else rings in vain."""

from collections.abc import Iterator

import pytest

from lab import triage
from lab.pbx import Pbx
from lab.phones import Answer, Phone, Refuse, State
from lab.service import Service
from lab.triage import CELL, LAST, MENU, NURSE_TONE, TONES, URGENT, accept, hear_each_other
from secondring.domain.records import Outcome, TaskState
from secondring.domain.urgent_case import Stage
from tests.support.onlooker import Onlooker
from tests.support.until import until
from tests.support.urgent import BUSY, missed, wait_for_stage

_numbers = iter(range(100, 200))


@pytest.fixture(scope="module")
def clinic(pbx: Pbx) -> Iterator[Onlooker]:
    with Service(pbx, config=triage.config()) as service, Onlooker(service) as onlooker:
        triage.add_triage(pbx, service)
        yield onlooker


@pytest.fixture
def number() -> str:
    """A caller who never called before."""
    return f"+13125550{next(_numbers)}"


@pytest.fixture(autouse=True)
def _nobody_left(pbx: Pbx) -> Iterator[None]:
    yield
    until(lambda: pbx.channels() == 0, lambda: f"every call is over; {pbx.cli('core show channels')}")


def complaints_of(pbx: Pbx, since: int) -> list[str]:
    """What Asterisk has said against our dialplan since then; other tests of this run have made it complain before."""
    log = (pbx.home / "log/messages").read_text(errors="replace")[since:]
    ours = ("pbx.c", "pbx_config", "pbx_variables", "app_stack", "app_read", "file.c", "func_")
    return [
        line
        for line in log.splitlines()
        if ("WARNING" in line or "ERROR" in line) and any(o in line for o in ours)
    ]


# ---------------------------------------------------------------- the caller on the line


def test_the_dialplan_is_loaded_without_a_warning(pbx: Pbx, clinic: Onlooker) -> None:
    since = len((pbx.home / "log/messages").read_text(errors="replace"))
    pbx.cli("dialplan reload")
    assert complaints_of(pbx, since) == []
    for context in ("secondring-nurse", "secondring-join", "secondring-sub-urgent"):
        assert "There is no existence" not in pbx.cli(f"dialplan show {context}")


def test_a_caller_presses_through_and_talks_with_the_nurse(pbx: Pbx, clinic: Onlooker, number: str) -> None:
    with Phone.inside(pbx, "1001") as nurse, Phone.outside(pbx, number) as caller:
        call = caller.call(URGENT).wait_for(State.TALKING)
        line = accept(nurse)
        hear_each_other(line, call)
        case = wait_for_stage(clinic, number, Stage.CONNECTED)
        line.hang_up()
        call.wait_for(State.ENDED)
    assert case.first_ring_at is not None
    assert case.accepted_at is not None
    assert case.bridged_at is not None
    assert case.triggered_at <= case.first_ring_at <= case.accepted_at <= case.bridged_at
    episode = clinic.episode(number)
    assert episode is not None
    assert episode.outcome is Outcome.URGENT_CONNECTED
    assert [task.state for task in clinic.tasks_of(number)] == [TaskState.DONE]
    story = [decision.action for decision in clinic.decisions(number)]
    assert {"urgent", "triage-ring", "triage-accept", "triage-connected"} <= set(story)


def test_key_2_in_the_menu_is_the_way_there(pbx: Pbx, clinic: Onlooker, number: str) -> None:
    with Phone.inside(pbx, "1001") as nurse, Phone.outside(pbx, number) as caller:
        call = caller.call(MENU).wait_for(State.TALKING)
        call.wait_to_hear(440, 15)
        call.dial("2")
        hear_each_other(accept(nurse), call)
        call.hang_up()
    wait_for_stage(clinic, number, Stage.CONNECTED)


def test_a_voicemail_never_counts_and_three_steps_are_climbed(
    pbx: Pbx, clinic: Onlooker, number: str
) -> None:
    """1001 is a voicemail, 1002 is busy, 1003 is not there, and the cell's owner takes it."""
    with (
        Phone.inside(pbx, "1001", when_called=Answer()) as voicemail,
        Phone.inside(pbx, "1002", when_called=Refuse(BUSY)),
        Phone.outside(pbx, CELL) as cell,
        Phone.outside(pbx, number) as caller,
    ):
        call = caller.call(URGENT).wait_for(State.TALKING)
        voicemail.next_call(10).wait_for(State.TALKING)
        hear_each_other(accept(cell, timeout=40), call)
        call.hang_up()
    wait_for_stage(clinic, number, Stage.CONNECTED)
    because = " | ".join(decision.because for decision in clinic.decisions(number))
    for words in (
        "1001: no-key",
        "1002: busy",
        "1003: unavailable",
        f"the phone ending {CELL[-2:]} accepted",
    ):
        assert words in because


def test_two_passes_on_at_once_and_the_others_stop_ringing(pbx: Pbx, clinic: Onlooker, number: str) -> None:
    with (
        Phone.inside(pbx, "1001") as first,
        Phone.inside(pbx, "1002") as second,
        Phone.inside(pbx, "1003") as third,
        Phone.outside(pbx, number) as caller,
    ):
        call = caller.call(URGENT).wait_for(State.TALKING)
        refusing = first.next_call(10).wait_for(State.RINGING).answer()
        refusing.wait_to_hear(TONES["urgent-accept"])
        refusing.dial("2")
        ringing = third.next_call(10).wait_for(State.RINGING)
        hear_each_other(accept(second), call)
        ringing.wait_for(State.ENDED)
        call.hang_up()
    assert "1001: refused" in " | ".join(decision.because for decision in clinic.decisions(number))


def test_a_caller_who_hangs_up_is_called_by_the_same_ladder(pbx: Pbx, clinic: Onlooker, number: str) -> None:
    with Phone.inside(pbx, "1001") as nurse, Phone.outside(pbx, number, when_called=Answer()) as caller:
        call = caller.call(URGENT).wait_for(State.TALKING)
        ringing = nurse.next_call(10).wait_for(State.RINGING)
        call.hang_up()
        clinic.wait_for_text(number, "urgent-call")
        ringing.answer().wait_to_hear(TONES["urgent-accept"])
        ringing.dial("1")
        patient = caller.next_call(10).wait_for(State.TALKING)
        hear_each_other(ringing, patient)
        wait_for_stage(clinic, number, Stage.CONNECTED)
        ringing.hang_up()


def test_a_caller_may_ask_to_be_called_back(pbx: Pbx, clinic: Onlooker, number: str) -> None:
    with Phone.inside(pbx, "1001") as nurse, Phone.outside(pbx, number, when_called=Answer()) as caller:
        call = caller.call(URGENT).wait_for(State.TALKING)
        ringing = nurse.next_call(10).wait_for(State.RINGING)
        call.wait_to_hear(TONES["urgent-wait"], 15)
        call.dial("1")
        call.wait_to_hear(TONES["urgent-callback"])
        call.wait_for(State.ENDED)
        ringing.answer().wait_to_hear(TONES["urgent-accept"])
        ringing.dial("1")
        hear_each_other(ringing, caller.next_call(10).wait_for(State.TALKING))
        wait_for_stage(clinic, number, Stage.CONNECTED)
        ringing.hang_up()


def test_nobody_is_there_and_the_last_resort_is(pbx: Pbx, clinic: Onlooker, number: str) -> None:
    with Phone.inside(pbx, LAST) as doctor, Phone.outside(pbx, number) as caller:
        call = caller.call(URGENT).wait_for(State.TALKING)
        line = doctor.next_call(30).wait_for(State.RINGING).answer()
        hear_each_other(line, call)
        task = clinic.wait_for_task(number)
        assert "nobody took the call" in task.title
        clinic.wait_until_logged("ALARM urgent-nobody")
        line.hang_up()
    wait_for_stage(clinic, number, Stage.CONNECTED)


def test_nobody_at_all_leaves_a_red_task_and_the_ordinary_path(
    pbx: Pbx, clinic: Onlooker, number: str
) -> None:
    with Phone.outside(pbx, number) as caller:
        call = caller.call(URGENT).wait_for(State.TALKING)
        call.wait_to_hear(TONES["urgent-nobody"], 40)
        case = wait_for_stage(clinic, number, Stage.LEFT)
        call.hang_up()
    assert case.last_resort_at is not None
    (task,) = clinic.tasks_of(number)
    assert (task.urgent, task.state) == (True, TaskState.OPEN)
    assert clinic.look(lambda books: books.tasks())[0].urgent
    clinic.wait_until_logged("ALARM urgent-left")


def test_two_urgent_callers_at_once_get_a_nurse_each(pbx: Pbx, clinic: Onlooker, number: str) -> None:
    """The first nurse talks with the first caller, and her phone is busy for the second."""
    other = f"+13125550{next(_numbers)}"
    with (
        Phone.inside(pbx, "1001") as one,
        Phone.inside(pbx, "1002") as two,
        Phone.outside(pbx, number) as anna,
        Phone.outside(pbx, other) as ben,
    ):
        first = anna.call(URGENT).wait_for(State.TALKING)
        talking = accept(one)
        hear_each_other(talking, first)
        one.when_called = Refuse(BUSY)
        second = ben.call(URGENT).wait_for(State.TALKING)
        hear_each_other(accept(two), second)
        assert first.hears(NURSE_TONE)
        first.hang_up()
        second.hang_up()
    wait_for_stage(clinic, number, Stage.CONNECTED)
    wait_for_stage(clinic, other, Stage.CONNECTED)


# ---------------------------------------------------------------- by text


def test_an_urgent_text_rings_the_nurse_and_then_the_patient(pbx: Pbx, clinic: Onlooker, number: str) -> None:
    missed(pbx, clinic, number)
    with Phone.inside(pbx, "1001") as nurse, Phone.outside(pbx, number) as patient:
        clinic.reply(number, "URGENT")
        line = accept(nurse)
        rung = patient.next_call(10).wait_for(State.RINGING)
        rung.answer()
        hear_each_other(line, rung)
        case = wait_for_stage(clinic, number, Stage.CONNECTED)
        line.hang_up()
        rung.wait_for(State.ENDED)
    assert "urgent-call" in clinic.sent(number)
    assert clinic.inbox(number)[-1].startswith("If this is an emergency call 911.")
    assert case.bridged_at is not None
    assert clinic.tasks_of(number)[0].state is TaskState.DONE


def test_a_patient_who_does_not_answer_is_texted_and_tried_again(
    pbx: Pbx, clinic: Onlooker, number: str
) -> None:
    missed(pbx, clinic, number)
    with (
        Phone.inside(pbx, "1001") as nurse,
        Phone.outside(pbx, number, when_called=Refuse(BUSY)) as patient,
    ):
        clinic.reply(number, "URGENT")
        line = accept(nurse)
        line.wait_to_hear(TONES["urgent-no-answer"], 10)
        clinic.wait_for_text(number, "urgent-tried")
        line.wait_for(State.ENDED)
        assert patient.next_call().status == BUSY
        patient.when_called = Answer()
        again = accept(nurse, timeout=20)
        hear_each_other(again, patient.next_call(10).wait_for(State.TALKING))
        wait_for_stage(clinic, number, Stage.CONNECTED)
        again.hang_up()


def test_after_the_last_try_the_nurse_is_not_told_that_we_try_again(
    pbx: Pbx, clinic: Onlooker, number: str
) -> None:
    missed(pbx, clinic, number)
    with Phone.inside(pbx, "1001") as nurse, Phone.outside(pbx, number, when_called=Refuse(BUSY)):
        clinic.reply(number, "URGENT")
        accept(nurse).wait_for(State.ENDED, 15)
        line = accept(nurse, timeout=20)
        line.wait_to_hear(TONES["urgent-last-try"], 10)
        assert line.first_heard(TONES["urgent-no-answer"]) is None
        wait_for_stage(clinic, number, Stage.LEFT)


def test_who_writes_urgent_and_is_reached_by_nobody_is_told_so(
    pbx: Pbx, clinic: Onlooker, number: str
) -> None:
    """No phone of the clinic is registered, nor the last resort's."""
    missed(pbx, clinic, number)
    clinic.reply(number, "URGENT")
    wait_for_stage(clinic, number, Stage.LEFT, 60)
    clinic.wait_for_text(number, "urgent-left")
    sent = clinic.sent(number)
    assert sent.index("urgent-call") < sent.index("urgent-left")
    assert "could not connect you with a nurse yet" in clinic.inbox(number)[-1]
    assert clinic.inbox(number)[-1].startswith("If this is an emergency call 911.")
    assert clinic.tasks_of(number)[0].state is TaskState.OPEN
