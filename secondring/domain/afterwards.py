"""Calls that nobody heard, told afterwards by the PBX's own record: each once, whoever else told of it."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from statistics import median

from secondring.domain import episodes
from secondring.domain.call_events import CallAnswered, CallBegan, CallEnded, CallEvent, Direction
from secondring.domain.ports import Books
from secondring.domain.records import Call
from secondring.domain.verdict import Verdict

Tell = Callable[[Books, Sequence[CallEvent], datetime], None]
RULE = "record"
CLOCKS_AGREE = timedelta(seconds=2)
SAMPLES = 15
FAR = datetime.max.replace(tzinfo=UTC)


def tell(
    books: Books, tell_live: Tell, by: str, events: Sequence[CallEvent], now: datetime
) -> list[CallEnded]:
    """Take in what a record tells of one story; returns those calls from outside of which we knew nothing at all."""
    known = {call: books.call(call) for call in {event.call for event in events}}
    open_or_new = {call for call, found in known.items() if found is None or found.verdict is None}
    news = [event for event in events if event.call in open_or_new]
    if not news:
        return []
    tell_live(books, news, now)
    judged = [
        event for event in news if isinstance(event, CallEnded) and event.direction is Direction.INBOUND
    ]
    for event in judged:
        because = f"nobody heard this call; the PBX's own record ({by}) told of it afterwards"
        episodes.note(books, now, "caught-up", RULE, because, call=event.call)
    return [event for event in judged if known[event.call] is None]


def order(story: Sequence[CallEvent]) -> tuple[bool, datetime]:
    """Who was answered is told first: whoever was missed before that and reached somebody later needs no text."""
    ended = [event for event in story if isinstance(event, CallEnded)]
    answered = any(e.verdict is Verdict.ANSWERED and e.direction is Direction.INBOUND for e in ended)
    return not answered, max((event.ended_at for event in ended), default=FAR)


def settle(live: CallEnded, record: CallEnded) -> CallEnded:
    """Which of two verdicts on one call stands, when we saw only a part of it.

    Somebody answered if either knows of it. Where the end was not seen, the record knows better than we; where we
    saw the end, we know why it ended.
    """
    if record.verdict is Verdict.ANSWERED or live.detail in UNSEEN_ENDS:
        return replace(record, late=False)
    return live


UNSEEN_ENDS = ("lost-track", "pbx-stopped")


def is_doubtful(event: CallEvent) -> bool:
    """True for a missed call of which we did not see everything: a record may know better."""
    return (
        isinstance(event, CallEnded)
        and event.direction is Direction.INBOUND
        and event.verdict is Verdict.MISSED
        and event.partial
    )


class Skew:
    """By how much the record's clock is ahead of ours, learnt from calls that both told of."""

    def __init__(self) -> None:
        self._seen: list[timedelta] = []

    def learn(self, books: Books, story: Sequence[CallEvent]) -> None:
        """Compare the ends of calls that we heard ourselves."""
        for event in story:
            if isinstance(event, CallEnded) and event.direction is Direction.INBOUND:
                known = books.call(event.call)
                if known is not None and known.ended_at is not None and not (known.late or known.partial):
                    self._seen = [*self._seen, event.ended_at - known.ended_at][-SAMPLES:]

    @property
    def ahead(self) -> timedelta:
        """Nothing while the clocks agree, or nothing is known."""
        found = timedelta(seconds=median(seen.total_seconds() for seen in self._seen) if self._seen else 0)
        return found if abs(found) > CLOCKS_AGREE else timedelta(0)


def shifted(event: CallEvent, ahead: timedelta) -> CallEvent:
    """The event by our own clock."""
    if isinstance(event, CallBegan | CallAnswered):
        return replace(event, at=event.at - ahead)
    return replace(
        event,
        started_at=event.started_at - ahead,
        ended_at=event.ended_at - ahead,
        answered_at=event.answered_at - ahead if event.answered_at else None,
    )


def spoken_since(books: Books, call: Call) -> bool:
    """Whether the caller of a call that became known late has had a person on the line since, in a call that may have
    begun before the PBX had done with this one.
    """
    return call.caller is not None and books.answered_since(call.caller, call.started_at)
