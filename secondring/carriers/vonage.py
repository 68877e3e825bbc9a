"""Makes the carrier of a Vonage application, and its door."""

from config.carriers import VonageKeys
from config.settings import CarrierSettings, Settings
from sms_gateway.carriers.port import Driver, Webhook
from sms_gateway.carriers.vonage import VonageCarrier, VonageSettings, VonageWebhook
from sms_gateway.desk import Clock


def make(carrier: CarrierSettings, settings: Settings, clock: Clock) -> Driver:
    """An application."""
    keys = carrier.keys_as(VonageKeys)
    secret = carrier.secret("api_secret")
    made = VonageCarrier(
        VonageSettings(
            name=carrier.name,
            application=keys.application,
            private_key=carrier.secret("private_key") or "",
            account=(keys.api_key, secret) if keys.api_key and secret else None,
            confirms_opt_out=bool(keys.confirms_opt_out),
            line_types=keys.line_types,
            timeout=keys.timeout,
            connections=settings.gateway.concurrency,
            url=keys.url.rstrip("/"),
        ),
        clock,
    )
    return Driver(carrier=made, line_types=made if made.capabilities.line_types else None)


def door(carrier: CarrierSettings) -> Webhook | None:
    """Where it delivers."""
    return VonageWebhook((carrier.secret("signature_secret") or "",), name=carrier.name)
