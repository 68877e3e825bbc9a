"""Makes the carrier that is the PBX's own trunk: at the address of `ami`, as a user of its own."""

import ssl

from ami_listener.session import AmiAccount
from config.carriers import SipKeys
from config.settings import CarrierSettings, Settings
from secondring.carriers.manager import AmiManager
from sms_gateway.carriers.ami.sip import SipCarrier, SipSettings
from sms_gateway.carriers.port import Driver
from sms_gateway.desk import Clock


def make(carrier: CarrierSettings, settings: Settings, clock: Clock) -> Driver:  # noqa: ARG001 - as all of them
    """The trunk."""
    keys, ami = carrier.keys_as(SipKeys), settings.ami
    context = (
        ssl.create_default_context(cafile=str(ami.ca_file) if ami.ca_file else None) if ami.tls else None
    )
    account = AmiAccount(
        host=ami.host, port=ami.port, user=keys.user, secret=carrier.secret("secret") or "", tls=context
    )
    made = SipSettings(
        name=carrier.name,
        endpoint=keys.endpoint,
        host=keys.host,
        our_host=keys.our_host,
        plus=keys.plus,
        region=keys.region,
    )
    return Driver(carrier=SipCarrier(made, AmiManager(account)))
