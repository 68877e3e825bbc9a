"""The link between site boxes and their centre, on the centre's broker: two ways, and nothing kept by the broker.

What is lost on the way is sent again by whoever waits for an answer, so a session is forgotten when it ends.
"""

import asyncio
import contextlib
import json
import logging
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import aiomqtt

from secondring.bus.client import Broker, Client, plainly, quiet
from secondring.domain.errors import ConfigError, PeerError

log = logging.getLogger("secondring.sites")

PAUSES = (0.5, 1.0, 2.0, 5.0)
"""Seconds between tries to connect; the last one repeats. A broker that is back is worth knowing soon."""
SECONDS = 10.0
KEEP_ALIVE = 15
"""Seconds; after one and a half of these without a word from us the broker publishes our last will."""
LARGEST = 65_536
"""Bytes of a message; ours have a few hundred."""
MOST_AT_ONCE = 60
"""Messages that may be on their way to the broker."""

Heard = Callable[[str, bytes], None]
"""Takes a topic and a payload; must not wait."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Will:
    """What the broker says for us when we are gone, and we say when we come and go in good order."""

    topic: str
    here: str
    gone: str


class Post:
    """One end of the link. One event loop only."""

    def __init__(
        self,
        broker: Callable[[], Broker],
        subscriptions: tuple[str, ...],
        heard: Heard,
        *,
        section: str = "centre",
        will: Will | None = None,
        linked: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        """`broker` is asked before each link, so that a renewed certificate is taken up; it may raise ConfigError.

        `linked` is called after each new link; `section` is where the broker is configured.
        """
        self._section = section
        self._find = broker
        self._broker: Broker | None = None
        self._subscriptions = subscriptions
        self._heard = heard
        self._will = will
        self._linked = linked
        self._client: Client | None = None
        self.complaint = ""
        """Why there is no link; empty while there is one."""

    @property
    def is_up(self) -> bool:
        return self._client is not None

    async def publish(self, topic: str, payload: str) -> None:
        """Returns when the broker has it. Raises PeerError when it does not take it now."""
        client, broker = self._client, self._broker
        if client is None or broker is None:
            raise PeerError("no link to the sites' MQTT broker")
        try:
            await client.publish(topic, payload, qos=1)
        except aiomqtt.MqttError as error:
            raise plainly(error, broker, self._section) from None

    async def run(self) -> None:
        """Stay connected until cancelled."""
        failures = 0
        while True:
            try:
                broker = self._broker = await asyncio.to_thread(self._find)
                async with self._connected(broker) as client:
                    for topic in self._subscriptions:
                        await client.subscribe(topic, qos=1)
                    await self._say(client, here=True)
                    failures = 0
                    self._complain("")
                    await self._serve(client)
            except aiomqtt.MqttError as error:
                self._complain(str(plainly(error, broker, self._section)))
            except ConfigError as error:  # whoever listens and rings goes on without a line
                self._complain(str(error))
            finally:
                self._client = None
            await asyncio.sleep(PAUSES[min(failures, len(PAUSES) - 1)])
            failures += 1

    def _complain(self, words: str) -> None:
        if words and words != self.complaint:
            log.error("%s", words)
        self.complaint = words

    async def _serve(self, client: Client) -> None:
        self._client = client
        log.info("linked to the MQTT broker %s", self._broker)
        try:
            if self._linked is not None:
                await self._linked()
            async for message in client.messages:
                payload = message.payload
                if len(payload) <= LARGEST:
                    self._heard(str(message.topic), payload)
        except asyncio.CancelledError:
            with contextlib.suppress(aiomqtt.MqttError, TimeoutError):
                async with asyncio.timeout(1):
                    await self._say(client, here=False)
            raise

    async def _say(self, client: Client, *, here: bool) -> None:
        if self._will is not None:
            words = self._will.here if here else self._will.gone
            await client.publish(self._will.topic, words, qos=1, retain=True)

    def _connected(self, broker: Broker) -> Client:
        will = self._will  # with one, a new link ends the old one, whose will is said before we come
        return Client(
            broker.host,
            broker.port,
            username=broker.user,
            password=broker.password if broker.user is not None else None,
            identifier=f"secondring-{broker.pbx}{'' if will else f'-{secrets.token_hex(4)}'}",
            will=aiomqtt.Will(will.topic, will.gone, qos=1, retain=True) if will else None,
            tls_context=broker.tls,
            keepalive=KEEP_ALIVE,
            timeout=SECONDS,
            max_concurrent_outgoing_calls=MOST_AT_ONCE,
            logger=quiet,
        )


def parsed(payload: bytes) -> dict[str, Any] | None:
    """The fields of a message; None when it is none of ours."""
    try:
        found = json.loads(payload)
    except ValueError:
        return None
    return found if isinstance(found, dict) and found.get("v") == 1 else None
