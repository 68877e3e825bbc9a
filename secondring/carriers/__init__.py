"""Every kind of carrier there is, by what makes its driver. A driver adds its file here and its line below."""

from collections.abc import Callable
from dataclasses import dataclass

from config.settings import CarrierSettings, Settings
from secondring.carriers import (
    bandwidth,
    gammu,
    gsm,
    handset,
    http,
    signalwire,
    sip,
    smpp,
    telnyx,
    twilio,
    vonage,
)
from sms_gateway.carriers.port import Driver, Webhook
from sms_gateway.desk import Clock

Make = Callable[[CarrierSettings, Settings, Clock], Driver]
"""From the carrier's own settings, everybody's, and the time. May raise ConfigError."""
MakeDoor = Callable[[CarrierSettings], Webhook | None]
"""The door that it knocks at; None when it is not set up to. May raise ConfigError.

Apart from the driver, because in shadow mode no driver is made, and replies are still taken in.
"""


@dataclass(frozen=True, slots=True)
class Kind:
    """What makes the two sides of a carrier."""

    make: Make
    door: MakeDoor | None = None


KINDS: dict[str, Kind] = {
    "handset": Kind(handset.make),
    "http": Kind(http.make, http.door),
    "twilio": Kind(twilio.make, twilio.door),
    "telnyx": Kind(telnyx.make, telnyx.door),
    "vonage": Kind(vonage.make, vonage.door),
    "bandwidth": Kind(bandwidth.make, bandwidth.door),
    "signalwire": Kind(signalwire.make, signalwire.door),
    "smpp": Kind(smpp.make),
    "dongle": Kind(gsm.make),
    "yeastar": Kind(gsm.make),
    "openvox": Kind(gsm.make),
    "gammu": Kind(gammu.make),
    "sip": Kind(sip.make),
}


def driver(carrier: CarrierSettings, settings: Settings, clock: Clock) -> Driver:
    """The driver of a configured carrier."""
    return KINDS[carrier.kind].make(carrier, settings, clock)


def door(carrier: CarrierSettings) -> Webhook | None:
    """The door of a configured carrier; None when it sends nothing to us."""
    make = KINDS[carrier.kind].door
    return make(carrier) if make is not None and carrier.keys.knocks else None
