"""Whom a service tells of alarms, and by what."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from secondring.alarming import Channel, Shout
from secondring.bus.client import Broker
from secondring.bus.mqtt import MqttLink
from secondring.channels import MqttChannel, mail_channel
from secondring.domain.rules import Rules
from secondring.wiring import Settings


@dataclass(frozen=True, slots=True)
class Channels:
    """The ways to tell people."""

    all: Sequence[Channel]
    shout: Shout
    broker: Broker | None


def channels(
    settings: Settings,
    rules: Rules,
    link: MqttLink | None,
    broker: Broker | None,
    clock: Callable[[], datetime],
) -> Channels:
    """Those that the configuration names; `link` is this process's own to the broker."""
    found: list[Channel] = mail_channel(settings)
    if link is not None and broker is not None:
        found.append(MqttChannel(link, broker))
    return Channels(found, Shout(found, rules, clock=clock), broker)
