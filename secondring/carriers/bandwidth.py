"""Makes the carrier of a Bandwidth application, and its door."""

from config.carriers import BandwidthKeys
from config.settings import CarrierSettings, Settings
from sms_gateway.carriers.bandwidth import BandwidthCarrier, BandwidthSettings, BandwidthWebhook
from sms_gateway.carriers.port import Driver, Webhook
from sms_gateway.desk import Clock


def make(carrier: CarrierSettings, settings: Settings, clock: Clock) -> Driver:
    """An application."""
    keys = carrier.keys_as(BandwidthKeys)
    made = BandwidthCarrier(
        BandwidthSettings(
            name=carrier.name,
            account=keys.account,
            application=keys.application,
            client=keys.client_id,
            secret=carrier.secret("client_secret") or "",
            confirms_opt_out=bool(keys.confirms_opt_out),
            line_types=keys.line_types,
            timeout=keys.timeout,
            connections=settings.gateway.concurrency,
            url=keys.url.rstrip("/"),
            api_url=keys.api_url.rstrip("/"),
        ),
        clock,
    )
    return Driver(carrier=made, line_types=made if keys.line_types else None, checks=made)


def door(carrier: CarrierSettings) -> Webhook | None:
    """Where it delivers."""
    keys = carrier.keys_as(BandwidthKeys)
    return BandwidthWebhook(
        keys.callback_user, (carrier.secret("callback_password") or "",), name=carrier.name
    )
