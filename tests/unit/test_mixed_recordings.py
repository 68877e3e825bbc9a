"""Real recordings, mixed, doubled and torn: each call still gets its own verdict, and only one.

The recordings were made one after the other on one PBX; played at the same time they are a busy morning.
"""

import json
import random
from functools import cache
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from ami_listener.recording import read_facts
from secondring.domain import facts
from secondring.domain.call_events import CallEnded
from secondring.domain.calls import CallTracker
from secondring.domain.facts import Fact

RECORDINGS = Path(__file__).parents[1] / "recordings"
WHOLE_PBX = (facts.PbxStopping, facts.LinkLost, facts.StockTaken)
"""What is said of the whole PBX belongs to all calls at once and cannot be mixed into others' morning."""

Said = tuple[str, str | None, str | None]


@cache
def facts_of(name: str) -> tuple[Fact, ...]:
    """All but the greeting, which every recording begins with."""
    return tuple(fact for fact in read_facts(RECORDINGS / name) if not isinstance(fact, facts.PbxBooted))


@cache
def mixable() -> tuple[str, ...]:
    """Recordings of calls alone, none of whose channels appears in another."""
    listed = [row["file"] for row in json.loads((RECORDINGS / "expected.json").read_text())]
    seen: set[str] = set()
    chosen = []
    for name in listed:
        told = facts_of(name)
        legs = {fact.leg.id for fact in told if isinstance(fact, facts.ChannelStarted)}
        if not legs & seen and not any(isinstance(fact, WHOLE_PBX) for fact in told):
            seen |= legs
            chosen.append(name)
    return tuple(chosen)


def verdicts(told: list[Fact]) -> dict[str, Said]:
    tracker = CallTracker()
    found: dict[str, Said] = {}
    for fact in told:
        for event in tracker.feed(fact):
            if isinstance(event, CallEnded):
                assert event.call.uniqueid not in found, "a second verdict"
                found[event.call.uniqueid] = (event.verdict, event.reason, event.detail)
    assert tracker.open_calls == 0
    return found


def alone(names: list[str]) -> dict[str, Said]:
    merged: dict[str, Said] = {}
    for name in names:
        merged |= verdicts(list(facts_of(name)))
    return merged


some_recordings = st.deferred(
    lambda: st.lists(st.sampled_from(mixable()), min_size=2, max_size=6, unique=True)
)


def test_there_is_enough_to_mix() -> None:
    assert len(mixable()) > 60


@settings(max_examples=60, deadline=None)
@given(names=some_recordings, choices=st.randoms(use_true_random=False))
def test_any_interleaving_gives_the_verdicts_of_each_alone(names: list[str], choices: random.Random) -> None:
    streams = [list(facts_of(name)) for name in names]
    mixed: list[Fact] = []
    while streams:
        stream = choices.choice(streams)
        mixed.append(stream.pop(0))
        streams = [left for left in streams if left]
    assert verdicts(mixed) == alone(names)


@settings(max_examples=100, deadline=None)
@given(name=st.deferred(lambda: st.sampled_from(mixable())), data=st.data())
def test_facts_told_twice_change_nothing(name: str, data: st.DataObject) -> None:
    told = list(facts_of(name))
    doubled = data.draw(st.sets(st.integers(0, len(told) - 1)))
    twice = [fact for place, fact in enumerate(told) for _ in range(1 + (place in doubled))]
    assert verdicts(twice) == verdicts(told)


@settings(max_examples=100, deadline=None)
@given(name=st.deferred(lambda: st.sampled_from(mixable())), data=st.data())
def test_lost_facts_give_one_verdict_a_call_that_was_seen_to_end(name: str, data: st.DataObject) -> None:
    told = list(facts_of(name))
    lost = data.draw(st.sets(st.integers(0, len(told) - 1), max_size=len(told) // 2))
    kept = [fact for place, fact in enumerate(told) if place not in lost]
    tracker = CallTracker()
    ended = [e.call.uniqueid for fact in kept for e in tracker.feed(fact) if isinstance(e, CallEnded)]
    assert len(ended) == len(set(ended))
    assert set(ended) == _roots_that_hung_up(kept)


def _roots_that_hung_up(told: list[Fact]) -> set[str]:
    """A root that was merged into another call no longer looks like one when it hangs up."""
    roots = {f.leg.id for f in told if isinstance(f, facts.ChannelStarted) and f.leg.is_root}
    ended = [f.leg for f in told if isinstance(f, facts.HungUp) and f.leg.tech != "Local"]
    return {leg.id for leg in ended if leg.is_root or leg.id in roots}
