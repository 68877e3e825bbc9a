"""What is sent to ring a nurse, what must never be, and how her channels are known again."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ami_listener import originate as module
from ami_listener.messages import Message
from ami_listener.originate import (
    Dialler,
    Ringing,
    attempt_dialled_by,
    attempt_of,
    channel_id,
    originate,
    why_ended,
)
from ami_listener.protocol import Fields, Reply, check_fields
from secondring.domain.errors import PeerError
from secondring.domain.facts import HungUp, Leg
from secondring.domain.ids import Linkedid, Uniqueid
from secondring.domain.triage_events import Why
from tests.support.asked_pbx import Pbx, outcome, reply

PHONE = Ringing(
    attempt="U-abc.3",
    case="U-abc",
    site="north",
    language="en",
    number="1001",
    dial="Local/1001@originate-skipvm/n",
    ring=timedelta(seconds=20),
    waiting_since=1_740_000_000,
    shown="+12025550100",
    line="PJSIP/trunk-00000007",
    patient="PJSIP/+13125550123@trunk",
)


def test_a_nurse_is_rung_through_the_screen_under_a_name_of_ours() -> None:
    fields = originate(PHONE)
    assert fields["Channel"] == "Local/1001@secondring-nurse/n"
    assert (fields["Context"], fields["Exten"], fields["Priority"]) == ("secondring-join", "s", "1")
    assert (fields["ChannelId"], fields["OtherChannelId"]) == ("sr-U-abc.3", "sr-U-abc.3-2")
    assert (fields["Async"], fields["Timeout"]) == ("true", "45000")
    assert fields["Codecs"] == "ulaw", (
        "left alone, Asterisk would transcode, and some builds then drop the voice"
    )
    assert "SR_CALLER=PJSIP/trunk-00000007" in fields["Variable"]
    assert "__SR_CASE=U-abc" in fields["Variable"]
    assert "SR_LAST_TRY=" in fields["Variable"]
    assert "SR_LAST_TRY=1" in originate(replace(PHONE, last_try=True))["Variable"]
    check_fields(fields)


@given(st.text(min_size=1, max_size=40), st.sampled_from(["line", "patient", "dial", "shown", "site"]))
def test_nothing_that_the_dialplan_would_evaluate_or_split_gets_through(text: str, name: str) -> None:
    harmless = all(c.isascii() and (c.isalnum() or c in "_./@:+*#;=~-") for c in text)
    phone = replace(PHONE, **{name: text})  # type: ignore[arg-type]
    if harmless:
        originate(phone)
    else:
        with pytest.raises(ValueError, match="must not reach the dialplan"):
            originate(phone)


@pytest.mark.parametrize("number", ["", "1001&1002", "1001/n", "s", "1001,1", "${X}"])
def test_only_a_number_is_rung(number: str) -> None:
    with pytest.raises(ValueError, match="digits"):
        originate(replace(PHONE, number=number))


def test_its_two_halves_are_known_again() -> None:
    accepting, dialling = Uniqueid("sr-U-abc.3"), Uniqueid("sr-U-abc.3-2")
    assert (attempt_of(accepting), attempt_of(dialling)) == ("U-abc.3", None)
    assert (attempt_dialled_by(accepting), attempt_dialled_by(dialling)) == (None, "U-abc.3")
    assert attempt_of(Uniqueid("lab-1740000000.2")) is attempt_dialled_by(Uniqueid("1.2-2")) is None
    assert channel_id("U-abc.3") == accepting


@pytest.mark.parametrize(("cause", "why"), [(17, Why.BUSY), (18, Why.NO_KEY), (21, Why.REFUSED), (16, None)])
def test_the_cause_says_why(cause: int, why: Why | None) -> None:
    leg = Leg(id=Uniqueid("sr-U-abc.3"), linkedid=Linkedid("sr-U-abc.3"), channel="Local/1;1")
    assert why_ended(HungUp(at=datetime.now(UTC), leg=leg, cause=cause)) is why


# ---------------------------------------------------------------- the link


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (outcome("4"), None),
        (outcome("3"), Why.NO_ANSWER),
        (outcome("5"), Why.BUSY),
        (outcome("8"), Why.UNAVAILABLE),
        (outcome("0"), Why.ERROR),
        (reply(ok=False), Why.ERROR),
        (PeerError("the link broke"), None),
    ],
)
async def test_how_ringing_went(
    answer: Reply | PeerError, why: Why | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "EVENT_FIRST", 0)
    pbx = Pbx(answer)
    assert await Dialler(pbx).ring(PHONE) is why
    assert len(pbx.sent) == 1, "nothing is ever sent a second time"


async def test_stopping_moving_and_naming() -> None:
    pbx = Pbx(PeerError("gone"))
    dialler = Dialler(pbx)
    await dialler.stop(["U-abc.1", "U-abc.2"])
    await dialler.set_line("U-abc.2", "PJSIP/trunk-1")
    await dialler.to_last_resort("PJSIP/trunk-1")
    await dialler.look()
    assert [fields["Action"] for fields in pbx.sent] == [
        "Hangup",
        "Hangup",
        "Setvar",
        "Redirect",
        "CoreShowChannels",
    ]
    assert [fields.get("Channel") for fields in pbx.sent[:3]] == [
        "sr-U-abc.1",
        "sr-U-abc.2",
        "sr-U-abc.2",
    ]


HEADERS = st.dictionaries(
    st.sampled_from(["Response", "Event", "Reason", "Message", "Uniqueid", "Channel", "ActionID"]),
    st.one_of(
        st.sampled_from(["Success", "Failure", "Error", "", "0", "1", "3", "4", "5", "8", "-1", "<unknown>"]),
        st.text(max_size=20),
        st.lists(st.text(max_size=5), min_size=1, max_size=3),
    ),
)
REPLIES = st.builds(
    Reply,
    response=st.builds(Message, HEADERS),
    events=st.lists(st.builds(Message, HEADERS), max_size=2).map(tuple),
)


@given(st.one_of(REPLIES, st.builds(PeerError, st.text(max_size=10))))
@settings(max_examples=60)
async def test_whatever_the_pbx_says_the_ladder_learns_something_and_goes_on(said: Reply | PeerError) -> None:
    """A reason, or that only a look can tell; never an exception, which would end the ladder."""

    class Pbx:
        async def action(
            self,
            fields: Fields,
            *,
            until: str | None = None,
            within: float | None = None,
        ) -> Reply:
            if isinstance(said, PeerError):
                raise said
            return said

    dialler = Dialler(Pbx())
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(module, "EVENT_FIRST", 0)
        why = await dialler.ring(PHONE)
    await dialler.stop([PHONE.attempt])
    await dialler.set_line(PHONE.attempt, PHONE.line)
    await dialler.to_last_resort(PHONE.line)
    await dialler.look()
    if isinstance(said, PeerError):
        assert why is None
    elif not said.ok:
        assert why is Why.ERROR
    elif not said.events or said.events[-1].get("Response") == "Success":
        assert why is None
    else:
        assert isinstance(why, Why)
