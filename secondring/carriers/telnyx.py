"""Makes the carrier of a Telnyx account, and its door."""

from config.carriers import TelnyxKeys
from config.settings import CarrierSettings, Settings
from secondring.carriers.receipts import receipts_url
from sms_gateway.carriers.port import Driver, Webhook
from sms_gateway.carriers.telnyx import TelnyxCarrier, TelnyxSettings, TelnyxWebhook
from sms_gateway.desk import Clock


def make(carrier: CarrierSettings, settings: Settings, clock: Clock) -> Driver:
    """An account."""
    keys = carrier.keys_as(TelnyxKeys)
    made = TelnyxCarrier(
        TelnyxSettings(
            name=carrier.name,
            key=carrier.secret("key") or "",
            profile=keys.profile,
            webhook_url=receipts_url(carrier, settings),
            confirms_opt_out=bool(keys.confirms_opt_out),
            line_types=keys.line_types,
            timeout=keys.timeout,
            connections=settings.gateway.concurrency,
            url=keys.url.rstrip("/"),
        ),
        clock,
    )
    return Driver(carrier=made, line_types=made if keys.line_types else None, checks=made)


def door(carrier: CarrierSettings) -> Webhook | None:
    """Where it delivers."""
    return TelnyxWebhook(((carrier.secret("public_key") or "").strip(),), name=carrier.name)
