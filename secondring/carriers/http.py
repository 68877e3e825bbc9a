"""Makes the plain `http` carrier, and the door that it knocks at when it has a secret to sign with."""

from config.carriers import HttpKeys
from config.settings import CarrierSettings, Settings
from sms_gateway.carriers.http import HttpCarrier, HttpSettings
from sms_gateway.carriers.http_webhook import HttpWebhook
from sms_gateway.carriers.port import Driver, Webhook
from sms_gateway.desk import Clock


def make(carrier: CarrierSettings, settings: Settings, clock: Clock) -> Driver:
    """A gateway."""
    keys = carrier.keys_as(HttpKeys)
    made = HttpSettings(
        url=keys.url,
        token=carrier.secret("token"),
        lookup_url=keys.lookup_url,
        timeout=keys.timeout,
        connections=settings.gateway.concurrency,
        confirms_opt_out=bool(keys.confirms_opt_out),
    )
    return Driver(carrier=HttpCarrier(made, clock, name=carrier.name))


def door(carrier: CarrierSettings) -> Webhook | None:
    """Where it delivers."""
    secret = carrier.secret("inbound_secret")
    return None if secret is None else HttpWebhook((secret,), name=carrier.name)
