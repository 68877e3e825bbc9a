"""queue_log lines into facts: who waited in which queue, and how that ended.

Beside CEL or CDR it tells what those do not: why a caller left a queue. Alone it knows neither calls that reached
no queue nor what became of a caller who left one for another destination: those are left to a person.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from ami_listener.records.clock import born, moment
from ami_listener.records.rows import Row
from secondring.domain import facts
from secondring.domain.call_events import FROM_RECORD
from secondring.domain.facts import Fact, Leg
from secondring.domain.ids import Linkedid, Uniqueid

NOBODY = frozenset({"", "NONE", "REALTIME", "MANAGER"})
OVER = frozenset({"ABANDON", "COMPLETECALLER", "COMPLETEAGENT"})
LEFT = {
    "EXITWITHTIMEOUT": "TIMEOUT",
    "EXITEMPTY": "LEAVEEMPTY",
    "WITHDRAW": "WITHDRAW",
}
CHANNEL = "queue_log/caller"


class QueueLog:
    """How queue_log is read."""

    name = "queue_log"

    def at(self, row: Row) -> datetime | None:
        """When it happened."""
        return moment(row.get("time"), None)

    def began(self, row: Row) -> datetime | None:
        """When it began: a line is a moment."""
        return self.at(row)

    def tokens(self, row: Row) -> set[str]:
        """The caller's channel."""
        return {row.get("callid")} - NOBODY

    def is_over(self, rows: Sequence[Row]) -> bool:
        """True when the caller is known to be out of every queue."""
        return bool(rows) and rows[-1].get("event") in OVER | LEFT.keys() | {"EXITWITHKEY"}

    def facts(self, rows: Sequence[Row]) -> list[Fact]:
        """The story, where there is no other record: its end is known only when the queue saw it."""
        at = self._first_at(rows)
        if at is None:
            return []
        leg = _caller(rows)
        told: list[Fact] = [facts.ChannelStarted(at=born(leg.id) or at, leg=leg)]
        for row in rows:
            told += self._told(leg, row)
        if rows[-1].get("event") in OVER:
            told.append(facts.HungUp(at=self.at(rows[-1]) or at, leg=leg, cause=facts.UNTOLD))
        return told

    def beside(self, rows: Sequence[Row], leg: Leg) -> list[Fact]:
        """What they add to another record's story of the same caller, whose channel that record knows better."""
        return [fact for row in rows for fact in self._queue_facts(leg, row)]

    def _first_at(self, rows: Sequence[Row]) -> datetime | None:
        times = [at for row in rows if (at := self.at(row)) is not None]
        return min(times, default=None)

    def _told(self, leg: Leg, row: Row) -> list[Fact]:
        at = self.at(row)
        if at is not None and row.get("event") == "CONNECT":
            return _connected(leg, row, at)
        return self._queue_facts(leg, row)

    def _queue_facts(self, leg: Leg, row: Row) -> list[Fact]:
        at, event, queue = self.at(row), row.get("event"), row.get("queue")
        if at is None:
            return []
        if event == "ENTERQUEUE":
            return [facts.QueueJoined(at=at, leg=leg, queue=queue)]
        if event == "EXITWITHKEY":
            return [facts.QueueLeft(at=at, leg=leg, queue=queue)]
        if event != "ABANDON" and event not in LEFT:
            return []
        told: list[Fact] = [
            facts.QueueAbandoned(at=at, leg=leg, queue=queue),
            facts.QueueLeft(at=at, leg=leg, queue=queue),
        ]
        if event in LEFT:
            told.append(facts.VariableSet(at=at, leg=leg, name="QUEUESTATUS", value=LEFT[event]))
        return told


def _caller(rows: Sequence[Row]) -> Leg:
    channel = rows[0].get("callid")
    entered = next((row for row in rows if row.get("event") == "ENTERQUEUE"), None)
    did = next((row.get("data1") for row in rows if row.get("event") == "DID"), "")
    return Leg(
        id=Uniqueid(channel),
        linkedid=Linkedid(channel),
        channel=CHANNEL,
        state="Ring",
        caller=entered.get("data2") if entered else "",
        context=FROM_RECORD,
        exten=did,
    )


def _connected(leg: Leg, row: Row, at: datetime) -> list[Fact]:
    """An agent took the call; whether a machine did so for them, queue_log cannot tell."""
    agent = replace(
        leg, id=Uniqueid(row.get("data2") or f"{leg.id}-agent"), channel="queue_log/agent", context=""
    )
    bridge = f"queue_log-{leg.id}"
    return [
        facts.DialEnded(at=at, caller=leg, dialled=agent, status="ANSWER"),
        *(
            facts.BridgeEntered(at=at, leg=one, bridge=bridge, bridge_type="basic", technology="")
            for one in (agent, leg)
        ),
        facts.HungUp(at=at, leg=agent, cause=facts.UNTOLD),
    ]
