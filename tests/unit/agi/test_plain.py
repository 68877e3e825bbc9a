"""One script, forked, on two pipes."""

import os
import signal
from collections.abc import Iterator

import pytest

from agi.plain import run_plain
from agi.request import BadRequest
from agi.wire import WireBroken
from tests.support.fake_asterisk import head
from tests.unit.agi.test_server import Desk


@pytest.fixture(autouse=True)
def _signals_as_before() -> Iterator[None]:
    before = signal.getsignal(signal.SIGHUP)
    yield
    signal.signal(signal.SIGHUP, before)


def run(script: str, said: bytes, *arguments: str) -> tuple[bool, bytes]:
    their_read, our_write = os.pipe()
    our_read, their_write = os.pipe()
    try:
        os.write(our_write, said)
        os.close(our_write)
        done = run_plain(script, Desk(), arguments, their_read, their_write)
        return done, os.read(our_read, 10_000)
    finally:
        for end in (their_read, our_read, their_write):
            os.close(end)


def test_a_script_runs_on_its_pipes() -> None:
    done, heard = run("decline", head(request="/usr/bin/secondring-agi") + b"200 result=1\n")
    assert (done, heard) == (True, b'SET VARIABLE "SR_DECLINED" "1"\n')


def test_who_is_not_asterisk_is_refused() -> None:
    with pytest.raises((BadRequest, WireBroken)):
        run("decline", b"hello\n\n")
    with pytest.raises((BadRequest, WireBroken)):
        run("decline", b"agi_x: y\n" * 1000)


def test_its_arguments_are_those_it_was_started_with() -> None:
    """Asterisk counts the way the program is called among them."""
    said = head(arg_1="agi-script", arg_2="can_be_texted", arg_3="2025550100", arg_4="", arg_5="3125550150")
    _, heard = run("can_be_texted", said + b"200 result=1\n", "2025550100", "", "3125550150")
    assert heard == b'SET VARIABLE "SR_USABLE" "1"\n'
