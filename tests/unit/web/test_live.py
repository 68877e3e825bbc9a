"""Open screens hear of every change within a second, of nothing else, and not beyond their log-in."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from secondring.domain.records import TaskState
from secondring.domain.staff import AuditEntry, Role
from secondring.web import live
from secondring.web.streams import STREAMS_EACH
from tests.support.pages import Browser, Pages
from tests.unit.web.test_work import missed


class Stream:
    """An event stream, read as it comes: httpx's ASGI transport would wait for its end."""

    def __init__(self, pages: Pages, browser: Browser, query: str) -> None:
        self._events: asyncio.Queue[str] = asyncio.Queue()
        self.status = 0
        cookie = "; ".join(f"{c.name}={c.value}" for c in browser.http.cookies.jar)
        self._scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "GET",
            "scheme": "https",
            "path": "/live",
            "raw_path": b"/live",
            "query_string": query.encode(),
            "root_path": "",
            "headers": [(b"host", b"127.0.0.1"), (b"cookie", cookie.encode())],
            "client": ("192.0.2.7", 4711),
            "server": ("127.0.0.1", 443),
        }
        self._gone = asyncio.Event()
        self._task = asyncio.create_task(pages.app(self._scope, self._receive, self._send))  # type: ignore[arg-type]

    async def _receive(self) -> dict[str, object]:
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: dict[str, object]) -> None:
        if message["type"] == "http.response.start":
            self.status = int(str(message["status"]))
        for line in bytes(message.get("body", b"")).decode().splitlines():  # type: ignore[call-overload]
            if line.startswith("event: "):
                self._events.put_nowait(line.removeprefix("event: "))

    async def next(self, within: float = 1.0) -> str | None:
        """The next event; None when none comes in that time."""
        with contextlib.suppress(TimeoutError):
            return await asyncio.wait_for(self._events.get(), within)
        return None

    async def close(self) -> None:
        self._gone.set()
        await asyncio.wait_for(self._task, 5)


@pytest.fixture
async def looking(pages: Pages) -> AsyncIterator[Pages]:
    """The pages with their eyes open."""
    looks = asyncio.create_task(pages.changes.run())
    yield pages
    looks.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await looks


async def opened(pages: Pages, browser: Browser, query: str = "topics=work") -> Stream:
    stream = Stream(pages, browser, query)
    assert await stream.next() == "hello"
    while await stream.next(0.7):
        """What changed before it was opened."""
    return stream


async def test_a_change_reaches_every_open_screen_within_a_second(looking: Pages) -> None:
    task = missed(looking)
    ana, cam = await looking.signed_in("ana"), await looking.signed_in("cam")
    streams = [await opened(looking, browser) for browser in (ana, cam, ana)]
    with looking.store.transaction() as books:
        books.save_task(replace(task, owner="ana", state=TaskState.TAKEN))
    assert [await stream.next() for stream in streams] == ["work"] * 3
    for stream in streams:
        await stream.close()
    assert looking.changes.screens == 0


async def test_it_hears_only_of_what_it_shows(looking: Pages) -> None:
    task = missed(looking)
    browser = await looking.signed_in("bo", Role.NURSE, Role.FRONT_DESK)
    board = await opened(looking, browser, "topics=urgent")
    story = await opened(looking, browser, f"topics=&episode={task.episode}")
    with looking.store.transaction() as books:
        books.save_task(replace(task, owner="ana", state=TaskState.TAKEN))
        books.add_audit(AuditEntry(at=looking.now, user=None, shown="", action="view", what="work list"))
    assert await story.next() == "episode"
    assert await board.next(0.7) is None
    await board.close()
    await story.close()


async def test_it_ends_when_the_session_does_and_does_not_keep_it_alive(
    looking: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "BREATH", 0.05)
    browser = await looking.signed_in()
    (session,) = looking.sessions()
    stream = await opened(looking, browser)
    looking.wait(minutes=31)
    assert await stream.next() == "signed-out"
    assert looking.sessions()[0].seen_at == session.seen_at
    await stream.close()


async def test_a_revoked_session_hears_no_more(looking: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "BREATH", 0.05)
    browser = await looking.signed_in()
    stream = await opened(looking, browser)
    with looking.store.transaction() as books:
        books.end_sessions(looking.saved().id, looking.now)
    assert await stream.next() == "signed-out"
    await stream.close()


async def test_screens_are_told_when_the_service_stops(pages: Pages) -> None:
    browser = await pages.signed_in()
    looks = asyncio.create_task(pages.changes.run())
    stream = await opened(pages, browser)
    looks.cancel()
    await asyncio.wait_for(stream._task, 5)


async def test_one_session_cannot_open_screens_without_end(looking: Pages) -> None:
    browser = await looking.signed_in()
    streams = [Stream(looking, browser, "topics=work") for _ in range(STREAMS_EACH)]
    for stream in streams:
        assert await stream.next() == "hello"
    assert (await browser.get("/live?topics=work")).status_code == 429
    for stream in streams:
        await stream.close()
    again = await opened(looking, browser)
    await again.close()


@pytest.mark.parametrize("query", ["", "topics=", "topics=everything", "topics=&episode=E-none"])
async def test_there_must_be_something_to_follow(pages: Pages, query: str) -> None:
    browser = await pages.signed_in()
    assert (await browser.get(f"/live?{query}")).status_code == 400
