"""Beats on the wire: what we say we also read, and nothing that a caller can put into an event is taken for one."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ami_listener.beats import FORMS, NAME, beat_in, fields, sendable
from ami_listener.messages import Message, parse
from ami_listener.protocol import check_fields
from ami_listener.sieve import is_wanted
from ami_listener.translate import translate
from secondring.domain.beats import Beat, Role
from secondring.domain.facts import BeatHeard
from secondring.domain.ids import Uniqueid
from tests.support.clinic import MONDAY_TEN

BEAT = Beat(
    installation="0123456789abcdef",
    run="fedcba9876543210",
    host="pbx-2.clinic.example",
    role=Role.HOLDING,
    since=MONDAY_TEN,
    number=7,
    judged=tuple(Uniqueid(f"lab-1795982698.{n}") for n in range(20)),
)


def as_event(beat: Beat, **changes: str | None) -> bytes:
    """As Asterisk hands on what a manager's account says."""
    said: dict[str, str | list[str] | None] = {
        "Event": "UserEvent",
        "Privilege": "user,all",
        "UserEvent": NAME,
    }
    said |= {
        "ActionID": "action/1",
        **{name: value for name, value in fields(beat).items() if name != "Action"},
    }
    lines = [
        f"{name}: {one}"
        for name, value in {**said, **changes}.items()
        for one in (value if isinstance(value, list) else [value])
        if one is not None
    ]
    return "\r\n".join(lines).encode()


def heard(block: bytes) -> Beat | None:
    message = parse(block)
    assert message
    fact = translate(message, MONDAY_TEN)
    return fact.beat if isinstance(fact, BeatHeard) else None


CALLS = st.lists(
    st.from_regex(r"[a-z]{0,9}-?[0-9]{1,10}\.[0-9]{1,6}", fullmatch=True).map(Uniqueid), max_size=200
)


@given(calls=CALLS, role=st.sampled_from(Role), number=st.integers(0, 10**11))
def test_what_is_said_is_heard(calls: list[Uniqueid], role: Role, number: int) -> None:
    beat = replace(BEAT, judged=tuple(calls), role=role, number=number)
    check_fields(fields(beat))
    block = as_event(beat)
    assert is_wanted(block)
    assert heard(block) == beat


def test_an_event_of_the_dialplan_is_no_beat_whatever_it_says() -> None:
    block = as_event(BEAT).replace(
        b"UserEvent: SecondRing",
        b"Channel: PJSIP/carrier-00000001\r\nUniqueid: lab-1.1\r\nUserEvent: SecondRing",
    )
    assert heard(block) is None


@pytest.mark.parametrize("header", FORMS)
@pytest.mark.parametrize("value", [None, "", "x y", "\u00e9", "0" * 200])
def test_a_beat_that_is_not_exactly_of_its_form_is_none(header: str, value: str | None) -> None:
    assert heard(as_event(BEAT, **{header: value})) is None


@pytest.mark.parametrize("header", [*FORMS, "UserEvent"])
def test_a_header_that_is_there_twice_makes_it_none(header: str) -> None:
    block = as_event(BEAT)
    line = next(line for line in block.split(b"\r\n") if line.startswith(header.encode() + b": "))
    assert heard(block + b"\r\n" + line) is None


def test_other_events_of_this_kind_are_thrown_away_by_their_bytes() -> None:
    assert not is_wanted(as_event(BEAT, UserEvent="Something"))
    assert not is_wanted(b"Event: UserEvent\r\nUserEvent: SecondRing2\r\nRun: 1")


@given(st.dictionaries(st.text(max_size=12), st.text(max_size=40), max_size=8))
def test_no_event_at_all_breaks_the_reading(headers: dict[str, str]) -> None:
    assert beat_in(Message({**headers, "UserEvent": NAME})) is None


def test_a_host_is_named_so_that_it_can_be_said() -> None:
    assert sendable("pbx_2\r\nApplication: System") == "pbx-2--Application--System"
    assert sendable("") == "unnamed"
