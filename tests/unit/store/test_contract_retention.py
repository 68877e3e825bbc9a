"""What is old goes, what somebody needs stays, and every figure counts what it counted."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from secondring.domain.booking import BookingState
from secondring.domain.calls import Direction
from secondring.domain.consent import standing
from secondring.domain.errors import StoreBroken
from secondring.domain.metrics_rows import Place
from secondring.domain.phone import NOBODY
from secondring.domain.ports import Books, Store
from secondring.domain.proof import proof
from secondring.domain.records import Cleared, KnownLine, Line, Outcome, TaskState, TextState
from secondring.domain.retention_ports import NONE, Removed, What
from secondring.domain.staff import AuditEntry, StaffNote
from secondring.domain.tallying import by_week
from secondring.domain.verdict import Verdict
from secondring.domain.weeks import Week
from secondring.store.sqlstore import SqlStore
from tests.support.books import (
    ANNA,
    BEN,
    DAY,
    MAIN,
    MINUTE,
    NOW,
    a_booking,
    a_call,
    a_consent,
    a_task,
    a_text,
    an_alarm,
    an_episode,
    an_urgent_case,
    eid,
)

ENDED = NOW + DAY
LATER = NOW + 200 * DAY
BEFORE = NOW + 20 * DAY
"""Anna's episode was over long before."""
PLACE = Place(MAIN, "America/New_York")


def over(books: Books, number: int = 1, **changes: Any) -> None:
    """An episode of Anna's in which all is said and done, with everything that an episode can have."""
    usual: dict[str, Any] = {
        "window_ends_at": ENDED,
        "closed_at": ENDED,
        "outcome": Outcome.RESOLVED,
        "texted_at": NOW + MINUTE,
        "replied_at": NOW + 2 * MINUTE,
        "template": "first-open",
    }
    books.save_episode(an_episode(number, **usual | changes))
    missed = {"ended_at": NOW, "verdict": Verdict.MISSED, "reason": "busy"}
    books.save_call(a_call(number, episode=eid(number), **missed))
    books.save_text(a_text(number, state=TextState.DELIVERED, carrier_id=f"c{number}"))
    reply = {"outgoing": False, "state": TextState.RECEIVED, "body": "my knee", "template": ""}
    books.save_text(a_text(number, "reply", **reply))
    books.save_task(a_task(number, state=TaskState.DONE, closed_at=ENDED))
    books.save_urgent_case(an_urgent_case(number, closed_at=ENDED, line=f"PJSIP/{ANNA.e164}-1"))
    books.save_booking(
        a_booking(number, state=BookingState.CANCELLED, first_name="Zoe", born=NOW.date(), closed_at=NOW)
    )
    books.add_note(StaffNote(at=ENDED, episode=eid(number), task=None, by="ana", words="she is away"))


@pytest.fixture
def books_with_one(store: Store) -> Store:
    with store.transaction() as books:
        over(books)
    return store


def remove(store: Store, what: What, before: datetime = BEFORE, limit: int = 10) -> Removed:
    with store.transaction() as books:
        due = books.count_due(what, before=before)
        removed = books.remove(what, before=before, limit=limit)
    assert due >= removed.rows.get("episodes", 0)
    return removed


def test_words_go_and_whose_they_were_stays(books_with_one: Store) -> None:
    removed = remove(books_with_one, What.WORDS)
    assert removed.rows == {"episodes": 1, "texts": 2, "tasks": 1, "notes": 1, "bookings": 1}
    with books_with_one.reading() as books:
        episode = books.episode(eid(1))
        assert episode is not None
        assert (episode.cleared, episode.caller) == (Cleared.WORDS, ANNA)
        assert {text.body for text in books.texts_of(eid(1))} == {""}
        assert [task.said for task in books.tasks_of(eid(1))] == [""]
        assert [note.words for note in books.notes_of(eid(1))] == [""]
        assert [(b.first_name, b.born) for b in books.bookings_of(eid(1))] == [("", None)]
    assert remove(books_with_one, What.WORDS) == NONE


def test_numbers_go_with_what_is_left_of_the_words_and_nothing_leads_to_a_person(
    books_with_one: Store,
) -> None:
    removed = remove(books_with_one, What.NUMBERS)
    assert removed.rows["calls"] == removed.rows["urgent_cases"] == 1
    with books_with_one.reading() as books:
        episode = books.episode(eid(1))
        assert episode is not None
        assert (episode.cleared, episode.caller) == (Cleared.NUMBERS, None)
        assert {text.patient for text in books.texts_of(eid(1))} == {NOBODY}
        assert {text.body for text in books.texts_of(eid(1))} == {""}
        assert [call.caller for call in books.calls_of(eid(1))] == [None]
        assert [task.caller for task in books.tasks_of(eid(1))] == [None]
        assert [(case.caller, case.line) for case in books.urgent_cases_of(eid(1))] == [(None, "")]
        assert books.episodes_of(ANNA) == []
        assert books.last_episode(ANNA) is None
        assert books.text_by_carrier_id("", "c1", outgoing=True) is None
        assert books.count_texts_out(since=NOW, to=ANNA, at_most=9) == 0
    assert remove(books_with_one, What.NUMBERS) == NONE


@pytest.mark.parametrize("what", [What.WORDS, What.NUMBERS])
def test_every_figure_counts_what_it_counted(books_with_one: Store, what: What) -> None:
    with books_with_one.transaction() as books:
        over(books, 2, closed_at=None, outcome=None)
    week = Week.at(NOW, PLACE.zone)

    def figures() -> list[object]:
        with books_with_one.reading() as books:
            return [books.figures(since=NOW - DAY, until=NOW + DAY), by_week(books, PLACE, [week], LATER)]

    before = figures()
    assert remove(books_with_one, what, limit=10).rows["episodes"] == 1
    assert figures() == before


BUSY = {
    "open": lambda books: books.save_episode(replace(books.episode(eid(1)), closed_at=None)),
    "its window is open": lambda books: books.save_episode(
        replace(books.episode(eid(1)), window_ends_at=LATER)
    ),
    "a task is to be done": lambda books: books.save_task(a_task(state=TaskState.OPEN)),
    "a task was taken": lambda books: books.save_task(a_task(state=TaskState.TAKEN)),
    "a task was done lately": lambda books: books.save_task(a_task(state=TaskState.DONE, closed_at=BEFORE)),
    "an urgent caller waits": lambda books: books.save_urgent_case(an_urgent_case()),
    "nobody signed": lambda books: books.save_urgent_case(
        an_urgent_case(closed_at=ENDED, last_resort_at=ENDED)
    ),
    "signed lately": lambda books: books.save_urgent_case(
        an_urgent_case(closed_at=ENDED, last_resort_at=ENDED, signed_at=BEFORE)
    ),
    "a text waits": lambda books: books.save_text(a_text()),
    "a text is at the carrier": lambda books: books.save_text(a_text(state=TextState.SENDING)),
    "nobody knows of a text": lambda books: books.save_text(a_text(state=TextState.UNKNOWN)),
    "they wrote lately": lambda books: books.save_text(
        a_text(1, "late", outgoing=False, state=TextState.RECEIVED, created_at=BEFORE)
    ),
    "a booking is to come": lambda books: books.save_booking(
        a_booking(state=BookingState.CONFIRMED, starts_at=LATER, ends_at=LATER + MINUTE)
    ),
    "a note was written lately": lambda books: books.add_note(
        StaffNote(at=BEFORE, episode=eid(1), task=None, by="ana", words="again")
    ),
    "a call goes on": lambda books: books.save_call(a_call(episode=eid(1))),
}


@pytest.mark.parametrize("why", BUSY)
def test_what_somebody_works_on_is_never_touched(books_with_one: Store, why: str) -> None:
    with books_with_one.transaction() as books:
        BUSY[why](books)
        before = [
            books.episode(eid(1)),
            books.texts_of(eid(1)),
            books.tasks_of(eid(1)),
            books.calls_of(eid(1)),
        ]
    for what in (What.WORDS, What.NUMBERS):
        assert remove(books_with_one, what) == NONE
    with books_with_one.transaction() as books:
        forgotten = books.forget(ANNA, before=BEFORE)
        assert forgotten.left == 1
        after = [
            books.episode(eid(1)),
            books.texts_of(eid(1)),
            books.tasks_of(eid(1)),
            books.calls_of(eid(1)),
        ]
    assert after == before


def test_the_oldest_go_first_and_no_more_than_asked_for(store: Store) -> None:
    with store.transaction() as books:
        for number in range(1, 6):
            over(books, number, closed_at=ENDED + (6 - number) * MINUTE)
    assert remove(store, What.WORDS, limit=2).rows["episodes"] == 2
    with store.reading() as books:
        cleared = [books.episode(eid(number)).cleared for number in range(1, 6)]  # type: ignore[union-attr]
    assert cleared == [Cleared.NOTHING] * 3 + [Cleared.WORDS] * 2
    assert [remove(store, What.WORDS, limit=2).rows.get("episodes") for _ in range(3)] == [2, 1, None]


def test_words_that_come_later_go_later(books_with_one: Store) -> None:
    remove(books_with_one, What.WORDS)
    with books_with_one.transaction() as books:
        books.save_text(
            a_text(1, "late", outgoing=False, state=TextState.RECEIVED, created_at=BEFORE, body="me again")
        )
    assert remove(books_with_one, What.WORDS) == NONE
    assert remove(books_with_one, What.WORDS, BEFORE + DAY).rows["texts"] == 1


def test_answered_calls_lose_their_numbers_and_open_ones_keep_them(store: Store) -> None:
    with store.transaction() as books:
        books.save_call(a_call(1, ended_at=NOW, verdict=Verdict.ANSWERED))
        books.save_call(
            a_call(2, did=BEN.e164, direction=Direction.OUTBOUND, ended_at=NOW, verdict=Verdict.IGNORED)
        )
        books.save_call(a_call(3))
        books.save_call(a_call(4, ended_at=BEFORE, verdict=Verdict.ANSWERED))
    assert remove(store, What.CALLS).rows == {"calls": 2}
    assert remove(store, What.CALLS).is_nothing
    with store.reading() as books:
        found = {c.id.uniqueid[-1]: c for c in books.calls(since=NOW, until=LATER, limit=9)}
    assert [found[n].caller for n in "1234"] == [None, None, ANNA, ANNA]
    assert found["2"].did == ""
    assert found["1"].did != ""


def test_an_opt_out_is_in_force_for_ever_and_its_proof_is_not_kept_for_ever(store: Store) -> None:
    with store.transaction() as books:
        books.add_consent(a_consent(opted_out=True))
        books.add_consent(a_consent(opted_out=True, number=BEN, at=BEFORE))
    assert remove(store, What.PROOFS).rows == {"wishes": 1}
    assert remove(store, What.PROOFS).is_nothing
    with store.reading() as books:
        wish = books.consent(ANNA)
        assert wish is not None
        assert (wish.number, wish.words) == (ANNA, "")
        assert not standing(wish).may_text
        assert [event.event for event in proof(books, ANNA)] == ["opted-out"]
        assert [entry.words for entry in books.consents(BEN)] == ["stop it please"]


def test_one_person_is_forgotten_and_may_still_not_be_texted(books_with_one: Store) -> None:
    with books_with_one.transaction() as books:
        books.save_call(a_call(9, ended_at=NOW, verdict=Verdict.ANSWERED))
        books.add_consent(a_consent(opted_out=True))
        books.keep_line(KnownLine(number=ANNA, line=Line.MOBILE, source="look-up", at=NOW))
        over(books, 2, caller=BEN)
        forgotten = books.forget(ANNA, before=BEFORE)
        again = books.forget(ANNA, before=BEFORE)
    assert forgotten.left == 0
    assert (forgotten.removed.rows["episodes"], forgotten.removed.rows["calls"]) == (1, 2)
    assert again.removed.is_nothing
    with books_with_one.reading() as books:
        assert books.episodes_of(ANNA) == []
        assert books.known_line(ANNA) is None
        wish = books.consent(ANNA)
        assert wish is not None
        assert not standing(wish).may_text
        assert [episode.id for episode in books.episodes_of(BEN)] == [eid(2)]
        assert [text.body != "" for text in books.texts_of(eid(2))] == [True, True]


def test_lines_and_alarms_go(store: Store) -> None:
    with store.transaction() as books:
        books.keep_line(KnownLine(number=ANNA, line=Line.MOBILE, source="look-up", at=NOW))
        books.keep_line(KnownLine(number=BEN, line=Line.MOBILE, source="look-up", at=BEFORE))
        books.save_alarm(an_alarm("A-1"))
        books.save_alarm(an_alarm("A-2", raised_at=BEFORE))
    assert remove(store, What.LINES).rows == {"lines": 1}
    assert remove(store, What.ALARMS).rows == {"alarms": 1}
    with store.reading() as books:
        assert books.known_line(BEN) is not None
        assert [alarm.id for alarm in books.alarms(since=NOW, limit=9)] == ["A-2"]


OLD = datetime(2010, 1, 1, tzinfo=UTC)


def an_entry(at: datetime) -> AuditEntry:
    return AuditEntry(at=at, user=None, shown="ana", action="view", what="conversation", about="E-1")


def test_the_audit_gives_up_its_oldest_rows_alone(store: Store) -> None:
    with store.transaction() as books:
        for year in range(3):
            books.add_audit(an_entry(OLD + year * 365 * DAY))
        books.add_audit(an_entry(datetime.now(UTC)))
    assert remove(store, What.AUDIT, OLD + 500 * DAY, limit=1).rows == {"audit": 1}
    assert remove(store, What.AUDIT, OLD + 500 * DAY).rows == {"audit": 1}
    assert remove(store, What.AUDIT, OLD + 500 * DAY).is_nothing
    with store.reading() as books:
        assert len(books.audit(limit=9)) == 2


def test_the_database_refuses_to_give_up_a_row_of_the_audit_that_is_not_six_years_old(sql: SqlStore) -> None:
    with sql.transaction() as books:
        books.add_audit(an_entry(datetime.now(UTC) - timedelta(days=5 * 365)))
    with pytest.raises(StoreBroken), sql.transaction() as books:
        books.remove(What.AUDIT, before=datetime.now(UTC), limit=9)
    with sql.reading() as books:
        assert len(books.audit(limit=9)) == 1
