"""What the figures say in words: the headline, what moved, what drifted, what to fix."""

from collections.abc import Sequence
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secondring.domain.advice import advice
from secondring.domain.board import Board, make_board
from secondring.domain.digest import make_digest
from secondring.domain.drift import drift
from secondring.domain.findings import Finding, Kind, fell, hour_name, up_or_down
from secondring.domain.labels import title
from secondring.domain.lines import lines, said_seconds
from secondring.domain.metrics import Rate, report, report_of
from secondring.domain.metrics_rows import CALLS, Ask, Place
from secondring.domain.moves import headline, moves
from secondring.domain.records import Intent
from secondring.domain.tally import Dimension, Measure, two_digits, wait_class
from secondring.domain.weeks import Week, last
from secondring.store.memory import MemoryStore
from tests.support.weeks import NAMES, NORTH, SOUTH, WEEK, Pen, after

BASE = last(WEEK.plus(-1), 4)


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def pen(store: MemoryStore) -> Pen:
    return Pen(store)


def board(
    store: MemoryStore,
    *,
    places: Sequence[Place] = (NORTH,),
    until: Week = WEEK,
    weeks: int = 1,
    now: datetime | None = None,
) -> Board:
    with store.reading() as books:
        return make_board(books, places, until, weeks, now or after(WEEK))


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


def said(findings: Sequence[Finding], kind: Kind) -> list[str]:
    return [plain(finding.words) for finding in findings if finding.kind is kind]


# ---------------------------------------------------------------- the headline


def test_the_headline_is_a_sentence_that_a_manager_can_repeat(store: MemoryStore, pen: Pen) -> None:
    pen.week(WEEK.plus(-1), 100, won=67)
    pen.week(WEEK, 84, won=61)
    made = board(store)
    assert plain(headline(made)) == "Last week 61 of 84 missed callers were recovered: 73 %, up 6 points."
    assert plain(headline(board(store, now=after(WEEK.plus(3))))).startswith("In week 2026-W10 61 of 84")
    assert plain(headline(board(store, now=WEEK.span(NORTH.zone).ends.replace(day=7)))).startswith(
        "So far this week"
    )
    assert plain(headline(board(store, weeks=4))).startswith("In the last 4 weeks 128 of 184")


def test_a_week_without_a_missed_call_has_a_sentence_too(store: MemoryStore) -> None:
    assert headline(board(store)) == "Last week no call was missed."
    assert moves(board(store), NAMES) == drift(board(store), NAMES) == advice(board(store)) == []
    assert [line.value for line in lines(board(store))] == ["–"] * 6


def test_the_tally_and_the_counted_figures_make_the_same_report(store: MemoryStore, pen: Pen) -> None:
    pen.week(WEEK, 40, texted=30, replied=20, won=25)
    pen.answered(WEEK, 7)
    span = WEEK.span(NORTH.zone)
    with store.reading() as books:
        counted = report(books.figures(since=span.begins, until=span.ends, site=NORTH.site))
    assert report_of(board(store).total) == counted


# ---------------------------------------------------------------- what moved


def test_a_move_names_the_group_that_it_sits_in(store: MemoryStore, pen: Pen) -> None:
    for queue, before, now in (("400", 30, 12), ("401", 20, 20)):
        pen.week(WEEK.plus(-1), 40, won=before, queue=queue)
        pen.week(WEEK, 40, won=now, queue=queue)
    (words,) = said(moves(board(store), NAMES), Kind.MOVED)
    assert words == (
        "Recovery fell from 62 % to 40 %. It may come from queue “400”: 12 of 40 won back, where 30 would have"
        " been as before."
    )


def test_a_move_at_one_site_names_the_site(store: MemoryStore) -> None:
    north, south = Pen(store, NORTH), Pen(store, SOUTH, written=10_000)
    for pen, before, now in ((north, 20, 20), (south, 10, 30)):
        pen.week(WEEK.plus(-1), 40, won=before, reason="busy" if pen is south else "no-answer")
        pen.week(WEEK, 40, won=now)
    (finding,) = [f for f in moves(board(store, places=(NORTH, SOUTH)), NAMES) if "Recovery" in f.words]
    assert "Eastside Clinic: 30 of 40 won back, where 10 would have been as before" in finding.words
    assert finding.site == SOUTH.site


def test_more_callers_of_a_kind_that_is_rarely_won_back_explain_a_fall(store: MemoryStore, pen: Pen) -> None:
    """No kind is won back more rarely than before; there are more of the kind that always was."""
    for reason, before, now in (("voicemail", (20, 5), (40, 10)), ("no-answer", (60, 48), (40, 32))):
        pen.week(WEEK.plus(-1), before[0], won=before[1], reason=reason)
        pen.week(WEEK, now[0], won=now[1], reason=reason)
    (words,) = said(moves(board(store), NAMES), Kind.MOVED)
    assert words == (
        "Recovery fell from 66 % to 52 %. It may come from more callers with reason “fell to voicemail”: 50 % of"
        " all, it was 25 %; of these 25 % were won back before."
    )


def test_a_kind_that_is_new_is_named_too(store: MemoryStore, pen: Pen) -> None:
    pen.week(WEEK.plus(-1), 40, won=30, queue="400")
    pen.week(WEEK, 40, won=30, queue="400")
    pen.week(WEEK, 20, won=2, queue="402")
    words = said(moves(board(store), NAMES), Kind.MOVED)[0]
    assert "more callers with queue “402”: 33 % of all, it was 0 %; of these 10 % were won back now." in words


def test_a_group_that_explains_little_is_not_blamed(store: MemoryStore, pen: Pen) -> None:
    for number in range(10):
        pen.week(WEEK.plus(-1), 10, won=6, queue=f"40{number}")
        pen.week(WEEK, 10, won=5, queue=f"40{number}")
    assert said(moves(board(store), NAMES), Kind.MOVED) == ["Recovery fell from 60 % to 50 %."]


def test_a_site_that_grew_is_named_as_a_place(store: MemoryStore) -> None:
    north, south = Pen(store, NORTH), Pen(store, SOUTH, written=10_000)
    for pen, before, now in ((north, 60, 30), (south, 20, 50)):
        share = 0.75 if pen is north else 0.25
        pen.week(WEEK.plus(-1), before, won=int(before * share))
        pen.week(WEEK, now, won=int(now * share))
    (finding,) = [f for f in moves(board(store, places=(NORTH, SOUTH)), NAMES) if "Recovery" in f.words]
    assert "fewer callers at Northside Clinic" in finding.words or "at Eastside Clinic" in finding.words


def test_others_too_few_to_compare_with_are_no_yardstick(store: MemoryStore, pen: Pen) -> None:
    pen.week(WEEK, 40, won=10)
    pen.week(WEEK, 2, won=2, did="2025550180")
    assert said(advice(board(store)), Kind.LOST) == []


def test_a_rate_that_hardly_moved_is_steady(store: MemoryStore, pen: Pen) -> None:
    pen.week(WEEK.plus(-1), 50, won=30)
    pen.week(WEEK, 50, won=31)
    assert said(moves(board(store), NAMES), Kind.MOVED) == ["Recovery is steady at 62 % (before: 60 %)."]


def test_more_missed_callers_come_with_the_hour_that_grew(store: MemoryStore, pen: Pen) -> None:
    pen.week(WEEK.plus(-1), 20, won=10)
    pen.week(WEEK, 90, won=45)
    (words,) = [w for w in said(moves(board(store), NAMES), Kind.MOVED) if "missed callers" in w]
    assert words.startswith(
        "70 more missed callers than before: 90, it was 20. The largest change: Mondays 10–11 am (+"
    )


# ---------------------------------------------------------------- what drifted


def _usual(pen: Pen, **changes: object) -> None:
    for week in BASE:
        pen.week(week, 60, replied=36, won=40, **changes)  # type: ignore[arg-type]


def test_nothing_drifts_where_all_is_as_usual(store: MemoryStore, pen: Pen) -> None:
    _usual(pen)
    pen.week(WEEK, 60, replied=35, won=40)
    assert drift(board(store), NAMES) == []


def test_replies_that_fall_are_called_out_and_small_numbers_are_not(store: MemoryStore, pen: Pen) -> None:
    _usual(pen)
    pen.week(WEEK, 60, replied=12, won=40)
    assert said(drift(board(store), NAMES), Kind.REPLIES) == [
        "Fewer callers answer the text: 20 % (12 of 60), it was 60 % in the 4 weeks before."
    ]
    few = MemoryStore()
    other = Pen(few)
    _usual(other)
    other.week(WEEK, 8, replied=0)
    assert said(drift(board(few), NAMES), Kind.REPLIES) == []


def test_a_clinic_of_two_weeks_is_not_told_that_nothing_drifts(store: MemoryStore, pen: Pen) -> None:
    pen.week(WEEK.plus(-1), 60, replied=36, won=40)
    pen.week(WEEK, 60, replied=36, won=40)
    assert not make_digest(board(store), NAMES).can_tell


def test_a_week_that_goes_on_drifts_nowhere_yet(store: MemoryStore, pen: Pen) -> None:
    _usual(pen)
    pen.week(WEEK, 60, replied=1)
    assert drift(board(store, now=WEEK.span(NORTH.zone).ends.replace(day=7)), NAMES) == []


def test_a_template_that_stopped_working_is_stale_though_replies_as_a_whole_hold(
    store: MemoryStore, pen: Pen
) -> None:
    for week in BASE:
        pen.week(week, 40, replied=24, template="first-closed")
        pen.week(week, 80, replied=48)
    pen.week(WEEK, 40, replied=6, template="first-closed")
    pen.week(WEEK, 80, replied=52)
    (finding,) = [f for f in drift(board(store), NAMES) if f.kind is Kind.TEMPLATE]
    assert "“first-closed” works less well than it did: 15\u00a0% of 40" in finding.words
    assert finding.ask == Ask(show=Measure.TEXTED, by=Dimension.TEMPLATE, value="first-closed")


def test_words_that_nobody_understood_are_counted_and_never_quoted(store: MemoryStore, pen: Pen) -> None:
    pen.week(WEEK, 40, replied=20)
    pen.week(WEEK, 6, replied=6, intent=Intent.UNKNOWN)
    (finding,) = [f for f in drift(board(store), NAMES) if f.kind is Kind.WORDS]
    assert finding.words.startswith("6 of 26 callers who answered used words that were not understood")
    assert finding.ask == Ask(show=Measure.REPLIED, by=Dimension.INTENT, value=Intent.UNKNOWN)


def test_a_site_a_number_and_a_carrier_that_went_quiet_are_called_out(store: MemoryStore) -> None:
    north, south = Pen(store, NORTH), Pen(store, SOUTH, written=10_000)
    for week in BASE:
        north.week(week, 40, replied=24)
        north.week(week, 10, replied=6, did="2025550177")
        south.week(week, 60, replied=36, did="2025550199")
    north.week(WEEK, 40, replied=24, receipts=False)
    south.week(WEEK, 2, replied=1, did="2025550199", receipts=False)
    found = drift(board(store, places=(NORTH, SOUTH)), NAMES)
    quiet = said(found, Kind.QUIET)
    assert quiet[0].startswith(
        "Eastside Clinic has gone quiet: 2 calls all week, about 60 in each of the 4 weeks"
    )
    assert quiet[1].startswith("No missed call at all on the number ending in 0177, about 10 a week before.")
    assert quiet[2].startswith(
        "The carrier reported none of 42 texts as delivered; before, it did so for 100 %."
    )
    assert found[0].site == SOUTH.site


# ---------------------------------------------------------------- what to fix


def test_the_hours_that_miss_most_come_with_their_calls(store: MemoryStore, pen: Pen) -> None:
    pen.week(WEEK, 90, won=45)
    pen.answered(WEEK, 10)
    hours = said(advice(board(store)), Kind.HOURS)
    assert len(hours) == 3
    assert hours[0].startswith("Mondays 8–9 am: 2 of 12 calls missed, 2 % of all that are missed.")


def test_the_group_that_is_lost_most_and_late_and_missing_texts_are_named(
    store: MemoryStore, pen: Pen
) -> None:
    pen.week(WEEK, 60, won=48)
    pen.week(WEEK, 40, texted=10, won=8, reason="voicemail")
    found = advice(board(store))
    assert said(found, Kind.LOST) == [
        "Callers with reason “fell to voicemail” are won back more rarely: 20 % (8 of 40), all others 80 %."
    ]
    assert said(found, Kind.UNTEXTED)[0].startswith("30 of 100 missed callers got no text")
    assert said(found, Kind.LATE) == []


# ---------------------------------------------------------------- words and numbers


def test_a_digest_puts_it_all_together(store: MemoryStore, pen: Pen) -> None:
    _usual(pen)
    pen.week(WEEK, 60, replied=12, won=40)
    digest = make_digest(board(store), NAMES)
    assert [line.name for line in digest.lines][:5] == [
        "Recovery rate", "Time to first text", "Self-scheduling", "Urgent to a nurse", "Unrecovered",
    ]  # fmt: skip
    assert digest.lines[1].value == "2.4 s"
    assert digest.lines[2].counted == "nobody asked to book"
    assert digest.can_tell
    assert [finding.kind for finding in digest.drifted] == [Kind.REPLIES]


@given(st.integers(0, 500), st.integers(0, 500), st.integers(0, 500), st.integers(0, 500))
def test_a_rate_never_falls_both_ways(a: int, b: int, c: int, d: int) -> None:
    one = Rate(numerator=min(a, b), denominator=b)
    other = Rate(numerator=min(c, d), denominator=d)
    assert not (fell(one, other, points=5) and fell(other, one, points=5))


@given(st.timedeltas(min_value=after(WEEK) - after(WEEK), max_value=after(WEEK) - after(WEEK.plus(-2))))
def test_two_digits_round_up_and_by_no_more_than_a_tenth(wait: object) -> None:
    rounded = two_digits(wait) / 1000  # type: ignore[arg-type]
    seconds = wait.total_seconds()  # type: ignore[attr-defined]
    assert seconds <= rounded + 1e-9
    assert rounded <= max(seconds * 1.1, seconds + 0.001) + 1e-9
    assert wait_class(wait) == "more" or rounded <= float(wait_class(wait))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("hour", "name"),
    [(0, "12–1 am"), (8, "8–9 am"), (11, "11 am–12 pm"), (12, "12–1 pm"), (23, "11 pm–12 am")],
)
def test_hours_are_said_as_people_say_them(hour: int, name: str) -> None:
    assert hour_name(hour) == name


def test_moves_and_times_are_said_plainly() -> None:
    assert [up_or_down(n) for n in (None, 0, 1, -6)] == ["", "unchanged", "up 1 point", "down 6 points"]
    assert [said_seconds(n) for n in (2.4, 75.0, 720.0, 11520.0)] == ["2.4 s", "75 s", "12 min", "3.2 h"]


@pytest.mark.parametrize("show", [*Measure, *CALLS])
@pytest.mark.parametrize("by", ["", *Dimension, "hour"])
def test_every_number_that_can_be_asked_for_has_rows_and_a_title(show: str, by: str) -> None:
    ask = Ask(show=show, by=by, value="0-9" if by == "hour" else "x" if by else "")
    try:
        ask.rows((NORTH,), (WEEK,))
    except ValueError:
        assert (by == "hour") is (show not in CALLS) or by in set(Dimension) - {Dimension.REASON}
    else:
        assert title(ask)


@pytest.mark.parametrize("value", ["", "7-0", "0-24", "0", "a-b", "-1-3", "²-1"])
def test_an_hour_that_does_not_exist_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="hour of the week"):
        Ask(show="calls-missed", by="hour", value=value).rows((NORTH,), (WEEK,))
