"""Do replies and receipts find their way back to us? Asked of the carrier, or tried at our own front door."""

import asyncio
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import urlsplit

from config.settings import WebhookSettings
from secondring.domain.errors import PeerError
from sms_gateway.carriers.port import Carrier

SECONDS = 5.0
OURS = frozenset({400, 401, 403})
"""How our listener answers whoever has no signature."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing that was tried."""

    name: str
    """`account`, `text`, `receipt` or `replies`."""
    ok: bool | None
    """None: this carrier cannot do it, so nothing was tried."""
    said: str
    remedy: str = ""
    code: str = ""
    """The carrier's own."""
    meaning: str = ""
    """What its table of codes says of it."""


async def asked(carrier: Carrier, cursor: str | None) -> Step:
    """A carrier that is asked for its news; what it has stays for the service."""
    try:
        news = await carrier.poll(cursor)
    except PeerError as error:
        remedy = "look at the account's rights to read texts, and at the network"
        return Step(name="replies", ok=False, said=f"cannot be asked: {error}", remedy=remedy)
    return Step(name="replies", ok=True, said=f"can be asked; {len(news.inbound)} not taken in yet")


async def knocked(listen: WebhookSettings, name: str) -> Step:
    """A carrier that delivers: an unsigned request has to be refused by our own listener, then the way is open."""
    path = f"/carriers/{name}/inbound"
    host = "127.0.0.1" if listen.host in ("0.0.0.0", "::") else listen.host  # noqa: S104 - compared
    inside = await _wrong_with(f"http://{host}:{listen.port}{path}")
    if inside is not None:
        said = f"{listen.host} port {listen.port} {inside}"
        remedy = (
            "start the service that texts (secondring, or secondring-gateway where four run);"
            " its journal says when the port is taken"
        )
        return Step(name="replies", ok=False, said=said, remedy=remedy)
    if listen.public_url is None:
        said = "our listener answers; webhooks.public_url is not set, so the way from outside was not tried"
        return Step(name="replies", ok=True, said=said)
    outside = await _wrong_with(f"{listen.public_url.rstrip('/')}{path}")
    if outside is not None:
        remedy = (
            f"see that {urlsplit(listen.public_url).hostname} leads here through proxy and firewall, path and all,"
            " with a valid certificate"
        )
        return Step(name="replies", ok=False, said=f"{listen.public_url} {outside}", remedy=remedy)
    return Step(
        name="replies", ok=True, said=f"{listen.public_url} leads to our listener, which asks for a signature"
    )


async def _wrong_with(url: str) -> str | None:
    """What keeps a carrier from reaching us there; None when our listener answers."""
    return await asyncio.to_thread(_knock, url)


def _knock(url: str) -> str | None:
    parts = urlsplit(url)
    kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=SECONDS)
    try:
        connection.request("POST", parts.path, body=b"{}", headers={"content-type": "application/json"})
        status = connection.getresponse().status
    except (OSError, HTTPException) as error:
        return f"cannot be reached ({getattr(error, 'strerror', None) or type(error).__name__})"
    finally:
        connection.close()
    return None if status in OURS else f"answers {status}, which is not our listener"
