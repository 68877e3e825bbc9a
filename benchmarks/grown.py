"""A clinic that has grown: a database with years of episodes and calls, the same for the same numbers.

`python -m benchmarks.grown FILE [EPISODES]` writes one. Rows are written by the bare driver, a hundred
sealed numbers shared among all of them: what is measured on it reads, it does not unseal.
"""

import random
import sqlite3
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from secondring.domain.ids import SiteId
from secondring.domain.metrics_rows import Place
from secondring.domain.tallying import keep, unkept
from secondring.store.columns import to_micros
from secondring.store.keys import Key
from secondring.store.migrate import upgrade
from secondring.store.sqlstore import SqlStore
from secondring.store.vault import Vault

KEY = Key(bytes(range(32)))
YEARS = 5
ANSWERED = 2
"""Calls answered for each that is missed."""
NOW = datetime(2026, 11, 19, 20, 0, tzinfo=UTC)
"""A Thursday afternoon."""
PLACES = (
    Place(SiteId("northside"), "America/New_York"),
    Place(SiteId("harbor"), "America/New_York"),
    Place(SiteId("lakeview"), "America/Chicago"),
    Place(SiteId("mesa"), "America/Denver"),
)
_HOURS, _WEIGHTS = range(7, 19), (2, 12, 10, 7, 6, 9, 8, 6, 6, 7, 4, 1)
_REASONS = ("no-answer", "abandoned", "busy", "ivr-hangup", "voicemail")
_INTENTS = (None, "book", "reschedule", "billing", "refill", "unknown", "urgent")
_S, _H = 1_000_000, 3_600_000_000
_EPISODE = (
    "INSERT INTO episodes (id, site, caller, caller_hash, origin, opened_at, window_ends_at, calls, language, intent,"
    " texted_at, replied_at, booking_asked_at, urgent_at, urgent_reached_at, closed_at, outcome, did, queue, reason,"
    " template, delivered_at) VALUES (?,?,?,?,'call',?,?,1,'en',?,?,?,?,?,?,?,?,?,?,?,?,?)"
)
_CALL = (
    "INSERT INTO calls (pbx, uniqueid, site, direction, caller, caller_hash, did, queue, started_at, answered_at,"
    " ended_at, verdict, reason, detail, caller_note, episode_id, partial, late)"
    " VALUES ('pbx',?,?,'inbound',?,?,?,?,?,?,?,?,?,NULL,'',?,0,0)"
)
_EXCLUDED, _ANSWERED = ("ignored", "own-number"), ("answered", None)
Row = tuple[object, ...]


class Clinic:
    """Makes rows in the order of time."""

    def __init__(self, episodes: int) -> None:
        self._chance = random.Random(4)  # noqa: S311 - the same clinic each time
        self._episodes = episodes
        vault = Vault(KEY)
        numbers = [f"+1202555{number:04}" for number in range(100, 200)]
        self._callers = [
            (vault.seal("episodes.caller", n), vault.seal("calls.caller", n), vault.blind(n)) for n in numbers
        ]
        self._dids = [
            (n.removeprefix("+"), vault.seal("calls.did", n.removeprefix("+"))) for n in numbers[:4]
        ]

    def times(self) -> Iterator[tuple[int, Place]]:
        """When episodes begin, in microseconds, ascending."""
        days = YEARS * 365
        share = self._episodes / days
        for back in range(days, -1, -1):
            day = (NOW - timedelta(days=back)).date()
            weight = (1.3, 1.1, 1.0, 1.0, 1.1, 0.2, 0.1)[day.weekday()] * 7 / 5.8
            found = []
            for _ in range(round(share * weight)):
                place = self._chance.choices(PLACES, (4, 3, 2, 1))[0]
                hour = self._chance.choices(_HOURS, _WEIGHTS)[0]
                at = datetime(day.year, day.month, day.day, hour, tzinfo=ZoneInfo(place.zone))
                found.append((to_micros(at) + self._chance.randrange(_H), place))
            yield from sorted(one for one in found if one[0] < to_micros(NOW))

    def rows(self) -> Iterator[tuple[Row, list[Row]]]:
        """Each episode with its calls."""
        for number, (at, place) in enumerate(self.times()):
            yield self._one(number, at, place)

    def _one(self, number: int, at: int, place: Place) -> tuple[Row, list[Row]]:
        chance = self._chance.random
        caller, caller_of_call, blind = self._chance.choice(self._callers)
        (did, sealed_did), queue = self._dids[number % 4], (None, "400", "401")[number % 3]
        reason = self._chance.choices(_REASONS, (5, 6, 1, 2, 2))[0]
        texted = at + self._chance.randrange(2 * _S, 5 * _S) if chance() < 0.93 else None
        replied = at + self._chance.randrange(30 * _S, 4 * _H) if texted and chance() < 0.55 else None
        intent = self._chance.choices(_INTENTS[1:], (40, 12, 14, 14, 12, 2))[0] if replied else None
        won = chance() < (0.85 if replied else 0.35)
        closed = at + self._chance.randrange(_H, 24 * _H) if at < to_micros(NOW) - 24 * _H else None
        outcome = self._outcome(intent, won=won) if closed else None
        urgent = replied if intent == "urgent" else None
        episode = (
            f"E-{number}", place.site, caller, blind, at, at + 24 * _H, intent, texted, replied,
            replied if intent in {"book", "reschedule"} else None, urgent, urgent and urgent + 20 * _S, closed,
            outcome, did, queue, reason, None if texted is None else ("first-open", "first-closed")[number % 2],
            texted and texted + _S,
        )  # fmt: skip
        calls: list[Row] = [
            (f"{at // _S}.{number}", place.site, caller_of_call, blind, sealed_did, queue, at - 40 * _S, None, at,
             "missed", reason, f"E-{number}")
        ]  # fmt: skip
        for extra in range(ANSWERED):
            begun = at + self._chance.randrange(1800 * _S)
            calls.append(
                (f"{begun // _S}.{number}.{extra}", place.site, caller_of_call, blind, sealed_did, queue, begun,
                 begun + 10 * _S, begun + 90 * _S, *(_EXCLUDED if number % 40 == 0 else _ANSWERED), None)
            )  # fmt: skip
        return episode, calls

    def _outcome(self, intent: str | None, *, won: bool) -> str:
        if not won:
            return self._chance.choices(("unrecovered", "opted-out", "untextable"), (9, 1, 1))[0]
        if intent == "urgent":
            return "urgent-connected"
        return "booked" if intent in {"book", "reschedule"} else self._chance.choice(("resolved", "reached"))


def write(file: Path, episodes: int, *, settle: bool = True) -> SqlStore:
    """Make the database; with `settle`, the tallies of all that is over are kept, as a service would have them."""
    url = f"sqlite:///{file}"
    upgrade(url)
    connection = sqlite3.connect(file)
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("PRAGMA cache_size = -400000")
    batch: list[tuple[Row, list[Row]]] = []
    for row in Clinic(episodes).rows():
        batch.append(row)
        if len(batch) == 20_000:
            _flush(connection, batch)
    _flush(connection, batch)
    connection.close()
    store = SqlStore(url, KEY)
    if settle:
        with store.transaction() as books:
            for one in unkept(books, PLACES, NOW):
                keep(books, one)
    return store


def _flush(connection: sqlite3.Connection, batch: list[tuple[Row, list[Row]]]) -> None:
    connection.executemany(_EPISODE, [episode for episode, _ in batch])
    connection.executemany(_CALL, [call for _, calls in batch for call in calls])
    connection.commit()
    batch.clear()


if __name__ == "__main__":
    write(Path(sys.argv[1]).absolute(), int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000).close()
