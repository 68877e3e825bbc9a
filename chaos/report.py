"""What a run says at its end: for people, for programs, and as the tables of docs/chaos.md."""

import json
from collections import Counter
from datetime import UTC, datetime

from chaos.ledger import WRONG, Entry, Found
from chaos.phones import SeenCall
from chaos.run import Result
from secondring.domain.phone import PhoneNumber

MOST = 100
"""Mismatches that are listed; more of them say nothing new."""
NEAR = 15.0
"""Seconds: what broke so shortly before or while a call lasted is named beside it."""


def for_people(result: Result) -> str:
    """The whole story."""
    wanted, ledger = result.wanted, result.ledger
    head = (
        f"shape {wanted.shape}, seed {wanted.seed}: {len(ledger.entries)} calls in {result.traffic_s:.0f} s"
    )
    lines = [
        f"{head}, {len(result.faults)} faults, load {result.load:.1f}",
        "calls    " + ", ".join(f"{count} {name}" for name, count in result.by_ending.items()),
        "faults   " + ", ".join(f"{count} x {name}" for name, count in sorted(_kinds(result).items())),
        "starts   " + ", ".join(f"{count} x {name}" for name, count in result.starts.items()),
        "became   "
        + ", ".join(f"{ledger.counts[found]} {found}" for found in Found if ledger.counts.get(found)),
        "notes    "
        + (", ".join(f"{count} {note}" for note, count in sorted(ledger.notes.items())) or "none"),
        f"carrier  {result.posts} requests",
        "settled  " + ("NOT" if result.settled_s is None else f"{result.settled_s:.0f} s after the traffic"),
    ]
    lines += [f"excused  {count} x {why}" for why, count in sorted(_excuses(result).items())]
    lines += [f"trouble  {trouble}" for trouble in result.troubles[:MOST]]
    lines += [line for entry in ledger.mismatches[:MOST] for line in _told(entry, result)]
    verdict = "BALANCED: duplicates 0, losses 0" if result.passed else "DOES NOT BALANCE"
    return "\n".join(
        [*lines, f"{verdict} ({len(ledger.mismatches)} mismatches, {len(result.troubles)} troubles)"]
    )


def for_programs(result: Result) -> str:
    """One JSON object."""
    wanted, ledger = result.wanted, result.ledger
    return json.dumps(
        {
            "passed": result.passed,
            "shape": wanted.shape,
            "seed": wanted.seed,
            "calls": len(ledger.entries),
            "rate": wanted.rate,
            "endings": result.by_ending,
            "faults": _kinds(result),
            "starts": result.starts,
            "became": {found.name.lower(): ledger.counts.get(found, 0) for found in Found},
            "excused": _excuses(result),
            "notes": dict(ledger.notes),
            "posts": result.posts,
            "traffic_s": round(result.traffic_s, 1),
            "settled_s": None if result.settled_s is None else round(result.settled_s, 1),
            "load": round(result.load, 2),
            "troubles": result.troubles,
            "mismatches": ["\n".join(_told(entry, result)) for entry in ledger.mismatches[:MOST]],
        }
    )


def _kinds(result: Result) -> dict[str, int]:
    return dict(Counter(name for name, _, _ in result.faults))


def _excuses(result: Result) -> dict[str, int]:
    return dict(Counter(e.because for e in result.ledger.entries if e.found is Found.EXCUSED))


def _told(entry: Entry, result: Result) -> list[str]:
    """One mismatch with everything known about it."""
    assert entry.found in WRONG  # noqa: S101 - whoever calls this has chosen them
    lines = [f"{entry.found}  {PhoneNumber(entry.number)}  {entry.because}"]
    if entry.seen is not None:
        lines += _story(entry.seen, result)
    for call in entry.booked:
        marks = [mark for mark, set_ in (("late", call.late), ("partial", call.partial)) if set_]
        lines.append(f"    kept: {call.id} {call.verdict} {call.reason} {call.detail} {' '.join(marks)}")
        lines.append(f"    texts {list(call.texts)} tasks {list(call.tasks)} decided {list(call.decisions)}")
    lines.append(f"    the carrier took {entry.taken}")
    return lines


def _story(seen: SeenCall, result: Result) -> list[str]:
    steps = (("ringing", seen.ringing_at), ("answered", seen.answered_at), ("over", seen.over_at))
    told = ", ".join(f"{name} +{at - seen.placed_at:.2f} s" for name, at in steps if at is not None)
    ends = max(at for at in (seen.placed_at, *(at for _, at in steps)) if at is not None)
    lines = [f"    caller: {seen.ending.name}, placed {_clock(seen.placed_at)}, {told or 'heard nothing'}"]
    lines += [
        f"    meanwhile: {name} at {_clock(began)} for {lasted:.1f} s"
        for name, began, lasted in result.faults
        if began < ends + NEAR and began + lasted > seen.placed_at - NEAR
    ]
    return lines


def _clock(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%H:%M:%S.%f}"[:-3]
