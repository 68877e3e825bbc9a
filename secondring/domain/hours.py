"""Business time: when a clinic is open, and clocks that only run then."""

from dataclasses import dataclass, field
from datetime import date, time

Period = tuple[time, time]
"""Opens and closes, in the clinic's local time; `time(0)` as the end means midnight."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpeningHours:
    """When a clinic is open. Weekdays count from Monday = 0."""

    zone: str
    """IANA time zone, for example `America/New_York`."""
    week: dict[int, tuple[Period, ...]]
    """Several periods a day; a weekday that is absent is closed."""
    days: dict[date, tuple[Period, ...]] = field(default_factory=dict)
    """Days with other hours; an empty tuple is a holiday."""
