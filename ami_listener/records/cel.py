"""CEL rows into facts. CEL sees what the manager interface shows, but for how a dial ended and what a variable was.

What it does not say is taken from what it says: a device that goes Up has answered; the halves of a Local channel
are known by their names; how an unanswered leg ended follows from its hang-up cause, as in Asterisk itself, and
from the DIALSTATUS that the caller's own hang-up carries.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta, tzinfo

from ami_listener.records.clock import moment, zone_error
from ami_listener.records.rows import Row
from secondring.domain import facts
from secondring.domain.facts import Fact, Leg
from secondring.domain.ids import Linkedid, Uniqueid
from secondring.domain.verdict import UNKNOWN_MESSAGE

DIALLED_BY_PBX = ("AppDial2",)
"""What a channel runs that the PBX itself dialled (Originate)."""
STATUS_OF_CAUSE = {17: "BUSY", 34: "CONGESTION", 3: "CHANUNAVAIL", 20: "CHANUNAVAIL", 26: "CANCEL"}
CLEARED = 16
CONFERENCES = ("ConfBridge", "MeetMe")


class Cel:
    """How CEL is read."""

    name = "cel"

    def __init__(self, zone: tzinfo | None = None) -> None:
        self._zone = zone

    def at(self, row: Row) -> datetime | None:
        """When it happened."""
        return moment(row.get("eventtime"), self._zone)

    def began(self, row: Row) -> datetime | None:
        """When it began: a CEL row is a moment."""
        return self.at(row)

    def tokens(self, row: Row) -> set[str]:
        """What rows of one story have in common: channels, and the Linkedids that they had."""
        return {token for token in (row.get("uniqueid"), row.get("linkedid")) if token}

    def is_over(self, rows: Sequence[Row]) -> bool:
        """True when every channel that began has ended."""
        kinds = [(row.get("eventtype"), row.get("uniqueid")) for row in rows]
        ended = {channel for kind, channel in kinds if kind == "CHAN_END"}
        return bool(ended) and {channel for kind, channel in kinds if kind == "CHAN_START"} <= ended

    def facts(self, rows: Sequence[Row]) -> list[Fact]:
        """The story of these rows; hang-ups of callers come last, since all else is about them."""
        seen = _Seen(rows)
        shift = self._shift(rows)
        told: list[Fact] = []
        last: list[Fact] = []
        for row in rows:
            at = self.at(row)
            if at is None:
                continue
            at -= shift
            is_end = row.get("eventtype") == "CHAN_END"
            (last if is_end and seen.is_root(row) else told).extend(seen.told(row, at))
        return [*told, *last]

    def _shift(self, rows: Sequence[Row]) -> timedelta:
        for row in rows:
            at = self.at(row) if row.get("eventtype") == "CHAN_START" else None
            if at is not None:
                return zone_error(at, Uniqueid(row.get("uniqueid")))
        return timedelta(0)


class _Seen:
    """What has to be known of all rows before each can be told."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self._first: dict[str, Row] = {}
        self._answered: set[str] = set()
        self._cause: dict[str, int] = {}
        self._by_pbx: set[str] = set()
        self._other_half: dict[str, str] = {}
        self._status = ""
        self._dialled = 0
        self._hung_up_by_dialplan = False
        for row in rows:
            self._learn(row)

    def _learn(self, row: Row) -> None:
        channel, kind = row.get("uniqueid"), row.get("eventtype")
        if kind == "CHAN_START":
            self._first.setdefault(channel, row)
            self._dialled += not self.is_root(row)
            self._pair(channel, row.get("channame"))
        elif kind == "ANSWER":
            self._answered.add(channel)
        elif kind == "HANGUP":
            extra = _extra(row)
            self._cause[channel] = _whole(extra.get("hangupcause"))
            if self.is_root(row):
                self._status = str(extra.get("dialstatus") or "") or self._status
                self._hung_up_by_dialplan = str(extra.get("hangupsource", "")).startswith("dialplan")
        if row.get("appname") in DIALLED_BY_PBX:
            self._by_pbx.add(channel)

    def _pair(self, channel: str, name: str) -> None:
        if name.endswith((";1", ";2")):
            half = name[:-2] + (";2" if name.endswith(";1") else ";1")
            known = {row.get("channame"): one for one, row in self._first.items()}
            if half in known:
                self._other_half[channel] = known[half]

    def is_root(self, row: Row) -> bool:
        """True for a channel that nobody dialled: it began with its own Linkedid."""
        first = self._first.get(row.get("uniqueid"), row)
        return first.get("uniqueid") == first.get("linkedid")

    def told(self, row: Row, at: datetime) -> list[Fact]:  # noqa: PLR0911 - one line a kind
        leg = self._leg(row)
        kind = row.get("eventtype")
        if kind == "CHAN_START":
            return self._started(leg, at)
        if kind == "ANSWER":
            return self._up(leg, at)
        if kind == "CHAN_END":
            return self._ended(leg, at)
        if kind == "APP_START":
            return _app(leg, row, at)
        if kind == "BRIDGE_ENTER":
            return [_entered(leg, row, at)]
        if kind == "BRIDGE_EXIT":
            return [facts.BridgeLeft(at=at, leg=leg, bridge=str(_extra(row).get("bridge_id", "")))]
        if kind == "PARK_START":
            return [facts.Parked(at=at, leg=leg)]
        if kind == "PARK_END":
            return [_fetched(leg, row, at)]
        return []

    def _leg(self, row: Row) -> Leg:
        channel = row.get("uniqueid")
        first = self._first.get(channel, row)
        return Leg(
            id=Uniqueid(channel),
            linkedid=Linkedid(row.get("linkedid") or channel),
            channel=row.get("channame"),
            state="Down" if channel in self._by_pbx else "Ring",
            caller=first.get("cid_num"),
            context=first.get("context"),
            exten=first.get("exten"),
        )

    def _started(self, leg: Leg, at: datetime) -> list[Fact]:
        told: list[Fact] = [facts.ChannelStarted(at=at, leg=leg)]
        other = self._other_half.get(leg.id)
        if other is not None:
            told.append(facts.LocalPaired(at=at, one=leg.id, two=Uniqueid(other)))
        if not leg.is_root and not leg.channel.endswith(";2"):
            told.append(facts.DialBegan(at=at, caller=None, dialled=leg))
        return told

    def _up(self, leg: Leg, at: datetime) -> list[Fact]:
        told: list[Fact] = [facts.ChannelUp(at=at, leg=leg)]
        if self._was_dialled(leg):
            told.append(facts.DialEnded(at=at, caller=None, dialled=leg, status="ANSWER"))
        return told

    def _was_dialled(self, leg: Leg) -> bool:
        first = self._first.get(leg.id)
        return leg.id in self._by_pbx or (
            first is not None and first.get("uniqueid") != first.get("linkedid")
        )

    def _ended(self, leg: Leg, at: datetime) -> list[Fact]:
        cause = self._cause.get(leg.id, 0)
        up = replace(leg, state="Up" if leg.id in self._answered else leg.state)
        told: list[Fact] = []
        if self._was_dialled(leg) and leg.id not in self._answered and not leg.channel.endswith(";2"):
            status = STATUS_OF_CAUSE.get(cause) or ("CANCEL" if self._status == "CANCEL" else "NOANSWER")
            told.append(facts.DialEnded(at=at, caller=None, dialled=leg, status=status))
        if leg.is_root and (status := self._status or self._reached_nothing(leg, cause)):
            told.append(facts.VariableSet(at=at, leg=leg, name="DIALSTATUS", value=status))
        return [*told, facts.HungUp(at=at, leg=up, cause=cause)]

    def _reached_nothing(self, leg: Leg, cause: int) -> str:
        """The dialplan ended the call in good order though nothing was dialled: no phone was there to be rung.

        A caller who is turned away gets a cause that says so.
        """
        nothing = not self._dialled and leg.id not in self._answered
        return "CHANUNAVAIL" if nothing and self._hung_up_by_dialplan and cause == CLEARED else ""


def _app(leg: Leg, row: Row, at: datetime) -> list[Fact]:
    app = row.get("appname").lower()
    if app == "voicemail":
        unknown = facts.VariableSet(at=at, leg=leg, name="VMSTATUS", value=UNKNOWN_MESSAGE)
        return [facts.AppStarted(at=at, leg=leg, app="VoiceMail"), unknown]
    if app == "queue":
        return [facts.QueueJoined(at=at, leg=leg, queue=row.get("appdata").partition(",")[0])]
    return []


def _entered(leg: Leg, row: Row, at: datetime) -> Fact:
    extra = _extra(row)
    return facts.BridgeEntered(
        at=at,
        leg=leg,
        bridge=str(extra.get("bridge_id", "")),
        bridge_type="base" if row.get("appname") in CONFERENCES else "basic",
        technology=str(extra.get("bridge_technology", "")),
    )


def _fetched(leg: Leg, row: Row, at: datetime) -> Fact:
    reason = str(_extra(row).get("reason", ""))
    if reason == "ParkedCallUnparked":
        return facts.Unparked(at=at, leg=leg)
    return facts.ParkingLost(at=at, leg=leg, timed_out=reason == "ParkedCallTimeOut")


def _extra(row: Row) -> dict[str, object]:
    try:
        found = json.loads(row.get("extra") or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _whole(value: object) -> int:
    return value if isinstance(value, int) else 0
