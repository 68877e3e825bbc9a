"""The five carriers with interfaces of their own, made for a server of the tests, and how each says yes and no."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from secondring.domain.ids import TextId
from sms_gateway.carriers.bandwidth import BandwidthCarrier, BandwidthSettings
from sms_gateway.carriers.port import (
    Carrier,
    OutgoingText,
)
from sms_gateway.carriers.signalwire import SignalWireCarrier, SignalWireSettings
from sms_gateway.carriers.telnyx import TelnyxCarrier, TelnyxSettings
from sms_gateway.carriers.twilio import TwilioCarrier, TwilioSettings
from sms_gateway.carriers.vonage import VonageCarrier, VonageSettings
from sms_gateway.carriers.wire import Wire
from sms_gateway.desk import Clock as Now
from tests.support.fake_carrier.vonage_dialect import ACCOUNT, PRIVATE_PEM
from tests.unit.sms_gateway.fakes import ANNA, CLINIC, NOON

LETTER = OutgoingText(id=TextId("M-1"), to=ANNA, sender=CLINIC, body="Reply BOOK")
SECRET = "planted-secret-of-the-tests"
Make = Callable[[str, Now], Carrier]
PATIENT = timedelta(seconds=10)


def _let_in(carrier: BandwidthCarrier) -> BandwidthCarrier:
    """One that has fetched a token already."""
    carrier._tokens._token, carrier._tokens._until = SECRET, NOON + timedelta(hours=1)
    return carrier


@dataclass(frozen=True)
class Kind:
    """How to make one, and how it says yes and no."""

    name: str
    make: Make
    taken: dict[str, Any]
    refusal: dict[str, Any]
    code: str


KINDS = [
    Kind(
        "twilio",
        lambda url, now: TwilioCarrier(
            TwilioSettings(
                account="AC1",
                key="SK1",
                secret=SECRET,
                url=url,
                lookups_url=url,
                timeout=PATIENT,
                line_types=True,
            ),
            now,
        ),
        {"sid": "SM1"},
        {"code": 21610, "message": ANNA.e164},
        "21610",
    ),
    Kind(
        "signalwire",
        lambda url, now: SignalWireCarrier(
            SignalWireSettings(url=url, project="p-1", token=SECRET, timeout=PATIENT, line_types=True), now
        ),
        {"sid": "SM1"},
        {"code": 21610, "message": ANNA.e164},
        "21610",
    ),
    Kind(
        "telnyx",
        lambda url, now: TelnyxCarrier(
            TelnyxSettings(key=SECRET, url=url, timeout=PATIENT, line_types=True), now
        ),
        {"data": {"id": "SM1"}},
        {"errors": [{"code": "40300", "detail": ANNA.e164}]},
        "40300",
    ),
    Kind(
        "vonage",
        lambda url, now: VonageCarrier(
            VonageSettings(
                application="a-1",
                private_key=PRIVATE_PEM,
                account=(ACCOUNT[0], SECRET),
                url=url,
                timeout=PATIENT,
                line_types=True,
            ),
            now,
        ),
        {"message_uuid": "SM1"},
        {"type": "https://x.example/errors#1240", "detail": ANNA.e164},
        "1240",
    ),
    Kind(
        "bandwidth",
        lambda url, now: _let_in(
            BandwidthCarrier(
                BandwidthSettings(
                    account="1",
                    application="a-1",
                    client="c",
                    secret=SECRET,
                    url=url,
                    api_url=url,
                    timeout=PATIENT,
                    line_types=True,
                ),
                now,
            )
        ),
        {"id": "SM1"},
        {"type": "request-validation", "description": ANNA.e164},
        "request-validation",
    ),
]


def hasty(carrier: Carrier) -> Carrier:
    """The same one, that waits half a second for an answer."""
    for wire in vars(carrier).values():
        if isinstance(wire, Wire):
            wire._seconds = 0.5
    return carrier
