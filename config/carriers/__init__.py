"""Every kind of carrier there is, by the model of its keys. A driver adds its file here and its line below."""

from typing import TYPE_CHECKING, Annotated, Union

from pydantic import Field

from config.carriers.bandwidth import BandwidthKeys
from config.carriers.base import CarrierKeys, RegisteredKeys
from config.carriers.gammu import GammuKeys
from config.carriers.gsm import DongleKeys, GsmKeys, OpenVoxKeys, YeastarKeys
from config.carriers.handset import HandsetKeys
from config.carriers.http import HttpKeys
from config.carriers.signalwire import SignalWireKeys
from config.carriers.sip import SipKeys
from config.carriers.smpp import SmppKeys
from config.carriers.telnyx import TelnyxKeys
from config.carriers.twilio import TwilioKeys
from config.carriers.vonage import VonageKeys

__all__ = [
    "KINDS",
    "AnyCarrier",
    "BandwidthKeys",
    "CarrierKeys",
    "DongleKeys",
    "GammuKeys",
    "GsmKeys",
    "HandsetKeys",
    "HttpKeys",
    "OpenVoxKeys",
    "RegisteredKeys",
    "SignalWireKeys",
    "SipKeys",
    "SmppKeys",
    "TelnyxKeys",
    "TwilioKeys",
    "VonageKeys",
    "YeastarKeys",
]

KINDS = (
    HandsetKeys,
    HttpKeys,
    TwilioKeys,
    TelnyxKeys,
    VonageKeys,
    BandwidthKeys,
    SignalWireKeys,
    SmppKeys,
    DongleKeys,
    YeastarKeys,
    OpenVoxKeys,
    GammuKeys,
    SipKeys,
)

if TYPE_CHECKING:
    AnyCarrier = CarrierKeys
else:
    AnyCarrier = Annotated[Union[KINDS], Field(discriminator="kind")]  # noqa: UP007 - of as many as there are
