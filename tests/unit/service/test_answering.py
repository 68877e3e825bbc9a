"""FastAGI as a part of the service: it serves, and does without a port that somebody else has."""

import asyncio
import socket
from dataclasses import replace
from typing import cast

import pytest

from agi.desk import CallDesk
from config.settings import AgiSettings
from secondring import answering
from secondring.answering import CallServer
from tests.support.fake_asterisk import FakeAsterisk
from tests.support.until import until
from tests.unit.agi.test_server import Desk
from tests.unit.config.conftest import configure


def a_server(port: int) -> CallServer:
    where = AgiSettings(listen="127.0.0.1", port=port, threads=2)
    return CallServer(replace(configure(), agi=where), cast("CallDesk", Desk()))


def ask(port: int) -> dict[str, str]:
    """What the script set; nothing while nobody listens."""
    try:
        with FakeAsterisk.calls(port) as asterisk:
            return asterisk.play()
    except ConnectionRefusedError:
        return {}


async def test_a_port_that_is_taken_is_tried_again_and_the_service_lives_on(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(answering, "TRY_AGAIN_SECONDS", 0.01)
    with socket.create_server(("127.0.0.1", 0)) as other:
        port: int = other.getsockname()[1]
        part = asyncio.create_task(a_server(port).run())
        await asyncio.to_thread(until, lambda: "cannot be had" in caplog.text)
        assert not part.done()
    said = await asyncio.to_thread(until, lambda: ask(port))
    assert said["SR_OK"] == "1"
    part.cancel()
    with pytest.raises(asyncio.CancelledError):
        await part
    assert ask(port) == {}
