"""How a webhook proves that it comes from the carrier: HMAC-SHA256 over its time and its very bytes."""

import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime, timedelta

WINDOW = timedelta(minutes=5)
"""How far a request's time may be from ours, either way; longer ago, it may be a recording."""


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """The hex signature of `timestamp` + `.` + `body`."""
    return hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def is_genuine(secrets: Sequence[str], *, timestamp: str, signature: str, body: bytes, now: datetime) -> bool:
    """True for a fresh request signed with any of the secrets (two, while one is being replaced)."""
    given = signature.strip().removeprefix("sha256=").lower()
    if not (given.isascii() and is_fresh(timestamp, now)):
        return False
    return any(hmac.compare_digest(sign(secret, timestamp, body), given) for secret in secrets)


def is_fresh(timestamp: str, now: datetime) -> bool:
    """True for a time, in seconds since 1970, that is near ours."""
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
        return False
    return abs(now.timestamp() - int(timestamp)) <= WINDOW.total_seconds()
