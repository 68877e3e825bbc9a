"""Rows of the decision table, told in the order in which a PBX tells them."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from secondring.domain import facts
from secondring.domain.calls import CallTracker, Direction
from secondring.domain.facts import Fact
from secondring.domain.talk import TalkGraph
from tests.support.pbx_script import ANNA, CLINIC, START, Script, leg, with_prefix


def answered_call(name: str = "c") -> Script:
    phone = f"{name}-phone"
    return (
        Script()
        .calls_in(name)
        .dials(phone, by=name, of=name)
        .wait(4)
        .dial_ends(phone, "ANSWER", by=name, of=name)
        .bridged(phone, name, of=name, bridge=f"{name}-b")
        .wait(60)
        .hangs_up(phone, name)
        .hangs_up(name)
    )


def test_a_device_that_answered_and_is_bridged_with_the_caller_is_an_answer() -> None:
    script = answered_call()
    assert script.verdict() == ("answered", None, None)
    assert script.ended[0].waited == timedelta(seconds=4)
    assert script.ended[0].talked == timedelta(seconds=60)
    assert [e.direction for e in script.answered] == [Direction.INBOUND]


@pytest.mark.parametrize(
    ("status", "reason", "detail"),
    [
        ("NOANSWER", "no-answer", "timeout"),
        ("CANCEL", "no-answer", "caller-cancel"),
        ("BUSY", "busy", None),
        ("CHANUNAVAIL", "no-answer", "unavailable"),
        ("CONGESTION", "no-answer", "congestion"),
        ("CONTINUE", "no-answer", "refused"),
        ("GOTO:ivr^s^1", "no-answer", "refused"),
    ],
)
def test_one_phone_that_does_not_answer(status: str, reason: str, detail: str | None) -> None:
    script = Script().calls_in().dials("p").dial_ends("p", status).hangs_up("p", "c").hangs_up()
    assert script.verdict() == ("missed", reason, detail)


@pytest.mark.parametrize(("cause", "detail"), [(0, "pbx-stopped"), (127, "caller-cancel")])
def test_a_call_that_ended_before_anything_rang_and_was_not_turned_away_is_missed(
    cause: int, detail: str
) -> None:
    assert Script().calls_in().hangs_up(cause=cause).verdict() == ("missed", "no-answer", detail)


def test_a_rejected_call_is_told_apart_by_the_leg_s_cause() -> None:
    script = Script().calls_in().dials("p").dial_ends("p", "NOANSWER").hangs_up("p", "c", cause=21).hangs_up()
    assert script.verdict() == ("missed", "no-answer", "rejected")


def test_a_rejected_call_is_told_apart_when_the_caller_s_hang_up_comes_first() -> None:
    script = Script().calls_in().dials("p").dial_ends("p", "NOANSWER").hangs_up(cause=21).hangs_up("p", "c")
    assert script.verdict() == ("missed", "no-answer", "rejected")


def test_the_first_dial_end_of_a_leg_counts() -> None:
    script = Script().calls_in().dials("p").dial_ends("p", "BUSY").dial_ends("p", "CANCEL").hangs_up()
    assert script.verdict() == ("missed", "busy", None)


def test_an_unregistered_phone_rings_nobody_and_is_still_a_missed_call() -> None:
    assert Script().calls_in().hangs_up(cause=34).verdict() == ("missed", "no-answer", "unavailable")
    script = Script().calls_in().variable("DIALSTATUS", "CHANUNAVAIL").hangs_up()
    assert script.verdict() == ("missed", "no-answer", "unavailable")


def test_a_wrong_number_that_rang_nowhere_is_no_missed_call() -> None:
    assert Script().calls_in().hangs_up(cause=1).verdict() == ("ignored", "refused", None)


def test_a_local_leg_that_answers_proves_nothing() -> None:
    script = (
        Script()
        .calls_in()
        .dials("local1")
        .local_pair("local1", "local2")
        .dial_ends("local1", "ANSWER")
        .bridged("c", "local1")
        .hangs_up()
    )
    assert script.verdict() == ("missed", "no-answer", "unconfirmed")


def test_a_person_behind_a_chain_of_locals_is_an_answer() -> None:
    script = Script().calls_in().dials("local1").local_pair("local1", "local2")
    script.dials("local3", by="local2").local_pair("local3", "local4").dials("p", by="local4")
    script.dial_ends("p", "ANSWER", by="local4").bridged("p", "local4", bridge="b3")
    script.dial_ends("local3", "ANSWER", by="local2").bridged("local3", "local2", bridge="b2")
    assert script.answered == []
    script.dial_ends("local1", "ANSWER").bridged("local1", "c", bridge="b1")
    assert len(script.answered) == 1
    assert script.hangs_up().verdict() == ("answered", None, None)


def test_a_voicemail_behind_a_local_leg_is_a_voicemail() -> None:
    script = Script().calls_in().joins_queue().dials("local1").local_pair("local1", "local2")
    script.runs("VoiceMail", "local2", "c").dial_ends("local1", "ANSWER").bridged("c", "local1").hangs_up()
    assert script.verdict() == ("missed", "voicemail", "no-message")


def test_a_message_left_is_told() -> None:
    script = Script().calls_in().dials("p").dial_ends("p", "NOANSWER").up().runs("VoiceMail")
    assert script.variable("VMSTATUS", "SUCCESS").hangs_up().verdict() == (
        "missed",
        "voicemail",
        "message-left",
    )


def test_a_nurse_who_hangs_up_in_the_prompt_has_not_answered() -> None:
    script = (
        Script().calls_in().dials("p").dial_ends("p", "ANSWER").bridged("p").hangs_up("p", "c").hangs_up()
    )
    assert script.verdict() == ("missed", "no-answer", "unconfirmed")


@pytest.mark.parametrize(
    ("status", "detail"), [("TIMEOUT", "timeout"), ("LEAVEEMPTY", "leave-empty"), ("WITHDRAW", "withdrawn")]
)
def test_a_queue_that_lets_the_caller_go(status: str, detail: str) -> None:
    script = (
        Script().calls_in().up().joins_queue().leaves_queue(abandoned=True).variable("QUEUESTATUS", status)
    )
    assert script.hangs_up().verdict() == ("missed", "abandoned", detail)


def test_a_caller_who_gives_up_in_the_queue() -> None:
    script = Script().calls_in().joins_queue("desk").wait(40).leaves_queue(abandoned=True).hangs_up()
    assert script.verdict() == ("missed", "abandoned", "caller-cancel")
    assert script.ended[0].queue == "desk"
    assert script.ended[0].waited == timedelta(seconds=40)


def test_a_queue_nobody_could_join() -> None:
    script = Script().calls_in().up().variable("QUEUESTATUS", "JOINEMPTY").hangs_up()
    assert script.verdict() == ("missed", "abandoned", "not-joined")


def test_leaving_a_queue_by_key_is_no_abandon_event_and_still_abandoned() -> None:
    script = Script().calls_in().joins_queue().leaves_queue(abandoned=False).hangs_up()
    assert script.verdict() == ("missed", "abandoned", "exit-key")


def test_an_abandon_event_is_no_hang_up() -> None:
    script = Script().calls_in().joins_queue().leaves_queue(abandoned=True).variable("QUEUESTATUS", "TIMEOUT")
    script.dials("p").dial_ends("p", "ANSWER").bridged("p", "c").hangs_up()
    assert script.verdict() == ("answered", None, None)


def test_a_hang_up_in_the_menu() -> None:
    assert Script().calls_in().up().hangs_up().verdict() == ("missed", "ivr-hangup", "in-menu")


def test_a_colleague_who_picks_the_call_up_has_answered() -> None:
    script = Script().calls_in().dials("p").picks_up_handset("q", "*8")
    script.tell(facts.DialEnded(at=START, caller=leg("c"), dialled=leg("q"), status="ANSWER"))
    script.bridged("q", bridge="b", of="q").bridged("c", bridge="b").hangs_up("p", "c", cause=26).hangs_up()
    assert script.ended[-1].verdict == "answered"


def test_an_insider_who_fetches_a_parked_caller_has_answered() -> None:
    script = Script().calls_in().up().bridged("c", bridge="lot", kind="parking").picks_up_handset("q", "701")
    script.bridged("q", bridge="b", of="q").bridged("c", bridge="b").hangs_up()
    assert script.ended[-1].verdict == "answered"


def test_a_parked_caller_s_hang_up_may_be_told_before_their_giving_up() -> None:
    script = Script().calls_in().up().bridged("c", bridge="lot", kind="parking")
    script.tell(facts.Parked(at=START, leg=leg("c"))).hangs_up()
    assert script.verdict() == ("missed", "abandoned", "parked")


def test_a_caller_parked_before_anyone_spoke_and_lost() -> None:
    script = Script().calls_in().up().bridged("c", bridge="lot", kind="parking")
    script.tell(facts.ParkingLost(at=START, leg=leg("c"), timed_out=False)).hangs_up()
    assert script.verdict() == ("missed", "abandoned", "parked")


def test_alone_in_a_conference_is_no_answer() -> None:
    script = Script().calls_in().up().bridged("c", bridge="conf", kind="base").hangs_up()
    assert script.verdict() == ("missed", "ivr-hangup", "in-menu")


def test_two_callers_in_one_bridge_have_not_reached_a_person() -> None:
    script = (
        Script()
        .calls_in("c")
        .calls_in("d")
        .up("c")
        .up("d")
        .bridged("c", "d", of="c")
        .hangs_up("c")
        .hangs_up("d")
    )
    assert [e.verdict for e in script.ended] == ["missed", "missed"]


def test_a_leg_is_in_one_bridge_at_a_time_even_when_its_leaving_was_not_told() -> None:
    script = Script().calls_in().up().bridged("c", bridge="b1").bridged("c", bridge="b2")
    script.dials("p").dial_ends("p", "ANSWER").bridged("p", bridge="b1").hangs_up()
    assert script.verdict() == ("missed", "no-answer", "unconfirmed")


def test_a_withheld_number_is_not_kept_even_when_the_carrier_sent_it() -> None:
    script = Script().calls_in(caller=ANNA).variable("CALLINGNUMPRES_SV", "prohib_passed_screen")
    script.dials("p").dial_ends("p", "NOANSWER").hangs_up()
    assert script.ended[0].withheld
    assert script.ended[0].masked
    assert script.ended[0].caller == ""


def test_the_did_of_the_route_counts_more_than_the_extension() -> None:
    script = Script().calls_in().variable("FROM_DID", "2025550111").hangs_up()
    assert script.ended[0].did == "2025550111"
    assert script.began[0].did == CLINIC


def test_an_outbound_call_is_told_with_the_number_that_was_dialled() -> None:
    script = with_prefix("9").picks_up_handset("c", "92025550123")
    script.dials("t", context="from-pstn").wait(5).dial_ends("t", "ANSWER").bridged("t", "c").wait(
        30
    ).hangs_up()
    (ended,) = script.ended
    assert (ended.direction, ended.verdict, ended.reason) == (Direction.OUTBOUND, "ignored", "outbound")
    assert ended.caller == ANNA
    assert ended.talked == timedelta(seconds=30)


def test_a_click_to_call_is_outbound_by_its_dial_string() -> None:
    clerk = leg("c", context="from-internal", exten="s", state="Down")
    script = Script().tell(facts.ChannelStarted(at=START, leg=clerk))
    script.dials("t", context="from-trunk", string=f"trunk/{ANNA}@trunk").dial_ends(
        "t", "NOANSWER"
    ).hangs_up()
    (ended,) = script.ended
    assert (ended.direction, ended.caller) == (Direction.OUTBOUND, ANNA)


def test_internal_and_originated_calls_are_ignored() -> None:
    assert Script().picks_up_handset("c", "102").dials("p").hangs_up().verdict() == (
        "ignored",
        "internal",
        None,
    )
    originated = Script().tell(
        facts.ChannelStarted(at=START, leg=leg("c", state="Down", context="from-internal"))
    )
    assert originated.hangs_up().verdict() == ("ignored", "originated", None)


def test_a_call_that_was_judged_is_never_opened_again() -> None:
    script = Script().calls_in().dials("p").dial_ends("p", "NOANSWER").hangs_up().hangs_up()
    script.calls_in().joins_queue().dial_ends("p", "ANSWER").bridged("p", "c").hangs_up()
    assert len(script.ended) == 1


def test_a_call_whose_beginning_was_not_seen_gets_one_verdict() -> None:
    assert Script().hangs_up().hangs_up().verdict() == ("ignored", "unseen", None)
    late = Script().joins_queue().leaves_queue(abandoned=True).hangs_up()
    assert late.verdict() == ("missed", "abandoned", "caller-cancel")
    assert late.ended[0].partial


def test_a_stopping_pbx_ends_every_call() -> None:
    script = Script().calls_in("c").calls_in("d").tell(facts.PbxStopping(at=START))
    assert [(e.verdict, e.detail) for e in script.ended] == [("missed", "pbx-stopped")] * 2
    assert script.tracker.legs_known == 0


def test_a_pbx_that_booted_meanwhile_holds_none_of_the_old_calls() -> None:
    script = Script().calls_in().dials("p").wait(10).tell(facts.LinkLost(at=START)).wait(20)
    script.tell(facts.PbxBooted(at=script.now, uptime=timedelta(seconds=5)))
    assert script.verdict() == ("missed", "no-answer", "pbx-stopped")


def test_a_broken_link_alone_ends_no_call() -> None:
    script = Script().calls_in().tell(facts.LinkLost(at=START)).wait(20)
    script.tell(facts.PbxBooted(at=script.now, uptime=timedelta(days=3)))
    live = facts.LiveLeg(leg=leg("c", state="Ring"), bridge="", age=timedelta(seconds=20))
    script.tell(facts.StockTaken(at=script.now, legs=(live,)))
    assert script.ended == []
    assert script.hangs_up(cause=34).verdict() == ("missed", "no-answer", "unavailable")
    assert script.ended[0].partial, "somebody may have answered in the gap: a record is asked"


def test_a_caller_of_whom_only_the_end_was_seen_was_not_turned_away_for_all_we_know() -> None:
    live = facts.LiveLeg(leg=leg("c", state="Ring", context="from-pstn"), bridge="", age=timedelta(seconds=2))
    script = Script().tell(facts.StockTaken(at=START, legs=(live,))).hangs_up(cause=19)
    assert script.verdict() == ("missed", "no-answer", "lost-track")


def test_what_is_gone_when_stock_is_taken_ended_in_the_gap() -> None:
    script = Script().calls_in().tell(facts.LinkLost(at=START)).tell(facts.StockTaken(at=START, legs=()))
    assert script.verdict() == ("missed", "no-answer", "lost-track")
    assert script.ended[0].partial


def test_taking_stock_finds_a_caller_who_is_talking() -> None:
    caller = leg("c", state="Up", context="from-pstn", caller=ANNA)
    script = Script().tell(
        facts.StockTaken(
            at=START,
            legs=(
                facts.LiveLeg(leg=caller, bridge="b", age=timedelta(seconds=60), app="Queue"),
                facts.LiveLeg(
                    leg=leg("p", "c", state="Up"), bridge="b", age=timedelta(seconds=50), app="AppQueue"
                ),
            ),
        )
    )
    assert len(script.answered) == 1
    assert script.hangs_up().verdict() == ("answered", None, None)


def in_queue(state: str = "Up", app: str = "Queue") -> facts.LiveLeg:
    caller = leg("c", state=state, context="from-pstn", caller=ANNA)
    return facts.LiveLeg(leg=caller, bridge="", age=timedelta(seconds=60), app=app)


@pytest.mark.parametrize("app", ["Queue", "AGI"])
@pytest.mark.parametrize("context", ["from-pstn", "ext-queues"])
def test_a_caller_found_waiting_in_a_queue_is_judged_as_one(app: str, context: str) -> None:
    live = in_queue(app=app)
    live = replace(live, leg=replace(live.leg, context=context))
    script = Script().tell(facts.StockTaken(at=START, legs=(live,), waiting={live.leg.id: "front"}))
    script.wait(20).hangs_up()
    assert script.verdict() == ("missed", "abandoned", "caller-cancel")
    (ended,) = script.ended
    assert (ended.queue, ended.waited, ended.partial) == ("front", timedelta(seconds=80), True)


def test_a_caller_who_changed_queues_while_the_link_was_down_is_in_the_second() -> None:
    script = Script().calls_in().joins_queue("front").tell(facts.LinkLost(at=START))
    live = in_queue()
    script.tell(facts.StockTaken(at=START, legs=(live,), waiting={live.leg.id: "billing"})).hangs_up()
    assert script.ended[0].queue == "billing"


def test_a_call_adopted_from_the_books_goes_on_where_it_is_still_alive() -> None:
    (began,) = Script().calls_in().began
    tracker = CallTracker()
    tracker.adopt(began, answered_at=None)
    script = Script(tracker=tracker)
    script.tell(facts.StockTaken(at=START, legs=()))
    assert script.verdict() == ("missed", "no-answer", "lost-track")


def test_a_call_without_a_sign_of_life_is_judged_at_last() -> None:
    script = Script().calls_in()
    assert script.tracker.tick(START + timedelta(hours=11)) == []
    (ended,) = script.tracker.tick(START + timedelta(hours=13))
    assert getattr(ended, "detail", None) == "lost-track"
    assert script.tracker.open_calls == 0


def test_nothing_is_remembered_of_legs_that_are_gone() -> None:
    script = answered_call()
    assert script.tracker.legs_known == 0


# properties


def _stories() -> dict[str, Script]:
    return {
        "answered": answered_call("a"),
        "rang out": Script()
        .calls_in("r")
        .dials("rp", by="r", of="r")
        .dial_ends("rp", "NOANSWER", by="r", of="r"),
        "queue": Script().calls_in("q").joins_queue(name="q").leaves_queue(abandoned=True, name="q"),
        "menu": Script().calls_in("m").up("m"),
    }


EXPECTED = {"a": "answered", "r": "missed", "q": "missed", "m": "missed"}


def _streams() -> list[list[Fact]]:
    stories = _stories()
    for name, script in (("r", "rang out"), ("q", "queue"), ("m", "menu")):
        stories[script].hangs_up(name)
    return [script.told for script in stories.values()]


@st.composite
def interleavings(draw: st.DrawFn) -> list[Fact]:
    streams = [list(stream) for stream in _streams()]
    mixed: list[Fact] = []
    while any(streams):
        chosen = draw(st.sampled_from([s for s in streams if s]))
        mixed.append(chosen.pop(0))
    return mixed


@given(interleavings())
def test_any_interleaving_of_calls_gives_each_its_own_verdict(mixed: list[Fact]) -> None:
    script = Script()
    for fact in mixed:
        script.tell(fact)
    assert {e.call.uniqueid: str(e.verdict) for e in script.ended} == EXPECTED


@settings(max_examples=200)
@given(mixed=interleavings(), data=st.data())
def test_lost_and_repeated_facts_never_give_a_second_verdict(mixed: list[Fact], data: st.DataObject) -> None:
    script = Script()
    for fact in mixed:
        for _ in range(data.draw(st.sampled_from([1, 1, 1, 0, 2]))):
            script.tell(fact)
    roots = [e.call for e in script.ended]
    assert len(roots) == len(set(roots))
    told_of_hang_up = {f.leg.id for f in script.told if isinstance(f, facts.HungUp) and f.leg.is_root}
    assert {call.uniqueid for call in roots} == told_of_hang_up


def test_the_graph_forgets_both_halves() -> None:
    graph = TalkGraph()
    graph.pair(facts.LocalPaired(at=START, one=leg("local1").id, two=leg("local2").id))
    graph.forget(leg("local1").id)
    assert len(graph) == 0
