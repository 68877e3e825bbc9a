"""Codes from an authenticator app (TOTP, RFC 6238), each good once, and the picture that sets the app up."""

import hmac
import io
from datetime import datetime

import pyotp
import segno

STEP = 30
"""Seconds that a code is good for."""
EITHER_SIDE = 1
"""Steps before and after: clocks differ."""


def new_secret() -> str:
    """160 bits in base 32."""
    return pyotp.random_base32()


def matching_step(secret: str, code: str, now: datetime, *, after: int) -> int | None:
    """The step that a code belongs to, later than `after`; None when it is wrong, too old, or was used before."""
    digits = "".join(c for c in code if c.isdigit())
    at = int(now.timestamp()) // STEP
    totp = pyotp.TOTP(secret)
    for step in range(at - EITHER_SIDE, at + EITHER_SIDE + 1):
        if step > after and hmac.compare_digest(totp.at(step * STEP), digits):
            return step
    return None


def code_at(secret: str, now: datetime) -> str:
    """What the app shows at a time."""
    return pyotp.TOTP(secret).at(int(now.timestamp()))


def picture(secret: str, name: str) -> str:
    """A QR code as SVG that an authenticator app reads; safe to put into a page."""
    link = pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name="Second Ring")
    out = io.BytesIO()
    segno.make(link, error="m").save(
        out, kind="svg", xmldecl=False, svgns=True, scale=5, border=4, light="#fff", dark="#000", title=None
    )
    return out.getvalue().decode()
