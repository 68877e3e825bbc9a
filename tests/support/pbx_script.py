"""A small language to tell the tracker what a PBX would: used by the unit tests of the verdict machine."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from secondring.domain import facts
from secondring.domain.call_events import CallAnswered, CallBegan, CallEnded, CallEvent, ListeningRules
from secondring.domain.calls import CallTracker
from secondring.domain.facts import Fact, Leg
from secondring.domain.ids import Linkedid, Uniqueid

START = datetime(2026, 3, 2, 14, 0, tzinfo=UTC)
ANNA = "2025550123"
CLINIC = "2025550100"


def leg(name: str, of: str | None = None, **headers: str) -> Leg:
    """A leg called `name` in the call of leg `of`; names of Local channels start with `local`."""
    tech = "Local" if name.startswith("local") else "PJSIP"
    return Leg(id=Uniqueid(name), linkedid=Linkedid(of or name), channel=f"{tech}/{name}", **headers)


@dataclass
class Script:
    """Feeds a tracker fact by fact, one second apart unless told otherwise."""

    tracker: CallTracker = field(default_factory=CallTracker)
    now: datetime = START
    events: list[CallEvent] = field(default_factory=list)
    told: list[Fact] = field(default_factory=list)

    def tell(self, fact: Fact) -> "Script":
        self.told.append(fact)
        self.events += self.tracker.feed(fact)
        return self

    def wait(self, seconds: float) -> "Script":
        self.now += timedelta(seconds=seconds)
        return self

    def calls_in(self, name: str = "c", caller: str = ANNA, context: str = "from-pstn") -> "Script":
        root = leg(name, caller=caller, context=context, exten=CLINIC, state="Ring")
        return self.tell(facts.ChannelStarted(at=self.now, leg=root))

    def picks_up_handset(self, name: str, exten: str) -> "Script":
        root = leg(name, caller="101", context="from-internal", exten=exten, state="Ring")
        return self.tell(facts.ChannelStarted(at=self.now, leg=root))

    def up(self, name: str = "c") -> "Script":
        return self.tell(facts.ChannelUp(at=self.now, leg=leg(name, state="Up")))

    def dials(
        self, dialled: str, by: str = "c", of: str = "c", context: str = "from-internal", string: str = ""
    ) -> "Script":
        child = leg(dialled, of, context=context, state="Down")
        self.tell(facts.ChannelStarted(at=self.now, leg=child))
        return self.tell(facts.DialBegan(at=self.now, caller=leg(by, of), dialled=child, dial_string=string))

    def dial_ends(self, dialled: str, status: str, by: str = "c", of: str = "c") -> "Script":
        return self.tell(
            facts.DialEnded(at=self.now, caller=leg(by, of), dialled=leg(dialled, of), status=status)
        )

    def bridged(self, *names: str, bridge: str = "b", of: str = "c", kind: str = "basic") -> "Script":
        for name in names:
            entered = leg(name, of if name != of else None)
            technology = "holding_bridge" if kind == "parking" else "simple_bridge"
            self.tell(
                facts.BridgeEntered(
                    at=self.now, leg=entered, bridge=bridge, bridge_type=kind, technology=technology
                )
            )
        return self

    def unbridged(self, name: str, bridge: str = "b", of: str = "c") -> "Script":
        return self.tell(facts.BridgeLeft(at=self.now, leg=leg(name, of), bridge=bridge))

    def local_pair(self, one: str, two: str) -> "Script":
        return self.tell(facts.LocalPaired(at=self.now, one=Uniqueid(one), two=Uniqueid(two)))

    def joins_queue(self, queue: str = "desk", name: str = "c") -> "Script":
        return self.tell(facts.QueueJoined(at=self.now, leg=leg(name), queue=queue))

    def leaves_queue(self, *, abandoned: bool, queue: str = "desk", name: str = "c") -> "Script":
        if abandoned:
            self.tell(facts.QueueAbandoned(at=self.now, leg=leg(name), queue=queue))
        return self.tell(facts.QueueLeft(at=self.now, leg=leg(name), queue=queue))

    def variable(self, key: str, value: str, name: str = "c", of: str | None = None) -> "Script":
        return self.tell(facts.VariableSet(at=self.now, leg=leg(name, of), name=key, value=value))

    def runs(self, app: str, name: str = "c", of: str | None = None) -> "Script":
        return self.tell(facts.AppStarted(at=self.now, leg=leg(name, of), app=app))

    def hangs_up(self, name: str = "c", of: str | None = None, cause: int = 16) -> "Script":
        return self.tell(facts.HungUp(at=self.now, leg=leg(name, of, caller=ANNA), cause=cause))

    @property
    def ended(self) -> list[CallEnded]:
        return [e for e in self.events if isinstance(e, CallEnded)]

    @property
    def answered(self) -> list[CallAnswered]:
        return [e for e in self.events if isinstance(e, CallAnswered)]

    @property
    def began(self) -> list[CallBegan]:
        return [e for e in self.events if isinstance(e, CallBegan)]

    def verdict(self) -> tuple[str, str | None, str | None]:
        """Verdict, reason and detail of the one call that ended."""
        (only,) = self.ended
        return only.verdict, only.reason, only.detail


def with_prefix(prefix: str) -> Script:
    """A PBX on which staff dial `prefix` before an outside number."""
    return Script(tracker=CallTracker(ListeningRules(outside_prefix=prefix)))
