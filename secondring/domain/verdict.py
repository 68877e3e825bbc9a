"""From the evidence of one inbound call to its verdict.

`Evidence` collects what was seen while the call lasted; `judge` reads it once, when the inbound
channel has hung up. Whether a person answered is not decided here: the tracker sees that happen
and it is final. The order of the rules below is the rule.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from secondring.domain.ids import Uniqueid


class Verdict(StrEnum):
    """Did a person answer?"""

    ANSWERED = "answered"
    MISSED = "missed"
    IGNORED = "ignored"


class Reason(StrEnum):
    """Why a call counts as missed."""

    NO_ANSWER = "no-answer"
    BUSY = "busy"
    ABANDONED = "abandoned"
    IVR_HANGUP = "ivr-hangup"
    VOICEMAIL = "voicemail"


class Ignored(StrEnum):
    """Why a call is no missed call at all."""

    INTERNAL = "internal"
    OUTBOUND = "outbound"
    ORIGINATED = "originated"
    REFUSED = "refused"
    """Turned away by routing before anything rang: wrong number, block list, scanner."""
    UNSEEN = "unseen"
    """Its beginning was not seen and nothing tells that it came from outside."""


class Detail(StrEnum):
    """The finer reason, for `explain` and for people who look closer."""

    CALLER_CANCEL = "caller-cancel"
    TIMEOUT = "timeout"
    REJECTED = "rejected"
    UNAVAILABLE = "unavailable"
    CONGESTION = "congestion"
    REFUSED = "refused"
    """A person was asked to press a key and did not accept."""
    UNCONFIRMED = "unconfirmed"
    """Something picked up, but no person and the caller were ever connected."""
    EXTERNAL = "external-answer"
    """An outside phone picked up, and this clinic does not take that for a person, or not for so short a time."""
    ALL_BUSY = "all-busy"
    NOT_JOINED = "not-joined"
    LEAVE_EMPTY = "leave-empty"
    EXIT_KEY = "exit-key"
    WITHDRAWN = "withdrawn"
    PARKED = "parked"
    PARKED_LOST = "parked-lost"
    """Answered, then parked, and nobody fetched the caller."""
    MESSAGE_LEFT = "message-left"
    NO_MESSAGE = "no-message"
    MESSAGE_UNKNOWN = "message-unknown"
    """Told by a record that does not say whether a voice message was left."""
    IN_MENU = "in-menu"
    PBX_STOPPED = "pbx-stopped"
    LOST_TRACK = "lost-track"


ANSWER = "ANSWER"
UNKNOWN_MESSAGE = "UNKNOWN"
"""As VMSTATUS: the caller was in the voicemail, and nothing tells whether they left a message."""
RANG_OUT = frozenset({"NOANSWER", "CANCEL", "BUSY", "CONGESTION", "CHANUNAVAIL"})
"""The DialStatus words with a meaning of their own; any other word is a screen's refusal."""
CAUSES_NOT_OF_THE_DIALPLAN = {0: Detail.PBX_STOPPED, 127: Detail.CALLER_CANCEL}
"""Who is turned away gets a cause of the dialplan's. An Asterisk that is stopped hangs up with none, and a caller who
gives up before anything rings leaves SIP's 487, which has no cause of its own (both seen in the lab)."""
CAUSE_BUSY = 17
CAUSE_REJECTED = 21
CAUSES_UNREACHABLE = frozenset({3, 20, 34})
"""Q.850: no route, subscriber absent, no circuit: what a call to an unregistered phone ends with."""


@dataclass(slots=True)
class Evidence:
    """What was seen of one inbound call, apart from a person's answer."""

    was_up: bool = False
    voicemail: bool = False
    message_left: bool = False
    message_unknown: bool = False
    queue: str | None = None
    """The queue joined last."""
    queue_status: str = ""
    """QUEUESTATUS, which the PBX sets when it takes the caller out of a queue, or never lets them in."""
    abandoned: bool = False
    left_by_key: bool = False
    parking_lost: bool = False
    fetched_by_nobody: bool = False
    """Parked, and the caller hung up before anyone came back to them."""
    dialled: set[Uniqueid] = field(default_factory=set)
    behind_local: set[Uniqueid] = field(default_factory=set)
    """Legs dialled by a Local channel, not by the caller's own: they end as their Local channel is told to."""
    first_dial_end: dict[Uniqueid, str] = field(default_factory=dict)
    """Every dialled leg may end twice on the wire; the first one counts."""
    leg_causes: dict[Uniqueid, int] = field(default_factory=dict)
    dial_status: str = ""
    cause: int = 0
    external: bool = False
    """Something picked up at an outside number, and was not taken for a person."""

    def dial_ended(self, leg: Uniqueid, status: str) -> None:
        """Note how a dialled leg ended, unless that is known already."""
        self.first_dial_end.setdefault(leg, status)

    def joined_queue(self, queue: str) -> None:
        """A caller waits anew; how they left an earlier queue no longer matters."""
        self.queue, self.queue_status, self.abandoned, self.left_by_key = queue, "", False, False

    def left_queue(self) -> None:
        """Leaving without an abandon event is a key press, or an answer, which wins anyway."""
        self.left_by_key = not self.abandoned

    @property
    def statuses(self) -> set[str]:
        """How the dialled legs ended, as the caller's own dial saw it."""
        direct = self.first_dial_end.keys() - self.behind_local
        return {self._status(leg) for leg in direct or self.first_dial_end}

    def _status(self, leg: Uniqueid) -> str:
        """Queues report a busy agent as NOANSWER; the leg's own hang-up cause knows better."""
        status = self.first_dial_end[leg]
        return "BUSY" if status == "NOANSWER" and self.leg_causes.get(leg) == CAUSE_BUSY else status


Judgement = tuple[Verdict, str | None, Detail | None]


def judge(seen: Evidence) -> Judgement:  # noqa: PLR0911 - one line a rule, in their order
    """The verdict on an inbound call that no person answered."""
    if seen.voicemail:
        return Verdict.MISSED, Reason.VOICEMAIL, _message(seen)
    if seen.queue is not None or seen.queue_status or seen.parking_lost:
        return Verdict.MISSED, Reason.ABANDONED, Detail.EXTERNAL if seen.external else _abandoned(seen)
    if seen.external:
        return Verdict.MISSED, Reason.NO_ANSWER, Detail.EXTERNAL
    if seen.dialled or seen.first_dial_end:
        if seen.statuses == {"BUSY"}:
            return Verdict.MISSED, Reason.BUSY, None
        return Verdict.MISSED, Reason.NO_ANSWER, _no_answer(seen)
    if seen.was_up:
        return Verdict.MISSED, Reason.IVR_HANGUP, Detail.IN_MENU
    if seen.dial_status == "CHANUNAVAIL" or seen.cause in CAUSES_UNREACHABLE:
        return Verdict.MISSED, Reason.NO_ANSWER, Detail.UNAVAILABLE
    if seen.cause in CAUSES_NOT_OF_THE_DIALPLAN:
        return Verdict.MISSED, Reason.NO_ANSWER, CAUSES_NOT_OF_THE_DIALPLAN[seen.cause]
    return Verdict.IGNORED, Ignored.REFUSED, None


def _message(seen: Evidence) -> Detail:
    if seen.message_left:
        return Detail.MESSAGE_LEFT
    return Detail.MESSAGE_UNKNOWN if seen.message_unknown else Detail.NO_MESSAGE


_QUEUE_STATUS = {
    "TIMEOUT": Detail.TIMEOUT,
    "LEAVEEMPTY": Detail.LEAVE_EMPTY,
    "LEAVEUNAVAIL": Detail.LEAVE_EMPTY,
    "WITHDRAW": Detail.WITHDRAWN,
}


def _abandoned(seen: Evidence) -> Detail:
    if seen.parking_lost:
        return Detail.PARKED
    if seen.queue is None:
        return Detail.NOT_JOINED
    if "BUSY" in seen.statuses <= {"BUSY", "CANCEL"}:  # CANCEL: the round in which the caller gave up
        return Detail.ALL_BUSY
    if seen.queue_status in _QUEUE_STATUS:
        return _QUEUE_STATUS[seen.queue_status]
    return Detail.EXIT_KEY if seen.left_by_key else Detail.CALLER_CANCEL


def _no_answer(seen: Evidence) -> Detail:  # noqa: PLR0911 - one line a rule, in their order
    statuses = seen.statuses
    if ANSWER in statuses:
        return Detail.UNCONFIRMED
    if statuses - RANG_OUT:
        return Detail.REFUSED
    if not statuses or "CANCEL" in statuses:
        return Detail.CALLER_CANCEL
    if statuses == {"CHANUNAVAIL"}:
        return Detail.UNAVAILABLE
    if statuses == {"CONGESTION"}:
        return Detail.CONGESTION
    if statuses == {"NOANSWER"} and _all_rejected(seen):
        return Detail.REJECTED
    return Detail.TIMEOUT


def _all_rejected(seen: Evidence) -> bool:
    """The last leg's hang-up may come after the caller's, which then has the same cause."""
    return all(seen.leg_causes.get(leg, seen.cause) == CAUSE_REJECTED for leg in seen.first_dial_end)
