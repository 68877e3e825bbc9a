"""What `secondring doctor` says of the booking page."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

from config.settings import BookingSettings, Settings
from secondring.doctor.booking import booking_checks
from secondring.doctor.findings import Finding, carried_out
from secondring.domain.rules import BookingRules, Rules
from tests.support.booking import TIMETABLE, BookingClinic, booking_site
from tests.support.booking_page import free_port, served, shop_of
from tests.support.clinic import some_rules
from tests.unit.config.conftest import configure


def settings_of(address: str, *, public: str = "", horizon: timedelta = timedelta(days=14)) -> Settings:
    """A clinic whose page listens there."""
    port = int(address.rpartition(":")[2])
    rules: Rules = replace(
        some_rules(booking_site(timetable=replace(TIMETABLE, horizon=horizon))),
        booking=BookingRules(public_url=public or address),
    )
    listen = BookingSettings(
        host="127.0.0.1", port=port, certificate=None, certificate_key=None, proxies=(), per_minute=100
    )
    return replace(configure(), rules=rules, booking=listen)


async def findings(settings: Settings) -> dict[str, Finding]:
    """Every finding by its name."""

    def look() -> dict[str, Finding]:
        return {named.name: named.finding for named in map(carried_out, booking_checks(settings))}

    return await asyncio.to_thread(look)


@asynccontextmanager
async def another_service() -> AsyncIterator[str]:
    """Something that speaks HTTP and is not ours."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    server.close()
    await server.wait_closed()


async def test_a_page_that_is_well() -> None:
    async with served(shop_of(BookingClinic())) as url:
        found = await findings(settings_of(url))
    assert {name: finding.ok for name, finding in found.items()} == {
        "calendars": True,
        "booking page": True,
        "booking page from outside": True,
    }


async def test_a_page_that_is_off_is_no_fault() -> None:
    found = await findings(configure())
    assert {finding.ok for finding in found.values()} == {None}


async def test_a_page_that_is_down() -> None:
    found = await findings(settings_of(f"http://127.0.0.1:{free_port()}"))
    assert found["booking page"].ok is False
    assert "systemctl start" in found["booking page"].remedy
    assert found["booking page from outside"].ok is None


async def test_somebody_elses_page() -> None:
    async with another_service() as url:
        found = await findings(settings_of(url))
    assert found["booking page"].ok is False
    assert "something else answers" in found["booking page from outside"].evidence


async def test_a_calendar_without_any_time() -> None:
    found = await findings(settings_of(f"http://127.0.0.1:{free_port()}", horizon=timedelta(0)))
    assert "no time at all is open for north checkup" in found["calendars"].evidence
