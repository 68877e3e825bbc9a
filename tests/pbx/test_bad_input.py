"""Whatever a PBX, a disk or a carrier throws at it: a clear word about it, and no caller lost.

Odd events come from a PBX that is a stream (`benchmarks.fake_pbx`), made of the lab's recordings; whatever a
real Asterisk can be made to do, a real one does.
"""

import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from benchmarks.fake_pbx import FakePbx
from benchmarks.streams import template
from lab.errors import LabError
from lab.pbx import Pbx
from lab.phones import Phone, State
from lab.scenarios.dids import ONE_PHONE
from lab.service import COMMAND, Service
from tests.support.carrier_server import Answer, CarrierServer, Garbage, Noise, Silence, Status
from tests.support.onlooker import Onlooker
from tests.support.until import until

EX_CONFIG = 78
AN_HOUR = 3600
QUICK = {"guards": {"settle": "0s"}}


@dataclass
class WithoutPassword:
    """A PBX whose account has another password than ours."""

    ami_host: str
    ami_port: int
    secrets: Mapping[str, str] = field(
        default_factory=lambda: {"secondring": "not-the-password-of-this-account"}
    )


@dataclass
class Clinic:
    """A service between a PBX that is a stream and a carrier that may misbehave."""

    pbx: FakePbx
    carrier: CarrierServer
    onlooker: Onlooker
    calls: int = 0

    def misses(self, odd: Callable[[bytes], bytes] = bytes, *, seconds_off: int = 0) -> str:
        """A call that rings out; `odd` may change its bytes. Gives the caller's number."""
        self.calls += 1
        caller = f"+131255501{self.calls:02}"
        call = template("rang_out", filtered=True)
        told = call.told(self.calls, ends_at=int(time.time()) + seconds_off, caller=caller, did=ONE_PHONE)
        self.pbx.tell(odd(told))
        return caller

    def wait_for_posts(self, caller: str, count: int = 1) -> None:
        self.onlooker.wait(lambda: len(self.carrier.posts_to(caller)) >= count, f"{count} requests")


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clinic]:
    with ExitStack() as stack:
        pbx, carrier = stack.enter_context(FakePbx()), stack.enter_context(CarrierServer())
        home = carrier.move_in(tmp_path_factory.mktemp("clinic"))
        config = QUICK | {"carrier": carrier.config(timeout="1s")}
        service = stack.enter_context(Service(pbx, config=config, home=home))
        yield Clinic(pbx, carrier, stack.enter_context(Onlooker(service)))


# ---------------------------------------------------------------- the link to the PBX


def test_a_wrong_secret_is_said_with_its_remedy_and_not_tried_again(pbx: Pbx, tmp_path: Path) -> None:
    with pytest.raises(LabError, match="did not come to listen"):
        Service(WithoutPassword(pbx.ami_host, pbx.ami_port), home=tmp_path)
    refusals = "failed to authenticate"
    tried = (pbx.home / "log/messages").read_text(errors="replace").count(refusals)
    ended = subprocess.run(
        [*COMMAND, "--config", str(tmp_path), "run"], capture_output=True, text=True, check=False
    )
    assert ended.returncode == EX_CONFIG
    assert "secondring" in ended.stderr
    assert "not-the-password" not in ended.stderr
    assert "Traceback" not in ended.stderr
    assert (pbx.home / "log/messages").read_text(errors="replace").count(refusals) == tried + 1


def test_a_pbx_that_is_not_there_yet_is_waited_for(tmp_path: Path) -> None:
    with FakePbx() as gone:
        port = gone.ami_port
    with ThreadPoolExecutor(1) as pool:
        starting = pool.submit(Service, gone, home=tmp_path)
        log = tmp_path / "service.log"
        until(lambda: log.exists() and "trying again" in log.read_text(), "a word about it")
        with FakePbx(port) as there:
            starting.result().close()
            assert there.ami_port == port


def test_a_pbx_that_restarts_during_a_call_loses_no_caller(pbx: Pbx) -> None:
    with Service(pbx, config=QUICK) as service, Onlooker(service) as onlooker:
        caller = "+13125550161"
        with Phone.inside(pbx, "1001") as desk, Phone.outside(pbx, caller) as phone:
            line = phone.call(ONE_PHONE)
            desk.next_call().wait_for(State.RINGING)
            pbx.kill()
            pbx.start()
            onlooker.wait_for_text(caller, "first-open")
            (call,) = onlooker.calls_of(caller)
            assert call.detail == "pbx-stopped"
            line.start_hang_up()


# ---------------------------------------------------------------- odd events


def without_linkedid(told: bytes) -> bytes:
    return b"\r\n".join(line for line in told.split(b"\r\n") if b"Linkedid: " not in line)


def with_a_huge_header(told: bytes) -> bytes:
    monster = b"Event: Newchannel\r\nCallerIDName: " + b"A" * 1_000_000 + b"\r\n\r\n"
    return monster + told


def with_a_foreign_name(told: bytes) -> bytes:
    return told.replace(b"CallerIDName: ", b"CallerIDName: Zo\xeb \xff\xfe\x00 ")


def with_torn_events(told: bytes) -> bytes:
    return b"Event: Hangup\r\n\r\nEvent:\r\n\r\n: \r\n\r\n\x00\x01\r\n\r\n" + told


@pytest.mark.parametrize(
    "odd",
    [without_linkedid, with_a_huge_header, with_a_foreign_name, with_torn_events],
    ids=lambda f: f.__name__,
)
def test_odd_events_cost_no_caller(clinic: Clinic, odd: Callable[[bytes], bytes]) -> None:
    caller = clinic.misses(odd)
    clinic.onlooker.wait_for_text(caller, "first-open")
    assert len(clinic.carrier.texts_to(caller)) == 1


@pytest.mark.parametrize("seconds_off", [-AN_HOUR, AN_HOUR])
def test_a_pbx_whose_clock_is_wrong_is_texted_for_like_any_other(clinic: Clinic, seconds_off: int) -> None:
    caller = clinic.misses(seconds_off=seconds_off)
    clinic.onlooker.wait_for_text(caller, "first-open")
    clinic.onlooker.wait_until_logged("the PBX's clock is")


# ---------------------------------------------------------------- the disk and the configuration


def test_a_database_that_is_locked_is_waited_for(tmp_path: Path) -> None:
    with (
        FakePbx() as pbx,
        Service(pbx, config=QUICK, home=tmp_path) as service,
        Onlooker(service) as onlooker,
    ):
        one = Clinic(pbx, CarrierServer(), onlooker)
        one.carrier.refuse_connections()
        lock = sqlite3.connect(tmp_path / "state/secondring.db", isolation_level=None)
        lock.execute("BEGIN IMMEDIATE")
        caller = one.misses()
        onlooker.wait_until_logged("ALARM store: calls cannot be stored")
        lock.execute("ROLLBACK")
        lock.close()
        onlooker.wait_for_text(caller, "first-open")
        assert len(onlooker.calls_of(caller)) == 1


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(tmp_path)], check=False)
    if mounted.returncode:
        pytest.skip("no right to mount a small disk")
    yield tmp_path
    subprocess.run(["umount", "-l", str(tmp_path)], check=True)


def test_a_full_disk_is_said_and_the_call_kept_until_there_is_room(
    small_disk: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    config = QUICK | {"database": {"url": f"sqlite:///{small_disk}/books.db"}}
    home = tmp_path_factory.mktemp("home")
    with FakePbx() as pbx, Service(pbx, config=config, home=home) as service, Onlooker(service) as onlooker:
        one = Clinic(pbx, CarrierServer(), onlooker)
        one.carrier.refuse_connections()
        filler = small_disk / "filler"
        _fill(filler)
        callers: list[str] = []

        def another_call_meets_the_full_disk() -> bool:
            callers.append(one.misses())
            return "ALARM store" in onlooker.log()

        until(another_call_meets_the_full_disk, "the alarm")
        filler.unlink()
        for caller in callers:
            onlooker.wait_for_text(caller, "first-open")
        assert len(onlooker.calls()) == len(callers)


def _fill(file: Path) -> None:
    """Leave no byte of that disk free."""
    with file.open("wb", buffering=0) as out, suppress(OSError):
        while out.write(b"\0" * 4096):
            pass


def test_a_broken_configuration_is_refused_with_file_line_and_remedy(tmp_path: Path) -> None:
    (tmp_path / "conf.d").mkdir()
    file = tmp_path / "conf.d/10-site.yaml"
    file.write_text("guards:\n  settel: 2s\nsites:\n  - nonsense\n")
    ended = subprocess.run(
        [*COMMAND, "--config", str(tmp_path), "run"], capture_output=True, text=True, check=False
    )
    assert ended.returncode == EX_CONFIG
    for words in (f"{file}:2", "settel", f"{file}:3", "Did you mean settle"):
        assert words in ended.stderr
    assert "Traceback" not in ended.stderr


# ---------------------------------------------------------------- the carrier


def test_a_carrier_that_does_not_know_us_raises_an_alarm_and_a_person_calls_back(clinic: Clinic) -> None:
    clinic.carrier.then(Status(401))
    caller = clinic.misses()
    assert "did not reach" in clinic.onlooker.wait_for_task(caller).title
    clinic.onlooker.wait_until_logged("ALARM text-sender")
    assert clinic.carrier.texts_to(caller) == []


@pytest.mark.parametrize(
    "answer",
    [
        Status(429, headers={"Retry-After": "1"}),
        Status(500, body=b"<html>oops"),
        Silence(take=False),
        Silence(take=True),
        Garbage(),
        Noise(),
    ],
    ids=["429", "500", "no answer", "no answer but sent", "garbage", "no HTTP"],
)
def test_a_carrier_that_stumbles_sends_one_text_all_the_same(clinic: Clinic, answer: Answer) -> None:
    clinic.carrier.then(answer)
    caller = clinic.misses()
    clinic.onlooker.wait_for_text(caller, "first-open")
    assert len(clinic.carrier.texts_to(caller)) == 1
    assert len({post.id for post in clinic.carrier.posts_to(caller)}) == 1


def test_a_carrier_that_is_away_gets_the_text_when_it_is_back(clinic: Clinic) -> None:
    clinic.carrier.refuse_connections()
    caller = clinic.misses()
    clinic.onlooker.wait(lambda: clinic.onlooker.texts(caller), "the text")
    clinic.carrier.open()
    clinic.onlooker.wait_for_text(caller, "first-open")
    assert len(clinic.carrier.texts_to(caller)) == 1
