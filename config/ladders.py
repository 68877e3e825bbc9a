"""Ladders that could be read, and would still keep an urgent caller from a living person."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from config.problems import KeyPath, dotted
from secondring.domain.ladder import Target

if TYPE_CHECKING:
    from config.schema import Configuration
    from config.triage import TriageKeys

Slip = tuple[KeyPath, str, str]
"""Where, what is wrong, and what mends it."""

EMERGENCY = ("911", "112", "999")
"""Numbers of the emergency services where our clinics are or their phones come from. Shorter lists of other countries
(110, 118, 119) are extensions of ordinary PBXs here."""
USUAL_PREFIX = "9"
"""What PBXs want dialled before an outside number, also where `pbx.outside_prefix` does not say so."""
NATIONAL_DIGITS = 10


def deadly_settings(found: "Configuration") -> Iterator[Slip]:
    """What is refused."""
    if found.ami_dial.secret_file is not None and found.ami_dial.user == found.ami.user:
        yield (
            ("ami_dial", "user"),
            "is the account that listens, too",
            "Give the account that dials a name of its own: the listener's may change nothing.",
        )
    own = dict(_own_numbers(found))
    emergency = {
        prefix + number for number in EMERGENCY for prefix in ("", USUAL_PREFIX, found.pbx.outside_prefix)
    }
    for path, target in _phones(found):
        if target.number in emergency:
            yield (
                path,
                "is the emergency services' number",
                "Name a nurse, a doctor's line or an answering service.",
            )
        elif site := own.get(_national(target)):
            yield (
                path,
                f"rings at {dotted(('sites', site))}: an urgent caller would come back to where they began",
                "Name a phone that is not answered by this PBX's menus: a mobile, or an answering service.",
            )


def _own_numbers(found: "Configuration") -> Iterator[tuple[str, str]]:
    for name, site in found.sites.items():
        for number in (site.phone, *site.dids):
            yield _national(Target(number=number.e164)), name


def _national(target: Target) -> str:
    """The digits by which two ways to write a number are the same; an extension has too few to be one."""
    digits = target.number.lstrip("+")
    return digits[-NATIONAL_DIGITS:] if len(digits) >= NATIONAL_DIGITS else ""


def _phones(found: "Configuration") -> Iterator[tuple[KeyPath, Target]]:
    for name, site in found.sites.items():
        if site.triage is not None:
            yield from _phones_of(site.triage, ("sites", name, "triage"))


def _phones_of(keys: "TriageKeys", at: KeyPath) -> Iterator[tuple[KeyPath, Target]]:
    for place, step in enumerate(keys.steps):
        for n, target in enumerate(step.ring):
            yield (*at, "steps", place, "ring", n), target
        for n, shift in enumerate(step.on_call):
            yield (*at, "steps", place, "on_call", n, "who"), shift.who
    if isinstance(keys.last_resort, Target):
        yield (*at, "last_resort"), keys.last_resort


def cautions(found: "Configuration") -> Iterator[Slip]:
    """What may be meant, and is told loudly all the same."""
    for name, site in found.sites.items():
        if site.triage is not None and site.triage.last_resort is None:
            yield (
                ("sites", name, "triage", "last_resort"),
                "is missing: while Second Ring is down, and when no nurse answers, an urgent caller reaches NOBODY",
                "Name an answering service or a doctor's line; `last_resort: none` says that there is none.",
            )
