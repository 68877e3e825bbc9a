"""Twilio: its Programmable Messaging, version 2010-04-01, and its Lookup, version 2."""

from dataclasses import dataclass, field
from urllib.parse import quote

from secondring.domain.phone import PhoneNumber
from sms_gateway.carriers.laml import LamlCarrier, LamlSettings
from sms_gateway.carriers.laml_webhook import LamlWebhook
from sms_gateway.carriers.port import LineType
from sms_gateway.carriers.reading import dig, word
from sms_gateway.carriers.wire import check_address
from sms_gateway.desk import Clock

NAME = "twilio"
SIGNATURE = "x-twilio-signature"
LINE_TYPES = {
    "mobile": LineType.MOBILE,
    "landline": LineType.LANDLINE,
    "fixedVoip": LineType.INTERNET,
    "nonFixedVoip": LineType.INTERNET,
}
"""The other kinds (toll-free, premium, pager, …) say nothing of whether texts arrive."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TwilioSettings(LamlSettings):
    """One account."""

    name: str = NAME
    account: str
    """Its SID, AC…"""
    key: str
    """The SID of an API key, SK…, or the account's own SID together with its auth token."""
    secret: str = field(repr=False)
    url: str = "https://api.twilio.com"
    lookups_url: str = "https://lookups.twilio.com"


class TwilioCarrier(LamlCarrier):
    """Sends, polls, looks texts up after a lost answer, and knows line types."""

    def __init__(self, settings: TwilioSettings, clock: Clock) -> None:
        super().__init__(
            settings,
            account=f"{settings.url}/2010-04-01/Accounts/{quote(settings.account, safe='')}",
            user=settings.key,
            password=settings.secret,
            clock=clock,
        )
        self._lookups = check_address(settings.lookups_url, f"carriers.{settings.name}")

    async def line_type(self, number: PhoneNumber) -> LineType | None:
        """Ask Lookup; raises PeerError."""
        path = f"/v2/PhoneNumbers/{quote(number.e164, safe='')}?Fields=line_type_intelligence"
        found = await self._wire.fetch(self._lookups + path)
        if dig(found, "valid") is False:
            return LineType.INVALID
        return LINE_TYPES.get(word(dig(found, "line_type_intelligence", "type")))


def twilio_webhook(auth_tokens: tuple[str, ...], *, name: str = NAME) -> LamlWebhook:
    """Twilio's door: it signs with the account's auth token, also where we log in with an API key."""
    return LamlWebhook(auth_tokens, name=name, header=SIGNATURE)
