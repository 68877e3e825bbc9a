"""The MQTT broker: an open door for lamps, pagers and dashboards. Nothing of ours depends on it.

Three ways out, by what a lost message would cost: `publish` is awaited and says when it failed (alarms), `show` keeps
the newest state of a topic and brings it back after every outage (lamps), `tell` is a bounded queue (what happened).
That we are here stands in `status`, and our last will takes it back.
"""

import asyncio
import contextlib
import json
import logging
import ssl
from collections import deque
from dataclasses import dataclass, field
from typing import Any

import aiomqtt

from secondring.domain.errors import PeerError

log = logging.getLogger("secondring.mqtt")

VERSION = 1
"""In every message as `v`; grows when a field changes its meaning, not when one is added."""
PAUSES = (1.0, 2.0, 5.0, 15.0, 30.0)
"""Seconds between tries to connect; the last one repeats."""
SECONDS = 10.0
"""How long the broker may take for anything."""
LINK_SECONDS = 2.0
"""How long a message that must not get lost waits for a link that is just being made."""
KEEP_ALIVE = 20
"""Seconds; after one and a half of these without a word from us the broker publishes our last will."""
QUEUE = 500
"""Events that wait for the broker; the oldest give way."""
STATUS = "status"
LOGIN_REFUSED = (4, 5, 134, 135)
"""What a broker answers to a wrong name or password: MQTT 3.1.1 table 3.1, and the codes of MQTT 5 for the same."""
quiet = logging.getLogger("secondring.mqtt.library")
quiet.setLevel(logging.CRITICAL)
"""What the library has to say we say ourselves, once, and with the remedy."""

Payload = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Broker:
    """Where the broker is, and as whom we come."""

    host: str
    port: int
    pbx: str
    """Our place in the topics, and our name at the broker."""
    user: str | None = None
    password: str = field(default="", repr=False)
    tls: ssl.SSLContext | None = None

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"

    def topic(self, *path: str) -> str:
        """`secondring/<pbx>/...`."""
        return "/".join(("secondring", self.pbx, *path))


class MqttLink:
    """The link of a running service. One event loop only."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._client: aiomqtt.Client | None = None
        self._shown: dict[str, Payload] = {}
        self._to_show: set[str] = set()
        self._waiting: deque[tuple[str, Payload]] = deque(maxlen=QUEUE)
        self._wake = asyncio.Event()
        self._linked = asyncio.Event()

    @property
    def is_up(self) -> bool:
        """True while the broker knows us."""
        return self._client is not None

    # -- what others call

    async def publish(self, topic: str, payload: Payload) -> None:
        """Publish once; returns when the broker has it. Raises PeerError when it does not take it now."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LINK_SECONDS):
                await self._linked.wait()
        client = self._client
        if client is None:
            raise PeerError(f"no link to the MQTT broker {self._broker}: see `secondring doctor`")
        try:
            await _publish(client, topic, payload)
        except aiomqtt.MqttError as error:
            raise plainly(error, self._broker) from None

    def show(self, topic: str, payload: Payload) -> None:
        """Keep a retained state up to date, from now on and after every outage."""
        self._shown[topic] = payload
        self._to_show.add(topic)
        self._wake.set()

    def tell(self, topic: str, payload: Payload) -> None:
        """Say what happened, when the broker can hear it; of too many, the oldest are forgotten."""
        self._waiting.append((topic, payload))
        self._wake.set()

    # -- the link

    async def run(self) -> None:
        """Stay connected until cancelled; then say goodbye."""
        failures = 0
        while True:
            try:
                async with connected(self._broker, will=True) as client:
                    failures = 0
                    await self._serve(client)
            except aiomqtt.MqttError as error:
                if failures == 0:
                    log.warning("%s", plainly(error, self._broker))
            finally:
                self._client = None
                self._linked.clear()
            await asyncio.sleep(PAUSES[min(failures, len(PAUSES) - 1)])
            failures += 1

    async def _serve(self, client: aiomqtt.Client) -> None:
        self._to_show = set(self._shown)
        watch = asyncio.create_task(_until_lost(client), name="MQTT watch")
        drain = asyncio.create_task(self._drain(client), name="MQTT drain")
        try:
            await _publish(client, self._broker.topic(STATUS), _presence(online=True), retain=True)
            self._client = client
            self._linked.set()
            log.info("linked to the MQTT broker %s", self._broker)
            done, _ = await asyncio.wait((watch, drain), return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        except asyncio.CancelledError:
            await self._goodbye(client)
            raise
        finally:
            for task in (watch, drain):
                task.cancel()
            await asyncio.gather(watch, drain, return_exceptions=True)

    async def _goodbye(self, client: aiomqtt.Client) -> None:
        """A clean leave publishes no last will, so we say it ourselves."""
        try:
            async with asyncio.timeout(1):
                await _publish(client, self._broker.topic(STATUS), _presence(online=False), retain=True)
        except (aiomqtt.MqttError, TimeoutError):
            log.info("left without a word to the MQTT broker %s", self._broker)

    async def _drain(self, client: aiomqtt.Client) -> None:
        while True:
            self._wake.clear()
            while self._to_show:
                topic = self._to_show.pop()
                await _publish(client, topic, self._shown[topic], retain=True)
            while self._waiting:
                topic, payload = self._waiting[0]
                await _publish(client, topic, payload)
                if self._waiting and self._waiting[0] == (topic, payload):
                    self._waiting.popleft()
            if not self._to_show:
                await self._wake.wait()


def connected(broker: Broker, *, will: bool = False) -> aiomqtt.Client:
    """A client to be entered; with a will it is the service, and any other of that name is thrown out."""
    last = aiomqtt.Will(broker.topic(STATUS), _written(_presence(online=False)), qos=1, retain=True)
    return aiomqtt.Client(
        broker.host,
        broker.port,
        username=broker.user,
        password=broker.password if broker.user is not None else None,
        identifier=f"secondring-{broker.pbx}" if will else None,
        will=last if will else None,
        tls_context=broker.tls,
        keepalive=KEEP_ALIVE,
        timeout=SECONDS,
        logger=quiet,
    )


async def once(broker: Broker, *messages: tuple[str, Payload]) -> None:
    """Connect, publish these, leave: for trials, beside the running service. Raises PeerError."""
    try:
        async with connected(broker) as client:
            for topic, payload in messages:
                await _publish(client, topic, payload)
    except aiomqtt.MqttError as error:
        raise plainly(error, broker) from None


async def _until_lost(client: aiomqtt.Client) -> None:
    """We subscribe to nothing; this raises MqttError when the link is gone."""
    async for _ in client.messages:
        pass


async def _publish(client: aiomqtt.Client, topic: str, payload: Payload, *, retain: bool = False) -> None:
    await client.publish(topic, _written(payload), qos=1, retain=retain)


def _presence(*, online: bool) -> Payload:
    return {"state": "online" if online else "offline"}


def _written(payload: Payload) -> str:
    return json.dumps({"v": VERSION, **payload}, ensure_ascii=False)


def plainly(error: aiomqtt.MqttError, broker: Broker, section: str = "mqtt") -> PeerError:
    """The same in words that name the remedy; `section` is where the broker is configured."""
    words = str(error) or type(error).__name__
    reason = getattr(error, "rc", None)
    if getattr(reason, "value", reason) in LOGIN_REFUSED:
        remedy = f"look at {section}.user and at the file in {section}.password_file"
        return PeerError(f"MQTT broker {broker} refused our login: {remedy}")
    if "CERTIFICATE" in words.upper():
        remedy = f"give its authority in {section}.ca_file, or the name in its certificate in {section}.host"
        return PeerError(f"MQTT broker {broker} has a certificate that we do not trust: {remedy}")
    remedy = f"look at {section}.host, {section}.port and {section}.tls"
    return PeerError(f"MQTT broker {broker} cannot be reached or broke off ({words}): {remedy}")
