"""The dashboard: one sentence, the funnel, the trend, when calls are missed, what to fix, and the tables."""

from dataclasses import dataclass, replace
from typing import Any

from markupsafe import Markup
from starlette.responses import Response

from secondring.domain.advice import advice
from secondring.domain.board import PERIODS, Board, make_board
from secondring.domain.drift import drift
from secondring.domain.findings import Finding, out_of, percent, rate
from secondring.domain.lines import TYPICAL_S, lines, said_seconds
from secondring.domain.metrics import Rate, Report, report_of
from secondring.domain.metrics_rows import Ask
from secondring.domain.moves import headline, moves
from secondring.domain.tally import Measure, Tally
from secondring.domain.weeks import Week
from secondring.web.dashboard import tables
from secondring.web.dashboard.asked import Asked, asked
from secondring.web.dashboard.charts import NARROW, WIDE, Bar, Point, Scale, funnel, scale, trend
from secondring.web.screens import Visit

STAGES = (
    ("Missed", Measure.MISSED),
    ("Texted", Measure.TEXTED),
    ("Delivered", Measure.DELIVERED),
    ("Replied", Measure.REPLIED),
    ("Resolved", Measure.RESOLVED),
)
WEEKS_OFFERED = 26
NONE = "none"
"""What a week without anybody to count says."""


async def show(visit: Visit) -> Response:
    """The figures of some weeks."""
    return await _show(visit, "dashboard.html")


async def show_to_print(visit: Visit) -> Response:
    """The same on paper: what a meeting needs, on two pages."""
    return await _show(visit, "dashboard_week.html")


async def _show(visit: Visit, template: str) -> Response:
    wanted = asked(visit)
    board = await _board(visit, wanted)
    if "until" not in visit.request.query_params and not any(tally.numbers for _, tally in board.trend):
        # A clinic in its first week, or the demo: the weeks before have nothing to show, and this one may.
        wanted = replace(wanted, until=wanted.newest)
        board = await _board(visit, wanted)
    return visit.render(template, **context(board, wanted))


async def _board(visit: Visit, wanted: Asked) -> Board:
    return await visit.read(
        lambda books: make_board(books, wanted.places, wanted.until, wanted.weeks, visit.now)
    )


def context(board: Board, wanted: Asked) -> dict[str, Any]:
    """All that the templates say."""
    stages = _stages(board.total)
    return {
        "asked": wanted,
        "board": board,
        "headline": headline(board),
        "period": _period(wanted),
        "lines": lines(board),
        "stages": stages,
        "funnel": funnel(stages),
        "asks": [Ask(show=measure) for _, measure in STAGES],
        "otherwise": board.total.of(Measure.RECOVERED) - board.total.of(Measure.RESOLVED),
        "won_back": Ask(show=Measure.RECOVERED),
        "won_back_number": board.total.of(Measure.RECOVERED),
        "texted": Ask(show=Measure.TEXTED),
        "trends": _trends(board),
        "moves": moves(board, wanted.names),
        "drift": drift(board, wanted.names),
        "advice": advice(board),
        "heat": tables.heat(board),
        "waits": tables.waits(board),
        "groups": tables.groups(board),
        "sites": tables.sites(board, wanted.names) if len(board.places) > 1 else None,
        "excluded": tables.excluded(board),
        "periods": PERIODS,
        "weeks_offered": [wanted.newest.plus(-back) for back in range(WEEKS_OFFERED)],
        "finding_address": lambda finding: _finding_address(wanted, finding),
        # Drift is about the last week alone, however many are looked at.
        "drift_address": lambda finding: _finding_address(wanted, finding, weeks=1),
    }


def _finding_address(wanted: Asked, finding: Finding, **changes: object) -> str:
    """The rows behind a finding; nothing where it has none."""
    if finding.ask is None:
        return ""
    return wanted.rows(finding.ask, **changes, **({"site": finding.site} if finding.site else {}))


def _period(wanted: Asked) -> str:
    first, final = wanted.every_week[0].monday, wanted.until.sunday
    return f"Monday {first:%B} {first.day} to Sunday {final:%B} {final.day}, {final.year}"


def _stages(tally: Tally) -> list[Bar]:
    missed = tally.of(Measure.MISSED)
    return [
        Bar(name, number := tally.of(measure), _of(number, missed) if place else f"{number:,}")
        for place, (name, measure) in enumerate(STAGES)
    ]


def _of(number: int, whole: int) -> str:
    return f"{number:,} · {percent(Rate(numerator=number, denominator=whole))}"


# ---------------------------------------------------------------- trends


@dataclass(frozen=True, slots=True)
class Trend:
    """A drawing, its sentence, and its table."""

    name: str
    title: str
    counted: str
    drawing: Markup
    rows: list[tuple[Week, str, Ask]]

    @property
    def is_empty(self) -> bool:
        """True when no week has a value: axes alone say nothing."""
        return all(said == NONE for _, said, _ in self.rows)


def _trends(board: Board) -> list[Trend]:
    board = replace(board, trend=_since_the_first_call(board.trend))
    return [
        _share_trend(board, "recovery", "Recovery rate", Measure.RECOVERED, Measure.MISSED, "missed callers"),
        _count_trend(board),
        _wait_trend(board),
        _urgent_trend(board),
        _share_trend(board, "booked", "Self-scheduling", Measure.BOOKED, Measure.ASKED, "who asked to book"),
        _share_trend(
            board, "unrecovered", "Unrecovered", Measure.UNRECOVERED, Measure.MISSED, "missed callers"
        ),
    ]


def _since_the_first_call(weeks: tuple[tuple[Week, Tally], ...]) -> tuple[tuple[Week, Tally], ...]:
    """Weeks before anything was seen are no weeks of nought missed callers."""
    begun = next((n for n, (_, tally) in enumerate(weeks) if tally.numbers), len(weeks) - 1)
    return weeks[begun:]


def _share_trend(board: Board, name: str, title: str, part: Measure, whole: Measure, of: str) -> Trend:
    shares = [(week, rate(tally, part, whole)) for week, tally in board.trend]
    points = [
        Point(_short(week), None if share.value is None else round(share.value * 100, 1), _said(share))
        for week, share in shares
    ]
    earlier = [share for _, share in shares[:-1]]
    usual = Rate(
        numerator=sum(share.numerator for share in earlier),
        denominator=sum(share.denominator for share in earlier),
    )
    target = (
        None if usual.value is None else (usual.value * 100, f"{len(earlier)} weeks before: {percent(usual)}")
    )
    wide = WIDE if name == "recovery" else NARROW
    drawing = trend(f"trend-{name}", f"{title} by week", points, Scale("%", 100), target, wide=wide)
    rows = [(week, _said(share), Ask(show=part)) for week, share in shares]
    return Trend(name, title, f"of {of}, by the week they called", drawing, rows)


def _said(share: Rate) -> str:
    if share.value is None:
        return NONE
    return f"{percent(share)} ({share.numerator:,} of {share.denominator:,})"


def _count_trend(board: Board) -> Trend:
    counts = [(week, tally.of(Measure.MISSED)) for week, tally in board.trend]
    points = [Point(_short(week), float(number), f"{number:,}") for week, number in counts]
    drawing = trend("trend-missed", "Missed callers by week", points, scale(points, "", least=4))
    rows = [(week, f"{number:,}", Ask(show=Measure.MISSED)) for week, number in counts]
    return Trend("missed", "Missed callers", "each counted once in a window", drawing, rows)


def _wait_trend(board: Board) -> Trend:
    spreads = [(week, report_of(tally).time_to_first_text) for week, tally in board.trend]
    points = [
        Point(_short(week), spread.p50, NONE if spread.p50 is None else f"{spread.p50:g} s")
        for week, spread in spreads
    ]
    how = scale(points, "s", least=TYPICAL_S + 1)
    target = (float(TYPICAL_S), f"typical: {TYPICAL_S} s")
    drawing = trend(
        "trend-first-text", "Time to first text by week, the one in the middle", points, how, target
    )
    rows = [
        (
            week,
            NONE
            if spread.p50 is None
            else f"{spread.p50:g} s, 95 % within {spread.p95:g} s, {spread.count:,} texted",
            Ask(show=Measure.TEXTED),
        )
        for week, spread in spreads
    ]
    return Trend(
        "first-text", "Time to first text", "of callers texted, the one in the middle", drawing, rows
    )


def _urgent_trend(board: Board) -> Trend:
    reports = [(week, report_of(tally)) for week, tally in board.trend]
    points = [
        Point(
            _short(week),
            report.urgent.p50,
            NONE if report.urgent.p50 is None else said_seconds(report.urgent.p50),
        )
        for week, report in reports
    ]
    drawing = trend(
        "trend-urgent",
        "Urgent callers to a nurse by week, the one in the middle",
        points,
        scale(points, "s", least=60),
    )
    rows = [(week, _urgent_said(report), Ask(show=Measure.URGENT)) for week, report in reports]
    counted = "from URGENT to a nurse and the caller talking, the one in the middle"
    return Trend("urgent", "Urgent to a nurse", counted, drawing, rows)


def _urgent_said(report: Report) -> str:
    reached = report.urgent_reached
    if not reached.denominator:
        return NONE
    middle = "" if report.urgent.p50 is None else f"{said_seconds(report.urgent.p50)}, "
    return f"{middle}{out_of(reached)} spoken with"


def _short(week: Week) -> str:
    return f"{week.monday:%b} {week.monday.day}"
