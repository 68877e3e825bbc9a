"""A follow-me to a mobile that picks up: a person, or their carrier's mailbox. The clinic says what it counts for."""

from datetime import timedelta

import pytest

from secondring.domain.call_events import Direction, ListeningRules
from secondring.domain.calls import CallTracker
from tests.support.pbx_script import Script

NEEDS_20 = timedelta(seconds=20)


def clinic(needs: timedelta | None) -> Script:
    return Script(tracker=CallTracker(ListeningRules(external_answer=needs)))


def picked_up_outside(script: Script) -> Script:
    """The caller is connected with a mobile four seconds after it rang."""
    script.calls_in().dials("cell", context="from-trunk").wait(4).dial_ends("cell", "ANSWER")
    return script.bridged("cell", "c")


def over(script: Script, talked: float) -> Script:
    return script.wait(talked).unbridged("cell").hangs_up("cell", "c").hangs_up()


@pytest.mark.parametrize(
    ("needs", "talked", "verdict"),
    [
        (timedelta(0), 1, ("answered", None, None)),
        (NEEDS_20, 21, ("answered", None, None)),
        (NEEDS_20, 19, ("missed", "no-answer", "external-answer")),
        (None, 600, ("missed", "no-answer", "external-answer")),
    ],
)
def test_what_an_outside_phone_counts_for(
    needs: timedelta | None, talked: float, verdict: tuple[str, str | None, str | None]
) -> None:
    script = over(picked_up_outside(clinic(needs)), talked)
    assert script.verdict() == verdict
    assert script.tracker.legs_known == 0


def test_whoever_talked_long_enough_was_there_from_the_pick_up_on() -> None:
    script = over(picked_up_outside(clinic(NEEDS_20)), 60)
    assert script.ended[0].waited == timedelta(seconds=4)
    assert [event.direction for event in script.answered] == [Direction.INBOUND]


def test_the_caller_may_hang_up_first() -> None:
    script = picked_up_outside(clinic(NEEDS_20)).wait(25).hangs_up().hangs_up("cell", "c")
    assert script.verdict() == ("answered", None, None)


def test_a_mailbox_first_and_then_the_desk_is_an_answer() -> None:
    script = picked_up_outside(clinic(None)).wait(5).unbridged("cell").hangs_up("cell", "c")
    script.dials("desk").dial_ends("desk", "ANSWER").bridged("desk", "c", bridge="b2").wait(30)
    assert script.hangs_up("desk", "c").hangs_up().verdict() == ("answered", None, None)


def test_time_with_two_outside_phones_adds_up() -> None:
    script = picked_up_outside(clinic(NEEDS_20)).wait(12).unbridged("cell").hangs_up("cell", "c")
    script.dials("cell2", context="from-trunk").dial_ends("cell2", "ANSWER").bridged(
        "cell2", "c", bridge="b2"
    )
    assert script.wait(12).hangs_up().verdict() == ("answered", None, None)


def test_an_inside_phone_counts_at_once_whatever_is_said_of_outside_ones() -> None:
    script = clinic(None).calls_in().dials("desk").dial_ends("desk", "ANSWER").bridged("desk", "c")
    assert script.wait(1).hangs_up().verdict() == ("answered", None, None)


def test_a_patient_who_is_called_is_outside_and_a_person() -> None:
    script = clinic(None).picks_up_handset("desk", "3125550123")
    script.dials("trunk", by="desk", of="desk", context="from-pstn", string="PJSIP/3125550123@trunk")
    script.dial_ends("trunk", "ANSWER", by="desk", of="desk").bridged("trunk", "desk", of="desk").wait(60)
    script.hangs_up("trunk", "desk").hangs_up("desk")
    assert script.ended[0].direction is Direction.OUTBOUND
    assert script.ended[0].talked == timedelta(seconds=60)


def test_an_agent_at_home_who_is_not_taken_for_a_person_leaves_an_abandoned_call() -> None:
    script = clinic(NEEDS_20).calls_in().joins_queue().dials("cell", context="from-trunk")
    script.dial_ends("cell", "ANSWER").leaves_queue(abandoned=False).bridged("cell", "c")
    assert over(script, 3).verdict() == ("missed", "abandoned", "external-answer")
