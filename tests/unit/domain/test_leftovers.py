"""Whatever ends, and whatever the PBX never tells the end of: the tracker's tables are empty when all is over."""

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from ami_listener.recording import read_facts
from benchmarks.streams import template
from secondring.domain import facts
from secondring.domain.call_events import CallEnded, ListeningRules
from secondring.domain.calls import CallTracker
from secondring.domain.facts import Fact
from tests.support.pbx_script import START, Script

PATIENCE = ListeningRules().forget_after
ENDINGS = (
    "answered_directly",
    "attended_transfer",
    "blind_transfer_answered",
    "busy",
    "caller_gives_up_ringing",
    "follow_me_accepted",
    "forked_locals_answered",
    "menu_hung_up",
    "parked_and_fetched",
    "queue_abandoned",
    "queue_local_members_answered",
    "rang_out",
    "screen_accepted",
    "voicemail_with_message",
)
ROUNDS = 40


def stream(lost_share: float) -> Iterator[list[Fact]]:
    """A thousand calls and more, each with names of its own; of some, what the PBX said of ends is lost."""
    chance = random.Random(11)
    second = int(START.timestamp())
    for number in range(ROUNDS * len(ENDINGS)):
        call = template(ENDINGS[number % len(ENDINGS)], filtered=True)
        told = call.told(number, ends_at=second + 60 * number, caller="+13125550123")
        heard = read_facts([b"Asterisk Call Manager/11.0.0\r\n", told], start=START)
        yield [_own_bridge(fact, number) for fact in heard if not _lost(fact, chance, lost_share)]


def _lost(fact: Fact, chance: random.Random, share: float) -> bool:
    return isinstance(fact, facts.HungUp | facts.BridgeLeft) and chance.random() < share


def _own_bridge(fact: Fact, number: int) -> Fact:
    if isinstance(fact, facts.BridgeEntered | facts.BridgeLeft):
        return replace(fact, bridge=f"{fact.bridge}-{number}")
    return fact


@pytest.mark.parametrize("lost_share", [0.0, 0.05])
def test_a_thousand_calls_of_all_endings_leave_nothing_behind(lost_share: float) -> None:
    tracker = CallTracker()
    ended: list[CallEnded] = []
    most, now = 0, START
    for heard in stream(lost_share):
        for fact in heard:
            now = max(now, fact.at)
            ended += [event for event in tracker.feed(fact) if isinstance(event, CallEnded)]
        ended += [event for event in tracker.tick(now) if isinstance(event, CallEnded)]
        most = max(most, tracker.legs_known)
    assert len({event.call for event in ended}) == len(ended) >= ROUNDS * len(ENDINGS) * 0.9
    if not lost_share:
        assert (tracker.open_calls, tracker.legs_known) == (0, 0)
    # What is never told of is given up: at no time was more held than the calls of those hours.
    a_call_a_minute = PATIENCE / timedelta(minutes=1)
    assert most < 3 * a_call_a_minute * max(lost_share * 4, 0.01)
    tracker.tick(now + PATIENCE + timedelta(minutes=1))
    tracker.tick(now + 2 * PATIENCE + timedelta(minutes=2))
    assert (tracker.open_calls, tracker.legs_known) == (0, 0)


def test_a_phone_whose_hang_up_was_lost_is_forgotten_after_the_call_it_was_in() -> None:
    script = (
        Script()
        .calls_in("c")
        .dials("p", by="c", of="c")
        .dial_ends("p", "ANSWER", by="c", of="c")
        .bridged("p", "c", of="c")
        .hangs_up("c")
    )
    assert script.verdict() == ("answered", None, None)
    assert script.tracker.legs_known > 0, "it may still be talking with somebody else"
    _let_pass(script.tracker, script.now, PATIENCE - timedelta(minutes=2))
    assert script.tracker.legs_known > 0
    _let_pass(script.tracker, script.now + PATIENCE - timedelta(minutes=2), timedelta(minutes=5))
    assert script.tracker.legs_known == 0


def test_a_leg_that_is_part_of_a_call_again_is_no_leftover() -> None:
    script = Script().calls_in("c").dials("p").dial_ends("p", "ANSWER").bridged("p", "c").wait(5)
    _let_pass(script.tracker, script.now, PATIENCE - timedelta(minutes=1))
    assert script.tracker.open_calls == 1
    assert script.tracker.legs_known > 0


def _let_pass(tracker: CallTracker, since: datetime, span: timedelta) -> None:
    for minute in range(int(span / timedelta(minutes=1)) + 1):
        tracker.tick(since + timedelta(minutes=minute))
