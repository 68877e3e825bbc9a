"""aiomqtt behind our own fence: who we are at the broker, what its errors mean, and a wait that loses no stop."""

import asyncio
import json
import logging
import math
import ssl
from collections.abc import Awaitable
from dataclasses import dataclass, field
from typing import Any, Self, TypeVar

import aiomqtt
from aiomqtt.types import PayloadType
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from secondring.domain.errors import PeerError

T = TypeVar("T")

VERSION = 1
"""In every message as `v`; grows when a field changes its meaning, not when one is added."""
SECONDS = 10.0
"""How long the broker may take for anything."""
FAREWELL_SECONDS, FAREWELL_LOOKS = 0.2, 20
"""How long a stop may take while a broker has not even answered."""
MQTT = "mqtt"
"""The section of the broker that all of one clinic's services share; site boxes and their centre have others."""
KEEP_ALIVE = 20
"""Seconds; after one and a half of these without a word from us the broker publishes our last will."""
LOGIN_REFUSED = (4, 5, 134, 135)
"""What a broker answers to a wrong name or password: MQTT 3.1.1 table 3.1, and the codes of MQTT 5 for the same."""
quiet = logging.getLogger("secondring.mqtt.library")
quiet.setLevel(logging.CRITICAL)
"""What the library has to say we say ourselves, once, and with the remedy."""

Payload = dict[str, Any]
MqttError = aiomqtt.MqttError


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A link that the broker knows by name: any other of that name is thrown out, and its end is told to others."""

    name: str
    presence: str
    """The topic that says whether we are here."""
    kept: int | None = None
    """Seconds for which the broker keeps what is meant for us while we are away: MQTT 5. None: not at all."""
    missed_after: int = 0
    """Seconds before others are told that we are gone; a restart need not be told. MQTT 5 only."""


class Client(aiomqtt.Client):
    """The library's client, except for how it waits, and how it is stopped while it connects.

    It waits by `asyncio.wait_for`, which on Python 3.11 swallows a cancellation that comes together with the answer:
    a service that was told to stop would go on for ever.
    """

    async def _wait_for(self, fut: Awaitable[T], timeout: float | None) -> T:  # noqa: ASYNC109 - the library's signature
        seconds = self.timeout if timeout is None else timeout
        try:
            async with asyncio.timeout(None if seconds == math.inf else seconds):
                return await (asyncio.shield(fut) if isinstance(fut, asyncio.Future) else fut)
        except TimeoutError:
            raise MqttError("Operation timed out") from None

    async def __aenter__(self) -> Self:
        """Connect. A stop while the broker has not answered yet would leave the socket open: it is closed here."""
        try:
            return await super().__aenter__()
        except asyncio.CancelledError:
            self._client.disconnect()
            for _ in range(FAREWELL_LOOKS):  # the loop writes the farewell, and closes
                if self._client.socket() is None:
                    break
                await asyncio.sleep(FAREWELL_SECONDS / FAREWELL_LOOKS)
            raise

    async def say(self, topic: str, payload: Payload, *, retain: bool = False) -> None:
        """Publish; returns when the broker has it."""
        written: PayloadType = as_json(payload)
        await self.publish(topic, written, qos=1, retain=retain)


def connected(broker: Broker, session: Session | None = None) -> Client:
    """A client to be entered. Without a session it is a stranger who comes and goes, beside the services."""
    more: dict[str, Any] = {}
    if session is not None:
        more = {"identifier": session.name, "will": _will(session)}
        if session.kept is not None:
            more |= {
                "protocol": aiomqtt.ProtocolVersion.V5,
                "clean_start": False,
                "properties": _properties(PacketTypes.CONNECT, SessionExpiryInterval=session.kept),
            }
    return Client(
        broker.host,
        broker.port,
        username=broker.user,
        password=broker.password if broker.user is not None else None,
        tls_context=broker.tls,
        keepalive=KEEP_ALIVE,
        timeout=SECONDS,
        logger=quiet,
        **more,
    )


def _will(session: Session) -> aiomqtt.Will:
    properties = None
    if session.kept is not None:
        properties = _properties(PacketTypes.WILLMESSAGE, WillDelayInterval=session.missed_after)
    return aiomqtt.Will(
        session.presence, as_json(presence(online=False)), qos=1, retain=True, properties=properties
    )


def _properties(packet: int, **values: int) -> Properties:
    made = Properties(packet)  # type: ignore[no-untyped-call]  # paho's own
    for name, value in values.items():
        setattr(made, name, value)
    return made


def presence(*, online: bool) -> Payload:
    """What is said on a session's topic."""
    return {"state": "online" if online else "offline"}


def as_json(payload: Payload) -> str:
    """As every message of ours is written."""
    return json.dumps({"v": VERSION, **payload}, ensure_ascii=False)


async def once(broker: Broker, *messages: tuple[str, Payload], section: str = MQTT) -> None:
    """Connect, publish these, leave: for trials, beside the running service. Raises PeerError."""
    try:
        async with connected(broker) as client:
            for topic, payload in messages:
                await client.say(topic, payload)
    except MqttError as error:
        raise plainly(error, broker, section) from None


async def heard(broker: Broker, topic: str, payload: Payload) -> None:
    """Publish where we also listen, and wait until it is heard: for trials. Raises PeerError, with the remedy."""
    try:
        async with connected(broker) as client, asyncio.timeout(SECONDS):
            await client.subscribe(topic, 1)
            await client.say(topic, payload)
            async for _ in client.messages:
                return
    except MqttError as error:
        raise plainly(error, broker) from None
    except TimeoutError:
        remedy = f"let our user read and write {broker.topic('#')} in the broker's access list (docs/mqtt.md)"
        raise PeerError(
            f"MQTT broker {broker} takes what we ring with and hands it to nobody: {remedy}"
        ) from None


def plainly(error: aiomqtt.MqttError, broker: Broker, section: str = MQTT) -> PeerError:
    """What is wrong, and the remedy; `section` is where the broker is configured.

    The brokers of site boxes know us by our certificate: there is no user, and no `tls` to be switched off.
    """
    words = str(error) or type(error).__name__
    reason = getattr(error, "rc", None)
    if getattr(reason, "value", reason) in LOGIN_REFUSED:
        if section == MQTT:
            remedy = "look at mqtt.user and at the file in mqtt.password_file"
        else:
            remedy = f"look at {section}.cert_file, by which it knows us"
        return PeerError(f"MQTT broker {broker} refused our login: {remedy}")
    if "CERTIFICATE" in words.upper():
        remedy = f"give its authority in {section}.ca_file, or the name in its certificate in {section}.host"
        return PeerError(f"MQTT broker {broker} has a certificate that we do not trust: {remedy}")
    if section == MQTT:
        remedy = "look at mqtt.host, mqtt.port and mqtt.tls"
    else:
        remedy = f"look at {section}.host and {section}.port"
    return PeerError(f"MQTT broker {broker} cannot be reached or broke off ({words}): {remedy}")
