"""gammu-smsd on its SQLite database: a phone or modem on a USB port, driven by a daemon that many clinics know.

We add rows to its outbox with our id as `CreatorID`, and read what came and what became of ours. The database is
the daemon's own; its schema is version 17, that of Gammu 1.41 and later.
"""

import asyncio
import contextlib
import secrets
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

from secondring.domain.errors import PeerError
from secondring.domain.phone import PhoneNumber, parse_number
from secondring.domain.records import TextState
from secondring.domain.texting import Fault, Incoming, incoming
from sms_gateway.carriers.port import (
    Accepted,
    Capabilities,
    OutgoingText,
    Poll,
    Receipt,
    Refused,
    SendResult,
    TryLater,
    Unknown,
)
from sms_gateway.handing import Handing
from sms_gateway.segments import Encoding, count, encoding, segments

T = TypeVar("T")
_Sent = tuple[str, str, int, int]
"""CreatorID, statuses, parts, parts that were delivered."""

NAME = "gammu"
WITHIN = 5.0
"""Seconds that the daemon may hold its database."""
OURS = "secondring:"
"""How our `CreatorID`s begin; other programs may use the same daemon."""
LEFT = """
DELETE FROM outbox WHERE CreatorID LIKE 'secondring:%' AND SendingDateTime < datetime('now', 'localtime', :patience)
  AND SendingTimeOut < datetime('now', 'localtime') RETURNING ID, CreatorID
"""
"""Texts of ours that no daemon has touched for so long: taken back, so that none goes out hours later."""
LEFT_PART = "DELETE FROM outbox_multipart WHERE ID = :row"
STUCK = "SELECT 1 FROM outbox WHERE SendingDateTime < datetime('now', 'localtime', '-2 minutes') LIMIT 1"
KNOWN = "SELECT ID FROM outbox WHERE CreatorID = :id UNION SELECT ID FROM sentitems WHERE CreatorID = :id"
QUEUE = """
INSERT INTO outbox (CreatorID, SenderID, DestinationNumber, TextDecoded, Coding, UDH, MultiPart, DeliveryReport,
  Class, SendingDateTime, SendingTimeOut)
VALUES (:id, :phone, :to, :words, :coding, :udh, :multipart, 'yes', -1,
  datetime('now', 'localtime'), datetime('now', 'localtime'))
"""
"""The daemon compares with local time, while the schema's defaults are UTC: with those, a text queued west of
Greenwich would wait for hours."""
QUEUE_PART = """
INSERT INTO outbox_multipart (ID, SequencePosition, TextDecoded, Coding, UDH, Class)
VALUES (:row, :number, :words, :coding, :udh, -1)
"""
INBOX = """
SELECT ID, SenderNumber, RecipientID, TextDecoded, UDH,
  CAST(strftime('%s', ReceivingDateTime, 'utc') AS INTEGER) FROM inbox WHERE Processed = 'false' ORDER BY ID
"""
PROCESSED = "UPDATE inbox SET Processed = 'true' WHERE ID = :row"
SENT = """
SELECT CreatorID, group_concat(DISTINCT Status), count(*), sum(Status = 'DeliveryOK') FROM sentitems
WHERE CreatorID IN (SELECT CreatorID FROM sentitems WHERE UpdatedInDB >= :since AND CreatorID LIKE 'secondring:%')
GROUP BY CreatorID
"""
FAILED = frozenset({"SendingError", "Error", "DeliveryFailed", "NotTouched"})
REMEMBER = timedelta(days=3)
"""How far back receipts are looked for when we begin."""
OVERLAP = timedelta(seconds=5)
MOST_PARTS = 255
"""A part says in one byte which of how many it is."""
REST_WITHIN = timedelta(minutes=10)
"""So long after its first part a text waits for the others; then a person reads what there is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GammuSettings:
    """The daemon's database, and which number of ours each of its phones has."""

    database: Path
    phones: Mapping[PhoneNumber, str]
    """Our numbers, and the `phoneid` of the daemon that has the card; empty where there is only one daemon."""
    region: str = "US"
    name: str = NAME
    patience: timedelta = timedelta(minutes=10)
    """A text that the daemon has not touched for so long is taken back."""


class GammuCarrier:
    """One database; several daemons may work on it."""

    def __init__(self, settings: GammuSettings, clock: Callable[[], datetime]) -> None:
        self.name = settings.name
        self.capabilities = Capabilities(receipts=True, polling=True, idempotent=True, lookup=True)
        self._settings = settings
        self._clock = clock
        self._numbers = {phone: number for number, phone in settings.phones.items()}
        self._handing = Handing()
        self._told: set[str] = set()
        self._looked_at = clock() - REMEMBER

    async def send(self, text: OutgoingText) -> SendResult:
        """Queue it, unless it is there already."""
        phone = self._settings.phones.get(text.sender)
        if phone is None:
            return Refused(
                Fault.SENDER, "no-phone", "no phone of this gateway has the number that is to send it"
            )
        if count(text.body) > MOST_PARTS:
            return Refused(Fault.CONTENT, "too-long", "more parts than a text message can number")
        try:
            return await asyncio.to_thread(self._within, lambda books: _queue(books, text, phone))
        except PeerError as error:
            return TryLater(None, str(error))

    async def look_up(self, text: OutgoingText) -> SendResult | None:
        """Look for it among what waits and what went."""
        try:
            return await asyncio.to_thread(self._within, lambda books: _known(books, text))
        except PeerError as error:
            return Unknown(str(error))

    async def poll(self, cursor: str | None) -> Poll:
        """What came in, and what became of ours."""
        confirmed = self._handing.confirmed(cursor)
        self._told |= {name for name in confirmed if not name.isdigit()}
        rows = [int(name) for name in confirmed if name.isdigit()]
        now = self._clock()
        since = self._looked_at - OVERLAP
        came, went = await asyncio.to_thread(self._within, lambda books: self._news(books, rows, since))
        self._looked_at = now if not self._handing.is_open else self._looked_at
        receipts = {
            name: one for name, one in (_receipt(self.name, row) for row in went) if name not in self._told
        }
        arrivals, spent = self._arrivals(came)
        spent |= receipts.keys()
        if not spent:
            return Poll(cursor=cursor or "")
        return Poll(
            inbound=tuple(arrivals), receipts=tuple(receipts.values()), cursor=self._handing.over(spent)
        )

    async def close(self) -> None:
        """Nothing is held open."""

    def _within(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """In one transaction on the daemon's database. Raises PeerError, after which nothing was written."""
        try:
            with _opened(self._settings.database) as books:
                return work(books)
        except sqlite3.Error as error:
            raise PeerError(
                f"gammu-smsd's database {self._settings.database.name} cannot be used: {type(error).__name__};"
                " is it there, and may the service's user write it and its folder?"
            ) from error

    def _news(
        self, books: sqlite3.Connection, rows: list[int], since: datetime
    ) -> "tuple[list[_Row], list[_Sent]]":
        for row in rows:
            books.execute(PROCESSED, {"row": row})
        came = [
            _Row(
                id=id_,
                sender=sender,
                phone=phone,
                words=words,
                udh=udh,
                at=datetime.fromtimestamp(at or 0, UTC),
            )
            for id_, sender, phone, words, udh, at in books.execute(INBOX)
        ]
        went: list[_Sent] = books.execute(SENT, {"since": f"{since:%Y-%m-%d %H:%M:%S}"}).fetchall()
        left = books.execute(LEFT, {"patience": f"-{int(self._settings.patience.total_seconds())} seconds"})
        for id_, creator in left.fetchall():
            books.execute(LEFT_PART, {"row": id_})
            went.append((creator, "NotTouched", 1, 0))
        return came, went

    def _arrivals(self, came: "list[_Row]") -> tuple[list[Incoming], set[str]]:
        groups: dict[object, list[_Row]] = {}
        for row in came:
            groups.setdefault((row.sender, row.phone, row.udh[:-2]) if row.total > 1 else row.id, []).append(
                row
            )
        due = [rows for rows in groups.values() if self._is_due(rows)]
        arrivals = [self._arrival(rows) for rows in due]
        return arrivals, {str(row.id) for rows in due for row in rows}

    def _is_due(self, rows: "list[_Row]") -> bool:
        return len({row.number for row in rows}) >= rows[0].total or self._clock() - rows[0].at >= REST_WITHIN

    def _arrival(self, rows: "list[_Row]") -> Incoming:
        sender = parse_number(rows[0].sender, self._settings.region) or rows[0].sender
        to = self._numbers.get(rows[0].phone) or self._numbers.get("") or rows[0].phone
        body = "".join(row.words for row in sorted(rows, key=lambda row: row.number))
        return incoming(
            carrier=self.name,
            carrier_id=f"{rows[0].at:%Y%m%d%H%M%S}-{rows[0].id}",
            sender=sender,
            to=to,
            body=body,
            at=rows[0].at,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    id: int
    sender: str
    phone: str
    words: str
    udh: str
    at: datetime

    @property
    def total(self) -> int:
        """Parts of the text that this is one of."""
        return int(self.udh[-4:-2], 16) if len(self.udh) >= 12 else 1

    @property
    def number(self) -> int:
        """Which of them it is."""
        return int(self.udh[-2:], 16) if len(self.udh) >= 12 else 1


@contextlib.contextmanager
def _opened(database: Path) -> Iterator[sqlite3.Connection]:
    """`mode=rw`: a path that is wrong must not become an empty database that nobody reads."""
    books = sqlite3.connect(f"{database.as_uri()}?mode=rw", uri=True, timeout=WITHIN, isolation_level=None)
    try:
        books.execute("BEGIN IMMEDIATE")
        yield books
        books.execute("COMMIT")
    finally:
        books.close()


def _queue(books: sqlite3.Connection, text: OutgoingText, phone: str) -> SendResult:
    known = _known(books, text)
    if known is not None:
        return known
    if books.execute(STUCK).fetchone() is not None:
        return TryLater(None, "gammu-smsd leaves its outbox alone; is it running, and its phone there?")
    first, *rest = _parts(text)
    inserted = books.execute(
        QUEUE,
        first
        | {
            "id": f"{OURS}{text.id}",
            "phone": phone,
            "to": text.to.e164,
            "multipart": "true" if rest else "false",
        },
    )
    for number, part in enumerate(rest, 2):
        books.execute(QUEUE_PART, part | {"row": inserted.lastrowid, "number": number})
    return Accepted(str(inserted.lastrowid))


def _parts(text: OutgoingText) -> list[dict[str, object]]:
    pieces = segments(text.body)
    unicode = encoding(text.body) is Encoding.UCS2
    coding = "Unicode_No_Compression" if unicode else "Default_No_Compression"
    reference = secrets.randbelow(256)
    total = len(pieces)
    return [
        {
            "words": piece,
            "coding": coding,
            "udh": f"050003{reference:02X}{total:02X}{at:02X}" if total > 1 else "",
        }
        for at, piece in enumerate(pieces, 1)
    ]


def _known(books: sqlite3.Connection, text: OutgoingText) -> SendResult | None:
    row = books.execute(KNOWN, {"id": f"{OURS}{text.id}"}).fetchone()
    return None if row is None else Accepted(str(row[0]))


def _receipt(carrier: str, row: _Sent) -> tuple[str, Receipt]:
    creator, words, parts, delivered = row
    text = creator.removeprefix(OURS)
    statuses = set(words.split(","))
    bad = sorted(statuses & FAILED)
    state = TextState.FAILED if bad else TextState.DELIVERED if delivered == parts else TextState.ACCEPTED
    note = f"gammu-smsd reports {bad[0]}" if bad else ""
    receipt = Receipt(carrier=carrier, id=text, state=state, code=bad[0] if bad else "", note=note)
    return f"{text} {'/'.join(sorted(statuses))} {delivered}", receipt
