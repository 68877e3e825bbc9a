"""A service's link to the MQTT broker: an open door for lamps and dashboards, and the doorbell between processes.

Nothing of ours depends on it. Four ways out, by what a lost message would cost: `publish` is awaited and says when it
failed (alarms), `show` keeps the newest state of a topic and brings it back after every outage (lamps), `tell` is a
bounded queue (what happened), `ring` is a hint that is sent once however often it was given (the doorbell).
That we are here stands in a topic, and our last will takes it back.
"""

import asyncio
import contextlib
import json
import logging
from collections import deque
from collections.abc import Callable, Mapping

from secondring.bus.client import Broker, Client, MqttError, Payload, Session, connected, plainly, presence
from secondring.domain.errors import PeerError

log = logging.getLogger("secondring.mqtt")

PAUSES = (1.0, 2.0, 5.0, 15.0, 30.0)
"""Seconds between tries to connect; the last one repeats."""
LINK_SECONDS = 2.0
"""How long a message that must not get lost waits for a link that is just being made."""
QUEUE = 500
"""Events that wait for the broker; the oldest give way."""

REFUSED = 128
"""From here on an answer to a subscription is a refusal."""
DEAF = (
    "MQTT broker {broker} does not let us listen to {topics}: what other services have for us waits for our next look;"
    " let our user read there, in the broker's access list (docs/mqtt.md)"
)

Heard = Callable[[Payload | None], None]
"""Told of each message of a topic, and with None when some may have been missed: after each new link."""


class MqttLink:
    """The link of a running service. One event loop only."""

    def __init__(
        self, broker: Broker, session: Session | None = None, ears: Mapping[str, Heard] | None = None
    ) -> None:
        """Without a session it is the one that shows lamps and tells alarms, with its presence in `status`.

        `ears` are the topics that are listened to.
        """
        self._broker = broker
        self._session = session or Session(name=f"secondring-{broker.pbx}", presence=broker.topic("status"))
        self._ears = dict(ears or {})
        self._client: Client | None = None
        self._shown: dict[str, Payload] = {}
        self._to_show: set[str] = set()
        self._rings: dict[str, Payload] = {}
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
            await client.say(topic, payload)
        except MqttError as error:
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

    def ring(self, topic: str, payload: Payload) -> None:
        """Hint at something. While one hint has not gone out yet, another of the same topic adds nothing."""
        self._rings[topic] = payload
        self._wake.set()

    # -- the link

    async def run(self) -> None:
        """Stay connected until cancelled; then say goodbye."""
        failures = 0
        while True:
            try:
                async with connected(self._broker, self._session) as client:
                    failures = 0
                    await self._serve(client)
            except MqttError as error:
                if failures == 0:
                    log.warning("%s", plainly(error, self._broker))
            finally:
                self._client = None
                self._linked.clear()
            await asyncio.sleep(PAUSES[min(failures, len(PAUSES) - 1)])
            failures += 1

    async def _serve(self, client: Client) -> None:
        self._to_show = set(self._shown)
        watch = asyncio.create_task(self._hear(client), name="MQTT watch")
        drain = asyncio.create_task(self._drain(client), name="MQTT drain")
        try:
            await self._come_in(client)
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

    async def _come_in(self, client: Client) -> None:
        if self._ears:  # a session that was kept has them already; who knows whether it was
            answers = await client.subscribe([(topic, 1) for topic in self._ears])
            if any(_value(answer) >= REFUSED for answer in answers):
                log.warning("%s", DEAF.format(broker=self._broker, topics=", ".join(self._ears)))
        await client.say(self._session.presence, presence(online=True), retain=True)
        self._client = client
        self._linked.set()
        for heard in self._ears.values():
            heard(None)

    async def _goodbye(self, client: Client) -> None:
        """A clean leave publishes no last will, so we say it ourselves."""
        try:
            async with asyncio.timeout(1):
                await client.say(self._session.presence, presence(online=False), retain=True)
        except (MqttError, TimeoutError):
            log.info("left without a word to the MQTT broker %s", self._broker)

    async def _drain(self, client: Client) -> None:
        while True:
            self._wake.clear()
            while self._rings:
                topic = next(iter(self._rings))
                await client.say(topic, self._rings.pop(topic))
            while self._to_show:
                topic = self._to_show.pop()
                await client.say(topic, self._shown[topic], retain=True)
            while self._waiting:
                topic, payload = self._waiting[0]
                await client.say(topic, payload)
                if self._waiting and self._waiting[0] == (topic, payload):
                    self._waiting.popleft()
            if not self._to_show and not self._rings:
                await self._wake.wait()

    async def _hear(self, client: Client) -> None:
        """Hand on what is heard; raises MqttError when the link is gone."""
        async for message in client.messages:
            heard = self._ears.get(str(message.topic))
            if heard is not None:
                heard(_understood(message.payload))


def _value(answer: object) -> int:
    """A reason code of MQTT 5, or a bare number of the protocol before it."""
    found = getattr(answer, "value", answer)
    return found if isinstance(found, int) else 0


def _understood(payload: object) -> Payload:
    """What somebody said; nothing when it is not ours to understand: a hint needs no words."""
    try:
        found = json.loads(payload) if isinstance(payload, bytes | str) else None
    except ValueError:
        found = None
    return found if isinstance(found, dict) else {}
