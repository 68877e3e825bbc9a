"""SignalWire: its compatibility interface for texts, and its own for looking numbers up."""

from dataclasses import dataclass, field
from urllib.parse import quote

from secondring.domain.phone import PhoneNumber
from sms_gateway.carriers.laml import LamlCarrier, LamlSettings
from sms_gateway.carriers.laml_webhook import LamlWebhook
from sms_gateway.carriers.port import LineType
from sms_gateway.carriers.reading import dig, word
from sms_gateway.desk import Clock

NAME = "signalwire"
SIGNATURE = "x-signalwire-signature"
LINE_TYPES = {
    "wireless": LineType.MOBILE,
    "mobile": LineType.MOBILE,
    "landline": LineType.LANDLINE,
    "voip": LineType.INTERNET,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalWireSettings(LamlSettings):
    """One project of one space."""

    name: str = NAME
    url: str
    """The space, for example https://clinic.signalwire.com."""
    project: str
    token: str = field(repr=False)


class SignalWireCarrier(LamlCarrier):
    """Sends, polls, looks texts up after a lost answer, and knows line types."""

    def __init__(self, settings: SignalWireSettings, clock: Clock) -> None:
        super().__init__(
            settings,
            account=f"{settings.url}/api/laml/2010-04-01/Accounts/{quote(settings.project, safe='')}",
            user=settings.project,
            password=settings.token,
            clock=clock,
        )
        self._numbers = f"{settings.url}/api/relay/rest/lookup/phone_number"

    async def line_type(self, number: PhoneNumber) -> LineType | None:
        """Ask who runs the number; raises PeerError."""
        found = await self._wire.fetch(f"{self._numbers}/{quote(number.e164, safe='')}?include=carrier")
        return LINE_TYPES.get(word(dig(found, "carrier", "linetype")).lower())


def signalwire_webhook(signing_keys: tuple[str, ...], *, name: str = NAME) -> LamlWebhook:
    """SignalWire's door: it signs with the project's signing key."""
    return LamlWebhook(signing_keys, name=name, header=SIGNATURE)
