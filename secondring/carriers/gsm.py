"""Makes the carriers with SIM cards: the box's manager interface is a wire of `ami_listener`'s."""

from ami_listener.session import AmiAccount
from config.carriers import GsmKeys
from config.settings import CarrierSettings, Settings
from secondring.carriers.manager import AmiManager
from sms_gateway.carriers.ami.dialects import DIALECTS
from sms_gateway.carriers.ami.gsm import GsmCarrier, GsmSettings
from sms_gateway.carriers.port import Driver
from sms_gateway.desk import Clock
from sms_gateway.notes import BookNotes


def make(carrier: CarrierSettings, settings: Settings, clock: Clock) -> Driver:  # noqa: ARG001 - as all of them
    """A box; what it heard is in the books."""
    keys = carrier.keys_as(GsmKeys)
    account = AmiAccount(
        host=keys.host, port=keys.port, user=keys.user, secret=carrier.secret("secret") or ""
    )
    notes = BookNotes(carrier.name, clock)
    made = GsmSettings(name=carrier.name, ports=keys.ports, region=keys.region)
    driver = GsmCarrier(made, DIALECTS[carrier.kind], AmiManager(account), notes, clock)
    return Driver(carrier=driver, begin=notes.open)
