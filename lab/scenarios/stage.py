"""What a scenario is, and the stage that it plays on."""

import contextlib
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any

from lab.pbx import Pbx
from lab.phones import RING, Behaviour, Line, Phone, State
from lab.tap import Tap

CALLER = "+13125550123"
SECOND_CALLER = "+13125550124"
MOBILE = "+12025550177"
A_FEW_WORDS = 0.2  # seconds

ANY = "*"
"""A detail that Asterisk does not tell, or tells by which of its threads is faster."""

ANSWERED, MISSED, IGNORED = "answered", "missed", "ignored"


@dataclass(frozen=True, kw_only=True)
class Expected:
    """The verdict that one call must get. Calls from inside have neither caller nor DID that would matter."""

    verdict: str
    reason: str | None = None
    detail: str | None = None
    caller: str | None = None
    did: str | None = None


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """One way that a call can go: a story, how it is staged, and what must be made of it."""

    name: str
    theme: str
    story: str
    did: str
    expected: tuple[Expected, ...]  # in the order of the hang-ups
    play: "Callable[[Stage], None]"

    @property
    def calls(self) -> int:
        """How many calls come in from outside."""
        return sum(1 for call in self.expected if call.did)

    def as_json(self) -> dict[str, Any]:
        """What `expected.json` says of it."""
        return {
            "file": f"{self.name}.ami",
            "story": self.story,
            "expected": [asdict(call) for call in self.expected],
        }


CATALOGUE: dict[str, Scenario] = {}
"""What plays on the lab's own dialplan."""
FREEPBX: dict[str, Scenario] = {}
"""What plays on a dialplan of FreePBX's shape."""


def scenario(
    did: str, *expected: Expected, into: dict[str, Scenario] = CATALOGUE
) -> "Callable[[Callable[[Stage], None]], Callable[[Stage], None]]":
    """Enter a function into the catalogue: its name is the scenario's name, its docstring the story."""

    def enter(play: "Callable[[Stage], None]") -> "Callable[[Stage], None]":
        calls = tuple(_fill_in(call, did) for call in expected)
        into[play.__name__] = Scenario(
            name=play.__name__,
            theme=play.__module__.rpartition(".")[2],
            story=(play.__doc__ or "").strip(),
            did=did,
            expected=calls,
            play=play,
        )
        return play

    return enter


def answered(detail: str | None = None, *, caller: str | None = CALLER, did: str | None = None) -> Expected:
    """Somebody talked with the caller."""
    return Expected(verdict=ANSWERED, detail=detail, caller=caller, did=did)


def missed(
    reason: str, detail: str | None = None, *, caller: str | None = CALLER, did: str | None = None
) -> Expected:
    """Nobody did."""
    return Expected(verdict=MISSED, reason=reason, detail=detail, caller=caller, did=did)


def refused() -> Expected:
    """A call from outside that was turned away before it could be anyone's."""
    return Expected(verdict=IGNORED, reason="refused", caller=CALLER)


def ours(reason: str) -> Expected:
    """A call that did not come from outside: internal, outbound or originated."""
    return Expected(verdict=IGNORED, reason=reason)


def _fill_in(call: Expected, did: str) -> Expected:
    from_outside = call.verdict != IGNORED or call.reason == "refused"
    return replace(call, did=call.did or did) if from_outside else call


class Stage:
    """The PBX, and whoever has a phone in this scenario; everyone hangs up when the curtain falls."""

    def __init__(self, pbx: Pbx, tap: Tap, played: Scenario) -> None:
        self.pbx = pbx
        self.tap = tap
        self._played = played
        self._phones: list[Phone] = []
        self._cast = contextlib.ExitStack()

    def __enter__(self) -> "Stage":
        return self

    def __exit__(self, *_: object) -> None:
        self._cast.close()

    def desk(self, number: str = "1001", behaviour: Behaviour = RING) -> Phone:
        """A registered phone of the clinic."""
        return self._on_stage(Phone.inside(self.pbx, number, when_called=behaviour))

    def mobile(self, behaviour: Behaviour = RING) -> Phone:
        """The nurse's mobile, reached through the carrier."""
        return self._on_stage(Phone.outside(self.pbx, MOBILE, when_called=behaviour))

    def caller(self, number: str | None = CALLER, *, masked: bool = False) -> Phone:
        """Somebody outside; `masked`: the carrier tells the PBX a number that is not to be shown."""
        return self._on_stage(Phone.outside(self.pbx, number, masked=masked))

    def dial_in(self, did: str | None = None, *, caller: str | None = CALLER) -> Line:
        """Somebody outside calls the clinic."""
        return self.caller(caller).call(did or self._played.did)

    def talk(self, call: Line, *, people: int = 2) -> Line:
        """Let a call go on for a few words, once so many phones have really been seen in a bridge."""
        call.wait_for(State.TALKING)
        self.tap.wait_for(lambda: len(self._bridged()) >= people, f"{people} phones in a bridge")
        return call.stay(A_FEW_WORDS)

    def _bridged(self) -> set[str]:
        entered = (event for event in self.tap.events() if event["Event"] == "BridgeEnter")
        return {event["Uniqueid"] for event in entered if event["Channel"].startswith("PJSIP/")}

    def operator(self, action: dict[str, str]) -> None:
        """Ask something of the PBX through the manager interface, as a click in a program would."""
        operator = self._cast.enter_context(Tap(self.pbx, "operator"))
        operator.send(action)

    def _on_stage(self, phone: Phone) -> Phone:
        return self._cast.enter_context(phone)


def perform(pbx: Pbx, played: Scenario, *taps: Tap) -> None:
    """Play a scenario to its end: every phone down, every hang-up seen on every tap."""
    with Stage(pbx, taps[0], played) as stage:
        played.play(stage)
    for tap in taps:
        tap.wait_until_calls_are_over()
