"""Can a number be texted, by what carriers told of its line?"""

from datetime import datetime, timedelta

from secondring.domain.records import KnownLine, Line

KNOWN_FOR = timedelta(days=180)
"""Numbers are given up, taken over and ported: after this a number gets another chance."""
_WHY = {Line.LANDLINE: "the number is a landline", Line.INVALID: "nobody has this number"}


def is_fresh(known: KnownLine | None, now: datetime) -> bool:
    """True when what is known of a line still counts."""
    return known is not None and now - known.at < KNOWN_FOR


def untextable(known: KnownLine | None, now: datetime) -> str | None:
    """Why no text gets to a number; None when one may."""
    return _WHY.get(known.line) if known is not None and is_fresh(known, now) else None
