"""Files for a spreadsheet, streamed: however many rows there are, a thousand of them are in memory."""

import csv
import io
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from starlette.responses import Response, StreamingResponse

from secondring.domain.ids import CallId, EpisodeId
from secondring.domain.metrics_rows import Ask, CallRows, EpisodeRows
from secondring.domain.ports import Books
from secondring.domain.records import Call, Episode
from secondring.domain.rules import Site
from secondring.domain.spreadsheet import cell
from secondring.domain.staff import masked_form
from secondring.web.dashboard.asked import Asked, asked
from secondring.web.dashboard.rows_page import asked_rows
from secondring.web.screens import Visit

BATCH = 1000
EPISODES = (
    "episode", "site", "missed_at", "reason", "queue", "number_called", "caller", "calls", "first_text",
    "seconds_to_first_text", "delivered_at", "replied_at", "wish", "asked_to_book_at", "urgent_at",
    "nurse_reached_at", "ended_at", "outcome",
)  # fmt: skip
CALLS = (
    "call", "site", "started_at", "ended_at", "verdict", "reason", "detail", "queue", "number_called", "caller",
    "episode",
)  # fmt: skip


async def export(visit: Visit) -> Response:
    """The rows of a number (all missed callers when none is named), with masked numbers, in the sites' own time."""
    wanted, ask = asked(visit), asked_rows(visit)
    await visit.seen(f"export: {ask.show}", site=wanted.chosen.id if wanted.chosen else None)
    name = f"secondring-{ask.show}-{wanted.every_week[0]}-to-{wanted.until}.csv"
    return StreamingResponse(
        _lines(visit, wanted, ask),
        media_type="text/csv; charset=utf-8",
        headers={"content-disposition": f'attachment; filename="{name}"'},
    )


async def _lines(visit: Visit, wanted: Asked, ask: Ask) -> AsyncIterator[str]:
    """Each batch is read in a transaction of its own, so that a slow download holds nobody up."""
    rows = ask.rows(wanted.places, wanted.every_week)
    # Excel takes a file for UTF-8 only when it begins with this mark.
    yield "\ufeff" + _csv([EPISODES if isinstance(rows, EpisodeRows) else CALLS])
    last: str | None = None
    while batch := await visit.read(_batch(rows, last)):
        last = str(batch[-1].id)
        yield _csv([_row(row, wanted) for row in batch])


def _batch(rows: EpisodeRows | CallRows, last: str | None) -> Callable[[Books], Sequence[Episode | Call]]:
    if isinstance(rows, EpisodeRows):
        episode = None if last is None else EpisodeId(last)
        return lambda books: books.episode_rows(rows, after=episode, limit=BATCH)
    call = None if last is None else CallId.parse(last)
    return lambda books: books.call_rows(rows, after=call, limit=BATCH)


def _csv(rows: Sequence[Sequence[object]]) -> str:
    out = io.StringIO()
    csv.writer(out).writerows([cell(value) for value in row] for row in rows)
    return out.getvalue()


def _row(row: Episode | Call, wanted: Asked) -> Sequence[object]:
    site = wanted.site(row.site)
    return _episode(row, site) if isinstance(row, Episode) else _call(row, site)


def _episode(row: Episode, site: Site) -> Sequence[object]:
    wait = (row.texted_at - row.opened_at).total_seconds() if row.texted_at else None
    return (
        row.id, row.site, _time(row.opened_at, site), row.reason, row.queue, row.did,
        masked_form(row.caller, site.region), row.calls, row.template, None if wait is None else round(wait, 3),
        _time(row.delivered_at, site), _time(row.replied_at, site), row.intent, _time(row.booking_asked_at, site),
        _time(row.urgent_at, site), _time(row.urgent_reached_at, site), _time(row.closed_at, site), row.outcome,
    )  # fmt: skip


def _call(row: Call, site: Site) -> Sequence[object]:
    return (
        row.id, row.site, _time(row.started_at, site), _time(row.ended_at, site), row.verdict, row.reason, row.detail,
        row.queue, row.did, masked_form(row.caller, site.region), row.episode,
    )  # fmt: skip


def _time(at: datetime | None, site: Site) -> str | None:
    return at.astimezone(ZoneInfo(site.hours.zone)).strftime("%Y-%m-%d %H:%M:%S") if at else None
