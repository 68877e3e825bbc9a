"""Secrets made of chance, and what is kept of them."""

import base64
import hashlib
import hmac
import secrets

TOKEN_BYTES = 32
RECOVERY_CODES = 8


def new_token() -> str:
    """256 bits that nobody can guess, fit for a cookie."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def kept(token: str) -> str:
    """What the books keep of a token or a recovery code. Both are long and random, so a fast hash will do."""
    return hashlib.sha256(token.encode()).hexdigest()


def form_token(token: str) -> str:
    """What every form of this session must bring back: follows from its token, and does not lead back to it."""
    return hmac.new(token.encode(), b"secondring form", hashlib.sha256).hexdigest()


def is_form_token(given: str, token: str) -> bool:
    """Compares in constant time."""
    return hmac.compare_digest(given.encode(), form_token(token).encode())


def new_recovery_codes() -> list[str]:
    """Codes of 80 bits for whoever loses their phone, in groups that people can read."""
    return [_grouped(secrets.token_bytes(10)) for _ in range(RECOVERY_CODES)]


def _grouped(raw: bytes) -> str:
    text = base64.b32encode(raw).decode().lower()
    return "-".join(text[at : at + 4] for at in range(0, len(text), 4))
