"""What Second Ring makes of a recording, beside what the scenario says it must."""

from collections.abc import Iterable
from dataclasses import replace

from ami_listener.recording import read_facts
from lab.scenarios.stage import ANY, Expected
from secondring.domain.calls import CallEnded, CallTracker


def verdicts_of(received: bytes, tracker: CallTracker | None = None) -> list[CallEnded]:
    """Feed a whole recording to the verdict machine and give its verdicts, in order."""
    tracker = tracker or CallTracker()
    events = [event for fact in read_facts([received]) for event in tracker.feed(fact)]
    return [event for event in events if isinstance(event, CallEnded)]


def differences(expected: Iterable[Expected], received: bytes) -> list[str]:
    """Compare; an empty list is what one wants. Calls from outside must come in the catalogue's order."""
    wanted = list(expected)
    found = [in_our_words(ended) for ended in verdicts_of(received)]
    outside = _pairs([call for call in wanted if call.did], [call for call in found if call.did])
    inside = _pairs(
        sorted((call for call in wanted if not call.did), key=str),
        sorted((call for call in found if not call.did), key=str),
    )
    return [f"expected {want}, got {got}" for want, got in [*outside, *inside] if want != got]


def in_our_words(ended: CallEnded) -> Expected:
    """Say a verdict as the catalogue does."""
    seen = Expected(
        verdict=str(ended.verdict),
        reason=str(ended.reason) if ended.reason else None,
        detail=str(ended.detail) if ended.detail else None,
    )
    if ended.direction != "inbound":
        return seen
    return replace(seen, caller=None if ended.withheld else ended.caller, did=ended.did)


def _pairs(wanted: list[Expected], found: list[Expected]) -> list[tuple[Expected | None, Expected | None]]:
    length = max(len(wanted), len(found))
    padded_wanted = [*wanted, *[None] * (length - len(wanted))]
    padded_found = [*found, *[None] * (length - len(found))]
    return [_level(want, got) for want, got in zip(padded_wanted, padded_found, strict=True)]


def _level(want: Expected | None, got: Expected | None) -> tuple[Expected | None, Expected | None]:
    if want and got and want.detail == ANY:
        return replace(want, detail=got.detail), got
    return want, got
