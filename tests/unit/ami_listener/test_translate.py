"""Each event that is listened to, said in our words."""

from datetime import UTC, datetime, timedelta

import pytest

from ami_listener.messages import Message, MissingHeader, parse
from ami_listener.sieve import is_wanted
from ami_listener.translate import TELLERS, duration, live_leg, translate
from secondring.domain import facts
from secondring.domain.facts import Fact, Leg
from secondring.domain.ids import Linkedid, Uniqueid
from tests.support.ami_messages import CALLER, DESK, ROOT, block, event, hangup, newchannel
from tests.support.fake_ami import wire

AT = datetime(2026, 3, 2, 14, 0, tzinfo=UTC)
DEST = block(
    "Dest", DESK, ROOT, Channel="PJSIP/1001-00000002", ChannelStateDesc="Up", Context="from-internal"
)

CALLER_LEG = Leg(
    id=Uniqueid(ROOT),
    linkedid=Linkedid(ROOT),
    channel="PJSIP/trunk-00000001",
    state="Ring",
    caller=CALLER,
    context="from-pstn",
    exten="2025550100",
)
DESK_LEG = Leg(
    id=Uniqueid(DESK),
    linkedid=Linkedid(ROOT),
    channel="PJSIP/1001-00000002",
    state="Up",
    caller=CALLER,
    context="from-internal",
    exten="2025550100",
)


def tell(headers: dict[str, str]) -> Fact | None:
    """Go the whole way, over the wire and through the sieve."""
    raw = wire(headers).removesuffix(b"\r\n\r\n")
    message = parse(raw)
    assert message
    fact = translate(message, AT)
    assert is_wanted(raw) == (fact is not None)
    return fact


def parkee(name: str) -> dict[str, str]:
    return event(name, block("Parkee"), ParkingLot="default", ParkingSpace="701")


TOLD: list[tuple[dict[str, str], Fact]] = [
    (newchannel(), facts.ChannelStarted(at=AT, leg=CALLER_LEG)),
    (
        event("Newstate", block(ChannelStateDesc="Up")),
        facts.ChannelUp(
            at=AT,
            leg=Leg(
                id=Uniqueid(ROOT),
                linkedid=Linkedid(ROOT),
                channel="PJSIP/trunk-00000001",
                state="Up",
                caller=CALLER,
                context="from-pstn",
                exten="2025550100",
            ),
        ),
    ),
    (
        event("DialBegin", block(), DEST, DialString="1001"),
        facts.DialBegan(at=AT, caller=CALLER_LEG, dialled=DESK_LEG, dial_string="1001"),
    ),
    (
        event("DialBegin", DEST, DialString="1001"),
        facts.DialBegan(at=AT, caller=None, dialled=DESK_LEG, dial_string="1001"),
    ),
    (
        event("DialEnd", block(), DEST, DialStatus="CANCEL", Forward="Local/1002@from-internal"),
        facts.DialEnded(
            at=AT, caller=CALLER_LEG, dialled=DESK_LEG, status="CANCEL", forward="Local/1002@from-internal"
        ),
    ),
    (
        event("DialEnd", DEST, DialStatus="ANSWER"),
        facts.DialEnded(at=AT, caller=None, dialled=DESK_LEG, status="ANSWER"),
    ),
    (
        event(
            "BridgeEnter",
            block(),
            BridgeUniqueid="b1",
            BridgeType="basic",
            BridgeTechnology="simple_bridge",
            BridgeNumChannels="2",
        ),
        facts.BridgeEntered(
            at=AT, leg=CALLER_LEG, bridge="b1", bridge_type="basic", technology="simple_bridge"
        ),
    ),
    (
        event("BridgeEnter", block(), BridgeUniqueid="b1", BridgeType="basic", SwapUniqueid=DESK),
        facts.BridgeEntered(
            at=AT,
            leg=CALLER_LEG,
            bridge="b1",
            bridge_type="basic",
            technology="",
            swapped_out=Uniqueid(DESK),
        ),
    ),
    (
        event("BridgeLeave", block(), BridgeUniqueid="b1"),
        facts.BridgeLeft(at=AT, leg=CALLER_LEG, bridge="b1"),
    ),
    (
        event("LocalBridge", block("LocalOne", "1.3"), block("LocalTwo", "1.4"), LocalOptimization="No"),
        facts.LocalPaired(at=AT, one=Uniqueid("1.3"), two=Uniqueid("1.4")),
    ),
    (
        event("QueueCallerJoin", block(), Queue="front", Position="1", Count="1"),
        facts.QueueJoined(at=AT, leg=CALLER_LEG, queue="front"),
    ),
    (
        event("QueueCallerLeave", block(), Queue="front", Count="0"),
        facts.QueueLeft(at=AT, leg=CALLER_LEG, queue="front"),
    ),
    (
        event("QueueCallerAbandon", block(), Queue="front", HoldTime="9"),
        facts.QueueAbandoned(at=AT, leg=CALLER_LEG, queue="front"),
    ),
    (
        event("Newexten", block(), Extension="s", Application="VoiceMail", AppData="100@default,u"),
        facts.AppStarted(at=AT, leg=CALLER_LEG, app="VoiceMail"),
    ),
    (
        event("Newexten", block(), Extension="s", Application="voicemail", AppData=""),
        facts.AppStarted(at=AT, leg=CALLER_LEG, app="VoiceMail"),
    ),
    (parkee("ParkedCall"), facts.Parked(at=AT, leg=CALLER_LEG)),
    (parkee("UnParkedCall"), facts.Unparked(at=AT, leg=CALLER_LEG)),
    (parkee("ParkedCallGiveUp"), facts.ParkingLost(at=AT, leg=CALLER_LEG, timed_out=False)),
    (parkee("ParkedCallTimeOut"), facts.ParkingLost(at=AT, leg=CALLER_LEG, timed_out=True)),
    (hangup(cause="17"), facts.HungUp(at=AT, leg=CALLER_LEG, cause=17)),
    (hangup(cause=""), facts.HungUp(at=AT, leg=CALLER_LEG, cause=0)),
    (event("FullyBooted", Uptime="3600"), facts.PbxBooted(at=AT, uptime=timedelta(hours=1))),
    (event("FullyBooted"), facts.PbxBooted(at=AT, uptime=None)),
    (event("Shutdown", Shutdown="Cleanly", Restart="False"), facts.PbxStopping(at=AT)),
]


@pytest.mark.parametrize(
    ("headers", "fact"), TOLD, ids=lambda it: it.get("Event") if type(it) is dict else ""
)
def test_an_event_becomes_its_fact(headers: dict[str, str], fact: Fact) -> None:
    assert tell(headers) == fact


def test_every_event_that_is_listened_to_is_tested_above() -> None:
    """UserEvent has a file of its own: test_beats.py."""
    assert {headers["Event"] for headers, _ in TOLD} | {"VarSet", "UserEvent"} == set(TELLERS)


@pytest.mark.parametrize("spelling", ["FROM_DID", "_FROM_DID", "__FROM_DID"])
def test_a_variable_is_known_with_or_without_underscores(spelling: str) -> None:
    fact = tell(event("VarSet", block(), Variable=spelling, Value="2025550100"))
    assert fact == facts.VariableSet(at=AT, leg=CALLER_LEG, name="FROM_DID", value="2025550100")
    assert "2025550100" not in repr(fact)


@pytest.mark.parametrize("name", ["QUEUESTATUS", "VMSTATUS", "DIALSTATUS", "FROM_DID", "__CALLINGNUMPRES_SV"])
def test_the_variables_that_tell_a_calls_fate(name: str) -> None:
    fact = tell(event("VarSet", block(), Variable=name, Value=""))
    assert isinstance(fact, facts.VariableSet)
    assert (fact.name, fact.value) == (name.lstrip("_"), "")


NOTHING = [
    event("Newstate", block(ChannelStateDesc="Ringing")),
    event("Newexten", block(), Application="VoiceMailMain"),
    event("Newexten", block(), Application="Dial", AppData="VoiceMail"),
    event("VarSet", block(), Variable="MACRO_DEPTH", Value="QUEUESTATUS"),
    event("VarSet", block(), Variable="from_did", Value="x"),
    event("Cdr", Uniqueid="x"),
    event("HangupRequest", block()),
]


@pytest.mark.parametrize("headers", NOTHING, ids=lambda it: it["Event"])
def test_what_says_nothing_about_a_call_is_no_fact(headers: dict[str, str]) -> None:
    assert tell(headers) is None


def test_a_global_variable_belongs_to_no_call() -> None:
    message = Message({"Event": "VarSet", "Channel": "none", "Uniqueid": "none", "Variable": "DIALSTATUS"})
    assert translate(message, AT) is None


@pytest.mark.parametrize(
    ("headers", "fact"), TOLD, ids=lambda it: it.get("Event") if type(it) is dict else ""
)
def test_unknown_numbers_are_empty(headers: dict[str, str], fact: Fact) -> None:
    legs = [value for name in fact.__slots__ if isinstance(value := getattr(fact, name), Leg)]
    assert all(leg.connected == "" for leg in legs)


def test_a_withheld_number_is_empty() -> None:
    fact = tell(newchannel() | {"CallerIDNum": "<unknown>"})
    assert isinstance(fact, facts.ChannelStarted)
    assert fact.leg.caller == ""


@pytest.mark.parametrize("linkedid", [None, ""])
def test_an_event_without_linkedid_is_its_own_root(linkedid: str | None) -> None:
    headers = newchannel()
    del headers["Linkedid"]
    fact = tell(headers if linkedid is None else headers | {"Linkedid": linkedid})
    assert isinstance(fact, facts.ChannelStarted)
    assert fact.leg.is_root


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("Newchannel", "Uniqueid"),
        ("Hangup", "Channel"),
        ("DialBegin", "DestUniqueid"),
        ("DialEnd", "DialStatus"),
        ("BridgeEnter", "BridgeUniqueid"),
        ("LocalBridge", "LocalTwoUniqueid"),
        ("QueueCallerJoin", "Queue"),
        ("ParkedCall", "ParkeeUniqueid"),
    ],
)
def test_a_header_that_an_event_cannot_do_without_is_missed(name: str, header: str) -> None:
    headers = next(dict(headers) for headers, _ in TOLD if headers["Event"] == name)
    del headers[header]
    with pytest.raises(MissingHeader) as caught:
        translate(Message(headers), AT)
    assert caught.value.where == f"{name}.{header}"


def test_a_row_of_core_show_channels() -> None:
    row = block() | {
        "BridgeId": "b1",
        "Application": "Queue",
        "ApplicationData": "front",
        "Duration": "101:02:03",
    }
    assert live_leg(Message({"Event": "CoreShowChannel", **row})) == facts.LiveLeg(
        leg=CALLER_LEG, bridge="b1", app="Queue", age=timedelta(hours=101, minutes=2, seconds=3)
    )


@pytest.mark.parametrize("clock", ["", "5", "a:b:c", "1:2", "-1:00:00", "9999999:0:0", "²:0:0"])
def test_an_unreadable_duration_is_no_time(clock: str) -> None:
    assert duration(clock) == timedelta(0)
