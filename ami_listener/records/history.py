"""What the PBX's records tell, call by call: the main record, and the queue log beside it.

    history = History(rules, main=Source(Cel(), FileRecord(...)), queues=Source(QueueLog(), FileRecord(...)))
    history.begin(bookmarks)
    history.read(now)
    for told in history.over(now, alive): ...

One thread at a time. A story is told once it is over and nothing was added to it for a while; until then the
bookmarks stay before it, so that whoever begins anew reads the whole of it again.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ami_listener.records.gathering import Gathering, Kind, Story
from ami_listener.records.judging import callers, judged
from ami_listener.records.port import Batch, Record
from ami_listener.records.rows import Row
from secondring.domain.call_events import CallEnded, CallEvent, ListeningRules
from secondring.domain.ids import Uniqueid

ROWS_AT_ONCE = 20_000
"""Some 10 MB; at twenty rows a call, a busy clinic's day."""
GRACE = timedelta(seconds=5)
"""A call that ended so recently is the live listener's, if there is one; and a record may not be complete yet."""
STILL_OPEN = timedelta(minutes=1)
"""The live listener has that call still open: it is busy, or the end was lost on its way."""
LEFT_OUT = timedelta(minutes=2)
"""A caller whom only the queue log knows: cdr.conf may leave such calls out. No row came for them by then."""
NEVER_ENDED = timedelta(seconds=20)
"""A story without an end in which nothing has happened for so long, and whose caller is not on the line."""


@dataclass(frozen=True, slots=True)
class Source:
    """One record, and how it is read."""

    kind: Kind
    record: Record


@dataclass(frozen=True, slots=True)
class Told:
    """What happened to the calls of one story."""

    by: str
    """Which record told it."""
    events: tuple[CallEvent, ...]

    @property
    def verdicts(self) -> list[CallEnded]:
        """One for each call in it."""
        return [event for event in self.events if isinstance(event, CallEnded)]


class History:
    """Reads on and on, and tells what is over."""

    def __init__(
        self, rules: ListeningRules, main: Source, queues: Source | None, *, horizon: timedelta
    ) -> None:
        self._rules = rules
        self._sources = [source for source in (queues, main) if source is not None]
        self._main = main.kind.name
        self._queues = queues.kind.name if queues else ""
        self._horizon = horizon
        self.begin({})

    def begin(self, bookmarks: Mapping[str, str]) -> None:
        """Begin at these places, by kind; one that is missing begins at the horizon."""
        self._places = dict(bookmarks)
        self._gathered = {source.kind.name: Gathering(source.kind) for source in self._sources}
        self.rows = self.unreadable = 0
        self.gaps: list[str] = []
        """Records that were not where the bookmark said, since this was emptied last."""

    @property
    def places(self) -> list[str]:
        """Where the records are."""
        return [source.record.place for source in self._sources]

    def read(self, now: datetime) -> bool:
        """Read on in every record; True when there is more to read at once. Raises PeerError."""
        more = False
        for source in self._sources:  # the queue log first: it must not lag behind the record it explains
            batch = self._batch(source, now)
            more |= batch.more
        return more

    def _batch(self, source: Source, now: datetime) -> Batch:
        name = source.kind.name
        batch = source.record.read(self._places.get(name), since=now - self._horizon, limit=ROWS_AT_ONCE)
        self._places[name] = batch.bookmark
        self.rows += len(batch.rows)
        self.unreadable += batch.unreadable + self._gathered[name].add(batch.rows)
        if batch.gap:
            self.gaps.append(source.record.place)
        return batch

    def bookmarks(self) -> dict[str, str]:
        """Where reading has to begin anew so that nothing that was not told yet is passed over."""
        return {
            name: self._gathered[name].mark() or place
            for name, place in self._places.items()
            if name in self._gathered
        }

    @property
    def waiting(self) -> int:
        """Stories that were begun and not told."""
        return sum(len(gathering) for gathering in self._gathered.values())

    def over(self, now: datetime, alive: Collection[Uniqueid] | None) -> list[Told]:
        """What is over, and told only now. `alive`: channels that exist as far as we know, or whose calls we are about
        to judge ourselves; None when that is not known.
        """
        return [*self._over(now, alive), *self._left_out(now, alive)]

    def _over(self, now: datetime, alive: Collection[Uniqueid] | None) -> Iterator[Told]:
        gathering = self._gathered[self._main]
        for story in gathering.quiet_since(now - GRACE):
            quiet, dead = now - story.last_at, _is_dead(story, alive)
            over = gathering.is_over(story) and (dead or alive is None or quiet > STILL_OPEN)
            if over or (dead and quiet > NEVER_ENDED):
                yield self._tell(gathering, story)

    def _left_out(self, now: datetime, alive: Collection[Uniqueid] | None) -> Iterator[Told]:
        """Callers whom only the queue log knows, and who are surely gone: all others the main record will tell of."""
        if not self._queues:
            return
        queues, main = self._gathered[self._queues], self._gathered[self._main]
        for story in queues.quiet_since(now - LEFT_OUT):
            elsewhere = any(main.of(channel) for channel in callers(story.in_order()))
            if _is_dead(story, alive) and not elsewhere:
                yield self._tell(queues, story)

    def of(self, channel: Uniqueid) -> Told | None:
        """The story of one channel, if it is over, without waiting; it is not told again."""
        gathering = self._gathered[self._main]
        story = gathering.of(channel)
        return self._tell(gathering, story) if story is not None and gathering.is_over(story) else None

    def _tell(self, gathering: Gathering, story: Story) -> Told:
        gathering.forget(story)
        rows = story.in_order()
        beside = self._beside(rows) if self._queues and gathering.kind.name != self._queues else None
        events = judged(gathering.kind, rows, self._rules, beside)
        return Told(gathering.kind.name, tuple(_as_late(event) for event in events))

    def _beside(self, rows: Sequence[Row]) -> dict[str, Sequence[Row]]:
        queues = self._gathered[self._queues]
        found: dict[str, Sequence[Row]] = {}
        for channel in callers(rows):
            story = queues.of(channel)
            if story is not None:
                found[channel] = story.in_order()
                queues.forget(story)
        return found


def _is_dead(story: Story, alive: Collection[Uniqueid] | None) -> bool:
    """True when its callers are known to be on the line no more."""
    return alive is not None and callers(story.in_order()).isdisjoint(alive)


def _as_late(event: CallEvent) -> CallEvent:
    return replace(event, late=True) if isinstance(event, CallEnded) else event
