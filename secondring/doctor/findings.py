"""What a check is, and what it gives."""

from collections.abc import Callable
from dataclasses import dataclass

from secondring.domain.errors import SecondRingError


@dataclass(frozen=True, slots=True)
class Finding:
    """What was seen. A thing that is not well comes with what mends it; nothing here names a patient."""

    ok: bool | None
    """None: it cannot be seen from here, or this site does not use it."""
    evidence: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Named:
    """A finding, and what it is about."""

    name: str
    finding: Finding


@dataclass(frozen=True, slots=True)
class Check:
    """One link of the chain."""

    name: str
    run: Callable[[], Finding]


def well(evidence: str) -> Finding:
    """As it should be."""
    return Finding(True, evidence)  # noqa: FBT003 - the field says what it is


def bad(evidence: str, remedy: str) -> Finding:
    """Broken, and how to mend it."""
    return Finding(False, evidence, remedy)  # noqa: FBT003


def unseen(evidence: str, remedy: str = "") -> Finding:
    """Neither proven nor broken."""
    return Finding(None, evidence, remedy)


def carried_out(check: Check) -> Named:
    """Run it; an error of ours is a finding too: its message names the remedy."""
    try:
        return Named(check.name, check.run())
    except SecondRingError as error:
        what, remedy = split_remedy(error)
        return Named(check.name, bad(what, remedy))


def split_remedy(error: SecondRingError) -> tuple[str, str]:
    """Our messages say what happened, a colon, and what to do."""
    text = str(error)
    what, colon, remedy = text.rpartition(": ")
    return (what, remedy) if colon else (text, "see the message")
