"""Makes the SMPP carrier."""

import ssl

from config.carriers import SmppKeys
from config.settings import CarrierSettings, Settings
from sms_gateway.carriers.port import Driver
from sms_gateway.carriers.smpp.carrier import SmppCarrier, SmppSettings
from sms_gateway.carriers.smpp.session import Centre
from sms_gateway.desk import Clock
from sms_gateway.notes import BookNotes


def make(carrier: CarrierSettings, settings: Settings, clock: Clock) -> Driver:  # noqa: ARG001 - as all of them
    """A link to a message centre; it remembers parts in the books."""
    keys = carrier.keys_as(SmppKeys)
    context = ssl.create_default_context(cafile=str(keys.ca_file) if keys.ca_file else None)
    centre = Centre(
        host=keys.host,
        port=keys.port,
        system_id=keys.system_id,
        password=carrier.secret("password") or "",
        system_type=keys.system_type,
        tls=context if keys.tls else None,
        window=keys.window,
        answer=keys.timeout.total_seconds(),
        enquire_every=keys.enquire_every.total_seconds(),
    )
    made = SmppSettings(
        centre=centre,
        name=carrier.name,
        region=keys.region,
        alphabet=keys.alphabet,
        confirms_opt_out=bool(keys.confirms_opt_out),
    )
    notes = BookNotes(carrier.name, clock)
    return Driver(carrier=SmppCarrier(made, notes, clock), begin=notes.open)
