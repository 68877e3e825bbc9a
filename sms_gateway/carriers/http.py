"""The plain `http` carrier: any text gateway that takes a JSON POST.

Our text id goes along as `id`. Whoever receives the same id again must not send a second text; that,
or an address to look texts up at, is what lets us try again after a silence.
"""

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import quote

from sms_gateway.carriers.port import (
    Accepted,
    Capabilities,
    OutgoingText,
    Poll,
    SendResult,
    TryLater,
    Unknown,
)
from sms_gateway.carriers.reading import code_of, dig, parsed, word
from sms_gateway.carriers.wire import JSON, Answer, Wire, check_address, refused, retry_after
from sms_gateway.desk import Clock

NAME = "http"
NOT_NOW = frozenset({429, 503})
"""RFC 6585 and RFC 9110: the server did not act on the request and says so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpSettings:
    """Where and how to reach the gateway."""

    url: str
    token: str | None = field(default=None, repr=False)
    """Sent as `Authorization: Bearer`."""
    lookup_url: str | None = None
    """A GET of it, `{id}` replaced or else appended, answers 200 for a text it took, 404 for one it never saw."""
    timeout: timedelta = timedelta(seconds=10)
    """For the whole exchange; connecting may take half of it."""
    connections: int = 8
    """How many are kept open while there is nothing to send."""
    ca_file: str | None = None
    """Certificates to trust instead of the usual ones."""
    allow_plain_http: bool = False
    """Texts are patients' data: without TLS they go to this machine only, unless this says otherwise."""
    confirms_opt_out: bool = False


class HttpCarrier:
    """Connections to one gateway, as many as there are texts on the way at once."""

    def __init__(self, settings: HttpSettings, clock: Clock, *, name: str = NAME) -> None:
        self.name = name
        for url in (settings.url, settings.lookup_url):
            if url is not None:
                check_address(url, f"carriers.{name}", plain_allowed=settings.allow_plain_http)
        self._settings = settings
        self._clock = clock
        headers = JSON | ({"Authorization": f"Bearer {settings.token}"} if settings.token else {})
        self._wire = Wire(
            headers, timeout=settings.timeout, connections=settings.connections, ca_file=settings.ca_file
        )
        self.capabilities = Capabilities(
            receipts=True,
            webhooks=True,
            idempotent=True,
            lookup=settings.lookup_url is not None,
            confirms_opt_out=settings.confirms_opt_out,
        )

    async def send(self, text: OutgoingText) -> SendResult:
        """POST the text; any 2xx is acceptance."""
        letter = {"id": text.id, "to": text.to.e164, "from": text.sender.e164, "text": text.body}
        answer = await self._wire.ask("POST", self._settings.url, json.dumps(letter).encode())
        if not isinstance(answer, Answer):
            return answer
        return _result(answer, text, self._clock())

    async def look_up(self, text: OutgoingText) -> SendResult | None:
        """Ask whether the gateway ever took the text."""
        url = _address_of(text, self._settings.lookup_url or "")
        answer = await self._wire.ask("GET", url)
        if not isinstance(answer, Answer):
            return Unknown(answer.note)
        if answer.status == 404:
            return None
        if answer.is_good:
            return Accepted(_carrier_id(answer.body, text))
        return Unknown(f"the look-up answered HTTP {answer.status}")

    async def poll(self, cursor: str | None) -> Poll:
        """Nothing: what comes in is sent to our webhooks."""
        return Poll(cursor=cursor or "")

    async def close(self) -> None:
        """Close all connections."""
        await self._wire.close()


def _address_of(text: OutgoingText, lookup_url: str) -> str:
    id_ = quote(text.id, safe="")
    return lookup_url.replace("{id}", id_) if "{id}" in lookup_url else f"{lookup_url.rstrip('/')}/{id_}"


def _result(answer: Answer, text: OutgoingText, now: datetime) -> SendResult:
    status = answer.status
    if answer.is_good:
        return Accepted(_carrier_id(answer.body, text))
    note = f"HTTP {status}"
    if status in NOT_NOW:
        return TryLater(retry_after(answer.headers.get("retry-after", ""), now), note)
    if 400 <= status < 500:
        return refused(status, code_of(dig(parsed(answer.body), "code")))
    if status >= 500:
        return Unknown(note)
    return TryLater(None, f"{note}: the address leads elsewhere; set the final one")


def _carrier_id(body: bytes, text: OutgoingText) -> str:
    """The gateway's own id, or ours when it gives none that could be one."""
    return word(dig(parsed(body), "id")) or str(text.id)
