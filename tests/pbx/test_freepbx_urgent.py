"""Offer and triage ladder on a dialplan of FreePBX's shape: whatever its Local channels, mailboxes, follow-me and
ring groups do, an urgent caller talks with a person, and a machine never counts as one.
"""

from collections.abc import Iterator

import pytest

from lab import on_freepbx as fp
from lab.offer import TONES as OFFERED
from lab.on_freepbx import CELL
from lab.pbx import Pbx
from lab.phones import Answer, Line, Phone, Refuse, State
from lab.service import Service
from lab.sounds import QUESTION
from lab.triage import TONES, hear_each_other
from secondring.domain.records import TaskState
from secondring.domain.urgent_case import Stage
from secondring.domain.verdict import Verdict
from tests.support.onlooker import Onlooker
from tests.support.until import until
from tests.support.urgent import BUSY, wait_for_stage

_numbers = iter(range(100, 200))
MOBILE = "+14155550188"


@pytest.fixture(scope="module")
def pbx() -> Iterator[Pbx]:
    with Pbx(name="freepbx", shape="freepbx") as box:
        yield box


@pytest.fixture(scope="module")
def clinic(pbx: Pbx) -> Iterator[Onlooker]:
    with Service(pbx, config=fp.config()) as service, Onlooker(service) as onlooker:
        fp.add_to_freepbx(pbx, service)
        yield onlooker


@pytest.fixture
def number() -> str:
    """A caller who never called before."""
    return f"+14155550{next(_numbers)}"


@pytest.fixture(autouse=True)
def _nobody_left(pbx: Pbx) -> Iterator[None]:
    yield
    until(lambda: pbx.channels() == 0, lambda: f"every call is over; {pbx.cli('core show channels')}")


def complaints_of(pbx: Pbx) -> list[str]:
    """What Asterisk found wrong; that a mailbox hangs up while it is asked for a key is no fault of the dialplan."""
    log = (pbx.home / "log/messages").read_text(errors="replace")
    ours = ("pbx.c", "pbx_config", "pbx_variables", "app_stack", "app_read", "app_queue", "file.c", "func_")
    return [
        line
        for line in log.splitlines()
        if ("WARNING" in line or "ERROR" in line)
        and any(o in line for o in ours)
        and "Abnormal 'Gosub(secondring-sub-screen" not in line
    ]


def press(line: Line, tone: int, keys: str, timeout: float = 15) -> None:
    line.wait_to_hear(tone, timeout)
    line.dial(keys)


def accept(nurse: Phone, *, timeout: float = 15) -> Line:
    """Answer, hear what to press, press it."""
    line = nurse.next_call(timeout).answer()
    press(line, TONES["urgent-accept"], "1")
    return line


def story(clinic: Onlooker, number: str) -> str:
    return " | ".join(decision.because for decision in clinic.decisions(number))


def in_the_mailbox(pbx: Pbx) -> bool:
    return "VoiceMail" in pbx.cli("core show channels concise")


# ---------------------------------------------------------------- the offer


def test_it_is_loaded_without_a_warning(pbx: Pbx, clinic: Onlooker) -> None:
    assert complaints_of(pbx) == []


def test_a_queue_fails_over_to_the_offer(pbx: Pbx, clinic: Onlooker, number: str) -> None:
    with Phone.inside(pbx, fp.COLLEAGUE) as ordinary, Phone.outside(pbx, number) as caller:
        call = caller.call(fp.BY_QUEUE).wait_for(State.TALKING)
        press(call, OFFERED["offer"], "1")
        call.wait_to_hear(OFFERED["text-sent"])
        clinic.wait_for_text(number, "asked-link")
        hear_each_other(ordinary.next_call().answer(), call)
        call.hang_up()
    assert clinic.sent(number) == ["asked-link"]


def test_a_ring_group_fails_over_to_a_custom_destination_that_returns(
    pbx: Pbx, clinic: Onlooker, number: str
) -> None:
    with Phone.inside(pbx, fp.DOCTOR) as back, Phone.outside(pbx, number) as caller:
        call = caller.call(fp.BY_GROUP)
        press(call, OFFERED["offer"], "1")
        call.wait_to_hear(OFFERED["text-sent"])
        back.next_call().wait_for(State.RINGING)
        call.hang_up()
    clinic.wait_for_text(number, "asked-link")


def test_a_time_condition_sends_to_the_offer_for_closed_hours(
    pbx: Pbx, clinic: Onlooker, number: str
) -> None:
    with Phone.inside(pbx, fp.COLLEAGUE) as ordinary, Phone.outside(pbx, number) as caller:
        call = caller.call(fp.BY_HOURS)
        press(call, OFFERED["offer-closed"], "1")
        call.wait_to_hear(OFFERED["text-sent"])
        ordinary.next_call().wait_for(State.RINGING)
        call.hang_up()
    clinic.wait_for_text(number, "asked-link")


def test_the_break_out_menu_of_a_queue_leads_to_a_text(pbx: Pbx, clinic: Onlooker, number: str) -> None:
    with (
        Phone.inside(pbx, fp.AGENT) as agent,
        Phone.inside(pbx, fp.COLLEAGUE) as ordinary,
        Phone.outside(pbx, number) as caller,
    ):
        call = caller.call(fp.BY_BREAK_OUT).wait_for(State.TALKING)
        agent.next_call().wait_for(State.RINGING)
        ordinary.next_call().wait_for(State.RINGING)
        call.dial("1")
        call.wait_to_hear(OFFERED["text-sent"])
        ordinary.next_call().wait_for(State.RINGING)
        call.hang_up()
    clinic.wait_for_text(number, "asked-link")
    assert clinic.wait(lambda: clinic.calls_of(number)[-1].verdict, "the verdict") is Verdict.MISSED


def test_a_number_that_freepbx_masks_is_asked_for_a_mobile(pbx: Pbx, clinic: Onlooker, number: str) -> None:
    with (
        Phone.inside(pbx, fp.COLLEAGUE) as ordinary,
        Phone.outside(pbx, number, masked=True) as caller,
    ):
        call = caller.call(fp.BY_QUEUE).wait_for(State.TALKING)
        press(call, OFFERED["offer"], "1")
        press(call, OFFERED["type-mobile"], MOBILE[2:])
        press(call, OFFERED["confirm-mobile"], "1")
        call.wait_to_hear(OFFERED["text-sent"])
        ordinary.next_call().wait_for(State.RINGING)
        call.hang_up()
    clinic.wait_for_text(MOBILE, "asked-link")
    assert clinic.episode(number) is None


def test_a_key_in_the_queue_keeps_the_place_and_no_agents_mailbox_takes_the_call(
    pbx: Pbx, clinic: Onlooker, number: str
) -> None:
    """After the key it waits in the queue again, and when the time is up, in the queue's own mailbox."""
    with Phone.inside(pbx, fp.AGENT) as agent, Phone.outside(pbx, number) as caller:
        call = caller.call(fp.BY_KEYS).wait_for(State.TALKING)
        agent.next_call().wait_for(State.RINGING)
        press(call, OFFERED["offer-queue"], "1")
        call.wait_to_hear(OFFERED["text-sent"])
        assert not in_the_mailbox(pbx)
        agent.next_call(10).wait_for(State.RINGING).wait_for(State.ENDED)
        assert not in_the_mailbox(pbx)
        until(lambda: in_the_mailbox(pbx), "the queue's fail-over", timeout=15)
        call.hang_up()
    assert clinic.sent(number) == ["asked-link"]


# ---------------------------------------------------------------- the ladder


def test_an_unanswered_phone_with_a_mailbox_passes_on(pbx: Pbx, clinic: Onlooker, number: str) -> None:
    with (
        Phone.inside(pbx, fp.AGENT) as first,
        Phone.inside(pbx, fp.COLLEAGUE) as second,
        Phone.outside(pbx, number) as caller,
    ):
        call = caller.call(fp.BY_MAILBOX).wait_for(State.TALKING)
        first.next_call(10).wait_for(State.RINGING).wait_for(State.ENDED)
        assert not in_the_mailbox(pbx)
        hear_each_other(accept(second), call)
        call.hang_up()
    wait_for_stage(clinic, number, Stage.CONNECTED)


def test_an_agent_who_talks_with_the_queues_caller_is_passed_over(
    pbx: Pbx, clinic: Onlooker, number: str
) -> None:
    with (
        Phone.inside(pbx, fp.AGENT) as agent,
        Phone.inside(pbx, fp.COLLEAGUE) as other,
        Phone.outside(pbx, f"+14155550{next(_numbers)}") as first,
        Phone.outside(pbx, number) as second,
    ):
        talking = first.call(fp.BY_BREAK_OUT).wait_for(State.TALKING)
        line = agent.next_call().answer()
        other.next_call().wait_for(State.ENDED)
        hear_each_other(line, talking)
        agent.when_called = Refuse(BUSY)
        call = second.call(fp.BY_MAILBOX).wait_for(State.TALKING)
        hear_each_other(accept(other), call)
        talking.hang_up()
        call.hang_up()
    wait_for_stage(clinic, number, Stage.CONNECTED)
    assert "1001: busy" in story(clinic, number)


def test_a_key_in_the_queue_leads_to_the_nurse_and_not_to_the_queues_fail_over(
    pbx: Pbx, clinic: Onlooker, number: str
) -> None:
    with Phone.inside(pbx, fp.AGENT) as agent, Phone.outside(pbx, number) as caller:
        call = caller.call(fp.BY_BREAK_OUT).wait_for(State.TALKING)
        agent.next_call().wait_for(State.RINGING)
        call.dial("2")
        hear_each_other(accept(agent), call)
        call.hang_up()
    wait_for_stage(clinic, number, Stage.CONNECTED)


def test_follow_me_rings_the_nurses_mobile_and_both_questions_are_asked(
    pbx: Pbx, clinic: Onlooker, number: str
) -> None:
    """FreePBX asks the mobile to press 1, and then we do."""
    with (
        Phone.inside(pbx, fp.FOLLOWED),
        Phone.outside(pbx, CELL) as mobile,
        Phone.outside(pbx, number) as caller,
    ):
        call = caller.call(fp.BY_FOLLOW_ME).wait_for(State.TALKING)
        line = mobile.next_call(10).answer()
        press(line, QUESTION, "1")
        press(line, TONES["urgent-accept"], "1")
        hear_each_other(line, call)
        call.hang_up()
    wait_for_stage(clinic, number, Stage.CONNECTED)


def test_the_mailbox_of_a_mobile_behind_follow_me_is_no_nurse(
    pbx: Pbx, clinic: Onlooker, number: str
) -> None:
    """First FreePBX's question gets no key, then, at an extension where it asks none, ours."""
    with (
        Phone.inside(pbx, fp.COLLEAGUE) as nurse,
        Phone.outside(pbx, CELL, when_called=Answer()),
        Phone.outside(pbx, number) as caller,
    ):
        call = caller.call(fp.BY_FOLLOW_ME).wait_for(State.TALKING)
        hear_each_other(accept(nurse, timeout=45), call)
        call.hang_up()
    wait_for_stage(clinic, number, Stage.CONNECTED)
    assert f"{fp.FOLLOWED_TO_MAILBOX}: no-key" in story(clinic, number)


def test_a_ring_group_is_a_step_and_all_its_members_ring(pbx: Pbx, clinic: Onlooker, number: str) -> None:
    with (
        Phone.inside(pbx, fp.AGENT) as one,
        Phone.inside(pbx, fp.COLLEAGUE) as two,
        Phone.outside(pbx, number) as caller,
    ):
        call = caller.call(fp.BY_GROUPS).wait_for(State.TALKING)
        ringing = one.next_call(10).wait_for(State.RINGING)
        hear_each_other(accept(two), call)
        ringing.wait_for(State.ENDED)
        call.hang_up()
    wait_for_stage(clinic, number, Stage.CONNECTED)


def test_a_ring_group_with_confirmation_asks_twice(pbx: Pbx, clinic: Onlooker, number: str) -> None:
    """Nobody of the first group is there; in the second the mobile takes it."""
    with Phone.outside(pbx, CELL) as mobile, Phone.outside(pbx, number) as caller:
        call = caller.call(fp.BY_GROUPS).wait_for(State.TALKING)
        line = mobile.next_call(15).answer()
        press(line, QUESTION, "1")
        press(line, TONES["urgent-accept"], "1")
        hear_each_other(line, call)
        call.hang_up()
    wait_for_stage(clinic, number, Stage.CONNECTED)


def test_mailboxes_that_do_answer_are_refused(pbx: Pbx, clinic: Onlooker, number: str) -> None:
    """Extensions dialled in `from-internal`, where nothing keeps a mailbox out: of an extension, of a ring group,
    behind follow-me. The last step is a person.
    """
    with Phone.outside(pbx, number) as caller:
        call = caller.call(fp.BY_CARELESS).wait_for(State.TALKING)
        clinic.wait(lambda: f"{fp.AGENT}: no-key" in story(clinic, number), "the first refusal", 20)
        clinic.wait(lambda: f"{fp.GROUP_THEN_MAILBOX}: no-key" in story(clinic, number), "the second", 30)
        with Phone.inside(pbx, fp.COLLEAGUE) as nurse:
            hear_each_other(accept(nurse, timeout=45), call)
            call.hang_up()
    wait_for_stage(clinic, number, Stage.CONNECTED)
    assert f"{fp.FOLLOWED_TO_MAILBOX}: no-key" in story(clinic, number)


def test_nobody_is_there_and_the_doctor_is_rung_past_the_queues_marks(
    pbx: Pbx, clinic: Onlooker, number: str
) -> None:
    """The caller's channel comes from a queue, with all that FreePBX has written on it."""
    with Phone.inside(pbx, fp.DOCTOR) as doctor, Phone.outside(pbx, number) as caller:
        call = caller.call(fp.BY_NOBODY).wait_for(State.TALKING)
        call.dial("2")
        hear_each_other(doctor.next_call(30).answer(), call)
        call.hang_up()
    wait_for_stage(clinic, number, Stage.CONNECTED)
    assert clinic.tasks_of(number)[0].state is TaskState.OPEN


def test_an_urgent_text_rings_nurse_and_patient_through_freepbxs_own_routes(
    pbx: Pbx, clinic: Onlooker, number: str
) -> None:
    with Phone.outside(pbx, number) as caller:
        call = caller.call(fp.BY_GROUP)
        press(call, OFFERED["offer"], "1")
        clinic.wait_for_text(number, "asked-link")
        call.hang_up()
    with Phone.inside(pbx, fp.AGENT) as nurse, Phone.outside(pbx, number) as patient:
        clinic.reply(number, "URGENT")
        line = accept(nurse)
        hear_each_other(line, patient.next_call(10).answer())
        wait_for_stage(clinic, number, Stage.CONNECTED)
        line.hang_up()


def test_after_all_these_calls_asterisk_has_nothing_to_complain_about(pbx: Pbx, clinic: Onlooker) -> None:
    assert complaints_of(pbx) == []
