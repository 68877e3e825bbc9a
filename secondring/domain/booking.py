"""A booking from the first tap to the end, and the link that leads to it. Frozen; change with `replace`.

held ──► confirmed ──► cancelled
  │          └───────► moved      another one took its place
  ├──► expired                    nobody confirmed it in time
  └──► released                   they chose another time, or a call
"""

import base64
import binascii
import hashlib
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from typing import NewType

from secondring.domain.ids import EpisodeId, SiteId, derived_id
from secondring.domain.timetable import Taken

BookingId = NewType("BookingId", str)
TokenHash = NewType("TokenHash", str)

TOKEN_BYTES = 16
"""128 bits: OWASP ASVS 5.0, 11.5.1."""
TOKEN_LENGTH = 22
"""Those bytes in base64, without its padding."""


class BookingState(StrEnum):
    """Where a booking stands."""

    HELD = "held"
    """Kept for one caller while they read it over."""
    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"
    MOVED = "moved"
    EXPIRED = "expired"
    RELEASED = "released"


STANDING = frozenset({BookingState.HELD, BookingState.CONFIRMED})
"""In these states nobody else can have the time."""
NEXT = {
    BookingState.HELD: frozenset({BookingState.CONFIRMED, BookingState.EXPIRED, BookingState.RELEASED}),
    BookingState.CONFIRMED: frozenset({BookingState.CANCELLED, BookingState.MOVED}),
}
"""What may follow; every other state is an end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Booking:
    """A time that a caller chose."""

    id: BookingId
    episode: EpisodeId
    site: SiteId
    visit: str
    """Id of the visit type."""
    starts_at: datetime
    ends_at: datetime
    seat: int
    state: BookingState = BookingState.HELD
    held_until: datetime
    made_at: datetime
    confirmed_at: datetime | None = None
    closed_at: datetime | None = None
    first_name: str = field(default="", repr=False)
    born: date | None = field(default=None, repr=False)

    @property
    def stands(self) -> bool:
        """True while nobody else can have the time."""
        return self.state in STANDING

    @property
    def taken(self) -> Taken:
        return Taken(self.starts_at, self.ends_at, self.seat)


def booking_id(episode: EpisodeId, number: int) -> BookingId:
    """The n-th time that a caller chose."""
    return BookingId(derived_id("B", episode, str(number)))


def become(booking: Booking, state: BookingState, now: datetime) -> Booking:
    """The booking in its next state; raises ValueError for one that cannot follow."""
    if state not in NEXT.get(booking.state, ()):
        raise ValueError(f"booking {booking.id} is {booking.state} and cannot become {state}")
    if state is BookingState.CONFIRMED:
        return replace(booking, state=state, confirmed_at=now)
    return replace(booking, state=state, closed_at=now)


class LinkKind(StrEnum):
    """Where a link leads."""

    OWN = "own"
    """Our own page of open times."""
    OUTSIDE = "outside"
    """The clinic's page elsewhere; we only count that it was followed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A link in a text, tied to its episode. Its token is in the text and nowhere else."""

    token: TokenHash
    episode: EpisodeId
    site: SiteId
    kind: LinkKind
    made_at: datetime
    expires_at: datetime
    clicks: int = 0
    """How often it was opened, as far as previews by machines can be told apart."""
    clicked_at: datetime | None = None
    """The first time."""


def new_token(secret: bytes) -> str:
    """What 16 random bytes look like in a link."""
    if len(secret) != TOKEN_BYTES:
        raise ValueError(f"a token is made of {TOKEN_BYTES} bytes, not {len(secret)}")
    return base64.urlsafe_b64encode(secret).decode().rstrip("=")


def token_hash(token: str) -> TokenHash | None:
    """How a token is kept; None for what cannot be one.

    A plain hash will do: 128 random bits cannot be guessed from it, unlike a password.
    """
    if len(token) != TOKEN_LENGTH or not token.isascii():
        return None
    try:
        secret = base64.urlsafe_b64decode(token + "==")
    except (binascii.Error, ValueError):
        return None
    if len(secret) != TOKEN_BYTES or new_token(secret) != token:
        return None
    return TokenHash(hashlib.sha256(secret).hexdigest())
