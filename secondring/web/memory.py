"""What is remembered of open log-ins; a restart forgets it, at the cost of a second line in the audit."""

from collections import OrderedDict
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from secondring.domain.ids import EpisodeId

SESSIONS = 2000
ROWS_EACH = 5000
SHOWN_FOR = timedelta(minutes=5)
"""How long a number stays readable that somebody asked to see."""


class Shown:
    """Which callers each session was shown in a list: a screen that updates itself is not a new view each time."""

    def __init__(self) -> None:
        self._seen: OrderedDict[str, set[str]] = OrderedDict()

    def new(self, session: str, rows: Iterable[str]) -> list[str]:
        """Those that this session has not been shown yet."""
        seen = self._seen.get(session, set())
        return [row for row in dict.fromkeys(rows) if row not in seen]

    def add(self, session: str, rows: Collection[str]) -> None:
        """It is written down that they are shown these. Said only then: no record, no page."""
        seen = self._seen.setdefault(session, set())
        self._seen.move_to_end(session)
        if len(seen) + len(rows) > ROWS_EACH:
            seen.clear()
        seen.update(rows)
        if len(self._seen) > SESSIONS:
            self._seen.popitem(last=False)


class Revealed:
    """Which numbers somebody asked to see whole, for a few minutes."""

    def __init__(self) -> None:
        self._until: OrderedDict[tuple[str, EpisodeId], datetime] = OrderedDict()

    def reveal(self, session: str, episode: EpisodeId, now: datetime) -> None:
        """From now on, for a while."""
        self._until[session, episode] = now + SHOWN_FOR
        if len(self._until) > SESSIONS:
            self._until.popitem(last=False)

    def is_revealed(self, session: str, episode: EpisodeId, now: datetime) -> bool:
        """True while the number may be shown."""
        until = self._until.get((session, episode))
        return until is not None and now < until
