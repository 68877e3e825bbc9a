"""Connections to a carrier's HTTP interface, and what its answers mean for a text. Every such carrier uses these.

The one home of httpx. The rule behind all of it: a text is only called "surely not taken" when that is certain.
"""

import asyncio
import base64
import contextlib
import importlib
import ssl
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import httpx

from secondring.domain.errors import ConfigError, PeerError
from secondring.domain.texting import Fault
from sms_gateway.carriers.port import Accepted, Checkup, Refused, SendResult, TryLater, Unknown
from sms_gateway.carriers.reading import parsed
from sms_gateway.privacy import quiet_libraries

BODY_LIMIT = 64 * 1024
"""Bytes of an answer about one text that are read; an id needs less than a hundred."""
BODY_SECONDS = 1.0
"""How long the rest of such an answer may take once its status is known."""
LIST_LIMIT = 4 * 1024 * 1024
"""Bytes of a page of a list."""
WRONG_CONTENT = frozenset({400, 413, 415, 422})
LOCKED_OUT = frozenset({401, 403, 404})
"""To a question that needs nothing but our account: it is not known, or may not ask."""
MAYBE_TAKEN = frozenset({408, 409, 425})
"""Refusals that say nothing of what became of the text, or that the same request is being worked on already."""
NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)
"""The request did not leave this machine."""
LOADED_LATE = ("sniffio", "anyio", "anyio._backends._asyncio", "anyio.streams.tls")
JSON = {"Content-Type": "application/json", "Accept": "application/json"}
FORM = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiSettings:
    """What the settings of all carriers with an interface of their own have in common."""

    name: str
    """As configured."""
    confirms_opt_out: bool = False
    line_types: bool = False
    """A look-up costs money for each number."""
    timeout: timedelta = timedelta(seconds=10)
    connections: int = 8
    ca_file: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    whole: bool = True
    """False when the body broke off, dripped or was too long; the status stands all the same."""

    @property
    def is_good(self) -> bool:
        """True for any 2xx."""
        return 200 <= self.status < 300


class Wire:
    """Connections to one carrier, as many as there are requests on the way at once."""

    def __init__(
        self,
        headers: Mapping[str, str],
        *,
        timeout: timedelta,
        connections: int = 8,
        ca_file: str | None = None,
    ) -> None:
        """`connections` are kept open while there is nothing to send; `timeout` is for a whole exchange."""
        quiet_libraries()
        _load_the_rest()
        self._headers = {**headers, "Accept-Encoding": "identity"}
        self._seconds = timeout.total_seconds()
        self._kept = connections
        self._tls = _tls(ca_file)
        self._idle = [self._client()]  # made now: httpx loads half of itself with it

    async def ask(
        self,
        method: str,
        url: str,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        *,
        limit: int = BODY_LIMIT,
        patience: float = BODY_SECONDS,
    ) -> Answer | TryLater | Unknown:
        """One exchange; what can go wrong with it is a result."""
        try:
            async with asyncio.timeout(self._seconds):
                return await self._exchange(method, url, content, headers, limit, patience)
        except NEVER_SENT as error:
            return TryLater(None, f"cannot connect: {type(error).__name__}")
        except TimeoutError:
            return Unknown(f"no answer within {self._seconds:g} s")
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return Unknown(f"the connection broke: {type(error).__name__}")

    async def fetch(
        self,
        url: str,
        method: str = "GET",
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """The JSON of a page. Raises PeerError when the carrier cannot be asked or says anything else."""
        answer = await self.ask(method, url, content, headers, limit=LIST_LIMIT, patience=self._seconds)
        if not isinstance(answer, Answer):
            raise PeerError(answer.note)
        if not answer.is_good:
            raise PeerError(f"it answered HTTP {answer.status}")
        found = parsed(answer.body) if answer.whole else None
        if found is None:
            raise PeerError("its answer broke off or is no JSON")
        return found

    async def close(self) -> None:
        """Close all connections."""
        while self._idle:
            await self._idle.pop().aclose()

    def _client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            headers=self._headers,
            verify=self._tls,
            trust_env=False,
            follow_redirects=False,
            timeout=httpx.Timeout(self._seconds, connect=self._seconds / 2),
            limits=httpx.Limits(max_connections=1, max_keepalive_connections=1),
        )

    @contextlib.asynccontextmanager
    async def _line(self) -> AsyncIterator[httpx.AsyncClient]:
        """A client of one connection, the last one used first.

        A pool of eight looks at all eight for each request: that took 0.6 ms of the 1.5 ms for a text.
        """
        line = self._idle.pop() if self._idle else self._client()
        try:
            yield line
        finally:
            if len(self._idle) < self._kept:
                self._idle.append(line)
            else:
                await line.aclose()

    async def _exchange(
        self,
        method: str,
        url: str,
        content: bytes | None,
        headers: Mapping[str, str] | None,
        limit: int,
        patience: float,
    ) -> Answer:
        async with (
            self._line() as line,
            line.stream(method, url, content=content, headers=headers) as response,
        ):
            body, whole = b"", False
            # The status alone decides: a body that breaks off or drips takes nothing back.
            with contextlib.suppress(httpx.HTTPError, TimeoutError):
                async with asyncio.timeout(patience):
                    async for chunk in response.aiter_raw():
                        body += chunk
                        if len(body) > limit:
                            break
                    else:
                        whole = True
            return Answer(response.status_code, response.headers, body[:limit], whole)


@cache
def _tls(ca_file: str | None) -> ssl.SSLContext:
    """Certificates are always checked; reading the list of authorities takes 20 ms, so all carriers share it."""
    return httpx.create_ssl_context(verify=ca_file or True, trust_env=False)


def wire_of(settings: ApiSettings, headers: Mapping[str, str]) -> Wire:
    """Connections with the usual settings."""
    return Wire(
        headers,
        timeout=settings.timeout,
        connections=settings.connections,
        ca_file=settings.ca_file,
    )


def basic(user: str, password: str) -> str:
    """The value of an Authorization header, RFC 7617."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def check_address(url: str, where: str, *, plain_allowed: bool = False) -> str:
    """The address, if texts may go there; raises ConfigError, which names the place in the configuration, otherwise."""
    parts = urlsplit(url)
    at_home = parts.hostname in ("localhost", "127.0.0.1", "::1")
    if parts.scheme == "https" and parts.hostname:
        return url
    if parts.scheme == "http" and parts.hostname and (at_home or plain_allowed):
        return url
    shown = f"{parts.scheme or '(no scheme)'}://{parts.hostname or ''}"
    raise ConfigError(
        f"{where}: {shown} will not do, texts are patients' data; use an https:// address,"
        " or allow_plain_http: true for a gateway on a wire of your own"
    )


def verdict(answer: Answer | TryLater | Unknown, now: datetime, *, id_: str, code: str) -> SendResult:
    """What an API's answer to a text means: taken as `id_`, refused with `code`, not now, or nobody can tell."""
    if not isinstance(answer, Answer):
        return answer
    status = answer.status
    note = f"HTTP {status}"
    if answer.is_good:
        return Accepted(id_)
    if status == 429:
        return TryLater(retry_after(answer.headers.get("retry-after", ""), now), note)
    if status >= 500 or status in MAYBE_TAKEN:
        return Unknown(note)
    if status >= 400:
        return refused(status, code)
    return TryLater(None, f"{note}: the address leads elsewhere; set the final one")


def refused(status: int, code: str = "") -> Refused:
    """A final no, by the carrier's own code or else by HTTP's."""
    fault = Fault.CONTENT if status in WRONG_CONTENT else Fault.SENDER
    return Refused(fault, code or str(status), f"HTTP {status}")


def checkup(answer: Answer | TryLater | Unknown, code: str) -> Checkup:
    """What a harmless question's answer says of our account. Raises PeerError when it says nothing of it."""
    if not isinstance(answer, Answer):
        raise PeerError(answer.note)
    if answer.is_good:
        return Checkup(ok=True, said="it knows our account")
    if answer.status in LOCKED_OUT:
        return Checkup(ok=False, said=f"it does not let us in (HTTP {answer.status})", code=code)
    raise PeerError(f"it answered HTTP {answer.status}")


def retry_after(value: str, now: datetime) -> timedelta | None:
    """RFC 9110 section 10.2.3: seconds or a date; None for anything else."""
    if value.isascii() and value.isdigit() and len(value) < 9:
        return timedelta(seconds=int(value))
    try:
        at = parsedate_to_datetime(value)
    except ValueError:
        return None
    return max((at if at.tzinfo else at.replace(tzinfo=UTC)) - now, timedelta(0))


def _load_the_rest() -> None:
    """What httpx would load with the first request: that one would be a patient's. Missing is fine."""
    for name in LOADED_LATE:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
