"""The work list: one row for each thing that a person must do, most urgent first."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from markupsafe import Markup
from starlette.responses import Response

from secondring.domain import worklist
from secondring.domain.handling import SNOOZES, mark
from secondring.domain.ids import EpisodeId, SiteId
from secondring.domain.ports import Books
from secondring.domain.records import Episode
from secondring.domain.rules import QUEUES
from secondring.domain.staff import Role
from secondring.domain.worklist import Row, queues_for
from secondring.web.drawing import piece
from secondring.web.screens import Visit, page
from secondring.web.silence import silence
from secondring.web.tokens import form_token

WORKERS = frozenset({Role.FRONT_DESK, Role.BILLING, Role.NURSE, Role.MANAGER})
ON_A_PAGE = 100
LOOK_BACK = timedelta(days=7)

QUEUE_WORDS = {
    "front-desk": "Front desk",
    "billing": "Billing",
    "care-team": "Care team",
    "triage": "Triage",
}
RESULT_WORDS = {
    "spoke": "Spoke with them",
    "booked": "Booked",
    "resolved": "Resolved without a call",
    "no-contact": "Not reached: try again later",
}
SNOOZE_WORDS = dict(zip(SNOOZES, ("15 minutes", "1 hour", "next opening on another day"), strict=True))


@dataclass(frozen=True, slots=True)
class List:
    """What is on the screen."""

    generation: int
    """Of which the rows are; 0: of none that is kept."""
    rows: list[Row]
    hidden: int
    to_do: int
    late: int
    names: Mapping[str, str]
    """How people who have a row are shown."""
    silence: str
    """Why the list may not be all there is."""
    last_call: datetime | None
    last_episode: Episode | None


def chosen_queue(visit: Visit) -> str:
    """The queue they look at; empty for all that they may see."""
    wanted = visit.request.query_params.get("queue", "")
    return wanted if wanted in queues_for(visit.user) else ""


def names_of(books: Books) -> dict[str, str]:
    """How each user is shown to colleagues, by log-in name."""
    return {user.name: user.shown for user in books.users()}


def look(books: Books, visit: Visit, queue: str) -> List:
    """Read the list."""
    desk = visit.desk
    generation, every = (
        desk.work_rows.look(visit.now)
        if desk.work_rows
        else (0, worklist.rows(books, books.tasks(), desk.rules, visit.now))
    )
    sites = {site.id for site in desk.rules.sites if visit.shows(site.id)}
    queues = {name for name in queues_for(visit.user) if queue in ("", name)}
    rows = [row for row in every if row.task.site in sites and row.task.queue in queues]
    to_do, late = worklist.count(rows)
    until = visit.now + timedelta(minutes=1)
    calls = books.calls(since=visit.now - LOOK_BACK, until=until, limit=1)
    episodes = [] if rows else books.episodes(since=visit.now - LOOK_BACK, until=until, limit=20)
    return List(
        generation=generation,
        rows=rows[:ON_A_PAGE],
        hidden=max(len(rows) - ON_A_PAGE, 0),
        to_do=to_do,
        late=late,
        names=names_of(books),
        silence=silence(books, visit),
        last_call=calls[0].started_at if calls else None,
        last_episode=next((episode for episode in episodes if visit.shows(episode.site)), None),
    )


def _drawn(visit: Visit, found: List, query: str) -> Markup:
    """The rows. The same pieces of HTML serve everybody to whom they look the same; the form's token is their own."""
    cache, me = visit.desk.row_cache, visit.user.name
    common = {
        "many_sites": len(visit.sites()) > 1,
        "can_call": visit.desk.telephone is not None,
        "query": query,
        "now": visit.now,
        "mark": mark,
        "csrf": cache.token,
        "queue_words": QUEUE_WORDS,
    }

    def one(row: Row) -> str:
        owner = row.task.owner or ""
        own = {"row": row, "mine": owner == me, "owner": found.names.get(owner, owner)}
        if not found.generation:
            return piece("row.html", common | own)
        key = (row.task.id, own["mine"], own["owner"], common["many_sites"], common["can_call"], query)
        return cache.get(found.generation, key, lambda: piece("row.html", common | own))

    drawn = "".join(one(row) for row in found.rows)
    return Markup(drawn.replace(cache.token, form_token(visit.token)))  # noqa: S704 - drawn with all escaped


async def show(visit: Visit) -> Response:
    """The whole page."""
    return await _draw(visit, "work.html")


async def rows(visit: Visit) -> Response:
    """The rows alone, for a screen that follows what happens."""
    return await _draw(visit, "rows.html")


async def _draw(visit: Visit, template: str) -> Response:
    queue = chosen_queue(visit)
    found = await visit.read(lambda books: look(books, visit, queue))
    await note_views(visit, {row.episode.id: row.episode.site for row in found.rows}, "work list")
    site = visit.chosen_site()
    query = f"?site={site.id if site else ''}&queue={queue}"
    return visit.render(
        template,
        list=found,
        drawn=_drawn(visit, found, query),
        site=site or visit.sites()[0] if visit.sites() else visit.desk.rules.sites[0],
        chosen=site,
        queue=queue,
        queues=[name for name in QUEUES if name in queues_for(visit.user)],
        query=query,
        queue_words=QUEUE_WORDS,
        result_words=RESULT_WORDS,
        snooze_words=SNOOZE_WORDS,
    )


async def note_views(visit: Visit, sites: Mapping[EpisodeId, SiteId], what: str) -> None:
    """Each caller that a session is shown in a list is written down once, before they are shown."""
    fresh = visit.desk.shown.new(visit.session.token_hash, sites)
    if not fresh:
        return
    entries = [
        visit.entry("view", what, about=episode, site=site)
        for episode, site in sites.items()
        if episode in fresh
    ]

    def keep(books: Books) -> None:
        for entry in entries:
            books.add_audit(entry)

    await visit.write(keep)
    visit.desk.shown.add(visit.session.token_hash, fresh)


SCREENS = (page("/work", show, WORKERS), page("/work/rows", rows, WORKERS))
