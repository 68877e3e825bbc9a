"""The memory and the database are told the same things in any order, and must give the same answers."""

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import fields, replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from secondring.domain.booking import Booking, BookingId, BookingState, Link, LinkKind, TokenHash
from secondring.domain.calls import Direction
from secondring.domain.errors import SecondRingError
from secondring.domain.ids import (
    AlarmId,
    CallId,
    EpisodeId,
    JobKey,
    SiteId,
    TaskId,
    TextId,
    Uniqueid,
    UrgentId,
)
from secondring.domain.metrics_rows import CallRows, EpisodeRows, Place, whole_weeks
from secondring.domain.phone import PhoneNumber
from secondring.domain.ports import Books
from secondring.domain.records import (
    Call,
    Cleared,
    Consent,
    DecisionRecord,
    Episode,
    Intent,
    Job,
    KeptAlarm,
    KnownLine,
    Line,
    Origin,
    Outcome,
    Task,
    TaskState,
    Text,
    TextState,
)
from secondring.domain.retention_ports import What
from secondring.domain.staff import StaffNote
from secondring.domain.tally import Dimension, Measure
from secondring.domain.tallying import by_week, keep, unkept
from secondring.domain.urgent_case import Stage, Trigger, UrgentCase
from secondring.domain.verdict import Verdict
from secondring.domain.weeks import Week, last
from secondring.store.memory import MemoryStore
from secondring.store.sqlstore import SqlStore
from tests.support.books import ANNA, BEN, CLINIC, EAST, KEY, LEASE, MAIN, MINUTE, NINE, NOW, new_database

pytestmark = pytest.mark.timeout(600)
"""On a machine where others work too, three minutes have struck in the midst of an example."""

QUICK_DISK = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108 - a folder of its own in it
"""Thousands of commits wait for the disk, which others keep busy: pytest's time limit then strikes in the midst
of an example, which Hypothesis calls a flaky strategy, and keeps. What is tested here needs no disk."""

Write = Callable[[Books], object]

times = st.integers(-3, 3).map(lambda n: NOW + timedelta(seconds=n, microseconds=n))
maybe_times = st.none() | times
numbers = st.sampled_from([ANNA, BEN])
sites = st.sampled_from([MAIN, EAST])
words = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=12)
"""Without NUL, which a server keeps as another sign: test_contract_books.py."""
call_ids = st.builds(
    CallId, st.sampled_from(["pbx", "east"]), st.sampled_from(["1.1", "1.2", "1.3"]).map(Uniqueid)
)
episode_ids = st.sampled_from(["E-1", "E-2", "E-3"]).map(EpisodeId)
text_ids = st.sampled_from(["M-1", "M-2", "M-3", "M-4"]).map(TextId)
task_ids = st.sampled_from(["T-1", "T-2", "T-3"]).map(TaskId)
keys = st.sampled_from(["a", "b", "c", "d"]).map(JobKey)
kinds = st.sampled_from(["send", "window"])

SPECIAL: dict[tuple[type, str], st.SearchStrategy[Any]] = {
    (Call, "reason"): st.sampled_from([None, "busy", "no-answer"]),
    (Call, "queue"): st.none() | words,
    (Call, "detail"): st.none() | words,
    (Text, "ours"): st.just(CLINIC),
    (Text, "carrier"): st.sampled_from(["http", "sim"]),
    (Text, "carrier_id"): st.none() | st.sampled_from(["1", "2"]),
    (Task, "owner"): st.none() | words,
    (Job, "kind"): kinds,
    (Job, "leased_until"): st.none(),
    (Consent, "episode"): st.none() | episode_ids,
    (Consent, "text"): st.none() | text_ids,
    (Consent, "confirmed_by"): st.none() | text_ids,
    (DecisionRecord, "text"): st.none() | text_ids,
    (DecisionRecord, "call"): st.none() | call_ids,
    (DecisionRecord, "episode"): st.none() | episode_ids,
    (Call, "id"): call_ids,
    (Episode, "id"): episode_ids,
    (Episode, "did"): st.sampled_from([None, "2025550100", "2025550101"]),
    (Episode, "queue"): st.none() | words,
    (Episode, "reason"): st.sampled_from([None, "busy", "no-answer"]),
    (Episode, "template"): st.sampled_from([None, "first-open", "first-closed"]),
    (Text, "id"): text_ids,
    (Task, "id"): task_ids,
    (UrgentCase, "id"): st.sampled_from(["U-1", "U-2"]).map(UrgentId),
    (Link, "token"): st.sampled_from(["t1", "t2"]).map(TokenHash),
    (Booking, "id"): st.sampled_from(["B-1", "B-2", "B-3"]).map(BookingId),
    (Booking, "starts_at"): st.integers(0, 4).map(lambda n: NINE + 5 * n * MINUTE),
    (Booking, "ends_at"): st.integers(5, 6).map(lambda n: NINE + 5 * n * MINUTE),
    (Booking, "seat"): st.integers(0, 1),
    (Booking, "born"): st.none() | st.just(NOW.date()),
    (UrgentCase, "attempts"): st.just(()),
    (UrgentCase, "accepted_by"): st.none(),
    (UrgentCase, "line_id"): st.none(),
    (KeptAlarm, "id"): st.sampled_from(["A-1", "A-2", "A-3"]).map(AlarmId),
    (KeptAlarm, "kind"): st.sampled_from(["store", "urgent"]),
    (KeptAlarm, "site"): st.sampled_from(["", "main"]),
    (Call, "episode"): st.none() | episode_ids,
}
PLACES = (Place(MAIN, "America/New_York"), Place(EAST, "Asia/Kolkata"))
LATER = NOW + timedelta(days=30)
WEEKS = last(Week.at(NOW, "UTC"), 2)
EVERYWHERE = whole_weeks(PLACES, WEEKS)
BY_TYPE: dict[object, st.SearchStrategy[Any]] = {
    SiteId: sites,
    str | None: st.none() | words,
    str: words,
    int: st.integers(0, 2**31 - 1),
    bool: st.booleans(),
    EpisodeId: episode_ids,
    JobKey: keys,
    PhoneNumber: numbers,
    LinkKind: st.sampled_from(LinkKind),
    BookingState: st.sampled_from(BookingState),
    Trigger: st.sampled_from(Trigger),
    Stage: st.sampled_from(Stage),
    Direction: st.sampled_from([Direction.INBOUND, Direction.OUTBOUND]),
    Origin: st.sampled_from(Origin),
    Cleared: st.sampled_from(Cleared),
    TextState: st.sampled_from(TextState),
    Line: st.sampled_from(Line),
    TaskState: st.sampled_from(TaskState),
    type(NOW): times,
    type(NOW) | None: maybe_times,
    PhoneNumber | None: st.none() | numbers,
    Verdict | None: st.none() | st.sampled_from(Verdict),
    Intent | None: st.none() | st.sampled_from(Intent),
    Outcome | None: st.none() | st.sampled_from(Outcome),
}


def _any(kind: type) -> st.SearchStrategy[Any]:
    """Any record of a kind, from ids and times so few that they meet often."""
    return st.builds(
        kind,
        **{
            f.name: SPECIAL[kind, f.name] if (kind, f.name) in SPECIAL else BY_TYPE[f.type]
            for f in fields(kind)
        },
    )


removable = st.sampled_from([what for what in What if what is not What.AUDIT])
"""Not the audit: the database refuses to give up its younger rows, see test_retention.py."""
long_after = st.just(NOW + timedelta(days=3))
writes: st.SearchStrategy[Write] = st.one_of(
    _any(Episode).map(lambda episode: lambda books: books.save_episode(episode)),
    _any(Call).map(lambda call: lambda books: books.save_call(call)),
    _any(Text).map(lambda text: lambda books: books.save_text(text)),
    _any(Task).map(lambda task: lambda books: books.save_task(task)),
    _any(UrgentCase).map(lambda case: lambda books: books.save_urgent_case(case)),
    _any(KnownLine).map(lambda known: lambda books: books.keep_line(known)),
    _any(Consent).map(lambda consent: lambda books: books.add_consent(consent)),
    _any(DecisionRecord).map(lambda decision: lambda books: books.add_decision(decision)),
    _any(KeptAlarm).map(lambda alarm: lambda books: books.save_alarm(alarm)),
    _any(Job).map(lambda job: lambda books: books.add_job(job)),
    _any(Link).map(lambda link: lambda books: books.save_link(link)),
    _any(Booking).map(lambda booking: lambda books: books.save_booking(booking)),
    st.tuples(keys, times).map(lambda move: lambda books: books.move_job(*move)),
    keys.map(lambda key: lambda books: books.drop_job(key)),
    st.tuples(st.lists(kinds, max_size=2), times, st.integers(1, 3)).map(
        lambda ask: lambda books: books.claim_jobs(ask[0], now=ask[1], lease=LEASE, limit=ask[2])
    ),
    keys.map(lambda key: lambda books: _finish(books, key)),
    st.tuples(keys, times).map(lambda ask: lambda books: _retry(books, *ask)),
    words.map(lambda place: lambda books: books.keep_bookmark("inbox", place)),
    st.tuples(st.sampled_from(["in:1", "in:2"]), words, times).map(
        lambda note: lambda books: books.keep_carrier_note("shelf", *note)
    ),
    st.just(lambda books: books.drop_carrier_note("shelf", "in:1")),
    times.map(lambda at: lambda books: books.drop_carrier_notes_before("shelf", at)),
    st.tuples(removable, long_after | times, st.integers(1, 2)).map(
        lambda ask: (
            lambda books: [
                books.count_due(ask[0], before=ask[1]),
                books.remove(ask[0], before=ask[1], limit=ask[2]),
            ]
        )
    ),
    st.tuples(numbers, long_after | times).map(lambda ask: lambda books: books.forget(ask[0], before=ask[1])),
    st.tuples(episode_ids, times).map(
        lambda at: (
            lambda books: books.add_note(
                StaffNote(at=at[1], episode=at[0], task=None, by="ana", words="she called again")
            )
        )
    ),
)


def _finish(books: Books, key: JobKey) -> None:
    job = books.job(key)
    if job is not None:
        books.finish_job(job)


def _retry(books: Books, key: JobKey, due_at: Any) -> None:
    job = books.job(key)
    if job is not None:
        books.retry_job(job, due_at)


def _answers(books: Books) -> list[object]:
    """Everything the books can be asked about the few things there are."""
    span = {"since": NOW - timedelta(seconds=2), "until": NOW + timedelta(seconds=2)}
    return [
        [books.link(TokenHash(token)) for token in ("t1", "t2")],
        list(books.carrier_notes("shelf", "in:").items()),
        [books.booking(BookingId(name)) for name in ("B-1", "B-2", "B-3")],
        [(books.links_of(EpisodeId(e)), books.bookings_of(EpisodeId(e))) for e in ("E-1", "E-2", "E-3")],
        [books.standing_bookings(site, since=NINE, until=NINE + 15 * MINUTE) for site in (MAIN, EAST)],
        books.bookings(since=NINE, until=NINE + 15 * MINUTE, limit=2),
        books.stale_holds(NOW, limit=2),
        [books.open_calls(pbx) for pbx in ("pbx", "east")],
        books.calls(**span, limit=3),
        [books.find_calls(uniqueid) for uniqueid in ("1.1", "1.2", "1.3")],
        books.episodes(**span, limit=2),
        [_about_episode(books, EpisodeId(name)) for name in ("E-1", "E-2", "E-3")],
        [_about_number(books, number) for number in (ANNA, BEN)],
        [books.text(TextId(f"M-{number}")) for number in range(1, 5)],
        [
            books.text_by_carrier_id(carrier, number, outgoing=outgoing)
            for carrier in ("http", "sim")
            for number in ("1", "2")
            for outgoing in (True, False)
        ],
        [books.count_texts_out(since=NOW, site=site, at_most=1000) for site in (None, MAIN, EAST)],
        [books.has_texts_out(most, since=NOW, site=site) for site in (None, MAIN) for most in (1, 3)],
        [books.tasks(), books.tasks(include_done=True, limit=2)],
        [books.decisions_about(CallId("pbx", Uniqueid(uniqueid))) for uniqueid in ("1.1", "1.2", "1.3")],
        [books.job(JobKey(key)) for key in "abcd"],
        [books.next_due(names) for names in (["send"], ["window"], ["send", "window"])],
        books.bookmark("inbox"),
        books.texts_in(since=NOW, limit=2),
        books.urgent_work(),
        [books.alarm(AlarmId(f"A-{number}")) for number in (1, 2, 3)],
        books.alarms(since=NOW, limit=2),
        [books.last_alarm(kind, site) for kind in ("store", "urgent") for site in ("", "main")],
        [
            books.open_urgent_cases(),
            books.urgent_cases_since(NOW),
            *(books.urgent_case(UrgentId(name)) for name in ("U-1", "U-2")),
        ],
        [books.figures(**span, site=site) for site in (None, MAIN, EAST)],
        [by_week(books, place, WEEKS, LATER) for place in PLACES],
        [_rows_of(books, measure) for measure in Measure],
        [
            books.call_rows(CallRows(where=EVERYWHERE, verdict=verdict), after=None, limit=2)
            for verdict in Verdict
        ],
    ]


def _rows_of(books: Books, measure: Measure) -> list[object]:
    rows = EpisodeRows(where=EVERYWHERE, measure=measure)
    told_apart = EpisodeRows(
        where=EVERYWHERE, measure=measure, dimension=Dimension.INTENT, value=Intent.BILLING
    )
    first = books.episode_rows(rows, after=None, limit=2)
    rest = books.episode_rows(rows, after=first[-1].id, limit=2) if first else []
    return [first, rest, books.episode_rows(told_apart, after=None, limit=9)]


def _about_episode(books: Books, episode: EpisodeId) -> list[object]:
    return [
        books.episode(episode),
        books.calls_of(episode),
        books.texts_of(episode),
        books.tasks_of(episode),
        books.decisions_of(episode),
        books.urgent_cases_of(episode),
        books.notes_of(episode),
    ]


def _about_number(books: Books, number: PhoneNumber) -> list[object]:
    return [
        books.caller_on_line(number),
        books.answered_since(number, NOW),
        books.open_episodes(number),
        books.episodes_of(number),
        books.waiting_texts(number),
        books.consents(number),
        books.last_episode(number),
        books.consent(number),
        books.known_line(number),
        books.count_texts_out(since=NOW, to=number, at_most=1000),
        books.count_texts_out(since=NOW, to=number, site=MAIN, at_most=1000),
    ]


Database = Callable[[], AbstractContextManager[str]]
"""Makes the URL of a database with nothing in it."""


class SameBooks(RuleBasedStateMachine):
    place: ClassVar[Database]

    def __init__(self) -> None:
        super().__init__()
        self._open = ExitStack()
        self.memory = MemoryStore()
        self.sql = SqlStore(self._open.enter_context(type(self).place()), KEY)
        self._open.callback(self.sql.close)

    def teardown(self) -> None:
        self._open.close()

    @rule(transaction=st.lists(writes, min_size=1, max_size=6), fails=st.booleans())
    def write(self, transaction: list[Write], *, fails: bool) -> None:
        told = [_tell(store, transaction, fails=fails) for store in (self.memory, self.sql)]
        assert told[0] == told[1]

    @rule()
    def keep_tallies(self) -> None:
        for store in (self.memory, self.sql):
            with store.transaction() as books:
                for one in unkept(books, PLACES, LATER):
                    keep(books, one)

    @invariant()
    def both_answer_alike(self) -> None:
        with self.memory.reading() as memory, self.sql.reading() as sql:
            for from_memory, from_sql in zip(_answers(memory), _answers(sql), strict=True):
                assert from_memory == from_sql


class SameBooksInBulk(SameBooks):
    """Fewer looks, and more to see at each: to ask a server everything takes a tenth of a second."""

    @initialize(episodes=st.tuples(_any(Episode), _any(Episode), _any(Episode)))
    def begin(self, episodes: tuple[Episode, ...]) -> None:
        """All that may be referred to is there, so that long transactions are not undone for want of it."""
        named = [replace(one, id=EpisodeId(f"E-{n}")) for n, one in enumerate(episodes, 1)]
        for store in (self.memory, self.sql):
            with store.transaction() as books:
                for one in named:
                    books.save_episode(one)

    @rule(transaction=st.lists(writes, min_size=10, max_size=20))
    def write_much(self, transaction: list[Write]) -> None:
        told = [_tell(store, transaction, fails=False) for store in (self.memory, self.sql)]
        assert told[0] == told[1]


class _Undo(Exception):
    pass


def _tell(store: MemoryStore | SqlStore, transaction: list[Write], *, fails: bool) -> list[object]:
    """What the writing returned, and how the transaction ended."""
    told: list[object] = []
    try:
        with store.transaction() as books:
            told += [write(books) for write in transaction]
            if fails:
                raise _Undo  # noqa: TRY301 - the transaction has to see it
    except (_Undo, SecondRingError) as error:
        told.append(type(error))
    return told


@contextmanager
def _file() -> Iterator[str]:
    with TemporaryDirectory(dir=QUICK_DISK) as folder:
        yield new_database(Path(folder))


@pytest.mark.parametrize(
    ("kind", "machine", "examples", "steps"),
    [("sqlite", SameBooks, 50, 12), ("postgresql", SameBooksInBulk, 10, 8)],
)
def test_memory_and_database_are_the_same_books(
    request: pytest.FixtureRequest, kind: str, machine: type[SameBooks], examples: int, steps: int
) -> None:
    """The same examples in every run, and none kept from a run that was cut short."""

    class Here(machine):  # type: ignore[misc, valid-type]
        place = staticmethod(_file if kind == "sqlite" else request.getfixturevalue("cluster").database)

    chosen = settings(
        max_examples=examples, stateful_step_count=steps, deadline=None, derandomize=True, database=None
    )
    run_state_machine_as_test(Here, settings=chosen)
