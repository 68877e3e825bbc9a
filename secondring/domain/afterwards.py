"""Calls that nobody heard, told afterwards by the PBX's own record: each once, whoever else told of it."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from statistics import median

from secondring.domain import episodes
from secondring.domain.call_events import CallAnswered, CallBegan, CallEnded, CallEvent, Direction
from secondring.domain.ids import EpisodeId
from secondring.domain.ports import Books
from secondring.domain.records import Call
from secondring.domain.verdict import Verdict

Tell = Callable[[Books, Sequence[CallEvent], datetime], None]
RULE = "record"
CLOCKS_AGREE = timedelta(seconds=2)
SAMPLES = 15
BELIEVED = 60.0
"""Seconds for which a clock has to be ahead before that counts."""
FAR = datetime.max.replace(tzinfo=UTC)


def tell(
    books: Books, tell_live: Tell, by: str, events: Sequence[CallEvent], now: datetime
) -> list[CallEnded]:
    """Take in what a record tells of one story; returns those calls from outside of which we knew nothing at all."""
    known = {call: books.call(call) for call in {event.call for event in events}}
    for event in events:
        if isinstance(event, CallEnded) and (call := known[event.call]) is not None:
            _complete(books, call, event, by, now)
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
    """What stands of two verdicts on one missed call, when we saw only a part of it.

    Somebody answered if either knows of it. Where the end was not seen, the record knows better than we. Where it was,
    the record knows what came before: why the call was missed, in which queue, who called which number; and we
    know when it ended, and how, unless the record names another reason.
    """
    if record.verdict is Verdict.ANSWERED or live.detail in UNSEEN_ENDS:
        return replace(record, late=False, withheld=live.withheld or record.withheld)
    if not _knows_more(record):
        return live
    return replace(
        live,
        reason=record.reason,
        detail=live.detail if live.reason == record.reason else record.detail,
        queue=record.queue or live.queue,
        caller=live.caller or ("" if live.withheld else record.caller),
        did=record.did or live.did,
        started_at=min(record.started_at, live.started_at),
    )


UNSEEN_ENDS = ("lost-track", "pbx-stopped")


def _knows_more(record: CallEnded) -> bool:
    return record.verdict is Verdict.MISSED and record.detail not in UNSEEN_ENDS


def _complete(books: Books, call: Call, record: CallEnded, by: str, now: datetime) -> None:
    """A record came too late to be waited for: what we had judged from a part of the call is put right, once."""
    if call.verdict is not Verdict.MISSED or not call.partial or record.direction is not Direction.INBOUND:
        return
    if record.verdict is Verdict.ANSWERED:
        right = replace(
            call, verdict=Verdict.ANSWERED, reason=None, detail=None, answered_at=record.answered_at
        )
        because = (
            f"the PBX's own record ({by}) says that this call was answered; we had seen only a part of it"
        )
    elif _knows_more(record) and record.reason != call.reason:
        right = replace(call, reason=record.reason, detail=record.detail, queue=record.queue or call.queue)
        because = f"the PBX's own record ({by}) says why it was missed: {record.reason}, not {call.reason}"
    else:
        return
    books.save_call(replace(right, partial=False))
    episodes.note(books, now, "corrected", RULE, because, call=call.id, episode=call.episode)
    episode = books.episode(call.episode) if call.episode else None
    if episode is None:
        return
    if right.verdict is Verdict.MISSED:
        if episode.calls == 1:
            books.save_episode(replace(episode, reason=right.reason, queue=right.queue))
    elif episode.is_open and episode.urgent_at is None and not _missed_since(books, episode.id, record):
        episodes.spoken_with(books, episode, "record-says-answered", because, now)


def _missed_since(books: Books, episode: EpisodeId, record: CallEnded) -> bool:
    """Whether the caller called in vain again after the call that was answered."""
    return any(
        call.verdict is Verdict.MISSED and call.started_at > record.started_at
        for call in books.calls_of(episode)
        if call.id != record.call
    )


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


class Steady:
    """Our clock without its latest step forward.

    A call that goes on has been quiet for seconds; by a clock that was just set ahead it would seem to be long over.
    A step that has lasted a minute is believed.
    """

    def __init__(self) -> None:
        self._base: tuple[datetime, float] | None = None
        self._ahead_since: float | None = None

    def now(self, wall: datetime, ticks: float) -> datetime:
        """What time it is when the clock says `wall`; `ticks` are seconds that nobody can set."""
        at, then = self._base or (wall, ticks)
        expected = at + timedelta(seconds=ticks - then)
        if wall - expected > CLOCKS_AGREE:
            self._ahead_since = ticks if self._ahead_since is None else self._ahead_since
            if ticks - self._ahead_since < BELIEVED:
                return expected
        self._base, self._ahead_since = (wall, ticks), None
        return wall


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
