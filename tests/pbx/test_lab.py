"""The lab itself: a box that starts, phones that hear each other, nothing left when it is over."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from lab.errors import LabError
from lab.load import Kind, place_missed_calls
from lab.pbx import Pbx
from lab.phones import DECLINED, Answer, Forward, Phone, Refuse, State

CALLER = "+13125550123"
DID = "2025550100"


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return "Z" not in Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]


def until(happened: Callable[[], bool], timeout: float = 5) -> bool:
    deadline = time.monotonic() + timeout
    while not happened() and time.monotonic() < deadline:
        time.sleep(0.02)
    return happened()


def test_two_phones_hear_each_other(pbx: Pbx) -> None:
    with Phone.inside(pbx, "1001") as desk, Phone.outside(pbx, CALLER) as caller:
        call = caller.call(DID)
        ringing = desk.next_call().wait_for(State.RINGING)
        ringing.answer()
        call.wait_for(State.TALKING)
        call.play_tone(440)
        ringing.play_tone(800)
        assert ringing.hears(440)
        assert call.hears(800)
        assert not call.hears(440, timeout=0.3)
        call.hang_up()
        ringing.wait_for(State.ENDED)
    assert until(lambda: pbx.channels() == 0)


def test_a_phone_does_as_it_is_told(pbx: Pbx) -> None:
    with (
        Phone.inside(pbx, "1001", when_called=Refuse(DECLINED)) as desk,
        Phone.inside(pbx, "1002", when_called=Answer(after=0.1)) as other,
        Phone.outside(pbx, CALLER) as caller,
    ):
        assert caller.call(DID).wait_for(State.ENDED).status >= 400
        desk.when_called = Forward("1002")
        call = caller.call(DID).wait_for(State.TALKING)
        other.next_call().wait_for(State.TALKING)
        call.hang_up()


def test_a_wait_for_what_does_not_happen_says_what_was_missing(pbx: Pbx) -> None:
    with Phone.inside(pbx, "1001") as desk, Phone.outside(pbx, CALLER) as caller:
        caller.call(DID)
        with pytest.raises(LabError, match="was not TALKING within"):
            desk.next_call().wait_for(State.TALKING, timeout=0.1)


@pytest.mark.parametrize("kind", list(Kind))
def test_the_load_places_every_call(pbx: Pbx, kind: Kind) -> None:
    load = place_missed_calls(pbx, rate=20, count=10, kind=kind)
    assert (load.calls, load.failed) == (10, 0)
    assert until(lambda: pbx.channels() == 0)


def test_two_boxes_side_by_side(pbx: Pbx) -> None:
    with (
        Pbx(name="other") as other,
        Phone.inside(pbx, "1001") as here,
        Phone.inside(other, "1001", when_called=Answer()) as there,
        Phone.outside(other, CALLER) as caller,
    ):
        call = caller.call(DID).wait_for(State.TALKING)
        there.next_call().wait_for(State.TALKING)
        assert not here.lines
        call.hang_up()


def test_a_crash_and_a_restart_keep_ports_and_passwords() -> None:
    with Pbx() as box:
        ports = box.sip_port, box.ami_port
        box.kill()
        assert box.pid is None
        box.start()
        assert (box.sip_port, box.ami_port) == ports
        with Phone.inside(box, "1001") as desk:
            assert f"{desk.number}" in box.cli("pjsip show contacts")


def test_nothing_is_left_after_stop() -> None:
    mounts = Path("/proc/mounts").read_text()
    box = Pbx()
    pid, home = box.pid, box.home
    assert pid
    assert is_running(pid)
    box.stop()
    assert not is_running(pid)
    assert not home.exists()
    assert Path("/proc/mounts").read_text() == mounts


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_is_left_after_a_signal(signum: signal.Signals) -> None:
    script = (
        "import sys; from lab.pbx import Pbx\n"
        "with Pbx() as box:\n"
        "    print(box.pid, box.home, flush=True)\n"
        "    sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=Path(__file__).parents[2],
        text=True,
    ) as process:
        assert process.stdout
        pid, home = process.stdout.readline().split()
        assert is_running(int(pid))
        process.send_signal(signum)
        process.wait(10)
        assert until(lambda: not is_running(int(pid)) and not Path(home).exists())


def test_the_sound_of_a_call_stays_on_loopback(pbx: Pbx) -> None:
    before = _elsewhere(pbx.pid or 0)
    with Phone.inside(pbx, "1001", when_called=Answer()), Phone.outside(pbx, "+13125550123") as caller:
        caller.call("2025550100").wait_for(State.TALKING)
        assert _elsewhere(pbx.pid or 0) == before


def _elsewhere(pid: int) -> set[str]:
    """A process's sockets that are not on 127.0.0.0/8; addresses are hexadecimal, lowest byte first."""
    own = {str(link.readlink()) for link in Path(f"/proc/{pid}/fd").iterdir() if link.is_symlink()}
    tables = [Path(f"/proc/{pid}/net/{kind}").read_text().splitlines()[1:] for kind in ("udp", "udp6")]
    rows = [row.split() for table in tables for row in table]
    ours = {row[1] for row in rows if f"socket:[{row[9]}]" in own}
    return {address for address in ours if not address.partition(":")[0].endswith("7F")}
