"""The plain `http` carrier: any text gateway that takes a JSON POST.

Our text id goes along as `id`. Whoever receives the same id again must not send a second text; that,
or an address to look texts up at, is what lets us try again after a silence.
"""

import asyncio
import contextlib
import importlib
import json
import ssl
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import quote, urlsplit

import httpx

from secondring.domain.errors import ConfigError
from secondring.domain.texting import Fault
from sms_gateway.carriers.port import (
    Accepted,
    Capabilities,
    OutgoingText,
    Poll,
    Refused,
    SendResult,
    TryLater,
    Unknown,
)
from sms_gateway.desk import Clock
from sms_gateway.privacy import quiet_libraries

NAME = "http"
BODY_LIMIT = 64 * 1024
"""Bytes of an answer that are read; an id needs less than a hundred."""
BODY_SECONDS = 1.0
"""How long the rest of an answer may take once its status is known."""
NOT_NOW = frozenset({429, 503})
"""RFC 6585 and RFC 9110: the server did not act on the request and says so."""
WRONG_CONTENT = frozenset({400, 413, 415, 422})
NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)
"""The request did not leave this machine."""


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


LOADED_LATE = ("sniffio", "anyio", "anyio._backends._asyncio", "anyio.streams.tls")


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


class HttpCarrier:
    """Connections to one gateway, as many as there are texts on the way at once."""

    def __init__(self, settings: HttpSettings, clock: Clock, *, name: str = NAME) -> None:
        self.name = name
        quiet_libraries()
        _load_the_rest()
        _check(settings.url, plain_allowed=settings.allow_plain_http)
        if settings.lookup_url is not None:
            _check(settings.lookup_url, plain_allowed=settings.allow_plain_http)
        self._settings = settings
        self._clock = clock
        self._seconds = settings.timeout.total_seconds()
        self._tls = httpx.create_ssl_context(verify=settings.ca_file or True, trust_env=False)
        self._idle = [
            _client(settings, self._seconds, self._tls)
        ]  # made now: httpx loads half of itself with it
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
        answer = await self._ask("POST", self._settings.url, json.dumps(letter).encode())
        if not isinstance(answer, _Answer):
            return answer
        return _result(answer, text, self._clock())

    async def look_up(self, text: OutgoingText) -> SendResult | None:
        """Ask whether the gateway ever took the text."""
        url = _address_of(text, self._settings.lookup_url or "")
        answer = await self._ask("GET", url, None)
        if not isinstance(answer, _Answer):
            return Unknown(answer.note)
        if answer.status == 404:
            return None
        if 200 <= answer.status < 300:
            return Accepted(_carrier_id(answer.body, text))
        return Unknown(f"the look-up answered HTTP {answer.status}")

    async def poll(self, cursor: str | None) -> Poll:
        """Nothing: what comes in is sent to our webhooks."""
        return Poll(cursor=cursor or "")

    async def close(self) -> None:
        """Close all connections."""
        while self._idle:
            await self._idle.pop().aclose()

    async def _ask(self, method: str, url: str, content: bytes | None) -> _Answer | TryLater | Unknown:
        try:
            async with asyncio.timeout(self._seconds):
                return await self._exchange(method, url, content)
        except NEVER_SENT as error:
            return TryLater(None, f"cannot connect: {type(error).__name__}")
        except TimeoutError:
            return Unknown(f"no answer within {self._seconds:g} s")
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return Unknown(f"the connection broke: {type(error).__name__}")

    @contextlib.asynccontextmanager
    async def _line(self) -> AsyncIterator[httpx.AsyncClient]:
        """A client of one connection, the last one used first.

        A pool of eight looks at all eight for each request: that took 0.6 ms of the 1.5 ms for a text.
        """
        line = self._idle.pop() if self._idle else _client(self._settings, self._seconds, self._tls)
        try:
            yield line
        finally:
            if len(self._idle) < self._settings.connections:
                self._idle.append(line)
            else:
                await line.aclose()

    async def _exchange(self, method: str, url: str, content: bytes | None) -> _Answer:
        async with self._line() as line, line.stream(method, url, content=content) as response:
            body = b""
            # The status alone decides: a body that breaks off or drips takes nothing back.
            with contextlib.suppress(httpx.HTTPError, TimeoutError):
                async with asyncio.timeout(BODY_SECONDS):
                    async for chunk in response.aiter_raw():
                        body += chunk
                        if len(body) > BODY_LIMIT:
                            break
            return _Answer(response.status_code, response.headers, body[:BODY_LIMIT])


def _load_the_rest() -> None:
    """What httpx would load with the first request: that one would be a patient's. Missing is fine."""
    for name in LOADED_LATE:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)


def _client(settings: HttpSettings, seconds: float, tls: ssl.SSLContext) -> httpx.AsyncClient:
    headers = {
        "Content-Type": "application/json",
        "Accept": "application/json",
        "Accept-Encoding": "identity",
    }
    if settings.token:
        headers["Authorization"] = f"Bearer {settings.token}"
    return httpx.AsyncClient(
        headers=headers,
        verify=tls,
        trust_env=False,
        follow_redirects=False,
        timeout=httpx.Timeout(seconds, connect=seconds / 2),
        limits=httpx.Limits(max_connections=1, max_keepalive_connections=1),
    )


def _check(url: str, *, plain_allowed: bool) -> None:
    parts = urlsplit(url)
    at_home = parts.hostname in ("localhost", "127.0.0.1", "::1")
    if parts.scheme == "https" and parts.hostname:
        return
    if parts.scheme == "http" and parts.hostname and (at_home or plain_allowed):
        return
    shown = f"{parts.scheme or '(no scheme)'}://{parts.hostname or ''}"
    raise ConfigError(
        f"carriers.http: {shown} will not do, texts are patients' data; use an https:// address,"
        " or allow_plain_http: true for a gateway on a wire of your own"
    )


def _address_of(text: OutgoingText, lookup_url: str) -> str:
    id_ = quote(text.id, safe="")
    return lookup_url.replace("{id}", id_) if "{id}" in lookup_url else f"{lookup_url.rstrip('/')}/{id_}"


def _result(answer: _Answer, text: OutgoingText, now: datetime) -> SendResult:
    status = answer.status
    if 200 <= status < 300:
        return Accepted(_carrier_id(answer.body, text))
    note = f"HTTP {status}"
    if status in NOT_NOW:
        return TryLater(_retry_after(answer.headers.get("retry-after", ""), now), note)
    if 400 <= status < 500:
        fault = Fault.CONTENT if status in WRONG_CONTENT else Fault.SENDER
        return Refused(fault, _given(answer.body, "code") or str(status), note)
    if status >= 500:
        return Unknown(note)
    return TryLater(None, f"{note}: the address leads elsewhere; set the final one")


def _carrier_id(body: bytes, text: OutgoingText) -> str:
    """The gateway's own id, or ours when it gives none that could be one."""
    return _given(body, "id") or str(text.id)


def _given(body: bytes, name: str) -> str:
    """What the gateway gives under a name; empty when it is nothing that could be kept."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    given = found.get(name) if isinstance(found, dict) else None
    if isinstance(given, int) and not isinstance(given, bool):
        given = str(given)
    return given if isinstance(given, str) and given.isprintable() and 0 < len(given) <= 200 else ""


def _retry_after(value: str, now: datetime) -> timedelta | None:
    """RFC 9110 section 10.2.3: seconds or a date; None for anything else."""
    if value.isascii() and value.isdigit() and len(value) < 9:
        return timedelta(seconds=int(value))
    try:
        at = parsedate_to_datetime(value)
    except ValueError:
        return None
    return max((at if at.tzinfo else at.replace(tzinfo=UTC)) - now, timedelta(0))
