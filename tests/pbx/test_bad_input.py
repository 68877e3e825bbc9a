"""What administrators, PBXs, disks and carriers get wrong: answered in clear words, and no caller pays for it."""

import os
import re
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from itertools import count
from pathlib import Path

import httpx
import pytest

from lab.errors import LabError
from lab.pbx import Pbx
from lab.phones import Phone, State
from lab.service import Service
from secondring import wiring
from secondring.domain.records import Task, Text
from tests.support.ami_proxy import AmiProxy
from tests.support.carrier_server import (
    Accept,
    CarrierServer,
    Garbage,
    Noise,
    Silence,
    Status,
)
from tests.support.onlooker import Onlooker
from tests.support.until import until

ROOM = "2025550161"
"""A clinic number that the PBX answers and no person: the simplest call to miss."""
EX_CONFIG = 78
MEGABYTE = 1024 * 1024

_numbers = (f"+1312555{n:04d}" for n in count(150))


@pytest.fixture
def number() -> str:
    """A caller nobody has heard of."""
    return next(_numbers)


@pytest.fixture(scope="module")
def proxy(pbx: Pbx) -> Iterator[AmiProxy]:
    with AmiProxy(pbx) as door:
        yield door


@pytest.fixture(scope="module")
def carrier() -> Iterator[CarrierServer]:
    with CarrierServer() as server:
        yield server


@pytest.fixture(scope="module")
def clinic(
    pbx: Pbx, proxy: AmiProxy, carrier: CarrierServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Onlooker]:
    """One service for all who only disturb it for a while."""
    home = carrier.move_in(tmp_path_factory.mktemp("home"))
    config = {
        "ami": {"port": proxy.port},
        "carrier": carrier.config(timeout="1s"),
        "guards": {"settle": "0s"},
    }
    with Service(pbx, config=config, home=home) as service, Onlooker(service) as onlooker:
        yield onlooker


def call_in_vain(pbx: Pbx, number: str) -> None:
    with Phone.outside(pbx, number) as caller:
        caller.call(ROOM).wait_for(State.TALKING).hang_up()


# ---------------------------------------------------------------- at the start


@pytest.fixture(scope="module")
def _installed(pbx: Pbx, proxy: AmiProxy) -> Iterator[Service]:
    with Service(pbx, config={"ami": {"port": proxy.port}}) as service:
        service.stop()
        yield service


@pytest.fixture
def stopped(_installed: Service) -> Iterator[Service]:
    """A service that is installed and does not run; what the test changes in its folder is undone."""
    kept = {file: file.read_bytes() for file in _installed.home.glob("c*/*")}
    _installed.log.unlink(missing_ok=True)
    yield _installed
    _installed.kill()
    for file in _installed.home.glob("conf.d/*"):
        if file not in kept:
            file.unlink()
    for file, data in kept.items():
        file.write_bytes(data)


def refused(service: Service) -> str:
    """What it says when it will not start, which must be for the administrator to mend."""
    with pytest.raises(LabError):
        service.start()
    assert service._process is not None
    assert service._process.wait() == EX_CONFIG
    said = service.log.read_text()
    assert "Traceback" not in said
    return said


def test_a_wrong_secret_is_told_with_a_remedy_and_everything_else_goes_on(stopped: Service) -> None:
    """It once ended the service with 78, and systemd kept it down: no text, no task, no page, until somebody came."""
    (stopped.home / "credentials/ami-secret").write_text("not-the-secret")
    with ThreadPoolExecutor(1) as pool:
        starting = pool.submit(stopped.start)
        until(lambda: stopped.log.exists() and "trying again in 30 s" in stopped.log.read_text())
        pages = wiring.load_settings(stopped.home).web
        ready = until(lambda: _answer(f"http://{pages.host}:{pages.port}/readyz", "refuses"))
        assert "ami: the PBX refuses our account 'secondring', trying again" in ready
        assert stopped.pid
        stopped.stop()
        with pytest.raises(LabError):
            starting.result()
    said = stopped.log.read_text()
    assert "refuses user 'secondring' (Authentication failed): compare the secret with manager.conf" in said
    assert said.count("refuses user 'secondring'") == 1, "not knocked at"
    assert "not-the-secret" not in said
    assert "Traceback" not in said


def _answer(url: str, wanted: str) -> str:
    """What a page for monitors says, once it says this; it answers 503 while something is broken."""
    with suppress(httpx.TransportError):
        answer = httpx.get(url)
        return answer.text if wanted in answer.text else ""
    return ""


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("guards:\n  settle: 2s\n   window: 24h\n", 3, "YAML"),
        ("guards:\n  settle: soon\n", 2, "settle"),
        ("guards:\n  setle: 2s\n", 2, "setle"),
        ("\x00\x01\x02", 1, "YAML"),
        ("- a list\n", 1, ""),
    ],
)
def test_a_corrupt_configuration_is_told_by_file_and_line(
    stopped: Service, text: str, line: int, words: str
) -> None:
    file = stopped.home / "conf.d/20-mistake.yaml"
    file.write_text(text)
    said = refused(stopped)
    assert re.search(rf"20-mistake\.yaml(:| line |, line ){line}\b", said), said
    assert words.lower() in said.lower()


def test_a_pbx_that_is_not_there_yet_is_waited_for(stopped: Service, proxy: AmiProxy) -> None:
    proxy.close()
    with ThreadPoolExecutor(1) as pool:
        starting = pool.submit(stopped.start)
        until(lambda: stopped.log.exists() and "nothing listens there" in stopped.log.read_text())
        assert not starting.done()
        proxy.open()
        starting.result()
    said = stopped.log.read_text()
    assert said.count("nothing listens there; is Asterisk running") == 1
    assert "listening to the PBX" in said


# ---------------------------------------------------------------- from the PBX


def without_linkedid(message: bytes) -> bytes:
    return b"\r\n".join(line for line in message.split(b"\r\n") if b"Linkedid: " not in line)


def with_a_monstrous_header(message: bytes) -> bytes:
    if not message.startswith(b"Event: Newstate"):
        return message
    return message + b"\r\nX-Padding: " + b"x" * MEGABYTE


def with_a_name_that_is_no_utf8(message: bytes) -> bytes:
    return message.replace(b"CallerIDName: <unknown>", b"CallerIDName: Jos\xe9 \xff\xfe \xc3")


def with_a_clock_off_by(seconds: int) -> Callable[[bytes], bytes]:
    def change(message: bytes) -> bytes:
        return re.sub(
            rb"Timestamp: (\d+)", lambda stamp: b"Timestamp: %d" % (int(stamp[1]) + seconds), message
        )

    return change


def with_noise(message: bytes) -> bytes:
    return b"\xde\xad: \xbe\xef\r\nHello\r\n\r\nEvent: Hangup\r\nCause: many\r\n\r\n" + message


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(without_linkedid, id="no Linkedid anywhere"),
        pytest.param(with_a_monstrous_header, id="a header of a megabyte"),
        pytest.param(with_a_name_that_is_no_utf8, id="a name that is no UTF-8"),
        pytest.param(with_a_clock_off_by(3600), id="a clock an hour ahead"),
        pytest.param(with_a_clock_off_by(-3600), id="a clock an hour behind"),
        pytest.param(with_noise, id="noise between the events"),
    ],
)
def test_strange_events_cost_no_caller_their_text(
    pbx: Pbx,
    proxy: AmiProxy,
    clinic: Onlooker,
    carrier: CarrierServer,
    number: str,
    change: Callable[[bytes], bytes],
) -> None:
    proxy.change = change
    try:
        call_in_vain(pbx, number)
        clinic.wait_for_text(number, "first-open")
    finally:
        proxy.change = None
    (call,) = clinic.calls_of(number)
    assert (call.verdict, call.reason, call.late) == ("missed", "ivr-hangup", False)
    assert len(carrier.texts_to(number)) == 1


def test_strange_events_are_told_in_the_log(clinic: Onlooker) -> None:
    """After the tests above; each kind of strangeness is said once, not a thousand times."""
    for words in (
        "Hangup without a usable Uniqueid",
        "dropped, no Asterisk sends such",
        "the PBX's clock is",
    ):
        assert clinic.log().count(words) == 1, words
    assert "Traceback" not in clinic.log()


def test_a_pbx_that_is_restarted_in_the_middle_of_a_call(clinic: Onlooker, pbx: Pbx, number: str) -> None:
    links = clinic.log().count("listening to the PBX")
    with Phone.outside(pbx, number) as caller:
        line = caller.call(ROOM).wait_for(State.TALKING)
        clinic.wait(lambda: clinic.calls_of(number), "the call's open row")
        pbx.restart()
        line.wait_for(State.ENDED)
    clinic.wait_for_text(number, "first-open")
    (call,) = clinic.calls_of(number)
    assert call.verdict == "missed"
    again = next(_numbers)
    clinic.wait(lambda: clinic.log().count("listening to the PBX") > links, "a new link")
    call_in_vain(pbx, again)
    clinic.wait_for_text(again, "first-open")


# ---------------------------------------------------------------- from the machine


def test_a_database_locked_for_eight_seconds_loses_nothing(
    pbx: Pbx, clinic: Onlooker, carrier: CarrierServer, number: str
) -> None:
    file = clinic.service.home / "state/secondring.db"
    before = clinic.log().count("ALARM store")
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        locked_at = time.monotonic()
        other.execute("BEGIN IMMEDIATE")
        call_in_vain(pbx, number)
        clinic.wait(lambda: clinic.log().count("ALARM store") > before, "an alarm", 20)
        until(lambda: time.monotonic() > locked_at + 8)
        assert clinic.calls_of(number) == []
        other.execute("ROLLBACK")
    clinic.wait_for_text(number, "first-open")
    (call,) = clinic.calls_of(number)
    assert (call.verdict, call.detail) == ("missed", "in-menu")
    assert len(carrier.posts_to(number)) == 1
    assert "another writer kept the database locked" in clinic.log()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 2 MB."""
    folder = tmp_path / "small"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(command, check=False, capture_output=True).returncode != 0:
        pytest.skip("only root outside a container may mount")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@contextmanager
def filled(disk: Path) -> Iterator[None]:
    """No room left, to the last byte."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        for size in (65536, 4096, 1):
            try:
                while file.write(bytes(size)):
                    pass
            except OSError:
                continue
    yield
    ballast.unlink()


def test_a_full_disk_keeps_calls_waiting_until_there_is_room(
    pbx: Pbx, clinic: Onlooker, small_disk: Path, number: str, tmp_path: Path
) -> None:
    clinic.service.stop()  # of two on one PBX, the second would stand by
    try:
        waits_until_there_is_room(pbx, small_disk, number, tmp_path)
    finally:
        clinic.service.start()


def waits_until_there_is_room(pbx: Pbx, small_disk: Path, number: str, tmp_path: Path) -> None:
    config = {"database": {"url": f"sqlite:///{small_disk}/secondring.db"}, "guards": {"settle": "0s"}}
    home = tmp_path / "home"
    home.mkdir()
    with Service(pbx, config=config, home=home) as service, Onlooker(service) as clinic:
        with filled(small_disk):
            call_in_vain(pbx, number)
            clinic.wait_until_logged("ALARM store: calls cannot be stored")
            assert "the disk is full and nothing was written: free some space on it" in clinic.log()
            assert clinic.calls_of(number) == []
        clinic.wait_for_text(number, "first-open")
        (call,) = clinic.calls_of(number)
        assert (call.verdict, call.detail) == ("missed", "in-menu")
        assert len(clinic.inbox(number)) == 1


# ---------------------------------------------------------------- from the carrier


def test_what_a_carrier_may_do(pbx: Pbx, clinic: Onlooker, carrier: CarrierServer) -> None:
    """Eight callers at once, and for each the carrier does something else."""
    unauthorised, malformed, later, broken, mute, deaf, garbled, noisy = (next(_numbers) for _ in range(8))
    lucky = [
        next(_numbers) for _ in range(2)
    ]  # a carrier that fails five times running is left alone for a while
    carrier.then(Status(401), to=unauthorised)
    carrier.then(Status(400), to=malformed)
    carrier.then(Status(429, {"Retry-After": "4"}), to=later)
    carrier.then(Status(500), Status(500, body=b"\x00" * MEGABYTE), to=broken)
    carrier.then(Silence(take=True), to=mute)
    carrier.then(Silence(take=False), to=deaf)
    carrier.then(Garbage(), to=garbled)
    carrier.then(Noise(), to=noisy)
    carrier.otherwise = Accept()
    for number in (broken, unauthorised, later, garbled, lucky[0], mute, malformed, deaf, noisy, lucky[1]):
        call_in_vain(pbx, number)

    require_a_person(clinic, carrier, unauthorised)
    clinic.wait_until_logged("ALARM text-sender at northside: HTTP 401")
    require_a_person(clinic, carrier, malformed)

    assert require_one_text(clinic, carrier, garbled).carrier_id == carrier.texts_to(garbled)[0].id
    first, second = require_tries(clinic, carrier, later, 2)
    assert second - first >= 4
    require_tries(clinic, carrier, broken, 3)
    taken = require_one_text(clinic, carrier, mute)
    assert len(carrier.posts_to(mute)) == 1, "looked up, not sent again"
    assert taken.id in carrier.lookups
    require_tries(clinic, carrier, deaf, 2)
    require_one_text(clinic, carrier, noisy)
    assert len(carrier.posts_to(noisy)) == 1, "looked up, not sent again"


def test_a_carrier_that_is_not_there_for_a_while(
    pbx: Pbx, clinic: Onlooker, carrier: CarrierServer, number: str
) -> None:
    carrier.refuse_connections()
    try:
        call_in_vain(pbx, number)
        clinic.wait_until_logged("cannot connect")
    finally:
        carrier.open()
    require_one_text(clinic, carrier, number)


def require_one_text(clinic: Onlooker, carrier: CarrierServer, number: str) -> Text:
    text = clinic.wait_for_text(number, "first-open")
    assert [post.id for post in carrier.texts_to(number)] == [text.id]
    assert clinic.tasks_of(number) == []
    return text


def require_tries(clinic: Onlooker, carrier: CarrierServer, number: str, tries: int) -> list[float]:
    """One text, after so many requests; gives when each was made."""
    text = require_one_text(clinic, carrier, number)
    posts = carrier.posts_to(number)
    assert [post.id for post in posts] == [text.id] * tries
    return [post.at for post in posts]


def require_a_person(clinic: Onlooker, carrier: CarrierServer, number: str) -> Task:
    task = clinic.wait_for_task(number)
    assert (task.queue, task.title) == ("front-desk", "Call back (our text did not reach them)")
    assert carrier.texts_to(number) == []
    assert len(carrier.posts_to(number)) == 1, "what is refused is not sent again"
    return task
