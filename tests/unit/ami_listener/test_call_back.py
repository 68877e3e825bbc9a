"""What is sent to call a patient back, what must never be, and what the clerk is told of it."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ami_listener.call_back import CallBack, CallBacks, originate
from ami_listener.originate import attempt_of
from ami_listener.protocol import Reply, check_fields
from secondring.domain.errors import PeerError
from secondring.domain.ids import Uniqueid
from secondring.domain.triage_events import Why
from tests.support.asked_pbx import Pbx, outcome, reply

CALL = CallBack(
    id="c0ffee",
    clerk="PJSIP/1001",
    patient="PJSIP/+13125550123@trunk",
    shown="+12025550100",
    ring=timedelta(seconds=25),
)


def test_the_clerk_is_rung_and_the_dialplan_does_the_rest() -> None:
    fields = originate(CALL)
    assert (fields["Channel"], fields["Timeout"]) == ("PJSIP/1001", "25000")
    assert (fields["Context"], fields["Exten"], fields["Priority"]) == ("secondring-callback", "s", "1")
    assert fields["CallerID"] == "<+12025550100>"
    assert "SR_PATIENT=PJSIP/+13125550123@trunk" in fields["Variable"]
    check_fields(fields)


def test_the_ladder_does_not_take_it_for_one_of_its_attempts() -> None:
    assert attempt_of(Uniqueid(str(originate(CALL)["ChannelId"]))) is None


@given(st.text(min_size=1, max_size=40), st.sampled_from(["clerk", "patient", "shown", "id", "language"]))
def test_nothing_that_the_dialplan_would_evaluate_or_split_gets_through(text: str, name: str) -> None:
    harmless = all(c.isascii() and (c.isalnum() or c in "_./@:+*#;=~-") for c in text)
    call = replace(CALL, **{name: text})  # type: ignore[arg-type]
    if harmless:
        originate(call)
    else:
        with pytest.raises(ValueError, match="must not reach the dialplan"):
            originate(call)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (outcome("4"), None),
        (outcome("3"), Why.NO_ANSWER),
        (outcome("5"), Why.BUSY),
        (outcome("8"), Why.UNAVAILABLE),
        (outcome("0"), Why.ERROR),
        (reply(ok=False), Why.ERROR),
    ],
)
async def test_what_became_of_the_clerks_phone(answer: Reply, told: Why | None) -> None:
    pbx = Pbx(answer)
    assert await CallBacks(pbx).place(CALL) is told
    assert len(pbx.sent) == 1


@pytest.mark.parametrize("answer", [reply(), PeerError("the link broke")])
async def test_silence_is_told_as_such(answer: Reply | PeerError) -> None:
    with pytest.raises(PeerError):
        await CallBacks(Pbx(answer)).place(CALL)
