"""Without a daemon for callers: Asterisk starts our program for every question, and goes on without it if it must."""

import stat
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from dialplan.offer import PROGRAM_PATIENCE
from lab import offer
from lab.offer import TONES
from lab.pbx import Pbx
from lab.phones import Phone, State
from lab.service import COMMAND, Service
from tests.support.onlooker import Onlooker
from tests.support.until import until

FAIL_OPEN_SECONDS = 2.0
"""A program that fails says so at once; one that hangs is waited for as long as one takes to start on a slow box."""
LINK = "https://book.northside.example/new"
_numbers = iter(range(100, 120))


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What stands in `agi.program`; tests put something else in its place."""
    file = tmp_path_factory.mktemp("plain") / "secondring"
    file.touch()
    return file


@pytest.fixture(scope="module")
def clinic(pbx: Pbx, program: Path) -> Iterator[Onlooker]:
    config = {**offer.CONFIG, "agi": {"program": str(program)}}
    with Service(pbx, config=config) as service, Onlooker(service) as onlooker:
        offer.add_offer(pbx, service)
        yield onlooker


@pytest.fixture(autouse=True)
def _as_installed(pbx: Pbx, clinic: Onlooker, program: Path) -> Iterator[None]:
    write(program, ours(clinic))
    yield
    until(lambda: pbx.channels() == 0, "every call is over")


def ours(clinic: Onlooker) -> str:
    words = " ".join(f"'{word}'" for word in COMMAND)
    return f"export SECONDRING_CONFIG='{clinic.service.home}' PYTHONPATH='{Path.cwd()}'\nexec {words} \"$@\""


def write(program: Path, script: str) -> None:
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)


@pytest.fixture
def number() -> str:
    """A caller who never called before."""
    return f"+14155550{next(_numbers)}"


def test_key_1_is_a_text_and_nothing_listens(pbx: Pbx, clinic: Onlooker, number: str) -> None:
    with Phone.inside(pbx, "1001") as desk, Phone.outside(pbx, number) as caller:
        call = caller.call(offer.OFFER)
        call.wait_for(State.TALKING, 10).wait_to_hear(TONES["offer"], 15)
        call.dial("1")
        call.wait_to_hear(TONES["text-sent"], 10)
        desk.next_call().wait_for(State.RINGING)
        call.hang_up()
    clinic.wait_for_text(number, "asked-link")
    assert LINK in clinic.inbox(number)[0]
    assert "callers are served" not in clinic.log()


def test_a_typed_number_reaches_the_script(pbx: Pbx, clinic: Onlooker) -> None:
    """The arguments that follow the script's name are the script's own."""
    typed = "+14155550150"
    with Phone.outside(pbx, None) as caller, Phone.inside(pbx, "1001") as desk:
        call = caller.call(offer.LINK)
        call.wait_to_hear(TONES["type-mobile"], 15)
        call.dial(typed[2:])
        call.wait_to_hear(TONES["confirm-mobile"], 15)
        call.dial("1")
        call.wait_to_hear(TONES["text-sent"], 10)
        desk.next_call().wait_for(State.RINGING)
        call.hang_up()
    clinic.wait_for_text(typed, "asked-link")


@pytest.mark.parametrize(
    ("script", "seconds"),
    [
        ("exit 1", FAIL_OPEN_SECONDS),
        ("head -c 300 /dev/urandom", FAIL_OPEN_SECONDS),
        ('read line; kill -9 "$$"', FAIL_OPEN_SECONDS),
        ("exec sleep 20", PROGRAM_PATIENCE + 0.5),
    ],
    ids=["fails", "talks-nonsense", "dies", "hangs"],
)
def test_a_program_of_no_use_costs_nobody_their_call(
    pbx: Pbx, clinic: Onlooker, program: Path, number: str, script: str, seconds: float
) -> None:
    write(program, script)
    assert seconds_to_the_desk(pbx, number) < seconds


def test_a_program_that_is_not_there_costs_nobody_their_call(
    pbx: Pbx, clinic: Onlooker, program: Path, number: str
) -> None:
    program.unlink()
    try:
        assert seconds_to_the_desk(pbx, number) < FAIL_OPEN_SECONDS
    finally:
        program.touch()


def seconds_to_the_desk(pbx: Pbx, number: str) -> float:
    with Phone.inside(pbx, "1001") as desk, Phone.outside(pbx, number) as caller:
        begun = time.monotonic()
        call = caller.call(offer.OFFER)
        desk.next_call(8).wait_for(State.RINGING)
        took = time.monotonic() - begun
        call.hang_up()
    return took
