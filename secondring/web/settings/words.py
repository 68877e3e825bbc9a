"""Between what the files say and what stands in a field: lists, periods of the day, dates."""

import re
from datetime import time, timedelta

from secondring.domain.hours import Period
from secondring.domain.settings import Value

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
CLOSED = "closed"
_DATE = re.compile(r"(\S+)\s*[:,]?\s*(.*)")


def in_field(value: Value) -> str:
    """A single value, or the items of a list, as one line."""
    if isinstance(value, list):
        return ", ".join(in_field(item) for item in value)
    return value if isinstance(value, str) else ""


def items(text: str) -> list[Value]:
    """What stands between commas, semicolons and line ends."""
    return [item.strip() for item in re.split(r"[,;\n]", text) if item.strip()]


def periods_in_field(periods: tuple[Period, ...]) -> str:
    """`08:00-12:00, 13:00-17:00`; nothing for a closed day."""
    return ", ".join(f"{opens:%H:%M}-{_until(closes)}" for opens, closes in periods)


def _until(closes: time) -> str:
    return "24:00" if closes == time(0) else f"{closes:%H:%M}"


def span_in_field(span: timedelta | None) -> str:
    """`30d`, `2h`, `1h30m`, `45s`, `500ms`, as the files write it; nothing for none."""
    if span is None:
        return ""
    if span and not span % timedelta(days=1):
        return f"{span.days}d"
    left = round(span.total_seconds() * 1000)
    told = ""
    for unit, size in (("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)):
        number, left = divmod(left, size)
        told += f"{number}{unit}" if number else ""
    return told or "0s"


def periods(text: str) -> Value:
    """`08:00-12:00, 13:00-17:00`, or `closed`, as the files write it."""
    found = items(text)
    return CLOSED if found in ([], [CLOSED]) else found


def lines_of_dates(value: Value) -> str:
    """Dates with what belongs to them, a line each."""
    if isinstance(value, list):
        return "\n".join(in_field(item) for item in value)
    if isinstance(value, dict):
        return "\n".join(f"{day} {in_field(what)}".strip() for day, what in value.items())
    return ""


def dates_of(text: str) -> dict[str, str]:
    """Each line's date and what stands after it; of a date that comes twice the last line."""
    found = (_DATE.fullmatch(line.strip()) for line in text.splitlines() if line.strip())
    return {match[1].rstrip(":,"): match[2].strip() for match in found if match}
