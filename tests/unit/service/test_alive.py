"""What a process says of itself in the books."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, cast

import pytest

from secondring.domain import health, pulse
from secondring.domain.health import Finding
from secondring.domain.ports import Books
from secondring.domain.pulse import Service, State
from secondring.heart import Heart
from secondring.sdnotify import Notifier
from secondring.service import alive
from secondring.service.role import Role
from secondring.store.memory import MemoryStore
from secondring.wiring import now
from secondring.writer import Writer


class QuietHeart:
    def beats(self) -> None:
        """All is well."""


async def beaten(command: str, *services: Service, stopped: bool = False) -> MemoryStore:
    roles = [Role(service=service, parts={}, status=lambda: "") for service in services]
    return await beaten_by(roles, command, stopped=stopped)


async def beaten_by(roles: Sequence[Role], command: str, *, stopped: bool = False) -> MemoryStore:
    store = MemoryStore()

    async def write(work: Callable[[Books], Any]) -> Any:
        with store.transaction() as books:
            return work(books)

    await alive.beat(cast("Writer", write), roles, cast("Heart", QuietHeart()), command, stopped=stopped)
    return store


class Told:
    """The line that `systemctl status` would show."""

    def __init__(self) -> None:
        self.line = ""
        self.changed = asyncio.Event()

    def alive(self) -> None:
        """The watchdog does not matter here."""

    def status(self, text: str) -> None:
        self.line = text
        self.changed.set()


async def test_a_link_that_comes_is_told_long_before_the_watchdog_is_due(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", str(3_600_000_000))
    monkeypatch.setattr(alive, "LOOK_EVERY", timedelta(milliseconds=5))
    told, stands = Told(), ["no link"]
    telling = asyncio.create_task(alive.tell_alive(cast("Notifier", told), lambda: stands[-1]))
    await told.changed.wait()
    told.changed.clear()
    stands.append("listening")
    await told.changed.wait()
    assert told.line == "listening"
    telling.cancel()


async def test_a_gateway_that_is_a_centre_too_keeps_what_its_carrier_says() -> None:
    ill = Finding("carrier", "Text carrier", health.State.BAD, "does not answer")
    texting = Role(service=Service.GATEWAY, parts={}, status=lambda: "", findings=lambda: [ill])
    centre = Role(service=Service.GATEWAY, parts={}, status=lambda: "")
    store = await beaten_by([texting, centre], "gateway")
    with store.reading() as books:
        assert health.from_pulse(pulse.last(books, Service.GATEWAY), now()) == {"carrier": ill}


async def test_who_is_told_of_a_stop_knows_whether_it_was_all_of_them() -> None:
    whole, apart = await beaten("run", *Service, stopped=True), await beaten("agi", Service.AGI, stopped=True)
    with whole.reading() as books:
        assert {pulse.last(books, service).by for service in Service} == {"run"}  # type: ignore[union-attr]
        assert not pulse.are_apart(books, now())
    with apart.reading() as books:
        found = pulse.last(books, Service.AGI)
        assert found is not None
        assert (found.by, found.state) == ("agi", State.STOPPED)
        assert pulse.are_apart(books, now())
