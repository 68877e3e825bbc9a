"""Vonage: texts by its Messages API, version 1, and line types by Number Insight.

Messages cannot be asked what became of a text, and takes no key against repetition. But its receipts carry our own
id (`client_ref`): after a lost answer they settle it, and until then nothing is sent again.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from secondring.domain.errors import ConfigError
from secondring.domain.phone import PhoneNumber
from secondring.domain.records import TextState
from secondring.domain.texting import Incoming, incoming
from sms_gateway.carriers.port import (
    Capabilities,
    Knock,
    LineType,
    News,
    NotGenuine,
    OutgoingText,
    Poll,
    Receipt,
    SendResult,
    Unknown,
    Unreadable,
)
from sms_gateway.carriers.reading import code_of, dig, end, parsed, word, words_of
from sms_gateway.carriers.vonage_tokens import Pass, signed_by
from sms_gateway.carriers.wire import JSON, Answer, ApiSettings, basic, check_address, verdict, wire_of
from sms_gateway.desk import Clock

NAME = "vonage"
SHORTEST_SECRET = 16
STATES = {
    "submitted": TextState.ACCEPTED,
    "delivered": TextState.DELIVERED,
    "read": TextState.DELIVERED,
    "rejected": TextState.FAILED,
    "undeliverable": TextState.FAILED,
}
LINE_TYPES = {
    "mobile": LineType.MOBILE,
    "landline": LineType.LANDLINE,
    "virtual": LineType.INTERNET,
}
INVALID_NUMBER = 3
"""Number Insight's own status for an address that is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VonageSettings(ApiSettings):
    """One application of one account."""

    name: str = NAME
    application: str
    private_key: str = field(repr=False)
    """PEM."""
    account: tuple[str, str] | None = field(default=None, repr=False)
    """API key and secret; for line types only."""
    url: str = "https://api.nexmo.com"


class VonageCarrier:
    """One application."""

    def __init__(self, settings: VonageSettings, clock: Clock) -> None:
        self.name = settings.name
        self._root = check_address(settings.url, f"carriers.{settings.name}")
        self._clock = clock
        self._pass = Pass(settings.application, settings.private_key, name=settings.name)
        self.capabilities = Capabilities(
            receipts=True,
            webhooks=True,
            confirms_opt_out=settings.confirms_opt_out,
            line_types=settings.line_types and settings.account is not None,
        )
        self._wire = wire_of(settings, JSON)
        login = settings.account
        self._insight = wire_of(settings, JSON | {"Authorization": basic(*login)}) if login else None

    async def send(self, text: OutgoingText) -> SendResult:
        """Hand a text over."""
        letter = {
            "channel": "sms",
            "message_type": "text",
            "to": text.to.e164[1:],
            "from": text.sender.e164[1:],
            "text": text.body,
            "client_ref": text.id,
        }
        token = {"Authorization": f"Bearer {self._pass.at(self._clock())}"}
        answer = await self._wire.ask("POST", f"{self._root}/v1/messages", json.dumps(letter).encode(), token)
        found = parsed(answer.body) if isinstance(answer, Answer) else None
        id_ = word(dig(found, "message_uuid")) or str(text.id)
        return verdict(answer, self._clock(), id_=id_, code=_code(found))

    async def look_up(self, text: OutgoingText) -> SendResult | None:  # noqa: ARG002 - a carrier's signature
        """It cannot be asked; a receipt will tell."""
        return Unknown("Vonage cannot be asked; its receipt will tell")

    async def poll(self, cursor: str | None) -> Poll:
        """Nothing: what comes in is sent to our webhooks."""
        return Poll(cursor=cursor or "")

    async def line_type(self, number: PhoneNumber) -> LineType | None:
        """Ask Number Insight; raises PeerError."""
        if self._insight is None:
            return None
        found = await self._insight.fetch(f"{self._root}/ni/standard/json?number={number.e164[1:]}")
        if dig(found, "status") == INVALID_NUMBER:
            return LineType.INVALID
        return LINE_TYPES.get(word(dig(found, "current_carrier", "network_type")).lower())

    async def close(self) -> None:
        """Close all connections."""
        await self._wire.close()
        if self._insight is not None:
            await self._insight.close()


def _code(problem: Any) -> str:
    """The code of an error: what follows the # of its type, else its title where that is a number."""
    by_type = urlsplit(word(dig(problem, "type"))).fragment
    return code_of(by_type) or code_of(dig(problem, "title"))


class VonageWebhook:
    """`Webhook` of one application: JSON, signed by a token that holds the hash of its very bytes."""

    def __init__(self, secrets: Sequence[str], *, name: str = NAME) -> None:
        """Signature secrets of the account; two while one is being replaced."""
        if not secrets or any(len(secret) < SHORTEST_SECRET for secret in secrets):
            raise ConfigError(
                f"carriers.{name}: the signature secret has fewer than {SHORTEST_SECRET} characters;"
                " set a longer one in Vonage's dashboard, under account settings, and put it into the file"
            )
        self._secrets = tuple(secrets)
        self._name = name

    def read(self, knock: Knock) -> News:
        """One reply or one receipt."""
        scheme, _, token = knock.headers.get("authorization", "").partition(" ")
        genuine = scheme.lower() == "bearer" and any(
            signed_by(secret, token.strip(), knock.body, knock.at) for secret in self._secrets
        )
        if not genuine:
            raise NotGenuine(
                "the token in Authorization is missing, wrong or too old, or is not for this body"
            )
        found = parsed(knock.body)
        id_ = word(dig(found, "message_uuid"))
        if not id_:
            raise Unreadable("message_uuid is missing")
        if knock.path == "receipt":
            return News(receipts=self._receipts(found, id_))
        return News(inbound=self._arrivals(found, id_, knock.at))

    def _arrivals(self, found: Any, id_: str, at: datetime) -> tuple[Incoming, ...]:
        sender, to = end(dig(found, "from")), end(dig(found, "to"))
        body = words_of(dig(found, "text"), attachments=word(dig(found, "message_type")) not in ("", "text"))
        return (incoming(carrier=self._name, carrier_id=id_, sender=sender, to=to, body=body, at=at),)

    def _receipts(self, found: Any, id_: str) -> tuple[Receipt, ...]:
        state = STATES.get(word(dig(found, "status")).lower())
        if state is None:
            return ()
        ours = word(dig(found, "client_ref")) or id_
        return (Receipt(carrier=self._name, id=ours, state=state, code=_code(dig(found, "error"))),)
