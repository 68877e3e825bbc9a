"""Twilio: its Programmable Messaging, version 2010-04-01, and its Lookup, version 2."""

from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import quote

from secondring.domain.phone import PhoneNumber
from sms_gateway.carriers.laml import Account, LamlCarrier
from sms_gateway.carriers.laml_webhook import LamlWebhook
from sms_gateway.carriers.port import Capabilities, LineType
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
class TwilioSettings:
    """One account."""

    name: str = NAME
    account: str
    """Its SID, AC…"""
    key: str
    """The SID of an API key, SK…, or the account's own SID together with its auth token."""
    secret: str = field(repr=False)
    receipts_url: str | None = None
    confirms_opt_out: bool = True
    line_types: bool = False
    """Lookup costs money for each number."""
    list_lag: timedelta = timedelta(seconds=60)
    timeout: timedelta = timedelta(seconds=10)
    connections: int = 8
    url: str = "https://api.twilio.com"
    lookups_url: str = "https://lookups.twilio.com"
    ca_file: str | None = None


class TwilioCarrier(LamlCarrier):
    """Sends, polls, looks texts up after a lost answer, and knows line types."""

    def __init__(self, settings: TwilioSettings, clock: Clock) -> None:
        account = Account(
            name=settings.name,
            root=f"{settings.url}/2010-04-01/Accounts/{quote(settings.account, safe='')}",
            user=settings.key,
            password=settings.secret,
            receipts_url=settings.receipts_url,
            list_lag=settings.list_lag,
            timeout=settings.timeout,
            connections=settings.connections,
            ca_file=settings.ca_file,
        )
        can = Capabilities(
            receipts=True,
            polling=True,
            webhooks=True,
            lookup=True,
            confirms_opt_out=settings.confirms_opt_out,
            line_types=settings.line_types,
        )
        super().__init__(account, can, clock)
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
