"""No question is answered by reading a whole table, however many episodes there are."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event

from secondring.domain.ids import AlarmId, CallId, TaskId, TextId, Uniqueid, UrgentId
from secondring.domain.metrics_rows import CallRows, EpisodeRows, Place, one_hour, whole_weeks
from secondring.domain.phone import PhoneNumber
from secondring.domain.ports import Books
from secondring.domain.records import TextState
from secondring.domain.retention_ports import What
from secondring.domain.tally import Measure
from secondring.domain.tallying import by_week
from secondring.domain.verdict import Verdict
from secondring.domain.weeks import Week, last
from secondring.store.schema import metadata
from secondring.store.sqlstore import SqlStore
from tests.support.books import (
    ANNA,
    DAY,
    KEY,
    LEASE,
    MAIN,
    NOW,
    a_booking,
    a_call,
    a_consent,
    a_decision,
    a_job,
    a_link,
    a_task,
    a_text,
    an_alarm,
    an_episode,
    eid,
)
from tests.support.postgres import Cluster, name_of

Asked = list[tuple[str, Any]]
_SEQUENTIAL = re.compile(rf"Seq Scan on ({'|'.join(metadata.tables)})\b")
_WHOLE_TABLE = re.compile(rf"SCAN ({'|'.join(metadata.tables)})$")


@pytest.fixture
def asked(sql: SqlStore) -> Iterator[Asked]:
    """Every statement that reaches the writing connection, with its values."""
    with _listening(sql) as statements:
        yield statements


@contextmanager
def _listening(sql: SqlStore) -> Iterator[Asked]:
    statements: Asked = []

    def note(_connection: object, _cursor: object, statement: str, values: object, *_: object) -> None:
        once = values[0] if isinstance(values, list) else values  # many rows: their first
        statements.append((statement, once))

    event.listen(sql._writing, "before_cursor_execute", note)
    yield statements
    event.remove(sql._writing, "before_cursor_execute", note)


def _ask_everything(books: Books) -> None:
    call = CallId("pbx", Uniqueid("1.1"))
    books.call(call)
    books.open_calls("pbx")
    books.calls_of(eid(1))
    books.calls(since=NOW, until=NOW + DAY, limit=10)
    books.find_calls("1.1")
    books.caller_on_line(ANNA)
    books.answered_since(ANNA, NOW)
    books.urgent_case(UrgentId("U"))
    books.open_urgent_cases()
    books.urgent_cases_of(eid(1))
    books.link(a_link(1).token)
    books.links_of(eid(1))
    books.booking(a_booking(1).id)
    books.bookings_of(eid(1))
    books.standing_bookings(MAIN, since=NOW, until=NOW + DAY)
    books.stale_holds(NOW, limit=10)
    books.bookings(since=NOW, until=NOW + DAY, limit=10)
    books.urgent_cases_since(NOW)
    books.episode(eid(1))
    books.open_episodes(ANNA)
    books.last_episode(ANNA)
    books.episodes(since=NOW, until=NOW + DAY, limit=10)
    books.text(TextId("M"))
    books.texts_of(eid(1))
    books.text_by_carrier_id("http", "1", outgoing=True)
    books.has_texts_out(1000, since=NOW)
    books.has_texts_out(1000, since=NOW, site=MAIN)
    books.count_texts_out(since=NOW, to=ANNA, at_most=1000)
    books.count_texts_out(since=NOW, to=ANNA, site=MAIN, at_most=1000)
    books.count_texts_out(since=NOW, to=ANNA, at_most=1000, withheld=False)
    books.task(TaskId("T"))
    books.tasks_of(eid(1))
    books.tasks()
    books.tasks(include_done=True)
    books.consent(ANNA)
    books.decisions_of(eid(1))
    books.decisions_about(call)
    books.job(a_job().key)
    books.next_due(["send", "window"])
    books.urgent_work()
    books.alarm(AlarmId("A"))
    books.last_alarm("store", "main")
    books.alarms(since=NOW, limit=10)
    books.bookmark("inbox")
    books.carrier_note("smpp", "out:1")
    books.carrier_notes("smpp", "in:")
    books.figures(since=NOW, until=NOW + DAY)
    books.figures(since=NOW, until=NOW + DAY, site=MAIN)
    _ask_for_figures(books, call)


def _ask_for_figures(books: Books, call: CallId) -> None:
    week, place = Week.at(NOW, "UTC"), Place(MAIN, "UTC")
    books.earliest()
    by_week(books, place, [week], NOW + DAY)
    books.tally_spans(MAIN, week.span("UTC"), days=1)
    where = whole_weeks([place], [week])
    for measure in Measure:
        books.episode_rows(EpisodeRows(where=where, measure=measure), after=eid(1), limit=10)
    for stretches in (where, one_hour([place], last(week, 52), 0, 8)):
        books.call_rows(CallRows(where=stretches, verdict=Verdict.MISSED), after=call, limit=10)


def _write_everything(books: Books) -> None:
    books.save_episode(an_episode(1))
    books.save_call(a_call(1, episode=eid(1)))
    books.save_text(a_text(1))
    books.save_task(a_task(1))
    over = {"state": TextState.DELIVERED, "episode": eid(2)}
    books.save_episode(an_episode(2, window_ends_at=NOW + DAY, closed_at=NOW + DAY))
    books.save_text(a_text(2, **over))
    books.save_link(a_link(1))
    books.save_booking(a_booking(1))
    books.add_consent(a_consent(opted_out=True))
    books.add_decision(a_decision(episode=eid(1)))
    books.save_alarm(an_alarm())
    books.add_job(a_job())
    books.move_job(a_job().key, NOW)
    (job,) = books.claim_jobs(["send", "window"], now=NOW, lease=LEASE, limit=5)
    books.retry_job(job, NOW)
    (job,) = books.claim_jobs(["send", "window"], now=NOW, lease=LEASE, limit=5)
    books.finish_job(job)
    books.drop_job(job.key)
    _retire_what_is_old(books)


def _retire_what_is_old(books: Books) -> None:
    """All but the audit, which is read from its first row on, and lines and wishes, which are few."""
    for what in (What.WORDS, What.NUMBERS, What.CALLS, What.ALARMS):
        books.remove(what, before=NOW + 99 * DAY, limit=10)
        books.count_due(what, before=NOW + 99 * DAY)
    books.forget(ANNA, before=NOW + 99 * DAY)


def test_no_statement_reads_a_whole_table(sql: SqlStore, asked: Asked) -> None:
    with sql.transaction() as books:
        _write_everything(books)
        _ask_everything(books)
    statements = [entry for entry in asked if not entry[0].startswith("BEGIN")]
    assert len(statements) > 40
    with sql.transaction() as books:
        explain = books._connection.exec_driver_sql  # type: ignore[attr-defined]
        for statement, values in statements:
            plan = [row[3] for row in explain(f"EXPLAIN QUERY PLAN {statement}", values)]
            assert not [step for step in plan if _WHOLE_TABLE.match(step)], (statement, plan)


def test_no_statement_has_to_read_a_whole_table_on_a_server(postgres_url: str) -> None:
    """Where no index leads to the rows, PostgreSQL scans even though it was told not to."""
    store = SqlStore(postgres_url, KEY)
    with _listening(store) as asked, store.transaction() as books:
        _write_everything(books)
        _ask_everything(books)
    statements = [entry for entry in asked if "advisory" not in entry[0]]
    assert len(statements) > 40
    with store.transaction() as books:
        explain = books._connection.exec_driver_sql  # type: ignore[attr-defined]
        explain("SET LOCAL enable_seqscan = off")
        for statement, values in statements:
            plan = [row[0] for row in explain(f"EXPLAIN {statement}", values)]
            assert not [step for step in plan if _SEQUENTIAL.search(step)], (statement, plan)
    store.close()


def test_a_server_looks_for_a_caller_by_the_number(cluster: Cluster) -> None:
    """While a backup reads, indexes hold what is over, too: the one of all calls must not be gone through."""
    with cluster.new_books() as url:
        store = SqlStore(url, KEY)
        for verdict in (None, Verdict.MISSED):
            with store.transaction() as books:
                for number in range(500):
                    books.save_call(
                        a_call(number, caller=PhoneNumber(f"+1202555{number:04}"), verdict=verdict)
                    )
        cluster.sql("VACUUM ANALYZE", name=name_of(url))
        with _listening(store) as asked, store.transaction() as books:
            books.caller_on_line(ANNA)
        ((words, values),) = [entry for entry in asked if "advisory" not in entry[0]]
        with store.transaction() as books:
            explain = books._connection.exec_driver_sql  # type: ignore[attr-defined]
            plan = "\n".join(row[0] for row in explain(f"EXPLAIN {words}", values))
        store.close()
    assert "Index Scan using calls_on_line" in plan, plan


def test_the_caps_and_the_claim_use_the_indexes_made_for_them(sql: SqlStore, asked: Asked) -> None:
    with sql.transaction() as books:
        books.count_texts_out(since=NOW, site=MAIN, at_most=1000)
        books.count_texts_out(since=NOW, to=ANNA, at_most=1000)
        books.caller_on_line(ANNA)
        books.open_calls("pbx")
        books.tasks()
        books.urgent_work()
        books.last_alarm("store", "main")
        books.claim_jobs(["send"], now=NOW, lease=LEASE, limit=5)
    wanted = ["texts_out ", "texts_out_to ", "calls_on_line ", "calls_open "]
    wanted += ["tasks_to_do", "tasks_to_do", "alarms_last ", "jobs_free "]
    with sql.transaction() as books:
        explain = books._connection.exec_driver_sql  # type: ignore[attr-defined]
        statements = [entry for entry in asked if not entry[0].startswith("BEGIN")]
        for index, (statement, values) in zip(wanted, statements, strict=True):
            plan = "\n".join(row[3] for row in explain(f"EXPLAIN QUERY PLAN {statement}", values))
            assert f"INDEX {index}" in plan, plan
