"""What every carrier is underneath: phones, texts that were taken, what became of them, and the weather.

It knows no wire format: a `Dialect` asks it what to do about a request and says so in the carrier's own words.
Everything random comes from its seed.
"""

import random
import re
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Trouble(StrEnum):
    """Why a text is not taken, or does not arrive."""

    OPTED_OUT = "opted-out"
    LANDLINE = "landline"
    BAD_NUMBER = "bad-number"
    FILTERED = "filtered"
    UNREACHABLE = "unreachable"
    NO_REASON = "no-reason"
    SENDER = "sender"
    NOT_REGISTERED = "not-registered"
    ACCOUNT = "account"
    BUSY = "busy"
    """Too many requests: surely not taken."""
    BROKEN = "broken"
    """A server error: nobody can tell whether it was taken."""


OF_THE_PHONE = (
    Trouble.LANDLINE,
    Trouble.BAD_NUMBER,
    Trouble.FILTERED,
    Trouble.UNREACHABLE,
    Trouble.NO_REASON,
)
"""What is wrong with a phone, not with us."""


class State(StrEnum):
    """Where a taken text stands."""

    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"


HTTP_STATUS = re.compile(r"[45]\d\d")
RANK = {State.SENT: 0, State.DELIVERED: 1, State.FAILED: 1}


@dataclass
class Phone:
    """Somebody's number."""

    line: str = "mobile"
    """`mobile`, `landline`, `internet` or `invalid`."""
    opted_out: bool = False
    refuses: Trouble | None = None
    """Told at once, when the text is handed over."""
    fails: Trouble | None = None
    """Told later, by receipt."""
    late: int = 0
    """So many calls of `carry` pass before its receipts come."""


@dataclass
class Taken:
    """A text that the carrier took."""

    id: str
    key: str
    """Our own id, as far as the dialect carries it."""
    to: str
    sender: str
    body: str
    at: datetime
    state: State = State.SENT
    trouble: Trouble | None = None
    waits: int = 0


@dataclass(frozen=True)
class Said:
    """A text that somebody wrote to one of the clinic's numbers."""

    id: str
    sender: str
    to: str
    body: str
    at: datetime


@dataclass(frozen=True)
class Told:
    """A receipt on its way to us."""

    taken: Taken
    state: State
    trouble: Trouble | None = None


@dataclass
class Weather:
    """How requests and receipts fare. Shares are of 1."""

    lost_responses: float = 0.0
    """Taken, and the connection breaks before the answer."""
    lost_requests: float = 0.0
    """Not taken, and the connection breaks."""
    repeated_receipts: float = 0.0
    shuffled: bool = False
    storm: list[Trouble] = field(default_factory=list)
    """What the next requests get, one each."""
    slow: float = 0.0
    """Seconds before each answer."""


@dataclass(frozen=True)
class Verdict:
    """What the carrier does about one request to send."""

    taken: Taken | None = None
    trouble: Trouble | None = None
    hang_up: bool = False
    """Break the connection instead of answering."""


class Core:
    """A carrier. `honours_keys` is for those that know a text again by our id; `known_keys` are theirs."""

    def __init__(self, clock: Callable[[], datetime], *, seed: int = 1, honours_keys: bool = False) -> None:
        self.clock = clock
        self.random = random.Random(seed)
        self.honours_keys = honours_keys
        self.own_code = ""
        """The carrier's own code for whatever trouble it has; empty for the usual one of that trouble."""
        self.answers_stop = False
        """It takes STOP for itself, as carriers in the US do."""
        self.weather = Weather()
        self.phones: dict[str, Phone] = defaultdict(Phone)
        self.senders: dict[str, Trouble] = {}
        """Our numbers that do not work, and why."""
        self.taken: list[Taken] = []
        self.by_id: dict[str, Taken] = {}
        self.by_key: dict[str, Taken] = {}
        self.said: list[Said] = []
        self.requests = 0
        self.hung_up = 0
        """Answers that were lost."""
        self.repeated = 0
        """Receipts that were given out twice."""
        self._on_their_way: list[Taken] = []
        self._receipts: list[Told] = []
        self._words: list[Said] = []

    # ------------------------------------------------------------ what a dialect asks

    def submit(self, *, to: str, sender: str, body: str, key: str = "") -> Verdict:
        """A request to send a text."""
        self.requests += 1
        if self.weather.storm:
            return Verdict(trouble=self.weather.storm.pop(0))
        if self.random.random() < self.weather.lost_requests:
            return Verdict(hang_up=True)
        if self.honours_keys and key in self.by_key:
            return Verdict(taken=self.by_key[key])
        trouble = self._refusal(to, sender)
        if trouble is not None:
            return Verdict(trouble=trouble)
        taken = self._take(key, to, sender, body)
        hang_up = self.random.random() < self.weather.lost_responses
        self.hung_up += hang_up
        return Verdict(taken=taken, hang_up=hang_up)

    def _refusal(self, to: str, sender: str) -> Trouble | None:
        if sender in self.senders:
            return self.senders[sender]
        phone = self.phones[to]
        return Trouble.OPTED_OUT if phone.opted_out else phone.refuses

    def _take(self, key: str, to: str, sender: str, body: str) -> Taken:
        id_ = f"fc{len(self.taken):07d}"
        taken = Taken(id_, key, to, sender, body, self.clock(), waits=self.phones[to].late)
        self.taken.append(taken)
        self._on_their_way.append(taken)
        self.by_id[id_] = taken
        if key:
            self.by_key[key] = taken
        self._receipts.append(Told(taken, State.SENT))
        return taken

    def find(self, *, to: str, sender: str, body: str) -> list[Taken]:
        """What a look-up by number and words finds, the newest first."""
        found = (t for t in self.taken if (t.to, t.sender, t.body) == (to, sender, body))
        return list(found)[::-1]

    def line_of(self, number: str) -> str:
        """What kind of line a number is."""
        return self.phones[number].line

    def finds_out_later(self, number: str) -> None:
        """This carrier takes whatever it is given: a phone that would be refused makes the text fail later."""
        phone = self.phones[number]
        phone.fails, phone.refuses = phone.refuses or phone.fails, None

    def own_status(self, usual: int) -> int:
        """The status of HTTP for the carrier's own code: that code itself where it is one of HTTP's."""
        return int(self.own_code) if HTTP_STATUS.fullmatch(self.own_code) else usual

    # ------------------------------------------------------------ what a test does

    def says(self, sender: str, body: str, *, to: str) -> Said:
        """Somebody writes to the clinic."""
        said = Said(f"mo{len(self.said):07d}", sender, to, body, self.clock())
        self.said.append(said)
        self._words.append(said)
        if self.answers_stop and body.strip().upper() == "STOP":
            self.phones[sender].opted_out = True
        return said

    def carry(self) -> None:
        """Texts reach their phones, or not; the receipts are then due."""
        carried, self._on_their_way = self._on_their_way, []
        for taken in carried:
            if taken.waits > 0:
                taken.waits -= 1
                self._on_their_way.append(taken)
                continue
            taken.trouble = self.phones[taken.to].fails
            taken.state = State.FAILED if taken.trouble else State.DELIVERED
            self._receipts.append(Told(taken, taken.state, taken.trouble))

    @property
    def owes_receipts(self) -> bool:
        """True while a text is on its way or a receipt is due."""
        return bool(self._on_their_way or self._receipts)

    def due_receipts(self) -> list[Told]:
        """The receipts to hand over now: repeated and shuffled as the weather has it. Each is given out once."""
        due, self._receipts = self._receipts, []
        again = [one for one in due if self.random.random() < self.weather.repeated_receipts]
        self.repeated += len(again)
        due += again
        if self.weather.shuffled:
            self.random.shuffle(due)
        return due

    def due_words(self) -> list[Said]:
        """What people wrote since this was last asked."""
        due, self._words = self._words, []
        return due

    def bodies(self, number: str) -> list[str]:
        """What a phone got or will get, oldest first."""
        return [taken.body for taken in self.taken if taken.to == number]
