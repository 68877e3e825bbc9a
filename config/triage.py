"""The keys of the triage ladder, and the ladder that is built from them."""

import re
from datetime import date, timedelta
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, PlainValidator, model_validator

from config.fields import (
    Duration,
    OpenWeek,
    PositiveDuration,
    SpecialDays,
    Word,
    read_last_resort,
    read_target,
)
from config.links import SecretPlace
from config.refusal import refusal
from config.section import Section
from secondring.domain.hours import OpeningHours, Period
from secondring.domain.ladder import DialPlan, Ladder, Order, PatientPlan, Shift, Step, Target

_DIAL = re.compile(r"[A-Za-z0-9_./@:+*#-]*\{(number|digits)\}[A-Za-z0-9_./@:+*#-]*")


def _dial_template(text: str) -> str:
    """One number in it, and nothing that the dialplan would read as more than a dial string."""
    if not _DIAL.fullmatch(text) or "/" not in text:
        raise refusal("is no way to dial", "Write for example PJSIP/{number} or PJSIP/{digits}@trunk.")
    if "@" in text and not re.search(r"@[A-Za-z0-9_]", text):
        raise refusal("names no trunk after the @", "Write your trunk's name: PJSIP/{number}@trunk.")
    return text


Phone = Annotated[Target, PlainValidator(read_target)]
LastResort = Annotated[Target | Literal["none"] | None, PlainValidator(read_last_resort)]
DialTemplate = Annotated[str, AfterValidator(_dial_template)]


class AmiDial(Section):
    """The second manager account: it rings nurses and patients, and hears of nothing else."""

    user: Word = Field(examples=["secondring-dial"])
    """Its name; host, port and encryption are those of `ami`."""
    secret_file: SecretPlace | None = Field(examples=["credential:ami-dial-secret"])
    """Where its secret is kept; needed as soon as a site has a `triage` ladder."""


class ShiftKeys(Section):
    """When somebody is on call."""

    who: Phone = Field(examples=["+1 202 555 0177"])
    """Their phone."""
    hours: OpenWeek = Field(default={}, examples=['{mon-fri: ["17:00-24:00"]}'])
    """When they are on call, by weekday; a night is two periods on two days."""
    days: SpecialDays = Field(default={}, examples=['{2026-12-24: ["00:00-24:00"]}'])
    """On these dates, other hours; `closed` for a day off."""

    @model_validator(mode="after")
    def _is_on_call(self) -> Self:
        if not self.hours and not any(self.days.values()):
            raise refusal("is never on call", 'Add hours: {mon-sun: ["00:00-24:00"]}, or take it out.')
        return self


class StepKeys(Section):
    """One rung of the ladder: certain phones, whoever is on call, or both."""

    ring: tuple[Phone, ...] = Field(default=(), examples=['["1001", "1002"]'])
    """Extensions, and outside numbers with + and country code."""
    order: Order = Field(default=Order.TOGETHER, examples=["one-by-one"])
    """`together`: the first to accept has it; `one-by-one`: each for as long as `ring_for`."""
    ring_for: PositiveDuration = Field(default=timedelta(seconds=20), examples=["20s"])
    """How long each phone rings."""
    on_call: tuple[ShiftKeys, ...] = Field(default=(), examples=["[{who: '1003', hours: {...}}]"])
    """A rota; in a gap of it the next step's turn comes at once."""

    @model_validator(mode="after")
    def _has_a_phone(self) -> Self:
        if not self.ring and not self.on_call:
            raise refusal("rings nobody", "Name phones in `ring`, or a rota in `on_call`.")
        return self


class TriageKeys(Section):
    """Who is rung for an urgent caller, in which order. Whoever answers is asked to press 1."""

    rounds: Annotated[int, Field(ge=1, le=5)] = Field(default=2, examples=["2"])
    """How often the steps are gone through."""
    pause: Duration = Field(default=timedelta(seconds=20), examples=["20s"])
    """Between two rounds."""
    keep_trying: Duration = Field(default=timedelta(minutes=5), examples=["5m"])
    """For so long after the trigger the ladder begins again when everybody failed, the last resort too."""
    last_resort: LastResort = Field(default=None, examples=["+1 202 555 0188"])
    """Rung when nobody takes it: an answering service, a doctor's line. Also dialled when Second Ring is down: without
    one, an urgent caller then reaches nobody. `none`: there is none, and nobody needs to be told so."""
    last_resort_ring: PositiveDuration = Field(default=timedelta(seconds=45), examples=["45s"])
    """How long it rings."""
    patient_ring: PositiveDuration = Field(default=timedelta(seconds=45), examples=["45s"])
    """How long the patient's phone rings once a nurse has accepted."""
    patient_tries: Annotated[int, Field(ge=1, le=10)] = Field(default=3, examples=["3"])
    """How often a patient who does not answer is called."""
    patient_pause: Duration = Field(default=timedelta(minutes=5), examples=["5m"])
    """Between two of these calls."""
    internal: DialTemplate = Field(default="PJSIP/{number}", examples=["Local/{number}@originate-skipvm/n"])
    """How the PBX dials an extension; on FreePBX `Local/{number}@originate-skipvm/n`."""
    outside: DialTemplate = Field(default="PJSIP/{number}@trunk", examples=["PJSIP/{digits}@trunk"])
    """How the PBX dials an outside number; `{digits}` is the number without its +."""
    language: Literal["en", "es"] = Field(default="en", examples=["en"])
    """What the nurse hears."""
    steps: tuple[StepKeys, ...] = Field(min_length=1, examples=["[{ring: ['1001']}]"])
    """The steps, in order."""


def build_ladder(keys: TriageKeys | None, zone: str, spoken: timedelta) -> Ladder | None:
    """The ladder as the domain takes it."""
    if keys is None:
        return None
    return Ladder(
        steps=tuple(_step(step, zone) for step in keys.steps),
        rounds=keys.rounds,
        pause=keys.pause,
        keep_trying=keys.keep_trying,
        last_resort=keys.last_resort if keys.last_resort != "none" else None,
        last_resort_ring=keys.last_resort_ring,
        patient=PatientPlan(ring=keys.patient_ring, tries=keys.patient_tries, pause=keys.patient_pause),
        dial=DialPlan(internal=keys.internal, outside=keys.outside),
        language=keys.language,
        spoken=spoken,
    )


def _step(keys: StepKeys, zone: str) -> Step:
    rota = tuple(_shift(shift, zone) for shift in keys.on_call)
    return Step(targets=keys.ring, rota=rota, order=keys.order, ring=keys.ring_for)


def _shift(keys: ShiftKeys, zone: str) -> Shift:
    days: dict[date, tuple[Period, ...]] = keys.days
    return Shift(target=keys.who, hours=OpeningHours(zone=zone, week=keys.hours, days=days))
