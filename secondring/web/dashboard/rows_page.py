"""The rows behind a number, a page at a time."""

from starlette.responses import Response

from secondring.domain.ids import CallId, EpisodeId
from secondring.domain.labels import title
from secondring.domain.metrics_rows import Ask, EpisodeRows
from secondring.domain.ports import Books
from secondring.domain.records import Call, Episode
from secondring.domain.tally import Tally, add
from secondring.domain.tallying import by_week
from secondring.web.dashboard.asked import Asked, asked
from secondring.web.screens import Visit, not_here
from secondring.web.work import WORKERS

A_PAGE = 50
LONGEST_VALUE = 200
Found = tuple[list[Episode], list[Call], int | None]


async def show_rows(visit: Visit) -> Response:
    """Episodes or calls, newest first. Numbers are masked; that they were looked at is written down."""
    wanted, ask = asked(visit), asked_rows(visit)
    after = visit.request.query_params.get("after", "")[:LONGEST_VALUE]
    found = await visit.read(lambda books: _look(books, wanted, ask, after, visit))
    episodes, calls, total = found
    more = len(episodes or calls) > A_PAGE
    await visit.seen(f"figures: {ask.show}", site=wanted.chosen.id if wanted.chosen else None)
    last = (episodes or calls)[A_PAGE - 1].id if more else None
    return visit.render(
        "dashboard_rows.html",
        asked=wanted,
        title=title(ask),
        tells=visit.user.may(WORKERS),
        total=total,
        episodes=episodes[:A_PAGE],
        calls=calls[:A_PAGE],
        older=wanted.rows(ask, after=str(last)) if last else "",
        newest=wanted.rows(ask) if after else "",
    )


def asked_rows(visit: Visit) -> Ask:
    """The number that the address names; there is nothing here when it names none."""
    query = visit.request.query_params
    ask = Ask(
        show=query.get("show", "missed"), by=query.get("by", ""), value=query.get("value", "")[:LONGEST_VALUE]
    )
    try:
        ask.rows((), ())
        ask.count(Tally({}))
        title(ask)
    except (ValueError, KeyError):
        not_here()
    return ask


def _look(books: Books, wanted: Asked, ask: Ask, after: str, visit: Visit) -> Found:
    total = _total(books, wanted, ask, visit)
    if total == 0:
        return [], [], 0
    rows = ask.rows(wanted.places, wanted.every_week)
    if isinstance(rows, EpisodeRows):
        found = books.episode_rows(rows, after=EpisodeId(after) if after else None, limit=A_PAGE + 1)
        return found, [], total
    try:
        last = CallId.parse(after) if after else None
    except ValueError:
        not_here()
    return [], books.call_rows(rows, after=last, limit=A_PAGE + 1), total


def _total(books: Books, wanted: Asked, ask: Ask, visit: Visit) -> int | None:
    """How many there are, from the same tallies as the figure itself."""
    weeks = wanted.every_week
    found = (by_week(books, place, weeks, visit.now).values() for place in wanted.places)
    return ask.count(add(tally for tallies in found for tally in tallies))
