"""Who calls and what breaks when, all from one seed: the same seed gives the same plan."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from chaos.endings import Ending, shares
from lab.load import callers

QUIET_BEGIN, QUIET_END = 0.02, 0.96
"""Faults begin within this part of the traffic, so that the last of them has calls to hit."""
AWAY_AFTER = 5.0
"""Seconds of calls that are heard before."""
CLINIC_AREA = "+1202"
"""The clinic's own numbers: whoever calls from one of them is no patient."""


@dataclass(frozen=True, slots=True)
class Planned:
    """One thing that breaks."""

    at: float
    """Seconds after the first call."""
    fault: str
    seconds: float
    """How long it lasts, where it lasts."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A run."""

    numbers: Mapping[Ending, Sequence[str]]
    faults: Sequence[Planned]
    seconds: float
    """How long calls are placed."""

    @property
    def calls(self) -> int:
        return sum(len(some) for some in self.numbers.values())


def make(
    seed: int, *, calls: int, faults: int, rate: float, kinds: Mapping[str, tuple[float, float]]
) -> Plan:
    """`kinds` names each fault with how long it may last; each comes about equally often, in an order of chance."""
    chance = random.Random(seed)  # noqa: S311 - no secret in it
    numbers = [number for number in callers(calls + 100) if not number.startswith(CLINIC_AREA)][:calls]
    chance.shuffle(numbers)
    given: dict[Ending, Sequence[str]] = {}
    for ending, count in shares(calls).items():
        given[ending], numbers = numbers[:count], numbers[count:]
    seconds = calls / rate
    return Plan(given, _faults(chance, faults, seconds, kinds), seconds)


def away(plan: Plan, fault: str, seconds: float) -> Plan:
    """The same calls, and one fault that lasts for nearly all of them."""
    return replace(plan, faults=[Planned(AWAY_AFTER, fault, seconds)])


def _faults(
    chance: random.Random, count: int, seconds: float, kinds: Mapping[str, tuple[float, float]]
) -> list[Planned]:
    names: list[str] = []
    while len(names) < count:
        turn = list(kinds)
        chance.shuffle(turn)
        names += turn
    begin, end = QUIET_BEGIN * seconds, QUIET_END * seconds
    step = (end - begin) / max(count, 1)
    return [
        Planned(
            round(begin + step * (place + chance.random()), 2), name, round(chance.uniform(*kinds[name]), 2)
        )
        for place, name in enumerate(names[:count])
    ]
