"""Makes the carrier of a SignalWire project, and its door."""

from config.carriers import SignalWireKeys
from config.settings import CarrierSettings, Settings
from secondring.carriers.receipts import receipts_url
from sms_gateway.carriers.port import Driver, Webhook
from sms_gateway.carriers.signalwire import SignalWireCarrier, SignalWireSettings, signalwire_webhook
from sms_gateway.desk import Clock


def make(carrier: CarrierSettings, settings: Settings, clock: Clock) -> Driver:
    """A project."""
    keys = carrier.keys_as(SignalWireKeys)
    made = SignalWireCarrier(
        SignalWireSettings(
            name=carrier.name,
            url=keys.url.rstrip("/"),
            project=keys.project,
            token=carrier.secret("token") or "",
            receipts_url=receipts_url(carrier, settings),
            confirms_opt_out=bool(keys.confirms_opt_out),
            line_types=keys.line_types,
            timeout=keys.timeout,
            connections=settings.gateway.concurrency,
        ),
        clock,
    )
    return Driver(carrier=made, line_types=made if keys.line_types else None, checks=made)


def door(carrier: CarrierSettings) -> Webhook | None:
    """Where it delivers."""
    key = carrier.secret("signing_key")
    return None if key is None else signalwire_webhook((key,), name=carrier.name)
