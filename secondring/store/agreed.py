"""What every kind of store agrees on, whatever it keeps its books in."""

from datetime import timedelta
from typing import NoReturn

from secondring.domain.errors import BookingClash, StaleLease, UnknownThing
from secondring.domain.records import Job

BUSY_WAIT = timedelta(seconds=5)
"""How long a writer waits for its turn. Our writes last milliseconds, a checkpoint may last a second."""
UNKNOWN_REASON = "unknown"
"""The key in `Figures.calls_missed` for a missed call that was kept without a reason."""


def refuse_writing() -> NoReturn:
    """A defect of the caller's: it would have lost what it wrote."""
    raise RuntimeError("these books are for reading only: write inside `transaction()`")


def stale(job: Job) -> StaleLease:
    """The job is gone, was moved, or is held by somebody else by now."""
    return StaleLease(f"job {job.key} is not held under fence {job.fence} any more: write nothing for it")


def no_such_episode() -> UnknownThing:
    """A call, text or task refers to an episode that was never saved."""
    return UnknownThing("something saved names an episode that does not exist; nothing was written")


def no_room() -> BookingClash:
    """The database, or what stands for it, refused a booking."""
    return BookingClash("another booking has this place, or this caller has one already; nothing was written")
