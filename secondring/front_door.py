"""Is our own listener behind an address? A request without a signature tells: it has to be refused, by us."""

import asyncio
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import urlsplit

SECONDS = 5.0
OURS = frozenset({400, 401, 403})
"""How our listener answers whoever has no signature."""


async def wrong_with(url: str) -> str | None:
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
