"""Whatever a caller sends, as their name, their number or by key: nothing of it is executed, nobody is lost.

Twenty-four calls, several at a time; what they send is drawn by hypothesis, from pieces that have broken others.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from lab import offer, triage
from lab.pbx import Pbx
from lab.phones import Line, Phone, State
from lab.service import Service
from lab.sounds import write_tone
from lab.triage import TONES as URGENT_TONES
from tests.support.onlooker import Onlooker
from tests.support.until import until

END_TONE = 1700
PATIENCE = 60
NAMES, TYPED, WAITS = (f"202555015{n}" for n in range(3))
"""Numbers that lead to the menu, to the question for a mobile, to the nurse."""

_numbers = iter(range(110, 150))
REAL = settings(
    phases=[Phase.generate], deadline=None, database=None, suppress_health_check=list(HealthCheck)
)
"""For real calls: each example is some of them at once, and is not tried again to make it smaller."""

PIECES = [
    "${SHELL(touch MARK)}", "$[1 + 1]", "${EXTEN}", '"),System(touch MARK)', "'; touch MARK; '", ";2", "|", ",", "&",
    "\\", '"', "\\\"", "^", "(", ")", "{", "}", "%24%7BEPOCH%7D", "é", "漢字", "😀", "\u202e", "<sip:x@y>", "=",
    "PWNED=1", "x" * 60, "-1", "+", "@", "#", "unknown", "agi_callerid: +15550100",
]  # fmt: skip
LINES = ["\r\nagi_arg_1: +12025550199\r\n", "\nSET VARIABLE PWNED 1\n", "\r\n\r\n", "\n", "\0"]
"""What would end a line of AGI or AMI. SIP carries it in a number; in a name it may not."""
names = st.lists(st.sampled_from(PIECES), min_size=2, max_size=8).map(lambda parts: "".join(parts)[:200])
numbers = st.lists(st.sampled_from([*PIECES, *LINES]), min_size=1, max_size=6).map(
    lambda parts: "".join(parts)[:200]
)
keys = st.text(alphabet="1234567890*#ABCD", min_size=3, max_size=14)


def dialplan(mark: Path) -> str:
    """Whoever was not stopped by anything hears a tone at the end; a variable that a caller set is kept."""
    return f"""
[from-trunk]
exten => {NAMES},1,Gosub(secondring,offer,1)
 same => n,Goto(ordinary,1)
exten => {TYPED},1,Answer()
 same => n,Gosub(secondring,link,1)
 same => n,Goto(ordinary,1)
exten => {WAITS},1,Gosub(secondring,urgent,1)
 same => n,Goto(ordinary,1)
exten => ordinary,1,ExecIf($["${{PWNED}}" != ""]?Set(GLOBAL(PWNED_BY_CALLER)=1))
 same => n,Answer()
 same => n,Playback({mark.parent}/end)
 same => n,Hangup()
"""


@pytest.fixture(scope="module")
def mark(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a caller's command would leave behind."""
    folder = tmp_path_factory.mktemp("hostile")
    write_tone(folder / "end.wav", END_TONE, 2)
    return folder / "mark"


@pytest.fixture(scope="module")
def clinic(pbx: Pbx, mark: Path) -> Iterator[Onlooker]:
    with (
        Service(pbx, config=triage.config(last_resort=None)) as service,
        Onlooker(service) as onlooker,
    ):
        triage.record_prompts(pbx)
        offer.add_offer(pbx, service, numbers=dialplan(mark))
        yield onlooker


@pytest.fixture(autouse=True)
def _unharmed(pbx: Pbx, clinic: Onlooker, mark: Path) -> Iterator[None]:
    before = complaints_of(pbx)
    yield
    until(lambda: pbx.channels() == 0, lambda: f"every call is over; {pbx.cli('core show channels')}")
    assert not mark.exists()
    assert "PWNED" not in pbx.cli("dialplan show globals")
    assert complaints_of(pbx) == before
    assert clinic.service.pid
    assert "Traceback" not in clinic.log()
    assert " failed for call" not in clinic.log()


def complaints_of(pbx: Pbx) -> list[str]:
    """What Asterisk found wrong with what we made of it."""
    log = (pbx.home / "log/messages").read_text(errors="replace")
    ours = r"(WARNING|ERROR)\S* (pbx|pbx_config|pbx_variables|app_stack|app_read|res_agi|manager|file|func_\w+)\.c"
    return [line for line in log.splitlines() if re.search(ours, line)]


class Caller:
    """One of several calls that go on at once."""

    def __init__(self, call: Line, prompt: int, pressed: str) -> None:
        self.call = call
        self.heard_end = False
        self._prompt = prompt
        self._pressed = pressed
        self._asked = False

    def goes_on(self) -> bool:
        """Take it a step further; False when it is over."""
        if self.call.reached(State.ENDED):
            return False
        if self.call.reached(State.TALKING):
            self._listen()
        return not self.heard_end

    def _listen(self) -> None:
        self.heard_end = self.call.hears(END_TONE, 0)
        if not self._asked and self.call.hears(self._prompt, 0):
            self._asked = True
            if self._pressed:
                self.call.dial(self._pressed)

    def __repr__(self) -> str:
        return f"{self.call} pressed {self._pressed!r}"


def all_at_once(pbx: Pbx, did: str, prompt: int, who: Sequence[tuple[str | None, str, str]]) -> list[Caller]:
    """Number, name and keys of each. They press when they hear the prompt; every call goes to its end."""
    with Phone.outside(pbx, "+14155550199") as trunk:
        callers = []
        for number, name, pressed in who:
            trunk.number, trunk.name = number, name
            callers.append(Caller(trunk.call(did), prompt, pressed))
        going = set(callers)

        def over() -> bool:
            going.intersection_update([caller for caller in going if caller.goes_on()])
            return not going

        until(over, lambda: f"every call to end; there are {going}", timeout=PATIENCE)
    return callers


@settings(REAL, max_examples=3)
@given(callers=st.lists(st.tuples(names, numbers, keys), min_size=4, max_size=4))
def test_names_numbers_and_keys_in_the_menu(
    pbx: Pbx, clinic: Onlooker, mark: Path, callers: list[tuple[str, str, str]]
) -> None:
    def marked(text: str) -> str:
        return text.replace("MARK", str(mark))

    who = [(marked(number), marked(name), pressed) for name, number, pressed in callers]
    done = all_at_once(pbx, NAMES, offer.TONES["offer"], who)
    assert [caller for caller in done if not caller.heard_end] == []


@settings(REAL, max_examples=2)
@given(typed=st.lists(keys, min_size=3, max_size=3))
def test_keys_where_a_mobile_number_is_asked_for(pbx: Pbx, clinic: Onlooker, typed: list[str]) -> None:
    who = [(None, "", pressed) for pressed in typed]
    done = all_at_once(pbx, TYPED, offer.TONES["type-mobile"], who)
    assert [caller for caller in done if not caller.heard_end] == []


@settings(REAL, max_examples=3)
@given(pressed=st.lists(keys, min_size=2, max_size=2))
def test_keys_while_a_nurse_is_looked_for(pbx: Pbx, clinic: Onlooker, pressed: list[str]) -> None:
    """Nobody answers: each ends on the ordinary path, or is told that a nurse calls back, and that is noted."""
    callers = [f"+14155550{next(_numbers)}" for _ in pressed]
    who = [(number, "", keys) for number, keys in zip(callers, pressed, strict=True)]
    with Phone.inside(pbx, "1001"):
        done = all_at_once(pbx, WAITS, URGENT_TONES["urgent-wait"], who)
    for number, caller in zip(callers, done, strict=True):
        noted = " ".join(decision.because for decision in clinic.decisions(number))
        assert caller.heard_end or "asked to be called back" in noted
        assert clinic.tasks_of(number)[0].urgent
