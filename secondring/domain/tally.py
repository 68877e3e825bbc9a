"""What is counted, once and for all: each measure is one question about an episode or a call.

A tally holds the answers of a span of time at one site. Tallies of neighbouring spans add up, and so do
those of several sites; every number on a page, in a mail or in a report is read from one.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol
from zoneinfo import ZoneInfo

from secondring.domain.records import RECOVERED, Origin, Outcome
from secondring.domain.verdict import Verdict

IN_TIME_S = 60
"""Seconds from the hang-up within which the first text has to be with the carrier."""


class CountedEpisode(Protocol):
    """What of an episode is counted. A record has it, and so has a row of the database."""

    @property
    def origin(self) -> str: ...
    @property
    def opened_at(self) -> datetime: ...
    @property
    def texted_at(self) -> datetime | None: ...
    @property
    def delivered_at(self) -> datetime | None: ...
    @property
    def replied_at(self) -> datetime | None: ...
    @property
    def booking_asked_at(self) -> datetime | None: ...
    @property
    def urgent_at(self) -> datetime | None: ...
    @property
    def urgent_reached_at(self) -> datetime | None: ...
    @property
    def closed_at(self) -> datetime | None: ...
    @property
    def outcome(self) -> str | None: ...
    @property
    def intent(self) -> str | None: ...
    @property
    def did(self) -> str | None: ...
    @property
    def queue(self) -> str | None: ...
    @property
    def reason(self) -> str | None: ...
    @property
    def template(self) -> str | None: ...


class Measure(StrEnum):
    """A yes-or-no question about an episode that a missed call opened."""

    MISSED = "missed"
    TEXTED = "texted"
    IN_TIME = "in-time"
    RECEIPT = "receipt"
    DELIVERED = "delivered"
    REPLIED = "replied"
    RESOLVED = "resolved"
    RECOVERED = "recovered"
    UNRECOVERED = "unrecovered"
    OPEN = "open"
    ASKED = "asked"
    BOOKED = "booked"
    URGENT = "urgent"
    URGENT_REACHED = "urgent-reached"


def _texted(episode: CountedEpisode) -> bool:
    return episode.texted_at is not None


def _in_time(episode: CountedEpisode) -> bool:
    at = episode.texted_at
    return at is not None and at - episode.opened_at <= timedelta(seconds=IN_TIME_S)


def _replied(episode: CountedEpisode) -> bool:
    return _texted(episode) and episode.replied_at is not None


def _recovered(episode: CountedEpisode) -> bool:
    return episode.outcome in RECOVERED


QUESTIONS: Mapping[Measure, Callable[[CountedEpisode], bool]] = {
    Measure.MISSED: lambda _: True,
    Measure.TEXTED: _texted,
    Measure.IN_TIME: _in_time,
    Measure.RECEIPT: lambda e: _texted(e) and e.delivered_at is not None,
    # A text that was answered has arrived, whether or not the carrier says so.
    Measure.DELIVERED: lambda e: _replied(e) or (_texted(e) and e.delivered_at is not None),
    Measure.REPLIED: _replied,
    Measure.RESOLVED: lambda e: _replied(e) and _recovered(e),
    Measure.RECOVERED: _recovered,
    Measure.UNRECOVERED: lambda e: e.outcome == Outcome.UNRECOVERED,
    Measure.OPEN: lambda e: e.closed_at is None,
    Measure.ASKED: lambda e: e.booking_asked_at is not None,
    Measure.BOOKED: lambda e: e.booking_asked_at is not None and e.outcome == Outcome.BOOKED,
    Measure.URGENT: lambda e: e.urgent_at is not None,
    Measure.URGENT_REACHED: lambda e: e.urgent_at is not None and e.urgent_reached_at is not None,
}


OF_URGENT = (Measure.URGENT, Measure.URGENT_REACHED)
"""Asked of everybody who was urgent, also of callers who pressed the key and whose call was not missed."""
URGENT_ORIGINS = (Origin.CALL, Origin.TEXT, Origin.OFFER)
"""Not shadow mode's, which are counted apart."""


def origins_of(measure: Measure) -> tuple[Origin, ...]:
    """Which episodes a measure is asked of."""
    return URGENT_ORIGINS if measure in OF_URGENT else (Origin.CALL,)


def holds(measure: Measure, episode: CountedEpisode) -> bool:
    """Does this episode count?"""
    return episode.origin in origins_of(measure) and QUESTIONS[measure](episode)


class Dimension(StrEnum):
    """What episodes are told apart by; the site is none of them, it has tallies of its own."""

    DID = "did"
    QUEUE = "queue"
    REASON = "reason"
    INTENT = "intent"
    OUTCOME = "outcome"
    TEMPLATE = "template"
    WAIT = "wait"


WAIT_BOUNDS_S = (1, 2, 3, 5, 10, 30, IN_TIME_S)
"""Upper bounds of the classes of waiting, in seconds; each belongs to its own class. Above: `more`."""
MORE = "more"


def wait_class(wait: timedelta | None) -> str:
    """The class of a time to first text; empty where none was sent."""
    if wait is None:
        return ""
    return next((str(bound) for bound in WAIT_BOUNDS_S if wait <= timedelta(seconds=bound)), MORE)


def _wait(episode: CountedEpisode) -> timedelta | None:
    return None if episode.texted_at is None else episode.texted_at - episode.opened_at


VALUES: Mapping[Dimension, Callable[[CountedEpisode], str]] = {
    Dimension.DID: lambda e: e.did or "",
    Dimension.QUEUE: lambda e: e.queue or "",
    Dimension.REASON: lambda e: e.reason or "",
    Dimension.INTENT: lambda e: e.intent or "",
    Dimension.OUTCOME: lambda e: e.outcome or "",
    Dimension.TEMPLATE: lambda e: e.template or "",
    Dimension.WAIT: lambda e: wait_class(_wait(e)),
}
"""What each dimension says of an episode; empty for what is not known or not there."""

BROKEN_DOWN = (Measure.MISSED, Measure.TEXTED, Measure.REPLIED, Measure.RECOVERED, Measure.UNRECOVERED)
"""The measures that are also counted for each value of each dimension."""


class Waiting(StrEnum):
    """A time that somebody waits for something."""

    FIRST_TEXT = "first-text"
    """From the hang-up to the carrier's acceptance."""
    NURSE = "nurse"
    """From URGENT to a nurse and the caller talking."""
    ACCEPT = "accept"
    """From URGENT to a nurse's accepting; one for each time that the ladder was climbed."""


class CountedCalls(Protocol):
    """So many inbound calls that ended in one quarter of an hour with one verdict and reason."""

    @property
    def at(self) -> datetime: ...
    @property
    def verdict(self) -> str: ...
    @property
    def reason(self) -> str | None: ...
    @property
    def number(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Tally:
    """Numbers by name. Build with `count`, `add`, or from what `numbers` once was."""

    numbers: Mapping[str, int]

    def of(self, measure: Measure, dimension: Dimension | None = None, value: str = "") -> int:
        """Episodes of which a measure holds, all of them or those of one value."""
        return self.numbers.get(_episodes(measure, dimension or "", value), 0)

    def calls(self, verdict: Verdict, reason: str | None = None) -> int:
        """Inbound calls of a verdict, all or those of one reason."""
        name = f"call/{verdict}" if reason is None else f"call-reason/{verdict}/{reason}"
        return self.numbers.get(name, 0)

    def calls_in_hour(self, verdict: Verdict, weekday: int, hour: int) -> int:
        """Inbound calls that ended in an hour of the week; Monday is 0."""
        return self.numbers.get(f"call-hour/{verdict}/{weekday}-{hour}", 0)

    def values(self, dimension: Dimension) -> list[str]:
        """The values that occur, the most frequent first."""
        return self._following(f"episode/{Measure.MISSED}/{dimension}/")

    def reasons(self, verdict: Verdict) -> list[str]:
        """The reasons that calls of a verdict have, the most frequent first."""
        return self._following(f"call-reason/{verdict}/")

    def waits(self, waiting: Waiting) -> list[tuple[float, int]]:
        """Seconds (rounded up to two significant digits) and how often, ascending."""
        start = f"wait/{waiting}/"
        found = ((name.removeprefix(start), n) for name, n in self.numbers.items() if name.startswith(start))
        return sorted((int(milliseconds) / 1000, n) for milliseconds, n in found)

    def _following(self, start: str) -> list[str]:
        found = [(-n, name) for name, n in self.numbers.items() if name.startswith(start)]
        return [name.removeprefix(start) for _, name in sorted(found)]


NOTHING = Tally({})


def _episodes(measure: str, dimension: str, value: str) -> str:
    return f"episode/{measure}/{dimension}/{value}"


def count(
    episodes: Iterable[CountedEpisode],
    calls: Iterable[CountedCalls],
    accepts: Iterable[tuple[datetime, datetime]],
    zone: str,
) -> Tally:
    """Count the episodes opened, the calls ended and the urgent cases begun in a span."""
    numbers: Counter[str] = Counter()
    alike, measures = _alike(episodes, numbers)
    for (kind, of, value), number in alike.items():
        for measure in measures[kind]:
            if not of or measure in BROKEN_DOWN:
                numbers[_episodes(measure, of, value)] += number
    there = ZoneInfo(zone)
    for group in calls:
        local = group.at.astimezone(there)
        numbers[f"call/{group.verdict}"] += group.number
        numbers[f"call-reason/{group.verdict}/{group.reason or ''}"] += group.number
        numbers[f"call-hour/{group.verdict}/{local.weekday()}-{local.hour}"] += group.number
    for triggered_at, accepted_at in accepts:
        _note_wait(numbers, Waiting.ACCEPT, triggered_at, accepted_at)
    return Tally(dict(numbers))


def _alike(
    episodes: Iterable[CountedEpisode], numbers: Counter[str]
) -> tuple[Counter[tuple[int, str, str]], list[tuple[Measure, ...]]]:
    """How many episodes met the same measures, for each value of each dimension; and which measures those are."""
    kinds: dict[tuple[Measure, ...], int] = {}
    alike: Counter[tuple[int, str, str]] = Counter()
    for episode in episodes:
        met = tuple(measure for measure in QUESTIONS if holds(measure, episode))
        kind = kinds.setdefault(met, len(kinds))
        alike[kind, "", ""] += 1
        for dimension, value_of in VALUES.items():
            alike[kind, dimension, value_of(episode)] += 1
        if Measure.TEXTED in met:
            _note_wait(numbers, Waiting.FIRST_TEXT, episode.opened_at, episode.texted_at)
        if Measure.URGENT_REACHED in met:
            _note_wait(numbers, Waiting.NURSE, episode.urgent_at, episode.urgent_reached_at)
    return alike, list(kinds)


def _note_wait(numbers: Counter[str], waiting: Waiting, begin: datetime | None, end: datetime | None) -> None:
    if begin is not None and end is not None:
        numbers[f"wait/{waiting}/{two_digits(end - begin)}"] += 1


def two_digits(wait: timedelta) -> int:
    """Milliseconds, rounded up to two significant digits: never less than it took, at most a tenth more."""
    milliseconds = -(-wait // timedelta(milliseconds=1)) if wait > timedelta(0) else 0
    step = int(10 ** max(0, len(str(milliseconds)) - 2))
    return -(-milliseconds // step) * step


def add(tallies: Iterable[Tally]) -> Tally:
    """The tally of all of them together."""
    every = iter(tallies)
    total = dict(next(every, NOTHING).numbers)
    for tally in every:
        for name, number in tally.numbers.items():
            total[name] = total.get(name, 0) + number
    return Tally(total)
