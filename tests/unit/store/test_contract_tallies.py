"""A figure counts exactly the rows that are listed behind it, kept or counted anew."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from secondring.domain.ids import CallId
from secondring.domain.metrics_rows import CallRows, EpisodeRows, Place, one_hour, whole_weeks
from secondring.domain.ports import Books, Store
from secondring.domain.records import Call, Episode, Intent, Origin, Outcome
from secondring.domain.tally import BROKEN_DOWN, VALUES, Measure, Tally, Waiting, add
from secondring.domain.tallying import by_week, keep, unkept
from secondring.domain.verdict import Verdict
from secondring.domain.weeks import Week, last
from secondring.store.sqlstore import SqlStore
from tests.support.books import EAST, MAIN, SECOND, a_call, an_episode, an_urgent_case, eid

PLACES = (Place(MAIN, "America/New_York"), Place(EAST, "America/Denver"))
WEEKS = last(Week.parse("2026-W10"), 2)
MONDAY = datetime(2026, 3, 2, 5, 0, tzinfo=UTC)
"""Midnight in New York, at the beginning of the second of these weeks."""
LATER = MONDAY + timedelta(days=20)


def _keep_two_weeks(store: Store) -> None:
    """Every fourth hour an episode, each in another state, at two sites; and the calls around them."""
    outcomes = [
        None,
        *(outcome for outcome in Outcome if outcome is not Outcome.WITHHELD),
    ]  # shadow mode's own
    intents = [None, *Intent]
    with store.transaction() as books:
        for number in range(84):
            at = MONDAY + timedelta(hours=4 * number - 168)
            texted = None if number % 5 == 0 else at + number * SECOND
            answered = at + timedelta(hours=1) if number % 3 == 0 else None
            outcome = outcomes[number % len(outcomes)]
            episode = an_episode(
                number,
                site=(MAIN, EAST)[number % 2],
                opened_at=at,
                origin=Origin.TEXT if number % 11 == 0 else Origin.CALL,
                intent=intents[number % len(intents)],
                texted_at=texted,
                delivered_at=texted if number % 7 else None,
                replied_at=answered,
                booking_asked_at=answered if number % 2 else None,
                urgent_at=answered if number % 4 == 0 else None,
                urgent_reached_at=at + timedelta(hours=2) if number % 8 == 0 else None,
                closed_at=at + timedelta(days=1) if outcome else None,
                outcome=outcome,
                did=(None, "2025550100", "2025550101")[number % 3],
                queue=(None, "400")[number % 2],
                reason=("busy", "abandoned", "voicemail")[number % 3],
                template=(None, "first-open", "first-closed")[number % 3] if texted else None,
            )
            books.save_episode(episode)
            verdict = (Verdict.MISSED, Verdict.ANSWERED, Verdict.IGNORED)[number % 3]
            reason = "fax" if verdict is Verdict.IGNORED else episode.reason
            books.save_call(
                a_call(
                    number, site=episode.site, started_at=at, ended_at=at, verdict=verdict, reason=reason,
                    episode=episode.id,
                )
            )  # fmt: skip
        books.save_urgent_case(an_urgent_case(4, triggered_at=MONDAY, accepted_at=MONDAY + 12 * SECOND))


def _whole(books: Books) -> Tally:
    return add(tally for place in PLACES for tally in by_week(books, place, WEEKS, LATER).values())


def _listed(books: Books, rows: EpisodeRows) -> list[Episode]:
    """All pages, three rows each."""
    found: list[Episode] = []
    while page := books.episode_rows(rows, after=found[-1].id if found else None, limit=3):
        found += page
    return found


def _calls(books: Books, rows: CallRows) -> list[Call]:
    found: list[Call] = []
    while page := books.call_rows(rows, after=found[-1].id if found else None, limit=3):
        found += page
    return found


def _newest_first(times: Iterable[datetime | None]) -> bool:
    found = [at for at in times if at is not None]
    return found == sorted(found, reverse=True)


def test_every_figure_counts_the_rows_behind_it(store: Store) -> None:
    _keep_two_weeks(store)
    where = whole_weeks(PLACES, WEEKS)
    with store.reading() as books:
        tally = _whole(books)
        assert tally.of(Measure.MISSED) == 76
        for measure in Measure:
            listed = _listed(books, EpisodeRows(where=where, measure=measure))
            assert len(listed) == len(set(listed)) == tally.of(measure) > 0, measure
            assert _newest_first(episode.opened_at for episode in listed)
        for measure in BROKEN_DOWN:
            for dimension in VALUES:
                values = tally.values(dimension)
                for value in values:
                    rows = EpisodeRows(where=where, measure=measure, dimension=dimension, value=value)
                    assert len(_listed(books, rows)) == tally.of(measure, dimension, value), rows
                assert sum(tally.of(measure, dimension, v) for v in values) == tally.of(measure)


def test_calls_too_by_verdict_reason_and_hour_of_the_week(store: Store) -> None:
    _keep_two_weeks(store)
    where = whole_weeks(PLACES, WEEKS)
    with store.reading() as books:
        tally = _whole(books)
        for verdict in Verdict:
            listed = _calls(books, CallRows(where=where, verdict=verdict))
            assert len(listed) == tally.calls(verdict) == 28
            assert _newest_first(call.ended_at for call in listed)
            for reason in tally.reasons(verdict):
                rows = CallRows(where=where, verdict=verdict, reason=reason)
                assert len(_calls(books, rows)) == tally.calls(verdict, reason)
            hours = [(day, hour) for day in range(7) for hour in range(24)]
            counted = [tally.calls_in_hour(verdict, *slot) for slot in hours]
            assert sum(counted) == 28
            for slot, number in zip(hours, counted, strict=True):
                rows = CallRows(where=one_hour(PLACES, WEEKS, *slot), verdict=verdict)
                assert len(_calls(books, rows)) == number, slot


def test_waits_are_kept_to_two_digits(store: Store) -> None:
    _keep_two_weeks(store)
    with store.reading() as books:
        tally = _whole(books)
    assert tally.waits(Waiting.ACCEPT) == [(12.0, 1)]
    assert sum(n for _, n in tally.waits(Waiting.FIRST_TEXT)) == tally.of(Measure.TEXTED)


def test_a_row_that_is_not_there_has_nothing_after_it(store: Store) -> None:
    _keep_two_weeks(store)
    where = whole_weeks(PLACES, WEEKS)
    with store.reading() as books:
        missed = EpisodeRows(where=where, measure=Measure.MISSED)
        assert books.episode_rows(missed, after=eid(999), limit=3) == []
        nobody = CallId("pbx", a_call(999).id.uniqueid)
        assert books.call_rows(CallRows(where=where, verdict=Verdict.MISSED), after=nobody, limit=3) == []


def _keep_everything(store: Store, now: datetime) -> None:
    with store.transaction() as books:
        for one in unkept(books, PLACES, now):
            keep(books, one)


def test_what_is_kept_says_the_same_and_nothing_is_left_to_keep(store: Store) -> None:
    _keep_two_weeks(store)
    with store.reading() as books:
        before = [by_week(books, place, WEEKS, LATER) for place in PLACES]
    _keep_everything(store, LATER)
    with store.reading() as books:
        assert [by_week(books, place, WEEKS, LATER) for place in PLACES] == before


def test_a_day_that_is_not_over_is_not_kept(sql: SqlStore) -> None:
    _keep_two_weeks(sql)
    now = MONDAY + timedelta(days=2, hours=12)
    _keep_everything(sql, now)
    with sql.reading() as books:
        spans = books.tally_spans(MAIN, WEEKS[1].span(PLACES[0].zone), days=1)
        assert sorted(spans) == list(WEEKS[1].days(PLACES[0].zone)[:2])
        assert unkept(books, PLACES, now) == []


def test_any_change_to_what_was_counted_is_seen_at_once(sql: SqlStore) -> None:
    """The database forgets a kept tally in the transaction that changes one of its rows."""
    _keep_two_weeks(sql)
    for change in range(3):
        _keep_everything(sql, LATER)
        with sql.reading() as books:
            assert unkept(books, PLACES, LATER) == []
            before = _whole(books)
            episode, call, case = (
                books.episode(eid(4)),
                books.call(a_call(4).id),
                books.urgent_cases_of(eid(4))[0],
            )
        assert episode is not None
        assert call is not None
        with sql.transaction() as books:
            if change == 0:
                books.save_episode(replace(episode, outcome=Outcome.BOOKED))
            elif change == 1:
                books.save_call(replace(call, verdict=Verdict.IGNORED, reason="blocked"))
            else:
                books.save_urgent_case(replace(case, accepted_at=MONDAY + 30 * SECOND))
        with sql.reading() as books:
            after = _whole(books)
            assert after != before
            assert len(unkept(books, PLACES, LATER)) == 2, "the day and its week"
        _keep_everything(sql, LATER)
        with sql.reading() as books:
            assert _whole(books) == after
