"""How many screens are open, so that nobody opens them without end."""

STREAMS_EACH = 20
"""Open screens of one session."""
MOST_STREAMS = 500


class Streams:
    """Counts by session."""

    def __init__(self) -> None:
        self._open: dict[str, int] = {}

    def has_room(self, session: str) -> bool:
        """False when another one would be one too many."""
        return self._open.get(session, 0) < STREAMS_EACH and sum(self._open.values()) < MOST_STREAMS

    def take(self, session: str) -> None:
        """One more."""
        self._open[session] = self._open.get(session, 0) + 1

    def give_back(self, session: str) -> None:
        """One fewer."""
        left = self._open.pop(session, 1) - 1
        if left > 0:
            self._open[session] = left
