"""The doorbell of a service: it rings in this process at once, and at the broker for the others."""

from secondring.bus.client import Broker, Payload, Session
from secondring.bus.memory import Doorbell, Ear
from secondring.bus.mqtt import Heard, MqttLink

KEPT = 60
"""Seconds for which rings are kept for a service whose link broke; one that is away for longer looks by itself."""
MISSED_AFTER = 5
"""Seconds before a service counts as gone: one that is started again at once was not."""


class SharedDoorbell:
    """Topics that anybody may ring, in this process and, where a broker is configured, in the others of this PBX.

    A ring that does not get through costs those others one sweep: every one of them looks by itself.
    """

    def __init__(self, bells: tuple[str, ...], broker: Broker | None = None, service: str = "run") -> None:
        """`bells` are those that others may ring here; `service` is our name at the broker."""
        self._ours = Doorbell()
        self._broker = broker
        self._service = service
        self.link: MqttLink | None = None
        if broker is not None:
            session = Session(
                name=f"secondring-{broker.pbx}-{service}",
                presence=broker.topic("services", service),
                kept=KEPT,
                missed_after=MISSED_AFTER,
            )
            ears = {broker.topic("bell", bell): self._hears(bell) for bell in bells}
            self.link = MqttLink(broker, session, ears)

    def listen(self, topic: str) -> Ear:
        """An ear for all rings of a topic from now on."""
        return self._ours.listen(topic)

    async def ring(self, topic: str) -> None:
        """Wake all who listen, here and elsewhere; waits for nobody."""
        self._ours.hear(topic)
        if self.link is not None and self._broker is not None:
            self.link.ring(self._broker.topic("bell", topic), {"from": self._service})

    def _hears(self, bell: str) -> Heard:
        def heard(payload: Payload | None) -> None:
            if payload is None or payload.get("from") != self._service:  # our own ring has woken ours already
                self._ours.hear(bell)

        return heard
