"""Makes the simulated phones."""

from config.settings import CarrierSettings, Settings
from sms_gateway.carriers.handset import HandsetCarrier
from sms_gateway.carriers.port import Driver
from sms_gateway.carriers.spool import Spool
from sms_gateway.desk import Clock


def spool(settings: Settings) -> Spool:
    """The air between the phones."""
    return Spool(settings.state_directory / "handset")


def make(carrier: CarrierSettings, settings: Settings, clock: Clock) -> Driver:
    """The phones of the state directory."""
    return Driver(carrier=HandsetCarrier(spool(settings), clock, name=carrier.name))
