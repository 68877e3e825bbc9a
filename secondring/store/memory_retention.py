"""Removing what is old, on plain dictionaries: the same questions as the SQL, asked row by row."""

from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from secondring.domain.booking import Booking
from secondring.domain.calls import Direction
from secondring.domain.ids import EpisodeId
from secondring.domain.phone import NOBODY, PhoneNumber
from secondring.domain.records import Call, Cleared, Consent, Episode, TaskState, TextState
from secondring.domain.retention_ports import NONE, Forgotten, Removed, What

if TYPE_CHECKING:
    from secondring.store.memory_tables import Tables

_UNDER_WAY = (TextState.QUEUED, TextState.SENDING, TextState.UNKNOWN)
_CLEARED_BEFORE = {
    What.WORDS: (Cleared.NOTHING,),
    What.NUMBERS: (Cleared.NOTHING, Cleared.WORDS),
}


class MemoryRetention:
    """The part of `MemoryBooks` about what is too old to be kept."""

    _tables: "Tables"
    _own: "Callable[[str], Tables]"

    def remove(self, what: What, *, before: datetime, limit: int) -> Removed:
        if what in _CLEARED_BEFORE:
            return self._clear(what, self._episodes_due(what, before)[:limit])
        table, key_of_due = self._rows_due(what, before)
        keys = key_of_due[:limit]
        kept: dict[Any, Any] = getattr(self._own(table), table)
        for key in keys:
            if what is What.CALLS:
                kept[key] = _nobodys(kept[key])
            elif what is What.PROOFS:
                kept[key] = replace(kept[key], words="")
                self._own("unproved").unproved.add(key)
            else:
                del kept[key]
        return Removed({_NAMES[what]: len(keys)})

    def count_due(self, what: What, *, before: datetime) -> int:
        if what in _CLEARED_BEFORE:
            return len(self._episodes_due(what, before))
        return len(self._rows_due(what, before)[1])

    def forget(self, number: PhoneNumber, *, before: datetime) -> Forgotten:
        theirs = [
            e
            for e in self._tables.episodes.values()
            if e.caller == number and e.cleared is not Cleared.NUMBERS
        ]
        quiet = [e for e in theirs if self._is_quiet(e, before)]
        gone = dict(self._clear(What.NUMBERS, [e.id for e in quiet]).rows)
        calls = self._own("calls").calls
        loose = [c for c in calls.values() if c.caller == number and c.episode is None and c.verdict]
        calls.update((call.id, _nobodys(call)) for call in loose)
        gone["calls"] = gone.get("calls", 0) + len(loose)
        wishes = [
            key for key, c in self._tables.consents.items() if c.number == number and self._has_proof(key, c)
        ]
        for key in wishes:
            self._own("consents").consents[key] = replace(self._tables.consents[key], words="")
            self._own("unproved").unproved.add(key)
        gone["wishes"] = len(wishes)
        gone["lines"] = int(self._own("lines").lines.pop(number, None) is not None)
        return Forgotten(Removed(gone), left=len(theirs) - len(quiet))

    def _has_proof(self, key: int, consent: Consent) -> bool:
        return bool(consent.words) or key not in self._tables.unproved

    def _rows_due(self, what: What, before: datetime) -> tuple[str, list[Any]]:
        tables = self._tables
        if what is What.CALLS:
            calls = [c for c in tables.calls.values() if c.caller and c.episode is None and c.verdict]
            old = [c for c in calls if c.ended_at and c.ended_at < before]
            return "calls", [c.id for c in sorted(old, key=_ended)]
        if what is What.LINES:
            return "lines", [number for number, line in tables.lines.items() if line.at < before]
        if what is What.PROOFS:
            return "consents", [
                k for k, c in tables.consents.items() if c.at < before and self._has_proof(k, c)
            ]
        if what is What.ALARMS:
            return "alarms", [key for key, alarm in tables.alarms.items() if alarm.raised_at < before]
        return "audit", [key for key, entry in tables.audit.items() if entry.at < before]

    def _episodes_due(self, what: What, before: datetime) -> list[EpisodeId]:
        found = [
            e
            for e in self._tables.episodes.values()
            if e.cleared in _CLEARED_BEFORE[what] and self._is_quiet(e, before)
        ]
        return [e.id for e in sorted(found, key=_closed)]

    def _is_quiet(self, episode: Episode, before: datetime) -> bool:
        tables, this = self._tables, episode.id
        if episode.closed_at is None or episode.closed_at >= before or episode.window_ends_at >= before:
            return False
        return not (
            any(
                t.state is not TaskState.DONE or _since(t.closed_at, before)
                for t in tables.tasks.values()
                if t.episode == this
            )
            or any(
                t.state in _UNDER_WAY or t.created_at >= before
                for t in tables.texts.values()
                if t.episode == this
            )
            or any(
                c.closed_at is None
                or (c.last_resort_at and not c.signed_at)
                or _since(c.closed_at, before)
                or _since(c.signed_at, before)
                for c in tables.urgent.values()
                if c.episode == this
            )
            or any(b.stands and b.ends_at >= before for b in tables.bookings.values() if b.episode == this)
            or any(n.at >= before for n in tables.notes.values() if n.episode == this)
            or any(
                c.verdict is None or _since(c.ended_at, before)
                for c in tables.calls.values()
                if c.episode == this
            )
        )

    def _clear(self, what: What, found: Collection[EpisodeId]) -> Removed:
        if not found:
            return NONE
        gone = {"episodes": len(found)}
        gone["texts"] = self._each("texts", found, lambda t: bool(t.body), lambda t: replace(t, body=""))
        gone["tasks"] = self._each("tasks", found, lambda t: bool(t.said), lambda t: replace(t, said=""))
        gone["notes"] = self._each("notes", found, lambda n: bool(n.words), lambda n: replace(n, words=""))
        gone["bookings"] = self._each(
            "bookings", found, _is_named, lambda b: replace(b, first_name="", born=None)
        )
        mark: dict[str, Any] = {"cleared": Cleared.WORDS}
        if what is What.NUMBERS:
            mark = {"cleared": Cleared.NUMBERS, "caller": None}
            for table, change in (
                ("texts", lambda t: replace(t, patient=NOBODY, carrier_id=None)),
                ("tasks", lambda t: replace(t, caller=None)),
                ("urgent", lambda u: replace(u, caller=None, line="", line_id=None)),
                ("calls", _nobodys),
            ):
                name = "urgent_cases" if table == "urgent" else table
                gone[name] = max(gone.get(name, 0), self._each(table, found, lambda _: True, change))
        episodes = self._own("episodes").episodes
        episodes.update((this, replace(episodes[this], **mark)) for this in found)
        return Removed(gone)

    def _each(
        self,
        table: str,
        found: Collection[EpisodeId],
        where: Callable[[Any], bool],
        change: Callable[[Any], Any],
    ) -> int:
        kept: dict[Any, Any] = getattr(self._own(table), table)
        keys = [key for key, row in kept.items() if row.episode in found and where(row)]
        kept.update((key, change(kept[key])) for key in keys)
        return len(keys)

    def _written_again(self, episode: EpisodeId) -> None:
        """Words were added to an episode: if its words were removed, it is looked at again."""
        known = self._tables.episodes.get(episode)
        if known is not None and known.cleared is Cleared.WORDS:
            self._own("episodes").episodes[episode] = replace(known, cleared=Cleared.NOTHING)


_NAMES = {
    What.CALLS: "calls",
    What.LINES: "lines",
    What.PROOFS: "wishes",
    What.ALARMS: "alarms",
    What.AUDIT: "audit",
}


def _nobodys(call: Call) -> Call:
    return replace(call, caller=None, did="" if call.direction is Direction.OUTBOUND else call.did)


def _is_named(booking: Booking) -> bool:
    return bool(booking.first_name) or booking.born is not None


def _since(at: datetime | None, before: datetime) -> bool:
    return at is not None and at >= before


def _ended(call: Call) -> datetime:
    return call.ended_at or call.started_at


def _closed(episode: Episode) -> datetime:
    return episode.closed_at or episode.opened_at
