"""Makes the carrier behind gammu-smsd."""

from config.carriers import GammuKeys
from config.settings import CarrierSettings, Settings
from sms_gateway.carriers.gammu import GammuCarrier, GammuSettings
from sms_gateway.carriers.port import Driver
from sms_gateway.desk import Clock


def make(carrier: CarrierSettings, settings: Settings, clock: Clock) -> Driver:  # noqa: ARG001 - as all of them
    """The daemon's database."""
    keys = carrier.keys_as(GammuKeys)
    made = GammuSettings(name=carrier.name, database=keys.database, phones=keys.ports, region=keys.region)
    return Driver(carrier=GammuCarrier(made, clock))
