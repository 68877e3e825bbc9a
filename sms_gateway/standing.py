"""Where an outgoing text stands. News come late, twice and out of order, so a text only ever rises in rank.

Each function writes the new standing and tells the desk once, inside the transaction of `books`.
"""

from dataclasses import replace
from datetime import datetime

from secondring.domain.ports import Books
from secondring.domain.records import RANK, Text, TextState
from secondring.domain.texting import Failure
from sms_gateway.desk import Desk
from sms_gateway.trail import trail_of


def is_settled(text: Text) -> bool:
    """True once the carrier took it, or it will not go."""
    return RANK[text.state] >= RANK[TextState.ACCEPTED]


def in_doubt(text: Text) -> bool:
    """True when the carrier may or may not have it."""
    return text.state in (TextState.SENDING, TextState.UNKNOWN)


def accepted(desk: Desk, books: Books, text: Text, carrier: str, carrier_id: str, now: datetime) -> Text:
    """The carrier has the text."""
    known = replace(text, carrier=carrier, carrier_id=carrier_id)
    if is_settled(text):
        books.save_text(known)
        return known
    known = replace(known, state=TextState.ACCEPTED, settled_at=now, note="")
    books.save_text(known)
    if not trail_of(known).former:
        desk.accepted(books, known, now)
    return known


def delivered(desk: Desk, books: Books, text: Text, carrier: str, now: datetime) -> None:
    """The phone has the text, and so the carrier had it."""
    if RANK[text.state] >= RANK[TextState.DELIVERED]:
        return
    if not is_settled(text):
        text = accepted(desk, books, text, carrier, text.carrier_id or str(text.id), now)
    there = replace(text, state=TextState.DELIVERED)
    books.save_text(there)
    desk.delivered(books, there, now)


def failed(desk: Desk, books: Books, text: Text, failure: Failure, now: datetime) -> None:
    """The text will not reach the phone, or nobody can tell."""
    if RANK[text.state] >= RANK[TextState.FAILED]:
        return
    lost = replace(text, state=TextState.FAILED, settled_at=now, note=failure.note)
    books.save_text(lost)
    desk.failed_for_good(books, lost, failure, now)


def cancelled(desk: Desk, books: Books, text: Text, because: str, now: datetime) -> None:
    """The text is not wanted any more."""
    off = replace(text, state=TextState.CANCELLED, settled_at=now, note=because)
    books.save_text(off)
    desk.cancelled(books, off, because, now)
