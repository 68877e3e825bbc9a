"""The parts of a service live and die together."""

import asyncio
import os
import signal

import pytest

from secondring.domain.errors import LoginRefused
from secondring.running import run_together


async def for_ever(stopped: list[str], name: str) -> None:
    try:
        await asyncio.Event().wait()
    finally:
        stopped.append(name)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_stops_every_part(number: signal.Signals) -> None:
    stopped: list[str] = []

    def ready() -> None:
        asyncio.get_running_loop().call_soon(os.kill, os.getpid(), number)

    await run_together({"a": lambda: for_ever(stopped, "a"), "b": lambda: for_ever(stopped, "b")}, ready)
    assert sorted(stopped) == ["a", "b"]


async def test_a_part_that_fails_takes_the_others_with_it_and_is_told() -> None:
    stopped: list[str] = []

    async def fails() -> None:
        raise OSError("no more disk")

    with pytest.raises(OSError, match="no more disk"):
        await run_together({"a": lambda: for_ever(stopped, "a"), "b": fails}, ready=lambda: None)
    assert stopped == ["a"]


async def test_an_error_in_plain_words_is_left_to_whoever_tells_it(caplog: pytest.LogCaptureFixture) -> None:
    async def refused() -> None:
        raise LoginRefused("the PBX does not know us")

    with pytest.raises(LoginRefused):
        await run_together({"link": refused}, ready=lambda: None)
    assert caplog.records == []


async def test_every_part_has_begun_when_the_service_says_that_it_is_ready() -> None:
    began: list[str] = []

    async def opens_a_port(name: str) -> None:
        began.append(name)
        await asyncio.Event().wait()

    def ready() -> None:
        assert began == ["agi", "pages"]
        asyncio.get_running_loop().call_soon(os.kill, os.getpid(), signal.SIGTERM)

    await run_together({name: lambda name=name: opens_a_port(name) for name in ("agi", "pages")}, ready)  # type: ignore[misc]
    assert began == ["agi", "pages"]
