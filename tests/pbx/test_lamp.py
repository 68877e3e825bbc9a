"""A lamp at the nurses' desk, on a real broker, follows a real caller on a real Asterisk."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from lab import triage
from lab.pbx import Pbx
from lab.phones import Phone, State
from lab.service import Service
from lab.triage import URGENT, accept, hear_each_other
from tests.integration.alarms.conftest import needs_mosquitto
from tests.support.mosquitto import PASSWORD, PUBLISHER, Mosquitto, Reader
from tests.support.until import until

pytestmark = needs_mosquitto
CALLER, NOBODYS = "+13125550191", "+13125550192"
SITE = "secondring/lab/northside"


@contextmanager
def listening(broker: Mosquitto) -> Iterator[Reader]:
    """A subscriber in a thread of its own: the phones of the lab are not asynchronous."""
    lamp, loop = Reader(broker.port), asyncio.new_event_loop()
    task = loop.create_task(lamp.run())

    def run() -> None:
        loop.run_until_complete(asyncio.gather(task, return_exceptions=True))
        loop.close()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield lamp
    finally:
        loop.call_soon_threadsafe(task.cancel)
        thread.join()


@pytest.fixture
def lamp(pbx: Pbx, tmp_path: Path) -> Iterator[Reader]:
    secret = tmp_path / "secret"
    secret.touch(0o600)
    secret.write_text(PASSWORD)
    with Mosquitto(tmp_path) as broker:
        mqtt = {
            "host": "127.0.0.1",
            "port": broker.port,
            "tls": False,
            "user": PUBLISHER,
            "password_file": str(secret),
        }
        with listening(broker) as reader, Service(pbx, config=triage.config() | {"mqtt": mqtt}) as service:
            triage.add_triage(pbx, service)
            yield reader
            assert PASSWORD not in service.log.read_text()
    until(lambda: pbx.channels() == 0, "every call is over")


def shows(lamp: Reader, state: str) -> None:
    until(
        lambda: lamp.last(f"{SITE}/urgent").get("state") == state, lambda: f"{state}: {lamp.raw}", timeout=30
    )


def test_a_lamp_follows_an_urgent_caller_and_names_nobody(pbx: Pbx, lamp: Reader) -> None:
    shows(lamp, "idle")
    with Phone.inside(pbx, "1001") as nurse, Phone.outside(pbx, CALLER) as caller:
        call = caller.call(URGENT).wait_for(State.TALKING)
        shows(lamp, "ringing")
        hear_each_other(accept(nurse), call)
        shows(lamp, "idle")
        call.hang_up()
    with Phone.outside(pbx, NOBODYS) as caller:
        caller.call(URGENT).wait_for(State.TALKING)
        shows(lamp, "left")
    events = lamp.on(f"{SITE}/urgent/event")
    first = [event["event"] for event in events if event["case"] == events[0]["case"]]
    assert first == ["trigger", "ringing", "accepted", "bridged", "connected"]
    assert [event["event"] for event in events if event["case"] != events[0]["case"]][-1] == "left"
    until(lambda: len(lamp.on(f"{SITE}/alarm")) == 2, lambda: f"alarms: {lamp.raw}")
    assert [alarm["kind"] for alarm in lamp.on(f"{SITE}/alarm")] == ["urgent-nobody", "urgent-left"]
    said = "\n".join(lamp.raw)
    assert not [planted for planted in (CALLER[1:], NOBODYS[1:], "1001") if planted in said]
