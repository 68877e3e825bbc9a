"""CDR rows into facts. A row is a stretch of a call between two channels, or of one channel in an application.

CDRs tell least: ANSWERED means that something picked up, and that a caller and a device really heard each other can
only be concluded from a row that has both and a time of answer. Rows know no bridges, no screening by key, no queue
that let nobody in; docs/verdicts.md counts what follows from that.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta, tzinfo

from ami_listener.records.clock import moment, zone_error
from ami_listener.records.rows import Row
from secondring.domain import facts
from secondring.domain.call_events import FROM_RECORD
from secondring.domain.facts import Fact, Leg
from secondring.domain.ids import Linkedid, Uniqueid
from secondring.domain.verdict import UNKNOWN_MESSAGE

STATUS = {
    "ANSWERED": "ANSWER",
    "NO ANSWER": "NOANSWER",
    "BUSY": "BUSY",
    "FAILED": "CHANUNAVAIL",
    "CONGESTION": "CONGESTION",
    "CANCEL": "CANCEL",
}
DIALLED = ("AppDial", "AppDial2", "AppQueue")
"""What a channel runs that was dialled: its own row is no caller's."""


class Cdr:
    """How CDRs are read. `trunks`: how the names of channels begin that come from outside, for records without DID."""

    name = "cdr"

    def __init__(self, zone: tzinfo | None = None, trunks: tuple[str, ...] = ()) -> None:
        self._zone = zone
        self._trunks = trunks

    def began(self, row: Row) -> datetime | None:
        """When the stretch began."""
        return moment(row.get("start") or row.get("calldate"), self._zone)

    def at(self, row: Row) -> datetime | None:
        """When the stretch ended."""
        began = self.began(row)
        if began is None:
            return None
        return moment(row.get("end"), self._zone) or began + timedelta(seconds=_whole(row.get("duration")))

    def tokens(self, row: Row) -> set[str]:
        """What rows of one call have in common: Linkedids, or without those the names of channels."""
        ids = {token for token in (row.get("uniqueid"), row.get("linkedid")) if token}
        if not ids or row.get("linkedid"):
            return ids
        names = {row.get("channel"), row.get("dstchannel")} - {""}
        return ids | {f"name:{_whole_local(name)}" for name in names}

    def is_over(self, rows: Sequence[Row]) -> bool:
        """A CDR is written when its stretch is over; whether more follow only time tells."""
        return bool(rows)

    def facts(self, rows: Sequence[Row]) -> list[Fact]:
        """The story of these rows."""
        known = [row for row in rows if row.get("uniqueid") and self.began(row)]
        ordered = sorted(known, key=lambda row: (self.began(row), _whole(row.get("sequence"))))
        return _Stretches(self, ordered).facts() if ordered else []

    def answered(self, row: Row) -> datetime:
        """When the stretch was answered; its beginning where the record does not tell."""
        found = moment(row.get("answer"), self._zone) or self.began(row)
        if found is None:
            raise ValueError("a row without a time")
        return found

    @property
    def knows_trunks(self) -> bool:
        """True when it was told how channels from outside are called."""
        return bool(self._trunks)

    def comes_from_outside(self, row: Row) -> bool:
        """True when the row itself says so, beside its context."""
        return bool(row.get("did")) or row.get("channel").startswith(self._trunks or "\0")


class _Stretches:
    """The rows of one call, in order."""

    def __init__(self, cdr: Cdr, rows: Sequence[Row]) -> None:
        self._cdr = cdr
        self._rows = rows
        self._ids = {row.get("channel"): row.get("uniqueid") for row in rows}
        self._named: dict[str, Uniqueid] = {}
        began = cdr.began(rows[0])
        self._shift = zone_error(began, Uniqueid(rows[0].get("uniqueid"))) if began else timedelta(0)

    def facts(self) -> list[Fact]:
        told: list[Fact] = []
        for number, row in enumerate(self._rows):
            began, ended = self._cdr.began(row), self._cdr.at(row)
            if began is not None and ended is not None:
                told += self._row(number, row, began - self._shift, ended - self._shift)
        return [*told, *self._endings()]

    def _row(self, number: int, row: Row, began: datetime, ended: datetime) -> list[Fact]:
        leg = self._leg(row)
        told: list[Fact] = [facts.ChannelStarted(at=began, leg=leg)]
        told += self._local_pair(leg, began)
        told += _app(leg, row, began)
        if row.get("disposition") == "ANSWERED":
            told.append(facts.ChannelUp(at=began, leg=leg))
        elif _reached_nothing(row):
            told.append(facts.VariableSet(at=ended, leg=leg, name="DIALSTATUS", value="CHANUNAVAIL"))
        if row.get("dstchannel") and row.get("lastapp") not in DIALLED:
            told += self._dialled(number, row, leg, began, ended)
        return told

    def _dialled(self, number: int, row: Row, leg: Leg, began: datetime, ended: datetime) -> list[Fact]:
        name = row.get("dstchannel")
        dialled = replace(leg, id=self._id_of(name), channel=name, context="", exten="")
        told: list[Fact] = [facts.DialBegan(at=began, caller=leg, dialled=dialled)]
        told += self._local_pair(dialled, began)
        told.append(facts.DialEnded(at=ended, caller=leg, dialled=dialled, status=self._status(number, row)))
        if self._heard_each_other(row):
            at = max(self._cdr.answered(row) - self._shift, began)
            told += [
                facts.BridgeEntered(
                    at=at, leg=one, bridge=f"cdr-{number}", bridge_type="basic", technology=""
                )
                for one in (dialled, leg)
            ]
        return told

    @staticmethod
    def _heard_each_other(row: Row) -> bool:
        """With a screen by key a row may be ANSWERED and know no time of answer; and FollowMe's row is ANSWERED
        before anybody has accepted: only one who was put through to a device is known to have.
        """
        if row.get("disposition") != "ANSWERED":
            return False
        if row.get("lastapp") == "FollowMe" and row.get("dstchannel").startswith("Local/"):
            return False
        if "answer" in row.fields:
            return bool(row.get("answer").strip())
        return _whole(row.get("billsec")) > 0

    def _status(self, number: int, row: Row) -> str:
        """The last stretch of a call in which nobody answered ended because the caller had enough."""
        status = STATUS.get(row.get("disposition"), "NOANSWER")
        same = [later for later in self._rows[number + 1 :] if later.get("channel") == row.get("channel")]
        return "CANCEL" if status == "NOANSWER" and not same else status

    def _leg(self, row: Row) -> Leg:
        channel = row.get("uniqueid")
        linkedid = row.get("linkedid") or channel
        dialled = row.get("lastapp") in DIALLED
        other = self._root() if dialled or row.get("channel").startswith("Local/") else linkedid
        outside = self._cdr.comes_from_outside(row) and not dialled
        inside = self._cdr.knows_trunks and not outside
        return Leg(
            id=Uniqueid(channel),
            linkedid=Linkedid(linkedid if row.get("linkedid") else other),
            channel=row.get("channel"),
            state="Down" if row.get("lastapp") == "AppDial2" else "Ring",
            caller=row.get("src"),
            context=FROM_RECORD if outside else "" if inside else row.get("dcontext"),
            exten=row.get("did") or row.get("dst"),
        )

    def _root(self) -> str:
        """The channel that the others were dialled for."""
        for row in self._rows:
            if row.get("lastapp") not in DIALLED and not row.get("channel").startswith("Local/"):
                return row.get("uniqueid")
        return self._rows[0].get("uniqueid")

    def _id_of(self, name: str) -> Uniqueid:
        return Uniqueid(self._ids.get(name) or f"cdr:{name}")

    def _local_pair(self, leg: Leg, at: datetime) -> list[Fact]:
        """The halves meet as soon as both were named."""
        self._named[leg.channel] = leg.id
        if not leg.channel.endswith((";1", ";2")):
            return []
        other = self._named.get(leg.channel[:-2] + (";2" if leg.channel.endswith(";1") else ";1"))
        return [facts.LocalPaired(at=at, one=leg.id, two=other)] if other else []

    def _endings(self) -> list[Fact]:
        """Every channel's end; the caller's own is the last, since all else is about them."""
        ends: dict[str, tuple[datetime, Row]] = {}
        for row in self._rows:
            ended = self._cdr.at(row)
            if ended is not None:
                before = ends.get(row.get("uniqueid"))
                ends[row.get("uniqueid")] = (max(ended, before[0]) if before else ended, row)
        root = self._root()
        ordered = sorted(ends.items(), key=lambda end: (end[0] == root, end[1][0]))
        return [
            facts.HungUp(at=at - self._shift, leg=self._leg(row), cause=facts.UNTOLD)
            for _, (at, row) in ordered
        ]


def _reached_nothing(row: Row) -> bool:
    """Never up, nothing dialled, and not turned away with a cause of its own: no phone was there to be rung."""
    if row.get("dstchannel") or row.get("lastapp").lower() in ("queue", "voicemail"):
        return False
    return not (row.get("lastapp") == "Hangup" and row.get("lastdata"))


def _app(leg: Leg, row: Row, at: datetime) -> list[Fact]:
    app, data = row.get("lastapp").lower(), row.get("lastdata")
    if app == "voicemail":
        unknown = facts.VariableSet(at=at, leg=leg, name="VMSTATUS", value=UNKNOWN_MESSAGE)
        return [facts.AppStarted(at=at, leg=leg, app="VoiceMail"), unknown]
    if app == "queue":
        return [facts.QueueJoined(at=at, leg=leg, queue=data.partition(",")[0])]
    if app == "park":
        return [facts.Parked(at=at, leg=leg)]
    return []


def _whole_local(name: str) -> str:
    return name[:-2] if name.endswith((";1", ";2")) else name


def _whole(digits: str) -> int:
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 10 else 0
