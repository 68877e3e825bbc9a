"""The link to a real mosquitto: lamps come back after every outage, alarms say when they were not taken."""

import asyncio
import gc
import ssl
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from secondring.bus import mqtt
from secondring.bus.client import Broker, Session, once
from secondring.bus.mqtt import QUEUE, MqttLink
from secondring.domain.errors import PeerError
from tests.integration.alarms.conftest import needs_mosquitto
from tests.support.certificates import Certificate, loopback_certificate
from tests.support.fake_ami import until
from tests.support.mosquitto import PASSWORD, PUBLISHER, Mosquitto, Reader

pytestmark = [
    needs_mosquitto,
    # paho leaves a socket whose handshake failed to the garbage collector, which closes it, with this warning.
    pytest.mark.filterwarnings("ignore:unclosed <ssl.SSLSocket:ResourceWarning"),
]
STATUS, LAMP, EVENTS = (
    "secondring/pbx/status",
    "secondring/pbx/north/urgent",
    "secondring/pbx/north/urgent/event",
)


def ours(running: Mosquitto) -> Broker:
    return Broker(host="127.0.0.1", port=running.port, pbx="pbx", user=PUBLISHER, password=PASSWORD)


def open_files() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


@asynccontextmanager
async def linked(link: MqttLink) -> AsyncIterator[None]:
    """The link runs, whether it gets through or not."""
    running = asyncio.create_task(link.run())
    try:
        yield
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(mqtt, "PAUSES", (0.05,))
    monkeypatch.setattr(mqtt, "LINK_SECONDS", 0.05)
    yield
    gc.collect()  # while the warning is expected, and not in somebody else's test


async def test_a_lamp_and_what_happens(broker: Mosquitto, reader: Reader) -> None:
    link = MqttLink(ours(broker))
    async with linked(link):
        await until(lambda: link.is_up)
        link.show(LAMP, {"state": "idle"})
        link.tell(EVENTS, {"event": "trigger"})
        link.show(LAMP, {"state": "ringing"})
        await link.publish("secondring/pbx/north/alarm", {"kind": "store"})
        await until(lambda: reader.last(LAMP).get("state") == "ringing" and reader.on(EVENTS) != [])
        assert reader.on(EVENTS) == [{"v": 1, "event": "trigger"}]
        assert reader.on("secondring/pbx/north/alarm") == [{"v": 1, "kind": "store"}]
        assert reader.last(STATUS) == {"v": 1, "state": "online"}
    await until(lambda: reader.last(STATUS)["state"] == "offline", "a clean leave")


async def test_who_comes_later_sees_the_lamp_and_not_what_is_over(broker: Mosquitto) -> None:
    link = MqttLink(ours(broker))
    async with linked(link):
        link.show(LAMP, {"state": "left"})
        link.tell(EVENTS, {"event": "left"})
        await until(lambda: link.is_up and not link._waiting and not link._to_show)
        late = Reader(broker.port)
        listening = asyncio.create_task(late.run())
        await until(lambda: late.last(LAMP) != {} and late.last(STATUS) != {})
        assert [(topic, retained) for topic, _, retained in late.heard if "status" not in topic] == [
            (LAMP, True)
        ]
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)


async def test_a_broker_that_dies_costs_nothing_but_the_lamp(
    broker: Mosquitto, reader: Reader, caplog: pytest.LogCaptureFixture
) -> None:
    link = MqttLink(ours(broker))
    async with linked(link):
        link.show(LAMP, {"state": "idle"})
        await until(lambda: reader.last(LAMP).get("state") == "idle")
        broker.kill()
        await until(lambda: not link.is_up)
        with pytest.raises(PeerError, match="no link to the MQTT broker"):
            await link.publish("secondring/pbx/alarm", {})
        link.show(LAMP, {"state": "ringing"})
        for number in range(QUEUE + 50):
            link.tell(EVENTS, {"number": number})
        assert len(link._waiting) == QUEUE
        reader.heard.clear()
        broker.start()
        await until(lambda: reader.last(EVENTS).get("number") == QUEUE + 49)
        assert reader.last(LAMP) == {"v": 1, "state": "ringing"}
        assert reader.last(STATUS) == {"v": 1, "state": "online"}
    warnings = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert len(warnings) == 1, "an outage is told of once"


async def test_a_service_that_dies_is_seen_by_its_last_will(broker: Mosquitto, reader: Reader) -> None:
    script = (
        "import asyncio, sys\n"
        "from secondring.bus.client import Broker\n"
        "from secondring.bus.mqtt import MqttLink\n"
        f"b = Broker(host='127.0.0.1', port={broker.port}, pbx='pbx', user={PUBLISHER!r}, password={PASSWORD!r})\n"
        "async def main():\n    await MqttLink(b).run()\n"
        "asyncio.run(main())\n"
    )
    child = await asyncio.create_subprocess_exec(sys.executable, "-c", script)
    await until(lambda: reader.last(STATUS).get("state") == "online")
    child.kill()
    await child.wait()
    await until(lambda: reader.last(STATUS).get("state") == "offline", "the last will")


@pytest.mark.filterwarnings("error::ResourceWarning")
@pytest.mark.parametrize("linked_before", [True, False])
async def test_a_broker_that_hangs_holds_up_no_stop(broker: Mosquitto, linked_before: bool) -> None:
    link = MqttLink(ours(broker), Session(name="a", presence="secondring/pbx/services/agi", kept=60))
    if not linked_before:
        broker.freeze()
    running = asyncio.create_task(link.run())
    if linked_before:
        await until(lambda: link.is_up)
        broker.freeze()
        link.ring("secondring/pbx/bell/work", {"from": "agi"})
    else:
        await asyncio.sleep(0.1)  # it waits for an answer that does not come
    before = open_files()
    running.cancel()
    async with asyncio.timeout(5):
        await asyncio.gather(running, return_exceptions=True)
    assert running.cancelled()
    assert open_files() <= before
    broker.thaw()


@pytest.mark.parametrize(
    ("change", "remedy"),
    [
        (lambda broker: replace(broker, password="wrong"), "refused our login: look at mqtt.user"),
        (lambda broker: replace(broker, port=1), "look at mqtt.host, mqtt.port and mqtt.tls"),
        (
            lambda broker: replace(broker, tls=ssl.create_default_context()),
            "look at mqtt.host, mqtt.port and mqtt.tls",
        ),
    ],
)
async def test_what_keeps_us_out_is_named_with_its_remedy(
    broker: Mosquitto, change: Callable[[Broker], Broker], remedy: str
) -> None:
    with pytest.raises(PeerError, match=remedy) as refused:
        await once(change(ours(broker)), ("secondring/pbx/alarm", {}))
    assert PASSWORD not in str(refused.value)


async def test_tls_is_verified(tmp_path: Path, certificate: Certificate) -> None:
    (tmp_path / "tls").mkdir()
    trusting = ssl.create_default_context(cafile=str(certificate.cert))
    other = ssl.create_default_context(cafile=str(loopback_certificate(tmp_path, "other").cert))
    with Mosquitto(tmp_path / "tls", tls=certificate) as running:
        await once(replace(ours(running), tls=trusting), ("secondring/pbx/alarm", {}))
        before = open_files()
        for _ in range(10):
            with pytest.raises(PeerError, match="certificate that we do not trust"):
                await once(replace(ours(running), tls=other), ("secondring/pbx/alarm", {}))
        gc.collect()
        assert open_files() < before + 3, "ten refusals left their sockets"


async def test_a_lamp_may_not_publish(broker: Mosquitto, reader: Reader) -> None:
    """The access list of docs/alarms.md: whoever reads cannot raise an alarm, and whoever writes cannot listen."""
    as_lamp = replace(ours(broker), user="lamp", password="a-lamps-password")
    await once(as_lamp, ("secondring/pbx/alarm", {"from": "a lamp"}))
    await once(ours(broker), ("secondring/pbx/alarm", {"from": "us"}))
    await until(lambda: reader.on("secondring/pbx/alarm") != [])
    assert [payload["from"] for payload in reader.on("secondring/pbx/alarm")] == ["us"]
