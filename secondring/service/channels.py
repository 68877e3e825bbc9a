"""Whom a service tells of alarms, and by what."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from secondring.alarming import Channel, Shout
from secondring.bus.mqtt import Broker, MqttLink
from secondring.channels import MqttChannel, broker, mail_channel
from secondring.domain.rules import Rules
from secondring.wiring import Settings


@dataclass(frozen=True, slots=True)
class Mqtt:
    """The link to the broker, where one is configured."""

    link: MqttLink
    at: Broker


@dataclass(frozen=True, slots=True)
class Channels:
    """The ways to tell people."""

    all: Sequence[Channel]
    shout: Shout
    mqtt: Mqtt | None

    @property
    def parts(self) -> dict[str, Callable[[], Awaitable[None]]]:
        """What has to run so that they are told."""
        linked = {"MQTT": self.mqtt.link.run} if self.mqtt else {}
        return {"shouts": self.shout.run, **linked}


def channels(settings: Settings, rules: Rules, clock: Callable[[], datetime]) -> Channels:
    """Those that the configuration names."""
    found: list[Channel] = mail_channel(settings)
    mqtt = None
    if settings.mqtt is not None:
        at = broker(settings.mqtt, settings.listening.pbx)
        mqtt = Mqtt(MqttLink(at), at)
        found.append(MqttChannel(mqtt.link, at))
    return Channels(found, Shout(found, rules, clock=clock), mqtt)
