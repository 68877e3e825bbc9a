"""Legs that were dialled to the outside world: a follow-me to a mobile, a nurse's cell, an answering service.

Whatever picks up there may be the person, or the mailbox of their carrier, and the PBX cannot tell them apart. So the
clinic chooses what such an answer counts for; `Outside` keeps the time each caller has spent with such legs.
"""

from datetime import datetime, timedelta

from secondring.domain.ids import Uniqueid

ALWAYS_A_PERSON = timedelta(0)


class Outside:
    """The legs to the outside that are alive, and the callers who hear one of them now or heard one before.

    `needs`: how long the two have to be connected for it to count as a person; None when it never does.
    """

    def __init__(self, needs: timedelta | None) -> None:
        self._needs = needs
        self._legs: set[Uniqueid] = set()
        self._since: dict[Uniqueid, datetime] = {}
        self._spent: dict[Uniqueid, timedelta] = {}
        self._first: dict[Uniqueid, datetime] = {}

    def __len__(self) -> int:
        """How much it holds; zero when the PBX is quiet."""
        return len(self._legs) + len(self._first)

    @property
    def legs(self) -> set[Uniqueid]:
        """The legs to the outside that are taken for alive."""
        return self._legs

    def dialled(self, leg: Uniqueid) -> None:
        """A leg to the outside began."""
        if self._needs != ALWAYS_A_PERSON:
            self._legs.add(leg)

    def ended(self, leg: Uniqueid) -> None:
        """A leg is gone."""
        self._legs.discard(leg)

    def among(self, legs: set[Uniqueid]) -> set[Uniqueid]:
        """Those of the legs that are outside, and do not count as a person at once."""
        return legs & self._legs

    def heard(self, caller: Uniqueid, at: datetime) -> None:
        """A caller is connected with such a leg."""
        self._since.setdefault(caller, at)
        self._first.setdefault(caller, at)

    @property
    def listening(self) -> list[Uniqueid]:
        """The callers who are connected with one now."""
        return list(self._since)

    def parted(self, caller: Uniqueid, at: datetime) -> datetime | None:
        """They are connected no longer. Since when it was a person after all; None when it is not known to be."""
        since = self._since.pop(caller, None)
        if since is not None:
            self._spent[caller] = self._spent.get(caller, timedelta(0)) + max(at - since, timedelta(0))
        long_enough = self._needs is not None and self._spent.get(caller, timedelta(0)) >= self._needs
        return self._first[caller] if caller in self._first and long_enough else None

    def forget(self, caller: Uniqueid) -> bool:
        """Their call is judged. True when something outside had picked up for them."""
        for kept in (self._since, self._spent):
            kept.pop(caller, None)
        return self._first.pop(caller, None) is not None
