"""Bandwidth: texts by its messaging API, version 2, and line types by its number look-up, version 2.

Its list of messages holds neither words nor tags, so it cannot be asked what became of one text. But its receipts
carry our own id as `tag`: after a lost answer they settle it, and until then nothing is sent again.
"""

import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from secondring.domain.errors import ConfigError, PeerError
from secondring.domain.phone import PhoneNumber
from secondring.domain.records import TextState
from secondring.domain.texting import Incoming, incoming
from sms_gateway.carriers.bandwidth_tokens import Tokens
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
    Refused,
    SendResult,
    TryLater,
    Unknown,
    Unreadable,
)
from sms_gateway.carriers.reading import code_of, dig, end, number, parsed, rows, word, words_of
from sms_gateway.carriers.wire import JSON, Answer, ApiSettings, basic, check_address, verdict, wire_of
from sms_gateway.desk import Clock

NAME = "bandwidth"
SHORTEST_PASSWORD = 16
STATES = {
    "message-sending": TextState.ACCEPTED,
    "message-sent": TextState.ACCEPTED,
    "message-delivered": TextState.DELIVERED,
    "message-read": TextState.DELIVERED,
    "message-failed": TextState.FAILED,
}
LINE_TYPES = {
    "MOBILE": LineType.MOBILE,
    "FIXED": LineType.LANDLINE,
    "VOIP-FIXED": LineType.INTERNET,
    "VOIP": LineType.INTERNET,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class BandwidthSettings(ApiSettings):
    """One account and one application of it."""

    name: str = NAME
    account: str
    application: str
    client: str
    """The client ID of an API credential."""
    secret: str = field(repr=False)
    url: str = "https://messaging.bandwidth.com"
    api_url: str = "https://api.bandwidth.com"
    """Where tokens are given out and numbers are looked up."""


class BandwidthCarrier:
    """One application."""

    def __init__(self, settings: BandwidthSettings, clock: Clock) -> None:
        self.name = settings.name
        where, account = f"carriers.{settings.name}", quote(settings.account, safe="")
        self._messages = f"{check_address(settings.url, where)}/api/v2/users/{account}/messages"
        api = check_address(settings.api_url, where)
        self._numbers = f"{api}/v2/accounts/{account}/phoneNumberLookup"
        self._application = settings.application
        self._clock = clock
        self.capabilities = Capabilities(
            receipts=True,
            webhooks=True,
            confirms_opt_out=settings.confirms_opt_out,
            line_types=settings.line_types,
        )
        self._wire, self._api = wire_of(settings, JSON), wire_of(settings, JSON)
        tokens = f"{api}/api/v1/oauth2/token"
        self._tokens = Tokens(self._api, tokens, settings.client, settings.secret, clock)

    async def send(self, text: OutgoingText) -> SendResult:
        """Hand a text over."""
        letter = {
            "applicationId": self._application,
            "to": [text.to.e164],
            "from": text.sender.e164,
            "text": text.body,
            "tag": text.id,
        }
        answer = await self._post(json.dumps(letter).encode())
        if isinstance(answer, Refused):
            return answer
        found = parsed(answer.body) if isinstance(answer, Answer) else None
        id_ = word(dig(found, "id")) or str(text.id)
        return verdict(answer, self._clock(), id_=id_, code=code_of(dig(found, "type")))

    async def _post(self, letter: bytes) -> Answer | Refused | TryLater | Unknown:
        """With a new token when the old one is not good any more: what was not let in was surely not taken."""
        for last in (False, True):
            header = await self._tokens.header()
            if isinstance(header, Refused | TryLater):
                return header
            answer = await self._wire.ask("POST", self._messages, letter, header)
            if last or not (isinstance(answer, Answer) and answer.status == 401):
                break
            self._tokens.forget()
        return answer

    async def look_up(self, text: OutgoingText) -> SendResult | None:  # noqa: ARG002 - a carrier's signature
        """It cannot be asked; a receipt will tell."""
        return Unknown("Bandwidth cannot be asked; its receipt will tell")

    async def poll(self, cursor: str | None) -> Poll:
        """Nothing: what comes in is sent to our webhooks."""
        return Poll(cursor=cursor or "")

    async def check(self) -> Checkup:
        """Change the API credential for a token: whoever gets one is known."""
        self._tokens.forget()
        header = await self._tokens.header()
        if isinstance(header, TryLater):
            raise PeerError(header.note)
        if isinstance(header, Refused):
            return Checkup(ok=False, said="it does not know our API credential", code=header.code)
        return Checkup(ok=True, said="it knows our API credential")

    async def line_type(self, number: PhoneNumber) -> LineType | None:
        """Ask number look-up; raises PeerError."""
        asked = json.dumps({"phoneNumbers": [number.e164]}).encode()
        header = await self._tokens.header()
        if isinstance(header, Refused | TryLater):
            raise PeerError(header.note)
        found = await self._api.fetch(self._numbers, "POST", asked, header)
        return LINE_TYPES.get(word(dig(found, "data", "results", 0, "lineType")).upper())

    async def close(self) -> None:
        """Close all connections."""
        await self._wire.close()
        await self._api.close()


class BandwidthWebhook:
    """`Webhook` of one application: lists of events in JSON. Bandwidth signs nothing; it logs in with a password.

    So that password is all there is: a recording can be played back. It changes nothing, because each message is
    known by its id and each text only rises in rank.
    """

    def __init__(self, user: str, passwords: Sequence[str], *, name: str = NAME) -> None:
        """Two passwords while one is being replaced."""
        if not user or not passwords or any(len(password) < SHORTEST_PASSWORD for password in passwords):
            raise ConfigError(
                f"carriers.{name}: the password of its callbacks has fewer than {SHORTEST_PASSWORD} characters;"
                " make one, for example with `openssl rand -hex 32`, and set it at the application in Bandwidth"
            )
        self._logins = [basic(user, password).encode() for password in passwords]
        self._name = name

    def read(self, knock: Knock) -> News:
        """Whatever events there are; both paths take both kinds."""
        given = knock.headers.get("authorization", "").encode("utf-8", "replace")
        if not any([hmac.compare_digest(login, given) for login in self._logins]):  # noqa: C419 - all are compared
            raise NotGenuine("the user or the password in Authorization is missing or wrong")
        found = rows(parsed(knock.body))
        if not found:
            raise Unreadable("a list of events is expected")
        return News(
            inbound=tuple(one for event in found if (one := self._arrival(event, knock)) is not None),
            receipts=tuple(end for event in found if (end := self._receipt(event)) is not None),
        )

    def _arrival(self, event: dict[str, Any], knock: Knock) -> Incoming | None:
        message = event.get("message")
        sender, to = end(dig(message, "from")), number(event.get("to")) or end(dig(message, "to", 0))
        id_ = word(dig(message, "id"))
        if word(event.get("type")) != "message-received" or not id_:
            return None
        media = dig(message, "media")
        body = words_of(dig(message, "text"), attachments=isinstance(media, list) and bool(media))
        return incoming(carrier=self._name, carrier_id=id_, sender=sender, to=to, body=body, at=knock.at)

    def _receipt(self, event: dict[str, Any]) -> Receipt | None:
        state = STATES.get(word(event.get("type")))
        ours = word(dig(event, "message", "tag")) or word(dig(event, "message", "id"))
        if state is None or not ours:
            return None
        return Receipt(carrier=self._name, id=ours, state=state, code=code_of(event.get("errorCode")))
