"""Makes the carrier of a Twilio account, and its door."""

from config.carriers import TwilioKeys
from config.settings import CarrierSettings, Settings
from secondring.carriers.receipts import receipts_url
from sms_gateway.carriers.port import Driver, Webhook
from sms_gateway.carriers.twilio import TwilioCarrier, TwilioSettings, twilio_webhook
from sms_gateway.desk import Clock


def make(carrier: CarrierSettings, settings: Settings, clock: Clock) -> Driver:
    """An account."""
    keys = carrier.keys_as(TwilioKeys)
    made = TwilioCarrier(
        TwilioSettings(
            name=carrier.name,
            account=keys.account,
            key=keys.api_key or keys.account,
            secret=carrier.secret("api_secret") or carrier.secret("auth_token") or "",
            receipts_url=receipts_url(carrier, settings),
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
    token = carrier.secret("auth_token")
    return None if token is None else twilio_webhook((token,), name=carrier.name)
