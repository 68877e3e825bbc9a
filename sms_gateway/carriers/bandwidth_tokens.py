"""Bandwidth's tokens: an API credential is changed for one (OAuth 2.0, client credentials) that is good for a while.

While there is no token, no text has left: whatever goes wrong here is "surely not taken".
"""

import asyncio
from datetime import datetime, timedelta
from typing import Any

from sms_gateway.carriers.port import Refused, TryLater
from sms_gateway.carriers.reading import dig, parsed
from sms_gateway.carriers.wire import FORM, Answer, Wire, basic, refused, retry_after
from sms_gateway.desk import Clock

GRANT = b"grant_type=client_credentials"
EARLY = timedelta(minutes=1)
"""A new token is fetched so long before the old one ends."""
LONGEST = 24 * 3600
LIMIT = 8192
NOT_US = frozenset({400, 401, 403})
UNAUTHORIZED = "unauthorized"
"""Bandwidth's own word, as its table of codes has it."""


class Tokens:
    """The token of one credential; fetched by the first who needs it, while the others wait."""

    def __init__(self, wire: Wire, url: str, client: str, secret: str, clock: Clock) -> None:
        self._wire = wire
        self._url = url
        self._headers = FORM | {"Authorization": basic(client, secret)}
        self._clock = clock
        self._lock = asyncio.Lock()
        self._token = ""
        self._until: datetime | None = None

    async def header(self) -> dict[str, str] | Refused | TryLater:
        """What a request needs to be let in."""
        async with self._lock:
            if self._until is None or self._clock() >= self._until:
                trouble = await self._fetch()
                if trouble is not None:
                    return trouble
            return {"Authorization": f"Bearer {self._token}"}

    def forget(self) -> None:
        """It was not good any more."""
        self._until = None

    async def _fetch(self) -> Refused | TryLater | None:
        answer = await self._wire.ask("POST", self._url, GRANT, self._headers)
        if not isinstance(answer, Answer):
            return TryLater(None, f"no token: {answer.note}")
        if answer.status in NOT_US:
            return refused(answer.status, UNAUTHORIZED)
        found = parsed(answer.body)
        token, life = _token(dig(found, "access_token")), _seconds(dig(found, "expires_in"))
        if not (answer.is_good and token):
            after = retry_after(answer.headers.get("retry-after", ""), self._clock())
            return TryLater(after, f"no token: HTTP {answer.status}")
        self._token, self._until = token, self._clock() + timedelta(seconds=life) - EARLY
        return None


def _token(value: Any) -> str:
    usable = isinstance(value, str) and value.isascii() and value.isprintable() and 0 < len(value) <= LIMIT
    return value if usable and isinstance(value, str) and " " not in value else ""


def _seconds(value: Any) -> int:
    known = isinstance(value, int) and not isinstance(value, bool)
    return min(max(value, 0), LONGEST) if known else 0
