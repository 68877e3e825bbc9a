"""The keys of calling back from a screen, and what is built from them."""

from dataclasses import dataclass
from datetime import timedelta

from pydantic import Field

from config.fields import PositiveDuration
from config.section import Section
from config.triage import DialTemplate


class CallBackKeys(Section):
    """Calling a patient back from a screen: the clerk's phone rings, then the patient's. Needs `ami_dial`."""

    internal: DialTemplate = Field(examples=["PJSIP/{number}"])
    """How the PBX rings a phone on a desk."""
    outside: DialTemplate | None = Field(examples=["PJSIP/{number}@trunk"])
    """How the PBX dials a patient; empty: as the site's triage ladder does, else `PJSIP/{number}@trunk`."""
    ring: PositiveDuration = Field(examples=["25s"])
    """How long the clerk's phone rings."""
    patient_ring: PositiveDuration = Field(examples=["45s"])
    """How long the patient's phone rings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallBackSettings:
    """How patients are called back."""

    internal: str
    outside: str | None
    ring: timedelta
    patient_ring: timedelta
