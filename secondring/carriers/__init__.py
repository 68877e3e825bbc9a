"""Every kind of carrier there is, by the module that makes its driver. A driver adds its file here and its line below.

A module has `make`, and `door` where the carrier knocks (`Maker`, `DoorMaker`). It is loaded with the first carrier
of its kind: a clinic has one or two, and all of them together, with their libraries, take 10 MB.
"""

from importlib import import_module
from typing import Protocol, cast

from config.settings import CarrierSettings, Settings
from sms_gateway.carriers.port import Driver, Webhook
from sms_gateway.desk import Clock

KINDS: dict[str, str] = {
    "handset": "handset",
    "http": "http",
    "twilio": "twilio",
    "telnyx": "telnyx",
    "vonage": "vonage",
    "bandwidth": "bandwidth",
    "signalwire": "signalwire",
    "smpp": "smpp",
    "dongle": "gsm",
    "yeastar": "gsm",
    "openvox": "gsm",
    "gammu": "gammu",
    "sip": "sip",
}
"""The files of this folder, by kind."""


class Maker(Protocol):
    """What makes the driver of a carrier."""

    def make(self, carrier: CarrierSettings, settings: Settings, clock: Clock) -> Driver:
        """From the carrier's own settings, everybody's, and the time. May raise ConfigError."""
        ...


class DoorMaker(Protocol):
    """What makes the door of a carrier that knocks.

    Apart from the driver, because in shadow mode no driver is made, and replies are still taken in.
    """

    def door(self, carrier: CarrierSettings) -> Webhook | None:
        """The door; None when it is not set up to knock. May raise ConfigError."""
        ...


def driver(carrier: CarrierSettings, settings: Settings, clock: Clock) -> Driver:
    """The driver of a configured carrier."""
    return cast("Maker", _module(carrier)).make(carrier, settings, clock)


def door(carrier: CarrierSettings) -> Webhook | None:
    """The door of a configured carrier; None when it sends nothing to us."""
    if not carrier.keys.knocks:
        return None
    module = _module(carrier)
    return cast("DoorMaker", module).door(carrier) if hasattr(module, "door") else None


def _module(carrier: CarrierSettings) -> object:
    return import_module(f"{__name__}.{KINDS[carrier.kind]}")
