"""How fast a number of ours may send, counted in parts of texts as carriers count them."""

from collections.abc import Hashable
from datetime import datetime, timedelta

from secondring.domain.ids import TextId

KEPT = 10_000
"""Places in the queue that are remembered; a text that lost its place queues again."""


class Pace:
    """A leaky bucket for each sender: `burst` parts at once, then `per_second`. None sets no limit.

    Carriers let an ordinary registered number send about one part a second. A text that has to wait
    gets a place of its own, so that it is put off once and not again at every look.
    """

    def __init__(self, per_second: float | None = 1.0, burst: int = 10) -> None:
        self._gap = timedelta(seconds=1 / per_second if per_second else 0)
        self._burst = burst
        self._busy_until: dict[Hashable, datetime] = {}
        self._places: dict[TextId, datetime] = {}

    def turn_of(self, sender: Hashable, text: TextId, parts: int, now: datetime) -> datetime:
        """When this text may go: `now` or a time to come back at. It goes now when it may."""
        place = self.place_of(sender, text, parts, now)
        if place <= now:
            self.leave(text)
        return place

    def place_of(self, sender: Hashable, text: TextId, parts: int, now: datetime) -> datetime:
        """The same, and the text keeps its place until it leaves the queue."""
        if not self._gap:
            return now
        return max(self._places.get(text) or self._queue(sender, text, parts, now), now)

    def leave(self, text: TextId) -> None:
        """It goes."""
        self._places.pop(text, None)

    def _queue(self, sender: Hashable, text: TextId, parts: int, now: datetime) -> datetime:
        busy_until = max(self._busy_until.get(sender, now), now) + self._gap * parts
        self._busy_until[sender] = busy_until
        place = busy_until - self._gap * self._burst
        if len(self._places) >= KEPT:
            self._places.clear()
        self._places[text] = place
        return place
