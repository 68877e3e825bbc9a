"""Legs that belong to no call any more and whose own end was never told.

After a transfer the two who are left go on talking although the call is judged, so such a leg is no mistake. But when
the PBX's word for its hang-up got lost, nothing would ever take it off the tables: a year of that is a leak.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from secondring.domain.ids import Uniqueid


class Leftovers:
    """Since when each leg was seen to belong to nobody."""

    def __init__(self, patience: timedelta) -> None:
        self._patience = patience
        self._since: dict[Uniqueid, datetime] = {}

    def overdue(self, legs: Iterable[Uniqueid], now: datetime) -> list[Uniqueid]:
        """Those of the legs that belong to nobody now and did for too long; they are not asked of again."""
        since = {leg: self._since.get(leg, now) for leg in legs}
        gone = [leg for leg, at in since.items() if now - at >= self._patience]
        self._since = {leg: at for leg, at in since.items() if now - at < self._patience}
        return gone
