"""Leaves a carrier alone that does not work, instead of wearing out every text's tries on it."""

from datetime import datetime, timedelta

PROBE_CHECK = timedelta(seconds=1)
"""How soon the others come back while one text tries the carrier out."""


class Breaker:
    """Opens after so many failures in a row, rests, then lets one text through to find out."""

    def __init__(self, failures: int = 5, rest: timedelta = timedelta(seconds=30)) -> None:
        self._limit = failures
        self._rest = rest
        self._failures = 0
        self._open_until: datetime | None = None
        self._probed_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        """True from the last failure of the row until the carrier answers again."""
        return self._open_until is not None

    def blocked_until(self, now: datetime) -> datetime | None:
        """When to come back; None when a request may go now."""
        if self._open_until is None:
            return None
        if now < self._open_until:
            return self._open_until
        probing = self._probed_at is not None and now < self._probed_at + self._rest
        return now + PROBE_CHECK if probing else None

    def admitted(self, now: datetime) -> None:
        """A request goes out. While open it is the probe; the others wait for its answer."""
        if self._open_until is not None:
            self._probed_at = now

    def answered(self) -> None:
        """The carrier said yes or no: it works."""
        self._failures, self._open_until, self._probed_at = 0, None, None

    def failed(self, now: datetime, after: timedelta | None = None) -> None:
        """It did not answer, or asked to be left alone for `after`."""
        self._failures += 1
        if self._failures >= self._limit:
            self._open_until = now + max(self._rest, after or timedelta(0))
            self._probed_at = None
