"""The keys of retention: how long what of patients is kept."""

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

from pydantic import Field

from config.fields import PositiveDuration
from config.problems import KeyPath
from config.section import Section
from secondring.domain.retention import Policy

if TYPE_CHECKING:
    from config.schema import Configuration

YOUNGEST_AUDIT = timedelta(days=6 * 366)
"""The database itself refuses to give up a younger row."""
LEAST = timedelta(days=7)
"""A week of work lies open for whoever was ill."""
LEAST_NUMBERS = timedelta(days=90)
"""The figures compare with the quarter before, and its rows are to be opened from there."""


class Retention(Section):
    """How long what of patients is kept. Empty: for ever. What somebody still works on is never touched."""

    words: PositiveDuration | None = Field(examples=["180d"])
    """What texts say, either way, what callers wrote, colleagues' notes, names and birth dates of bookings."""
    numbers: PositiveDuration | None = Field(examples=["1500d"])
    """Whose number an episode or a call is; from then on nothing leads from it to a person. Figures stay."""
    proofs: PositiveDuration | None = Field(examples=["3650d"])
    """Number and words of wishes about texts. The wish itself is in force for ever, by a keyed hash of the number."""
    alarms: PositiveDuration | None = Field(examples=["400d"])
    """Alarms that were raised; none names a patient."""
    audit: PositiveDuration | None = Field(examples=["2555d"])
    """Who looked at what: no less than 2196d, six years."""


def build_retention(keys: Retention) -> Policy:
    """The policy as the wiring takes it."""
    return Policy(**dict(keys))


def rash(found: "Configuration") -> Iterator[tuple[KeyPath, str, str]]:
    """What would remove too much, or leave what leads to a person."""
    keys = found.retention
    window = max(found.guards.window, found.booking.link_valid) + timedelta(days=1)
    least = max(LEAST, window)
    if keys.words is not None and keys.words < least:
        yield ("retention", "words"), *_too_short(least, "work that goes on needs them")
    if keys.numbers is not None and keys.numbers < LEAST_NUMBERS:
        yield ("retention", "numbers"), *_too_short(LEAST_NUMBERS, "callers who call again are known by them")
    if keys.audit is not None and keys.audit < YOUNGEST_AUDIT:
        yield ("retention", "audit"), *_too_short(YOUNGEST_AUDIT, "an audit is asked for after six years")
    if keys.numbers is not None and (keys.words is None or keys.words > keys.numbers):
        yield (
            ("retention", "words"),
            "outlives retention.numbers",
            "Words tell whose they are: keep them no longer than the numbers.",
        )
    if keys.proofs is not None and (keys.numbers is None or keys.proofs < keys.numbers):
        yield (
            ("retention", "proofs"),
            "is shorter than retention.numbers",
            "While a number may be texted, the proof of its wish is needed: write as much or more.",
        )


def _too_short(least: timedelta, because: str) -> tuple[str, str]:
    return "is too short", f"Write {least.days}d or more: {because}."
