"""A planted number, a planted name and planted words go the whole way, and are found nowhere but where they belong.

They belong with the carrier and on the screen of whoever asks with `--numbers`. Not in the log at its most
talkative, not in a byte of any file, not in what commands print, not in what systemd is told, not in errors.
"""

import socket
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest

from lab import ports
from lab.errors import LabError
from lab.pbx import Pbx
from lab.phones import Phone, State
from lab.service import COMMAND, Service
from tests.support import sabotage
from tests.support.ami_proxy import AmiProxy
from tests.support.carrier_server import CarrierServer, Status
from tests.support.onlooker import Onlooker

CLINIC = "+12025550100"
ROOM = "2025550161"
PATIENT = "+13125550147"
OTHER = "+13125550149"
NAME = "Zebulon Quartz"
WORDS = "my lumbago and the zephyr quilt"
PLANTED = [PATIENT, sabotage.FAULTY, OTHER]


def forms(number: str) -> list[str]:
    """All ways that a number could be written in."""
    area, exchange, line = number[2:5], number[5:8], number[8:]
    return [
        number[1:],
        number[2:],
        f"({area}) {exchange}-{line}",
        *(f"{area}{gap}{exchange}{gap}{line}" for gap in "-. "),
    ]


FORBIDDEN = [form for number in PLANTED for form in forms(number)] + [NAME, "lumbago", "zephyr", "Zebulon"]


def found_in(data: bytes | str) -> list[str]:
    """What of the planted things shows in it, in any usual encoding."""
    raw = data.encode() if isinstance(data, str) else data
    return [
        f for f in FORBIDDEN if any(f.encode(code) in raw for code in ("utf-8", "utf-16-le", "utf-16-be"))
    ]


class Manager:
    """What systemd would be told: listens in its place until the block ends."""

    def __init__(self, address: Path) -> None:
        self.heard: list[bytes] = []
        address.unlink(missing_ok=True)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(address))
        self._thread = threading.Thread(target=self._listen)
        self._thread.start()

    def _listen(self) -> None:
        while data := self._socket.recv(4096):
            self.heard.append(data)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.shutdown(socket.SHUT_RD)
        self._thread.join()
        self._socket.close()


def call_in_vain(pbx: Pbx, number: str) -> None:
    with Phone.outside(pbx, number) as caller:
        caller.call(ROOM).wait_for(State.TALKING).hang_up()


def named(message: bytes) -> bytes:
    """The PBX also knows the caller's name."""
    return message.replace(b"CallerIDName: <unknown>", b"CallerIDName: " + NAME.encode())


@pytest.fixture(scope="module")
def _sabotaged() -> Iterator[None]:
    honest = COMMAND.copy()
    COMMAND[:] = sabotage.COMMAND
    yield
    COMMAND[:] = honest


@pytest.fixture(scope="module")
def lived(
    pbx: Pbx,
    _sabotaged: None,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Onlooker, Manager]]:
    """A service that has gone through all that could make it talk."""
    hook = ports.free_port(socket.SOCK_STREAM)
    home = tmp_path_factory.mktemp("home")
    with CarrierServer() as carrier, AmiProxy(pbx) as proxy:
        proxy.change = named
        config = {
            "ami": {"port": proxy.port},
            "carrier": carrier.config(hook),
            "guards": {"settle": "0s"},
            "log": {"level": "debug"},
        }
        with (
            Service(pbx, config=config, home=carrier.move_in(home)) as service,
            Onlooker(service) as clinic,
            Manager(home / "notify") as manager,
        ):
            live_through(pbx, clinic, carrier, hook)
            proxy.close()
            clinic.wait_until_logged("trying again")
            yield clinic, manager


def live_through(pbx: Pbx, clinic: Onlooker, carrier: CarrierServer, hook: int) -> None:
    echo = f"not {PATIENT}: {WORDS}".encode()
    carrier.then(Status(500, {"X-Why": PATIENT}, echo))
    call_in_vain(pbx, PATIENT)
    clinic.wait_for_text(PATIENT, "first-open")
    assert carrier.reply(PATIENT, CLINIC, f"please ask about {WORDS}", hook) == 200
    clinic.wait_for_text(PATIENT, "unknown")
    assert carrier.reply(PATIENT, CLINIC, f"URGENT {WORDS}", hook) == 200
    clinic.wait_for_text(PATIENT, "urgent")
    carrier.then(Status(401, {"X-Why": PATIENT}, echo))
    assert carrier.reply(PATIENT, CLINIC, "refill", hook) == 200
    clinic.wait_until_logged("ALARM text-sender")
    assert carrier.reply(PATIENT, CLINIC, f"stop texting me about {WORDS}", hook) == 200
    clinic.wait_for_text(PATIENT, "opt-out")
    assert carrier.reply(PATIENT, "nobody", WORDS, hook) == 400

    call_in_vain(pbx, sabotage.FAULTY)
    clinic.wait_until_logged("ALARM call-not-handled")
    assert carrier.reply(OTHER, CLINIC, f"{sabotage.WORD} {WORDS}", hook) == 200
    clinic.wait_until_logged("ALARM reply-not-handled")
    call_in_vain(pbx, OTHER)
    clinic.wait(lambda: [call.verdict for call in clinic.calls_of(OTHER)] == ["missed"], "work to go on")


Lived = tuple[Onlooker, Manager]


def test_the_log_at_its_most_talkative(lived: Lived) -> None:
    clinic, _ = lived
    assert "DEBUG" in clinic.log()
    assert found_in(clinic.log()) == []


def test_every_byte_of_every_file(lived: Lived) -> None:
    clinic, _ = lived
    files = [file for file in clinic.service.home.rglob("*") if file.is_file()]
    assert {"secondring.db", "secondring.db-wal", "secondring.db-shm"} <= {file.name for file in files}
    assert {file.name: found_in(file.read_bytes()) for file in files if found_in(file.read_bytes())} == {}


def test_backups(lived: Lived, tmp_path: Path) -> None:
    clinic, _ = lived
    database = sqlite3.connect(clinic.service.home / "state/secondring.db")
    vacuumed, copied = tmp_path / "vacuumed.db", tmp_path / "copied.db"
    database.execute("VACUUM INTO ?", (str(vacuumed),))
    copy = sqlite3.connect(copied)
    database.backup(copy)
    copy.close()
    database.close()
    for backup in (vacuumed, copied):
        assert backup.stat().st_size > 50_000
        assert found_in(backup.read_bytes()) == []


def test_a_caller_on_whom_our_code_fails_gets_a_person(lived: Lived) -> None:
    clinic, _ = lived
    assert [call.verdict for call in clinic.calls_of(sabotage.FAULTY)] == ["missed"]
    assert [(task.queue, task.state) for task in clinic.tasks_of(sabotage.FAULTY)] == [("front-desk", "open")]


def test_what_systemd_is_told(lived: Lived) -> None:
    clinic, manager = lived
    clinic.wait(lambda: any(b"no link to the PBX" in told for told in manager.heard), "a status")
    assert any(b"STATUS=listening; last call at" in told for told in manager.heard)
    assert found_in(b"\n".join(manager.heard)) == []


@pytest.mark.parametrize(
    "words",
    [
        "calls",
        "calls --json",
        "tasks",
        "tasks --json",
        "tasks --all",
        "report",
        "report --json",
        "check-config",
    ],
)
def test_what_commands_print(lived: Lived, words: str) -> None:
    clinic, _ = lived
    printed = clinic.service.ask(*words.split())
    assert len(printed) > 50
    assert found_in(printed) == []


def test_what_explain_tells(lived: Lived) -> None:
    clinic, _ = lived
    for call in clinic.calls():
        assert found_in(clinic.service.ask("explain", str(call.id))) == []
    for episode in clinic.episodes():
        assert found_in(clinic.service.ask("explain", episode.id, "--json")) == []


def test_a_command_that_breaks_tells_where_and_not_with_whom(lived: Lived) -> None:
    clinic, _ = lived
    with pytest.raises(LabError, match=r"bug of ours: RuntimeError at sabotage\.py") as broke:
        clinic.service.ask("episodes")
    assert found_in(str(broke.value)) == []


def test_whoever_asks_for_it_is_told_the_whole(lived: Lived) -> None:
    """Else the tests above would prove nothing."""
    clinic, _ = lived
    rows = clinic.service.ask("tasks", "--all", "--numbers", "--json")
    assert set(found_in(rows)) >= {PATIENT[1:], sabotage.FAULTY[1:], "lumbago", "zephyr"}
