"""What a carrier is to us. One suite of tests holds for every one of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from secondring.domain.ids import TextId
from secondring.domain.phone import PhoneNumber
from secondring.domain.records import Line, TextState
from secondring.domain.texting import Fault, Incoming
from sms_gateway.desk import InStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What a carrier can do; the gateway asks for nothing else."""

    receipts: bool = False
    """Says later whether the phone got the text."""
    polling: bool = False
    """Replies and receipts are fetched with `poll`."""
    webhooks: bool = False
    """Replies and receipts are sent to us."""
    idempotent: bool = False
    """The same text id sent twice reaches the patient once."""
    lookup: bool = False
    """Can be asked whether it ever took a text."""
    confirms_opt_out: bool = False
    """Answers STOP by itself, so that we must not."""
    line_types: bool = False
    """Can be asked whether a number is a mobile (`LineTypes`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingText:
    """A text as the carrier gets it."""

    id: TextId
    """Another attempt after a definitive failure has another id."""
    to: PhoneNumber
    sender: PhoneNumber
    body: str = field(repr=False)
    since: datetime | None = None
    """When the text came to be: what a look-up by number and words finds from before is another one."""
    former: tuple[str, ...] = ()
    """The carrier's ids of earlier attempts, which failed: a look-up must not take one of them for this one."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """The carrier has taken the text on."""

    carrier_id: str


@dataclass(frozen=True, slots=True)
class Refused:
    """Final: this text will not go, now or later."""

    fault: Fault
    code: str
    note: str


@dataclass(frozen=True, slots=True)
class TryLater:
    """Surely not taken. `after` is how long the carrier asks us to wait, None when it does not say."""

    after: timedelta | None
    note: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """It may have been taken or not."""

    note: str


SendResult = Accepted | Refused | TryLater | Unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What became of a text that we sent."""

    carrier: str
    id: str
    """Our id of the text, or the carrier's."""
    state: TextState
    """ACCEPTED, DELIVERED or FAILED."""
    note: str = ""
    """Why it failed, in words without patients' data."""
    code: str = ""
    """The carrier's own code, as it stands in the table of reactions; empty when it gave none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Poll:
    """What came in since the last poll."""

    inbound: tuple[Incoming, ...] = ()
    receipts: tuple[Receipt, ...] = ()
    cursor: str
    """Where to go on; kept once all of the above was taken in."""


class Carrier(Protocol):
    """Whoever sends the text. Every method comes back within the carrier's own time limits."""

    @property
    def name(self) -> str:
        """With the carrier's ids, part of natural keys in the store: it never changes."""
        ...

    @property
    def capabilities(self) -> Capabilities: ...

    async def send(self, text: OutgoingText) -> SendResult:
        """Hand a text over. Never raises for what a carrier may do; bad luck is a result."""
        ...

    async def look_up(self, text: OutgoingText) -> SendResult | None:
        """What became of a text whose outcome is unknown; None when the carrier never saw it."""
        ...

    async def poll(self, cursor: str | None) -> Poll:
        """Everything since `cursor` (None: all there is), oldest first.

        May hand over again what it gave before: whoever takes it in knows it by its id.
        Raises PeerError when the carrier cannot be asked.
        """
        ...

    async def close(self) -> None: ...


LineType = Line
"""What kind of line a number is, as far as a carrier knows."""


class LineTypes(Protocol):
    """A carrier that knows what kind of line a number is (`Capabilities.line_types`)."""

    async def line_type(self, number: PhoneNumber) -> LineType | None:
        """None when it does not know. Raises PeerError when it cannot be asked."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Knock:
    """A request to our webhooks, as it arrived."""

    url: str
    """As the carrier knows it: the configured public address with path and query, never the Host header's."""
    path: str
    """What follows `/carriers/NAME/`: `inbound` or `receipt`."""
    headers: Mapping[str, str] = field(repr=False)
    """Names in lower case."""
    body: bytes = field(repr=False)
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What a genuine request brought, and what the carrier wants to hear once it is on disk."""

    inbound: tuple[Incoming, ...] = ()
    receipts: tuple[Receipt, ...] = ()
    answer: bytes = b""
    media_type: str = "text/plain"
    status: int = 200


class NotGenuine(Exception):
    """The signature is missing, wrong or too old; the message says which, without anything of the request."""


class Unreadable(Exception):
    """Genuine, and not what this carrier sends; the message says what was missed."""

    def __init__(self, what: str, *, status: int = 400) -> None:
        super().__init__(what)
        self.status = status


class Webhook(Protocol):
    """The door for one carrier's requests (`Capabilities.webhooks`)."""

    def read(self, knock: Knock) -> News:
        """Judge and translate. Raises NotGenuine or Unreadable."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkup:
    """What a carrier says when it is asked whether we are welcome, without a text being sent."""

    ok: bool
    said: str
    """In plain words, such as `account active, 2 numbers`; never a secret, never a patient's number."""
    code: str = ""
    """The carrier's own code, as it stands in the table of reactions; empty when all is well or it gave none."""


class Checks(Protocol):
    """A carrier that can be asked whether it knows our account."""

    async def check(self) -> Checkup:
        """Try the credentials without sending a text. Raises PeerError when it cannot be asked."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Driver:
    """All that is made for one configured carrier."""

    carrier: Carrier
    line_types: LineTypes | None = None
    """None when it cannot be asked."""
    checks: Checks | None = None
    """None when its credentials cannot be tried without a text."""
    begin: Callable[[InStore], None] | None = None
    """For one that has to remember things: gives it the books, before anything is asked of it."""
