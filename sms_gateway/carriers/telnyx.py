"""Telnyx: messaging and number look-up of its API, version 2.

It takes a key against repetition with each text, so an unanswered one is simply handed over again: the same key and
the same bytes give the same answer for a day. There is no list of messages with their words to poll.
"""

import base64
import binascii
import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import quote

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from secondring.domain.errors import ConfigError
from secondring.domain.ids import TextId
from secondring.domain.phone import PhoneNumber
from secondring.domain.records import TextState
from secondring.domain.texting import Incoming, incoming
from sms_gateway.carriers.port import (
    Capabilities,
    Checkup,
    Knock,
    LineType,
    News,
    NotGenuine,
    OutgoingText,
    Poll,
    Receipt,
    SendResult,
    Unreadable,
)
from sms_gateway.carriers.reading import code_of, dig, end, parsed, rows, word, words_of
from sms_gateway.carriers.wire import JSON, Answer, ApiSettings, check_address, checkup, verdict, wire_of
from sms_gateway.desk import Clock
from sms_gateway.signature import is_fresh

NAME = "telnyx"
SIGNATURE, TIMESTAMP = "telnyx-signature-ed25519", "telnyx-timestamp"
KEYS = uuid.UUID("3f1c5a52-6f6e-4a6b-9c1e-5a1d6f0c2b11")
"""Our own name space for keys against repetition; changing it would send doubtful texts twice."""
INVALID_NUMBER = "10002"
STATES = {
    "queued": TextState.ACCEPTED,
    "sending": TextState.ACCEPTED,
    "sent": TextState.ACCEPTED,
    "delivery_unconfirmed": TextState.ACCEPTED,
    "delivered": TextState.DELIVERED,
    "read": TextState.DELIVERED,
    "expired": TextState.FAILED,
    "sending_failed": TextState.FAILED,
    "delivery_failed": TextState.FAILED,
}
LINE_TYPES = {
    "mobile": LineType.MOBILE,
    "fixed line": LineType.LANDLINE,
    "voip": LineType.INTERNET,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TelnyxSettings(ApiSettings):
    """One account."""

    name: str = NAME
    key: str = field(repr=False)
    """An API key, version 2."""
    profile: str | None = None
    """The messaging profile to send with; the number's own when None."""
    webhook_url: str | None = None
    """Where receipts go; where the profile says when None."""
    confirms_opt_out: bool = True
    url: str = "https://api.telnyx.com"


class TelnyxCarrier:
    """One account."""

    def __init__(self, settings: TelnyxSettings, clock: Clock) -> None:
        self.name = settings.name
        self._root = check_address(settings.url, f"carriers.{settings.name}") + "/v2"
        self._settings = settings
        self._clock = clock
        self.capabilities = Capabilities(
            receipts=True,
            webhooks=True,
            idempotent=True,
            confirms_opt_out=settings.confirms_opt_out,
            line_types=settings.line_types,
        )
        self._wire = wire_of(
            settings,
            JSON | {"Authorization": f"Bearer {settings.key}"},
        )

    async def send(self, text: OutgoingText) -> SendResult:
        """Hand a text over, under a key that is always the same for this text."""
        key = {"Idempotency-Key": key_of(text.id)}
        answer = await self._wire.ask("POST", f"{self._root}/messages", self._letter(text), key)
        found = parsed(answer.body) if isinstance(answer, Answer) else None
        id_ = word(dig(found, "data", "id")) or str(text.id)
        return verdict(answer, self._clock(), id_=id_, code=code_of(dig(found, "errors", 0, "code")))

    def _letter(self, text: OutgoingText) -> bytes:
        letter = {"from": text.sender.e164, "to": text.to.e164, "text": text.body, "type": "SMS"}
        if self._settings.profile:
            letter["messaging_profile_id"] = self._settings.profile
        if self._settings.webhook_url:
            letter["webhook_url"] = self._settings.webhook_url
        return json.dumps(letter, sort_keys=True).encode()

    async def look_up(self, text: OutgoingText) -> SendResult | None:
        """Handing it over again under its key is the look-up."""
        return await self.send(text)

    async def poll(self, cursor: str | None) -> Poll:
        """Nothing: what comes in is sent to our webhooks."""
        return Poll(cursor=cursor or "")

    async def check(self) -> Checkup:
        """Ask for the first messaging profile; the body is of no interest."""
        answer = await self._wire.ask("GET", f"{self._root}/messaging_profiles?page[size]=1")
        found = parsed(answer.body) if isinstance(answer, Answer) else None
        return checkup(answer, code_of(dig(found, "errors", 0, "code")))

    async def line_type(self, number: PhoneNumber) -> LineType | None:
        """Ask number look-up; raises PeerError."""
        found = await self._wire.fetch(
            f"{self._root}/number_lookup/{quote(number.e164, safe='')}?type=carrier"
        )
        carrier = dig(found, "data", "carrier")
        if code_of(dig(carrier, "error_code")) == INVALID_NUMBER:
            return LineType.INVALID
        kind = word(dig(carrier, "type")) or word(dig(found, "data", "portability", "line_type"))
        return LINE_TYPES.get(kind.lower())

    async def close(self) -> None:
        """Close all connections."""
        await self._wire.close()


def key_of(text: TextId) -> str:
    """The key against repetition: letters, digits and hyphens only, and nothing of a patient in it."""
    return str(uuid.uuid5(KEYS, text))


class TelnyxWebhook:
    """`Webhook` of one account: events in JSON, signed with Ed25519 over their time and their very bytes."""

    def __init__(self, public_keys: Sequence[str], *, name: str = NAME) -> None:
        """Base64, as the portal shows them; two while one is being replaced."""
        self._keys = [_public_key(key, name) for key in public_keys]
        self._name = name

    def read(self, knock: Knock) -> News:
        """One event; both paths take both kinds, because a profile has one address for all of them."""
        if not self._is_genuine(knock):
            raise NotGenuine(f"{SIGNATURE} or {TIMESTAMP} is missing, wrong or too old")
        event = dig(parsed(knock.body), "data")
        payload = dig(event, "payload")
        id_ = word(dig(payload, "id"))
        if not id_:
            raise Unreadable("data.payload.id is missing")
        if word(dig(event, "event_type")) == "message.received":
            return News(inbound=self._arrivals(payload, id_, knock.at))
        return News(receipts=self._receipts(payload, id_))

    def _is_genuine(self, knock: Knock) -> bool:
        stamp = knock.headers.get(TIMESTAMP, "")
        try:
            signature = base64.b64decode(knock.headers.get(SIGNATURE, "").encode(), validate=True)
        except (binascii.Error, ValueError):
            return False
        if not is_fresh(stamp, knock.at):
            return False
        return any(_signed(key, signature, stamp.encode() + b"|" + knock.body) for key in self._keys)

    def _arrivals(self, payload: Any, id_: str, at: datetime) -> tuple[Incoming, ...]:
        sender, to = end(dig(payload, "from", "phone_number")), end(dig(payload, "to", 0, "phone_number"))
        body = words_of(dig(payload, "text"), attachments=bool(rows(dig(payload, "media"))))
        return (incoming(carrier=self._name, carrier_id=id_, sender=sender, to=to, body=body, at=at),)

    def _receipts(self, payload: Any, id_: str) -> tuple[Receipt, ...]:
        state = STATES.get(word(dig(payload, "to", 0, "status")).lower())
        if state is None:
            return ()
        code = code_of(dig(payload, "errors", 0, "code"))
        return (Receipt(carrier=self._name, id=id_, state=state, code=code),)


def _public_key(given: str, name: str) -> Ed25519PublicKey:
    try:
        return Ed25519PublicKey.from_public_bytes(base64.b64decode(given, validate=True))
    except (binascii.Error, ValueError):
        raise ConfigError(
            f"carriers.{name}: the public key is not one of Telnyx; copy it from the portal's page on keys,"
            " 44 characters that end in ="
        ) from None


def _signed(key: Ed25519PublicKey, signature: bytes, message: bytes) -> bool:
    try:
        key.verify(signature, message)
    except InvalidSignature:
        return False
    return True
