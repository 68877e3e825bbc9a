"""The triage ladder as the clinic wishes it: who is rung for an urgent caller, in which order, for how long."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from secondring.domain.hours import OpeningHours, closes_at, is_open

DIALABLE = re.compile(r"[0-9+*#]{1,24}")
"""What may be dialled. Everything that reaches the PBX as part of a dial string is held against it."""


LONGEST_EXTENSION = 6
"""Digits. Anything longer reaches somebody's own phone, though it be dialled like an extension."""


class Order(StrEnum):
    """How the targets of one step are rung."""

    TOGETHER = "together"
    ONE_BY_ONE = "one-by-one"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A phone that may be rung. Staff's own numbers, so they may be shown."""

    number: str
    """An extension, or a number in E.164; only what `DIALABLE` allows."""
    outside: bool = False
    """Reached through the trunk."""

    def __post_init__(self) -> None:
        if not DIALABLE.fullmatch(self.number):
            raise ValueError("a target may hold only digits, +, * and #")

    @property
    def masked(self) -> str:
        """For the record: an extension as it stands; of a nurse's own phone no more than tells it from the others."""
        inside = not self.outside and len(self.number) <= LONGEST_EXTENSION
        return self.number if inside else f"the phone ending {self.number[-2:]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """When somebody is on call."""

    target: Target
    hours: OpeningHours
    """Periods by weekday, and other periods on certain dates; a night is two periods on two days."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One rung of the ladder: certain phones, whoever is on call, or both."""

    targets: tuple[Target, ...] = ()
    rota: tuple[Shift, ...] = ()
    order: Order = Order.TOGETHER
    ring: timedelta = timedelta(seconds=20)
    """How long each phone rings."""

    def on_duty(self, now: datetime) -> tuple[Target, ...]:
        """Who is rung now, each phone once; empty in a gap of the rota."""
        called = (*self.targets, *on_call(self.rota, now))
        return tuple(dict.fromkeys(called))

    @property
    def longest(self) -> timedelta:
        """The most time that this step can take."""
        phones = len(self.targets) + len(self.rota)
        return self.ring * (phones if self.order is Order.ONE_BY_ONE else 1)


def on_call(rota: tuple[Shift, ...], now: datetime) -> tuple[Target, ...]:
    """The phones of those who are on call now, in the order of the rota."""
    return tuple(shift.target for shift in rota if is_open(shift.hours, now))


def first_gap(steps: tuple[Step, ...], now: datetime, within: timedelta) -> datetime | None:
    """When nobody at all is rung any more, from `now` on; None when somebody is all that time."""
    if any(step.targets for step in steps):
        return None
    rota = [shift for step in steps for shift in step.rota]
    at = now
    while at < now + within:
        here = [shift.hours for shift in rota if is_open(shift.hours, at)]
        ends = [closes_at(hours, at) for hours in here]
        if not ends:
            return at
        known = [end for end in ends if end is not None]
        if len(known) < len(ends):
            return None
        at = max(known)
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientPlan:
    """How the patient's phone is rung once a nurse has accepted."""

    ring: timedelta = timedelta(seconds=45)
    tries: int = 3
    pause: timedelta = timedelta(minutes=5)
    """Between a call that the patient did not answer and the next."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DialPlan:
    """How the PBX reaches a number. `{number}` is the number as it stands, `{digits}` without its `+`."""

    internal: str = "PJSIP/{number}"
    outside: str = "PJSIP/{number}@trunk"

    def string(self, number: str, *, outside: bool) -> str:
        """What Dial() takes. Raises ValueError for anything that is not a number."""
        if not DIALABLE.fullmatch(number):
            raise ValueError("only digits, +, * and # can be dialled")
        template = self.outside if outside else self.internal
        return template.replace("{number}", number).replace("{digits}", number.lstrip("+"))


SLACK = timedelta(seconds=8)
"""What the PBX may take on top of a ring time: the screen's question twice, and the telling of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ladder:
    """The ordered people an urgent caller is offered to."""

    steps: tuple[Step, ...]
    rounds: int = 2
    pause: timedelta = timedelta(seconds=20)
    """Between two rounds."""
    keep_trying: timedelta = timedelta(minutes=5)
    """For so long after the trigger the ladder begins again when everybody failed, the last resort too."""
    last_resort: Target | None = None
    """Who is rung when nobody takes it: an answering service, a doctor's line."""
    last_resort_ring: timedelta = timedelta(seconds=45)
    patient: PatientPlan = PatientPlan()
    dial: DialPlan = DialPlan()
    language: str = "en"
    """Of what the nurse hears."""
    spoken: timedelta = timedelta(seconds=10)
    """A call with the patient that lasts so long was no mailbox (`Guards.spoken`)."""

    @property
    def longest_search(self) -> timedelta:
        """The most time from the trigger until a nurse has accepted or the last resort rings."""
        phones = sum(len(s.targets) + len(s.rota) if s.order is Order.ONE_BY_ONE else 1 for s in self.steps)
        once = sum((step.longest for step in self.steps), timedelta(0)) + phones * SLACK
        return self.rounds * once + (self.rounds - 1) * self.pause
