"""What is kept: calls, episodes, texts, tasks, decisions, consent, jobs. Frozen; change with `replace`.

Times are aware UTC datetimes. Numbers and message bodies never show in a repr.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from secondring.domain.call_events import Direction
from secondring.domain.ids import AlarmId, CallId, EpisodeId, JobKey, SiteId, TaskId, TextId
from secondring.domain.phone import PhoneNumber
from secondring.domain.verdict import Verdict


class Intent(StrEnum):
    """What a caller wants."""

    BOOK = "book"
    RESCHEDULE = "reschedule"
    BILLING = "billing"
    REFILL = "refill"
    URGENT = "urgent"
    HELP = "help"
    STOP = "stop"
    CANCEL = "cancel"
    """Opts out by law, and in a clinic usually means the appointment: both are done."""
    START = "start"
    UNKNOWN = "unknown"


class Outcome(StrEnum):
    """How an episode ended."""

    BOOKED = "booked"
    RESOLVED = "resolved"
    REACHED = "reached"
    """Either side called again and a person spoke with the caller."""
    URGENT_CONNECTED = "urgent-connected"
    OPTED_OUT = "opted-out"
    UNTEXTABLE = "untextable"
    UNRECOVERED = "unrecovered"
    WITHHELD = "withheld"
    """Shadow mode: nobody can tell whether the text that did not go would have won them back."""


RECOVERED = frozenset({Outcome.BOOKED, Outcome.RESOLVED, Outcome.REACHED, Outcome.URGENT_CONNECTED})
"""The outcomes that count as won back."""


class Origin(StrEnum):
    """What opened an episode; only those opened by a missed call are counted in the metrics."""

    CALL = "call"
    TEXT = "text"
    OFFER = "offer"
    """A text asked for by key; becomes CALL when that call then ends unanswered."""
    SHADOW = "shadow"
    """A missed call in shadow mode: nobody was texted, so it is counted apart and in no rate."""
    ALARM = "alarm"
    """No caller's: it carries the texts of an alarm to the supervisors, and is on no list of episodes."""


class Cleared(StrEnum):
    """What retention has taken out of an episode: see `domain.retention`."""

    NOTHING = ""
    WORDS = "words"
    """What was written and said, and the names that a booking has."""
    NUMBERS = "numbers"
    """That, and whose number it was: nothing in it leads to a person any more."""


class TextState(StrEnum):
    """Where an outgoing text stands. An incoming one is always RECEIVED."""

    QUEUED = "queued"
    SENDING = "sending"
    """Handed to the carrier; its answer is not known yet."""
    UNKNOWN = "unknown"
    """The carrier never answered; to be looked up before anything is sent again."""
    ACCEPTED = "accepted"
    DELIVERED = "delivered"
    FAILED = "failed"
    CANCELLED = "cancelled"
    WITHHELD = "withheld"
    """Written in shadow mode. It has no job and never goes, not after going live either. Until `due_at` it may still
    be cancelled, as a text that is really sent may; from then on it is one that would have gone."""
    RECEIVED = "received"


RANK = {
    TextState.QUEUED: 0,
    TextState.SENDING: 1,
    TextState.UNKNOWN: 1,
    TextState.ACCEPTED: 2,
    TextState.DELIVERED: 3,
    TextState.FAILED: 3,
    TextState.CANCELLED: 4,
    TextState.WITHHELD: 4,
    TextState.RECEIVED: 4,
}
"""A receipt may only move a text up in rank: receipts come late, twice and out of order."""


class TaskState(StrEnum):
    """Where human work stands."""

    OPEN = "open"
    TAKEN = "taken"
    DONE = "done"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A call as it is kept. `verdict` is None while it lasts."""

    id: CallId
    site: SiteId
    direction: Direction
    caller: PhoneNumber | None
    """None when withheld or not a number; for an outbound call the number dialled."""
    did: str = field(default="", repr=False)
    queue: str | None = None
    started_at: datetime
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    verdict: Verdict | None = None
    reason: str | None = None
    detail: str | None = None
    caller_note: str = ""
    """Why there is no number: `withheld` or `invalid`."""
    episode: EpisodeId | None = None
    partial: bool = False
    late: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """One caller at one site within one window: the first missed call and all that followed."""

    id: EpisodeId
    site: SiteId
    caller: PhoneNumber | None
    origin: Origin = Origin.CALL
    opened_at: datetime
    """The hang-up of the first missed call."""
    window_ends_at: datetime
    calls: int = 1
    """How often they called in vain."""
    language: str = "en"
    intent: Intent | None = None
    """What they wanted last."""
    texted_at: datetime | None = None
    """The carrier accepted the first text."""
    replied_at: datetime | None = None
    booking_asked_at: datetime | None = None
    urgent_at: datetime | None = None
    urgent_reached_at: datetime | None = None
    """A nurse spoke with the urgent caller."""
    closed_at: datetime | None = None
    outcome: Outcome | None = None
    did: str | None = None
    """The clinic's number that the first missed call rang, as the trunk sends it."""
    queue: str | None = None
    """The queue that call was lost in; None when it was in none."""
    reason: str | None = None
    """Why that call counts as missed."""
    template: str | None = None
    """Which message the first text was."""
    delivered_at: datetime | None = None
    """The carrier said that the first text had arrived; not every carrier says so."""
    announcement: str | None = None
    """The version of the announcement in force on the call, on which the first text rests: what told callers that they
    may be texted, and how to decline. None where none was in force."""
    cleared: Cleared = Cleared.NOTHING
    """What retention has removed from it and from all that belongs to it."""

    @property
    def is_open(self) -> bool:
        return self.closed_at is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """One text, out or in."""

    id: TextId
    episode: EpisodeId
    site: SiteId
    outgoing: bool
    patient: PhoneNumber
    ours: PhoneNumber
    """The clinic's number it is sent from or came to."""
    body: str = field(repr=False)
    template: str = ""
    """Which message it is; empty for an incoming text."""
    state: TextState
    created_at: datetime
    due_at: datetime
    settled_at: datetime | None = None
    """When the carrier accepted, or the text failed or was cancelled; for an incoming text its arrival."""
    attempts: int = 0
    carrier: str = ""
    carrier_id: str | None = None
    note: str = ""
    """Why it was cancelled or failed, in words without patients' data."""
    trail: str = ""
    """What the gateway tried for it so far, in the gateway's own short hand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """Human work with a queue, an owner and a due time."""

    id: TaskId
    episode: EpisodeId
    site: SiteId
    queue: str
    caller: PhoneNumber | None
    title: str
    """What to do, in our words."""
    said: str = field(default="", repr=False)
    """What the caller wrote, one text a line, whole."""
    urgent: bool = False
    created_at: datetime
    due_at: datetime
    state: TaskState = TaskState.OPEN
    owner: str | None = None
    closed_at: datetime | None = None
    closed_because: str = ""
    snoozed_until: datetime | None = None
    """Put off by a person: at the bottom of the list until then. Its due time stays."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionRecord:
    """A decision as it is kept: what was chosen, by which rule, and why."""

    at: datetime
    action: str
    rule: str
    because: str
    episode: EpisodeId | None = None
    call: CallId | None = None
    text: TextId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """Where a phone number stands, across all sites. The newest entry counts; none are removed."""

    number: PhoneNumber
    opted_out: bool
    at: datetime
    source: str
    """`text`, `staff`, `ivr`, `carrier`."""
    words: str = field(default="", repr=False)
    """The patient's own, whole, as proof of what was asked; or what staff wrote down of them."""
    by: str = ""
    """Who wrote it down, where a person did."""
    announcement: str = ""
    """The version of the words that were heard before the key was pressed."""
    episode: EpisodeId | None = None
    text: TextId | None = None
    """The text that says so."""
    confirmed_by: TextId | None = None
    """The one text of ours that confirms an opt-out; None where none was to go."""


class Line(StrEnum):
    """What kind of line a number turned out to be."""

    MOBILE = "mobile"
    LANDLINE = "landline"
    INTERNET = "internet"
    INVALID = "invalid"
    """Nobody's number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownLine:
    """What is known of a number's line; the newest word counts."""

    number: PhoneNumber
    line: Line
    source: str
    """`look-up` or `receipt`."""
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Work that is due at a time. `fence` grows with each claim; only its holder may finish it."""

    key: JobKey
    kind: str
    ref: str
    """The id of what it is about; never a number or a text."""
    due_at: datetime
    attempts: int = 0
    leased_until: datetime | None = None
    fence: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptAlarm:
    """An alarm as it is kept: the first of its kind and site, and how often it came again within the folding time."""

    id: AlarmId
    kind: str
    site: str
    """Empty when it is about all of them."""
    because: str
    """In our words; names no patient."""
    raised_at: datetime
    last_at: datetime
    """When it was raised last."""
    count: int = 1
