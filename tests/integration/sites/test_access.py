"""What a stolen site box can do at the broker, and what the centre believes: tried, with a real mosquitto.

The broker takes and hands out in order: when something allowed that was said later has arrived, what was refused
never will.
"""

import asyncio
import contextlib
import json
import signal
import socket
import ssl
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import aiomqtt
import pytest

from lab.ports import free_port
from secondring.bus import parcels
from secondring.bus.seal import Forged, Seal
from secondring.site_papers import Authority, broker_files
from secondring.wiring import now
from tests.integration.alarms.conftest import needs_mosquitto
from tests.support.site_processes import Broker, soon

pytestmark = needs_mosquitto
NORTH, SOUTH, CENTRE = "north-box", "south-box", "centre"


@dataclass
class Place:
    """The broker, and everybody's papers."""

    authority: Authority
    broker: Broker

    def context(self, name: str, authority: Authority | None = None) -> ssl.SSLContext:
        theirs = authority or self.authority
        made = ssl.create_default_context(cafile=str(self.authority.papers.cert))
        made.load_cert_chain(theirs.folder / f"{name}.pem", theirs.folder / f"{name}.key")
        return made

    def client(self, name: str, *, will: aiomqtt.Will | None = None, **how: object) -> aiomqtt.Client:
        given: dict[str, object] = {"tls_context": self.context(name), "timeout": 30} | how
        return aiomqtt.Client("127.0.0.1", self.broker.port, will=will, **given)  # type: ignore[arg-type]


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    authority = Authority(tmp_path / "papers", now())
    for name in (NORTH, SOUTH, CENTRE):
        authority.issue(name)
    authority.issue("broker", hosts=("127.0.0.1",))
    port = free_port(socket.SOCK_STREAM)
    broker_files(authority.folder, authority.folder, port)
    broker = Broker(authority.folder / "secondring-sites.conf", port)
    broker.start()
    yield Place(authority, broker)
    broker.end()


@dataclass
class Ears:
    """Somebody who listens."""

    client: aiomqtt.Client
    heard: list[tuple[str, bytes]] = field(default_factory=list)

    async def listen(self) -> None:
        async for message in self.client.messages:
            self.heard.append((str(message.topic), message.payload))

    @property
    def topics(self) -> list[str]:
        return [topic for topic, _ in self.heard]


@contextlib.asynccontextmanager
async def listening(place: Place, name: str, *topics: str) -> AsyncIterator[Ears]:
    async with place.client(name) as client:
        ears = Ears(client)
        for topic in topics:
            with contextlib.suppress(aiomqtt.MqttError):  # a subscription may be refused outright
                await client.subscribe(topic, qos=1)
        task = asyncio.create_task(ears.listen())
        try:
            yield ears
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def test_a_box_hears_its_own_topics_and_nobody_else_s_however_it_asks(place: Place) -> None:
    asked = [
        "#",
        "+/+/+/+",
        "secondring/#",
        f"secondring/{SOUTH}/#",
        f"secondring/{SOUTH}/down/taken",
        "secondring/+/up/#",
        f"$share/thieves/secondring/{SOUTH}/up/#",
        "$share/thieves/#",
        "$SYS/#",
        f"secondring/{NORTH}/down/#",
    ]
    async with (
        listening(place, NORTH, *asked) as thief,
        listening(place, CENTRE, "secondring/+/up/#") as centre,
        place.client(SOUTH) as south,
        place.client(CENTRE) as said,
    ):
        await south.publish(f"secondring/{SOUTH}/up/live", "a call of the south", qos=1)
        await south.publish(f"secondring/{SOUTH}/up/status", "kept", qos=1, retain=True)
        await said.publish(f"secondring/{SOUTH}/down/taken", "for the south", qos=1)
        await soon(lambda: len(centre.heard) >= 2, "what the south said")
        await said.publish(f"secondring/{NORTH}/down/taken", "for the north", qos=1)
        await soon(lambda: f"secondring/{NORTH}/down/taken" in thief.topics, "what is for the north")
    assert set(thief.topics) == {f"secondring/{NORTH}/down/taken"}


def a_will(box: str) -> aiomqtt.Will:
    return aiomqtt.Will(f"secondring/{box}/up/status", "offline", qos=1, retain=True)


async def test_a_box_can_say_nothing_in_another_s_name_nor_in_the_centre_s(place: Place) -> None:
    said = [
        f"secondring/{SOUTH}/up/live",
        f"secondring/{SOUTH}/up/urgent",
        f"secondring/{SOUTH}/down/taken",
        f"secondring/{NORTH}/down/taken",
        f"secondring/{NORTH}/upper/live",
        "secondring/up/live",
        "$SYS/broker/version",
    ]
    async with (
        listening(place, CENTRE, "secondring/+/up/#") as centre,
        listening(place, SOUTH, f"secondring/{SOUTH}/down/#") as south,
    ):
        async with place.client(NORTH) as thief:
            for topic in said:
                await thief.publish(topic, "forged", qos=1, retain=True)
            await thief.publish(f"secondring/{NORTH}/up/live", "its own", qos=1)
        for box in (SOUTH, NORTH):
            with contextlib.suppress(aiomqtt.MqttError):
                async with place.client(NORTH, will=a_will(box), timeout=1) as dying:
                    dying._client.socket().shutdown(socket.SHUT_RDWR)  # type: ignore[union-attr]
                    await dying.publish(f"secondring/{NORTH}/up/live", "never", qos=1)
        await soon(
            lambda: f"secondring/{NORTH}/up/status" in centre.topics, "the last will of the north's own"
        )
    assert set(centre.topics) == {f"secondring/{NORTH}/up/live", f"secondring/{NORTH}/up/status"}
    assert south.heard == []
    async with listening(place, CENTRE, "secondring/+/up/#") as later:
        async with place.client(SOUTH) as living:
            await living.publish(f"secondring/{SOUTH}/up/live", "its own", qos=1)
        await soon(lambda: f"secondring/{SOUTH}/up/live" in later.topics, "what the south says itself")
    assert f"secondring/{SOUTH}/up/status" not in later.topics, "nothing forged was kept either"


async def refused(client: aiomqtt.Client) -> None:
    """It does not get in."""
    with pytest.raises(aiomqtt.MqttError):
        async with client:
            pass


async def test_nobody_gets_in_without_a_certificate_of_this_clinic(place: Place, tmp_path: Path) -> None:
    stranger = Authority(tmp_path / "elsewhere", now())
    stranger.issue(NORTH)
    Authority(tmp_path / "papers", now() - timedelta(days=900)).issue("expired", days=1)
    bare = ssl.create_default_context(cafile=str(place.authority.papers.cert))
    await asyncio.gather(
        refused(
            place.client(
                NORTH, tls_context=place.context(NORTH, stranger), identifier="uninvited-1", timeout=2
            )
        ),
        refused(place.client(NORTH, tls_context=bare, identifier="uninvited-2", timeout=2)),
        refused(
            place.client(
                NORTH,
                tls_context=None,
                username=SOUTH,
                password="guessed",
                identifier="uninvited-3",
                timeout=2,
            )
        ),
        refused(place.client("expired", identifier="uninvited-4", timeout=2)),
    )
    async with place.client(NORTH, identifier="invited"):
        pass
    place.broker.end(signal.SIGTERM)  # its log is whole then
    assert "as invited" in place.broker.log
    assert "as uninvited" not in place.broker.log


async def test_a_certificate_that_is_called_back_opens_nothing_any_more(place: Place) -> None:
    async with place.client(NORTH, identifier="before"):
        pass
    assert place.authority.revoke(NORTH) == 1
    place.broker.end(signal.SIGTERM)
    place.broker.start()
    await refused(place.client(NORTH, identifier="thief", timeout=2))
    for name in (SOUTH, CENTRE):
        async with place.client(name, identifier=f"still-{name}"):
            pass
    place.authority.issue(NORTH)
    async with place.client(NORTH, identifier="anew"):
        pass
    place.broker.end(signal.SIGTERM)
    assert "as thief" not in place.broker.log


async def test_the_broker_s_files_get_along_with_a_listener_that_was_there(place: Place) -> None:
    """As it is linked: the first file of conf.d. mosquitto refuses it behind other rules."""
    place.broker.end(signal.SIGTERM)
    folder = place.authority.folder / "etc"
    (folder / "conf.d").mkdir(parents=True)
    parcel = folder / "secondring"
    parcel.mkdir()
    broker_files(parcel, place.authority.folder, place.broker.port)
    (folder / "conf.d/00-secondring-sites.conf").symlink_to(parcel / "secondring-sites.conf")
    other = free_port(socket.SOCK_STREAM)
    (folder / "conf.d/default.conf").write_text(f"listener {other} 127.0.0.1\nallow_anonymous true\n")
    conf = folder / "mosquitto.conf"
    conf.write_text(f"persistence false\ninclude_dir {folder}/conf.d\nuser root\nlog_dest stdout\n")
    broker = Broker(conf, place.broker.port)
    try:
        broker.start()
        async with aiomqtt.Client("127.0.0.1", other, timeout=30):
            pass
        async with place.client(NORTH):
            pass
        bare = ssl.create_default_context(cafile=str(place.authority.papers.cert))
        await refused(place.client(NORTH, tls_context=bare, timeout=2))
    finally:
        broker.end(signal.SIGTERM)


async def test_another_user_s_name_and_password_change_nothing(place: Place) -> None:
    async with listening(place, CENTRE, "secondring/+/up/#") as centre:
        async with place.client(NORTH, username=SOUTH, password="stolen", identifier=SOUTH) as thief:
            await thief.publish(f"secondring/{SOUTH}/up/live", "forged", qos=1)
            await thief.publish(f"secondring/{NORTH}/up/live", "its own", qos=1)
        await soon(lambda: bool(centre.heard), "what the north may say")
    assert centre.topics == [f"secondring/{NORTH}/up/live"]


@pytest.mark.parametrize(
    "topic",
    [
        parcels.up(SOUTH, "live"),
        parcels.down(NORTH, parcels.TAKEN),
        parcels.up(NORTH, parcels.BEAT),
    ],
)
def test_a_sealed_message_does_not_open_anywhere_else(topic: str) -> None:
    shared = bytes(32)  # even two boxes with one key file
    north = Seal(shared, NORTH)
    payload = json.loads(parcels.packed(north, parcels.UP, "live", "a" * 32, "planted words of a patient"))
    here = parcels.unpacked(north, parcels.up(NORTH, "live"), payload)
    assert here.words == "planted words of a patient"
    assert parcels.unpacked(north, parcels.up(NORTH, "late"), payload).words == here.words
    box = topic.split("/")[1]
    with pytest.raises(Forged):
        parcels.unpacked(Seal(shared, box), topic, payload)


def test_nothing_in_a_message_can_be_read_or_changed() -> None:
    seal = Seal(bytes(32), NORTH)
    words = "+12025550123 planted words of a patient"
    payload = json.loads(parcels.packed(seal, parcels.UP, "live", "a" * 32, words))
    assert "2025550123" not in json.dumps(payload)
    for change in (
        {"id": "b" * 32},
        {"sealed": payload["sealed"][:-4] + "AAAA"},
        {"sealed": "%"},
        {"sealed": ""},
    ):
        with pytest.raises(Forged):
            parcels.unpacked(seal, parcels.up(NORTH, "live"), payload | change)
    with pytest.raises(Forged):
        parcels.unpacked(Seal(bytes([1] * 32), NORTH), parcels.up(NORTH, "live"), payload)
