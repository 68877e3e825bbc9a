"""Server-sent events: tells an open screen which of its pieces have changed. It never carries data of its own."""

import re
from collections.abc import AsyncIterator

from starlette.responses import Response, StreamingResponse

from secondring.domain.ids import EpisodeId
from secondring.domain.ports import CALLS, URGENT, WORK, Books, episode_topic
from secondring.domain.staff import is_alive
from secondring.web.screens import EVERYBODY, Refused, Visit, page

TOPICS = frozenset({WORK, URGENT, CALLS})
BREATH = 10.0
"""Seconds of silence after which the session is looked at again, and a comment keeps the connection open."""
_EPISODE = re.compile(r"E-[a-z0-9]{1,20}")


async def follow(visit: Visit) -> Response:
    """`?topics=work,urgent,calls` and `?episode=E-...`: an event named after each that changes."""
    asked = visit.request.query_params
    topics = set(asked.get("topics", "").split(",")) & TOPICS
    story = await _story(visit, asked.get("episode", ""))
    if story is not None:
        topics.add(episode_topic(story))
    if not topics:
        raise Refused(400, "Nothing to follow.")
    if not visit.desk.streams.has_room(visit.session.token_hash):
        raise Refused(429, "Too many open screens.")
    return StreamingResponse(
        _events(visit, frozenset(topics), story),
        media_type="text/event-stream",
        headers={"x-accel-buffering": "no"},
    )


async def _story(visit: Visit, wanted: str) -> EpisodeId | None:
    if not _EPISODE.fullmatch(wanted):
        return None
    episode = await visit.read(lambda books: books.episode(EpisodeId(wanted)))
    if episode is None:
        return None
    visit.require_site(episode.site)
    return episode.id


async def _events(visit: Visit, topics: frozenset[str], story: EpisodeId | None) -> AsyncIterator[str]:
    visit.desk.streams.take(visit.session.token_hash)
    try:
        with visit.desk.changes.subscribed(topics, story) as screen:
            # Whatever changed between the drawing of the page and now is fetched on this first word.
            yield "retry: 2000\nevent: hello\ndata:\n\n"
            while not screen.closed:
                changed = await screen.next(BREATH)
                if not await _still_signed_in(visit):
                    yield "event: signed-out\ndata:\n\n"
                    return
                for topic in sorted(changed):
                    yield f"event: {topic.partition(':')[0]}\ndata:\n\n"
                if not changed:
                    yield ": still here\n\n"
    finally:
        visit.desk.streams.give_back(visit.session.token_hash)


async def _still_signed_in(visit: Visit) -> bool:
    """Sessions end while screens are open: by time, by hand, with their user."""
    session_name = visit.session.token_hash

    def look(books: Books) -> bool:
        session = books.session(session_name)
        user = books.user(visit.user.id)
        if session is None or user is None:
            return False
        return is_alive(session, user, visit.desk.logins, visit.desk.clock())

    return await visit.desk.glance(look)


SCREENS = (page("/live", follow, EVERYBODY),)
