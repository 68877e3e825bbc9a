"""Two hundred callers fight for fifty places, over HTTP, at two servers on one database."""

import asyncio
import random
import re
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from secondring.domain.booking import BookingState
from secondring.domain.records import Outcome
from secondring.store.sqlstore import SqlStore
from tests.support.booking_page import free_port
from tests.support.booking_rush import CLIENTS, PLACES, invite
from tests.support.books import DAY, KEY, NOW, new_database

ROOT = Path(__file__).parents[3]
AT_ONCE = 60
"""Connections held open to each server; the clients behind them queue, as they would at a proxy."""


@dataclass
class Rush:
    """What happened to the clients."""

    booked: list[str] = field(default_factory=list)
    left_with_nothing: list[str] = field(default_factory=list)
    lost_holds: list[str] = field(default_factory=list)
    too_late: int = 0


@dataclass(frozen=True)
class Servers:
    """Two processes on one database."""

    url: str
    addresses: list[str]
    running: "list[subprocess.Popen[bytes]]"


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[Servers]:
    url = new_database(tmp_path)
    ports = [free_port(), free_port()]
    running = [
        subprocess.Popen([sys.executable, "-m", "tests.support.booking_rush", url, str(port)], cwd=ROOT)
        for port in ports
    ]
    yield Servers(url, [f"http://127.0.0.1:{port}" for port in ports], running)
    for server in running:
        server.kill()
        server.wait()


async def _up(address: str) -> None:
    async with httpx.AsyncClient() as web, asyncio.timeout(60):
        while True:
            try:
                if (await web.get(f"{address}/healthz")).status_code == 200:
                    return
            except httpx.TransportError:
                await asyncio.sleep(0.05)


async def _client(web: httpx.AsyncClient, token: str, rush: Rush, chance: random.Random) -> None:
    """Look, choose, confirm; choose again when somebody was faster; give up when nothing is left."""
    while True:
        page = (await web.get(f"/b/{token}/times?lang=en")).text
        days = re.findall(r"day=(\d{4}-\d\d-\d\d)", page)
        if not days:
            assert "There is no open time" in page
            rush.left_with_nothing.append(token)
            return
        if chance.random() < 0.7:
            page = (await web.get(f"/b/{token}/times?lang=en&day={chance.choice(days)}")).text
        times = re.findall(r'name="time" value="(\d+)"', page)
        if not times:
            continue
        form = {"visit": "checkup", "time": chance.choice(times)}
        page = (await web.post(f"/b/{token}/hold?lang=en", data=form)).text
        held = re.search(r'name="booking" value="([^"]+)"', page)
        if held is None:
            assert "Someone else was faster" in page
            rush.too_late += 1
            continue
        page = (await web.post(f"/b/{token}/confirm?lang=en", data={"booking": held[1]})).text
        (rush.booked if "You are booked" in page else rush.lost_holds).append(token)
        return


async def test_fifty_places_are_booked_once_each(servers: Servers) -> None:
    url, addresses = servers.url, servers.addresses
    store = SqlStore(url, KEY)
    tokens = invite(store)
    rush, chance = Rush(), random.Random(7)
    limits = httpx.Limits(max_connections=AT_ONCE)
    await asyncio.gather(*map(_up, addresses))
    async with (
        httpx.AsyncClient(base_url=addresses[0], limits=limits, timeout=120, follow_redirects=True) as one,
        httpx.AsyncClient(base_url=addresses[1], limits=limits, timeout=120, follow_redirects=True) as other,
    ):
        at = (one, other)
        await asyncio.gather(
            *(
                _client(at[n % 2], token, rush, random.Random(chance.random()))
                for n, token in enumerate(tokens)
            )
        )

    assert (len(rush.booked), len(rush.left_with_nothing), rush.lost_holds) == (PLACES, CLIENTS - PLACES, [])
    assert rush.too_late > 0, "nobody fought for anything"
    with store.reading() as books:
        found = books.bookings(since=NOW, until=NOW + 30 * DAY, limit=1000)
        confirmed = [one for one in found if one.state is BookingState.CONFIRMED]
        assert len(confirmed) == len({one.episode for one in confirmed}) == PLACES
        assert max(Counter((one.starts_at, one.seat) for one in confirmed).values()) == 1
        assert set(Counter(one.starts_at for one in confirmed).values()) == {2}
        closed = [books.episode(one.episode) for one in confirmed]
        assert {episode.outcome for episode in closed if episode} == {Outcome.BOOKED}
        templates = [text.template for one in confirmed for text in books.texts_of(one.episode)]
        assert templates == ["booked"] * PLACES
        assert not [one for one in found if one.state is BookingState.HELD]
    store.close()
    _places_are_as_many_as_they_should(Path(url.removeprefix("sqlite:///")))


def _places_are_as_many_as_they_should(file: Path) -> None:
    connection = sqlite3.connect(file)
    (rows,) = connection.execute("SELECT count(*) FROM booking_places").fetchone()
    connection.close()
    assert rows == PLACES * 6


async def test_a_held_time_outlives_the_server_that_gave_it(servers: Servers) -> None:
    store = SqlStore(servers.url, KEY)
    token = invite(store)[0]
    await asyncio.gather(*map(_up, servers.addresses))
    async with httpx.AsyncClient(base_url=servers.addresses[0], follow_redirects=True) as web:
        page = (await web.get(f"/b/{token}/times")).text
        time = re.findall(r'name="time" value="(\d+)"', page)[0]
        page = (await web.post(f"/b/{token}/hold", data={"visit": "checkup", "time": time})).text
    (held,) = re.findall(r'name="booking" value="([^"]+)"', page)
    servers.running[0].kill()
    servers.running[0].wait()
    async with httpx.AsyncClient(base_url=servers.addresses[1], follow_redirects=True) as web:
        page = (await web.post(f"/b/{token}/confirm", data={"booking": held})).text
        assert "You are booked" in page
    store.close()
