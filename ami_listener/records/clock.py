"""The times of a record, as UTC.

CDR and CEL hold local time unless the PBX is told otherwise, queue_log holds seconds since 1970. A Uniqueid holds
the second in which its channel began, so a record whose zone is not the one that we were told gives itself away:
it is off by whole half-hours, and is put right.
"""

import re
from datetime import UTC, datetime, timedelta, tzinfo

from secondring.domain.ids import Uniqueid

HALF_HOUR = timedelta(minutes=30)
NEAR = timedelta(minutes=1)
_EPOCH = re.compile(r"\d{9,11}(\.\d{1,9})?")
_BORN = re.compile(r"(?:.*-)?(\d{9,11})\.\d+")


def moment(text: str, zone: tzinfo | None) -> datetime | None:
    """A time as a record writes it; None when unreadable. `zone` None is this machine's own."""
    text = text.strip()
    try:
        if _EPOCH.fullmatch(text):
            return datetime.fromtimestamp(float(text), UTC)
        found = datetime.fromisoformat(text)
        if found.tzinfo is None and zone is not None:
            found = found.replace(tzinfo=zone)
        return found.astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return None


def born(uniqueid: Uniqueid) -> datetime | None:
    """When the channel of that name began, to the second; None when the name does not tell."""
    found = _BORN.fullmatch(uniqueid)
    return datetime.fromtimestamp(int(found[1]), UTC) if found else None


def zone_error(began: datetime, uniqueid: Uniqueid) -> timedelta:
    """By how much a record is ahead of the true time, when that is a matter of zones; else nothing."""
    truly = born(uniqueid)
    if truly is None:
        return timedelta(0)
    off = began - truly
    nearest = HALF_HOUR * round(off / HALF_HOUR)
    return nearest if abs(off - nearest) <= NEAR and abs(nearest) <= timedelta(hours=26) else timedelta(0)
