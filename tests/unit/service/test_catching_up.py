"""What the records tell becomes calls in the books: once, in order, whatever fails on the way."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TypeVar

import pytest

from secondring.catching_up import CHUNK, CatchUp
from secondring.domain.call_events import CallBegan, CallEnded, CallEvent
from secondring.domain.casework import Casework
from secondring.domain.errors import PeerError, StoreBusy
from secondring.domain.ids import CallId, Uniqueid
from secondring.domain.ports import Books
from secondring.domain.records import Call
from secondring.domain.verdict import Detail, Reason, Verdict
from secondring.store.memory import MemoryStore
from tests.support.clinic import MONDAY_TEN, Clinic, PlainWording, some_rules

T = TypeVar("T")


@dataclass
class Story:
    events: tuple[CallEvent, ...]
    by: str = "cel"


@dataclass
class Records:
    """A history whose stories are given."""

    stories: list[Story] = field(default_factory=list)
    places: list[str] = field(default_factory=lambda: ["/var/log/asterisk/cel"])
    gaps: list[str] = field(default_factory=list)
    rows = unreadable = waiting = 0
    begun: list[dict[str, str]] = field(default_factory=list)
    trouble: Exception | None = None

    def begin(self, bookmarks: dict[str, str]) -> None:
        self.begun.append(bookmarks)

    def read(self, now: datetime) -> bool:
        if self.trouble:
            raise self.trouble
        return False

    def bookmarks(self) -> dict[str, str]:
        return {"cel": f"before {len(self.stories)}"}

    def over(self, now: datetime, alive: Collection[Uniqueid] | None) -> list[Story]:
        given, self.stories = self.stories, []
        return given

    def of(self, channel: Uniqueid) -> Story | None:
        found = next((s for s in self.stories if any(e.call.uniqueid == channel for e in s.events)), None)
        if found:
            self.stories.remove(found)
        return found


class Desk:
    """The part that catches up, and all around it."""

    def __init__(self) -> None:
        self.now = MONDAY_TEN
        self.store = MemoryStore()
        self.records = Records()
        self.fails: list[Exception] = []
        self.transactions = 0
        self.rung = 0
        self.live: list[CallEnded] = []
        self.listening_since: datetime | None = MONDAY_TEN - timedelta(seconds=10)
        self.casework = Casework(some_rules(), PlainWording())
        self.part = self.a_part()

    def a_part(self) -> CatchUp:
        return CatchUp(
            self.records,
            self.casework,
            self.in_store,
            pbx="pbx",
            clock=lambda: self.now,
            ring=self.ring,
            alive=set,
            listening_since=lambda: self.listening_since,
            tell_live=self.tell_live,
        )

    async def in_store(self, work: Callable[[Books], T]) -> T:
        self.transactions += 1
        if self.fails:
            raise self.fails.pop()
        with self.store.transaction() as books:
            return work(books)

    async def ring(self) -> None:
        self.rung += 1

    async def tell_live(self, events: list[CallEvent]) -> None:
        self.live += [event for event in events if isinstance(event, CallEnded)]
        with self.store.transaction() as books:
            self.casework.tell(books, events, self.now)

    def calls(self) -> list[Call]:
        day = timedelta(days=1)
        with self.store.reading() as books:
            return books.calls(since=self.now - day, until=self.now + day, limit=1000)

    def alarms(self) -> list[str]:
        with self.store.reading() as books:
            return [a.kind for a in books.alarms(since=self.now - timedelta(days=1), limit=10)]

    def bookmark(self) -> str | None:
        with self.store.reading() as books:
            return books.bookmark("record pbx")


@pytest.fixture
def desk() -> Desk:
    return Desk()


def a_story(number: int = 1, *, minutes_ago: float = 5, caller: str = "+12025550123") -> Story:
    ended = Clinic(now=MONDAY_TEN - timedelta(minutes=minutes_ago)).misses(caller)
    call = CallId("pbx", Uniqueid(f"1.{number}"))
    began = CallBegan(call=call, at=ended.started_at, caller=caller, did=ended.did)
    return Story((began, replace(ended, call=call, late=True)))


def ended_in(story: Story) -> CallEnded:
    ended = story.events[-1]
    assert isinstance(ended, CallEnded)
    return ended


async def test_a_clock_that_was_set_back_does_not_hold_the_past_back(desk: Desk) -> None:
    desk.listening_since = MONDAY_TEN + timedelta(minutes=10)
    desk.records.stories = [a_story()]
    assert await desk.part.round() == 0
    desk.now += timedelta(seconds=9)
    assert await desk.part.round() == 1


async def test_what_is_read_becomes_calls_and_is_not_read_again(desk: Desk) -> None:
    desk.records.stories = [a_story()]
    assert await desk.part.round() == 1
    assert [(call.verdict, call.late) for call in desk.calls()] == [(Verdict.MISSED, True)]
    assert desk.rung == 1
    assert desk.bookmark() == '{"cel": "before 0"}'
    desk.part = desk.a_part()
    desk.records.stories = [a_story()]
    assert await desk.part.round() == 0
    assert desk.records.begun[-1] == {"cel": "before 0"}


async def test_what_was_before_is_told_once_all_of_it_is_there(desk: Desk) -> None:
    """Whoever was missed a moment ago may have been answered half a moment ago."""
    desk.listening_since = MONDAY_TEN - timedelta(seconds=3)
    desk.records.stories = [a_story()]
    assert await desk.part.round() == 0
    desk.now += timedelta(seconds=5)
    assert await desk.part.round() == 1


async def test_without_a_link_the_records_are_told_as_they_come_after_a_while(desk: Desk) -> None:
    desk.listening_since = None
    desk.records.stories = [a_story()]
    assert await desk.part.round() == 0
    desk.now += timedelta(seconds=30)
    assert await desk.part.round() == 1


async def test_a_few_calls_a_transaction_so_that_live_calls_need_not_wait(desk: Desk) -> None:
    count = 3 * CHUNK
    desk.records.stories = [a_story(n, caller=f"+120255501{n % 100:02}") for n in range(count)]
    assert await desk.part.round() == count
    assert desk.transactions >= count / CHUNK


async def test_books_that_cannot_be_written_are_written_later_from_the_old_place(desk: Desk) -> None:
    await desk.part.round()
    desk.records.stories = [a_story()]
    desk.fails = [StoreBusy("locked")]
    with pytest.raises(PeerError):
        await desk.part.round()
    assert desk.calls() == []
    desk.records.stories = [a_story()]  # read again from the bookmark
    assert await desk.part.round() == 1
    assert len(desk.records.begun) == 2


async def test_one_call_that_our_code_fails_on_costs_no_other(desk: Desk) -> None:
    stories = [a_story(1), a_story(2, caller="+12025550124")]
    poisoned = stories[0].events[0].call
    tell = desk.casework.tell

    def failing(books: Books, events: list[CallEvent], now: datetime) -> None:
        if events[0].call == poisoned:
            raise ZeroDivisionError
        tell(books, events, now)

    desk.casework.tell = failing  # type: ignore[assignment, method-assign]
    desk.records.stories = stories
    assert await desk.part.round() == 1
    assert desk.alarms() == ["call-not-handled"]
    with desk.store.reading() as books:
        assert [task.title for task in books.tasks()] == ["Call back at once (we could not handle this call)"]


async def test_rows_that_may_be_lost_are_alarmed_of_once(desk: Desk) -> None:
    desk.records.gaps = ["/var/log/asterisk/cel"]
    await desk.part.round()
    await desk.part.round()
    assert desk.alarms() == ["record-gap"]


async def test_a_call_that_came_while_we_listened_and_was_not_heard_is_an_alarm(desk: Desk) -> None:
    desk.listening_since = MONDAY_TEN - timedelta(minutes=2)
    desk.records.stories = [a_story(1, minutes_ago=5)]
    await desk.part.round()
    assert desk.alarms() == []
    desk.records.stories = [a_story(2, minutes_ago=1)]
    await desk.part.round()
    assert desk.alarms() == ["calls-unheard"]


async def test_a_call_in_doubt_is_settled_by_the_record(desk: Desk) -> None:
    story = a_story()
    lost = replace(
        ended_in(story), detail=Detail.LOST_TRACK, partial=True, late=False, reason=Reason.NO_ANSWER
    )
    truly = replace(ended_in(story), reason=Reason.ABANDONED, detail=Detail.CALLER_CANCEL)
    assert desk.part.takes(lost)
    desk.records.stories = [Story((story.events[0], truly))]
    desk.now += timedelta(seconds=1)
    await desk.part.round()
    (call,) = desk.calls()
    assert (call.reason, call.detail, call.late) == (Reason.ABANDONED, Detail.CALLER_CANCEL, False)
    await desk.part.round()
    assert len(desk.live) == 1


@pytest.mark.parametrize(("detail", "patience"), [(Detail.LOST_TRACK, 20), (Detail.TIMEOUT, 3)])
async def test_a_record_that_says_nothing_leaves_it_as_it_was_seen(
    desk: Desk, detail: Detail, patience: int
) -> None:
    doubtful = replace(ended_in(a_story()), detail=detail, partial=True, late=False)
    assert desk.part.takes(doubtful)
    desk.now += timedelta(seconds=patience - 1)
    await desk.part.round()
    assert desk.live == []
    desk.now += timedelta(seconds=1)
    await desk.part.round()
    assert desk.live == [doubtful]


async def test_a_record_that_cannot_be_read_holds_no_caller_up(desk: Desk) -> None:
    doubtful = replace(ended_in(a_story()), detail=Detail.TIMEOUT, partial=True, late=False)
    desk.records.trouble = PeerError("the database is down: start it")
    desk.part.takes(doubtful)
    desk.now += timedelta(minutes=1)
    with pytest.raises(PeerError):
        await desk.part.round()
    await desk.part._trouble("the database is down: start it")
    assert desk.live == [doubtful]


async def test_every_other_event_goes_its_way(desk: Desk) -> None:
    story = a_story()
    assert not desk.part.takes(story.events[0])
    assert not desk.part.takes(ended_in(story))


async def test_how_it_stands_is_told_on_the_health_page(desk: Desk) -> None:
    assert desk.part.finding().state == "unknown"
    desk.records.stories = [a_story()]
    await desk.part.round()
    desk.now += timedelta(seconds=7)
    found = desk.part.finding()
    assert (found.state, found.words) == ("ok", "read 7 s ago; calls told afterwards since the start: 1")
    desk.now += timedelta(minutes=10)
    assert desk.part.finding().state == "warn"
    await desk.part._trouble("the database is down: start it")
    assert (desk.part.finding().state, desk.part.finding().remedy) == (
        "bad",
        "the database is down: start it",
    )
