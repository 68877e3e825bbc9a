"""Time zones: IANA names, and no abbreviation that stays behind when the clocks change."""

import zoneinfo
from difflib import get_close_matches

from config.refusal import refusal

_FOLLOWS_THE_CLOCK = {
    "EST": "America/New_York", "EDT": "America/New_York", "CST": "America/Chicago", "CDT": "America/Chicago",
    "MST": "America/Denver", "MDT": "America/Denver", "PST": "America/Los_Angeles", "PDT": "America/Los_Angeles",
    "AKST": "America/Anchorage", "AKDT": "America/Anchorage", "AST": "America/Puerto_Rico", "HST": "Pacific/Honolulu",
    "ET": "America/New_York", "CT": "America/Chicago", "MT": "America/Denver", "PT": "America/Los_Angeles",
}  # fmt: skip
"""Abbreviations that people write, and the zone they mean. `EST` is a zone of its own, without summer time."""


def read_zone(name: str) -> str:
    """An IANA zone that goes forward and back with the clocks of its place."""
    meant = _FOLLOWS_THE_CLOCK.get(name.upper())
    if meant:
        raise refusal("is an abbreviation, and knows no summer time", f"Did you mean {meant}?")
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        near = get_close_matches(name, zoneinfo.available_timezones(), n=1, cutoff=0.5)
        remedy = f"Did you mean {near[0]}?" if near else "Write an IANA name such as America/New_York."
        raise refusal("is not a time zone", remedy) from None
    return name
