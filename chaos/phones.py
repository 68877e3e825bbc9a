"""Everybody on the telephone, played by sipp: the clinic's phones, and callers who write down what they saw."""

import re
import shutil
import socket
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from chaos import sip
from chaos.endings import ENDINGS, Ending
from chaos.supervisor import WITH_US
from lab import ports
from lab.errors import LabError
from lab.pbx import Pbx

QUIET = subprocess.DEVNULL
PERIOD_MS = 10_000
DEAF_MS = 20_000
"""Whoever hears nothing for so long gives up: their PBX was killed."""
STEP = re.compile(r"^(\+\d+) (placed|ringing|answered|over) .*?(\d+\.\d+)\s*$")
DIALPLAN = """
[from-trunk](+)
exten => {rings_out},1,Dial({rings},2)
 same => n,Hangup(19)
exten => {gives_up},1,Dial({rings},20)
 same => n,Hangup()
exten => {busy},1,Dial({engaged},10)
 same => n,Hangup(17)
exten => {talks},1,Dial({answers},10)
 same => n,Hangup()
exten => {leaves_queue},1,Answer()
 same => n,Queue(chaos)
 same => n,Hangup()
exten => {leaves_menu},1,Answer()
 same => n,Background(${{SOUNDS}}/please-choose)
 same => n,WaitExten(20)
 same => n,Hangup()
"""
QUEUE = """
[chaos](quick)
member => {rings},0,Front one
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenCall:
    """One call as its caller saw it. Times are seconds since 1970."""

    number: str
    ending: Ending
    placed_at: float
    ringing_at: float | None = None
    answered_at: float | None = None
    over_at: float | None = None
    """When it ended in the way it was meant to; None: it broke off."""

    @property
    def heard(self) -> bool:
        """The PBX did something about it that the caller could hear."""
        return (self.ringing_at or self.answered_at or self.over_at) is not None


class Desks:
    """The clinic's phones, and the numbers of the PBX that ring them."""

    def __init__(self, pbx: Pbx, folder: Path) -> None:
        self._processes = []
        contacts = {}
        for name in sip.DESKS:
            port = ports.free_port(socket.SOCK_DGRAM, ports.LOAD_HOST)
            script = folder / f"desk-{name}.xml"
            script.write_text(sip.desk(name))
            command = [*_sipp(), "-sf", str(script), "-i", ports.LOAD_HOST, "-p", str(port)]
            self._processes.append(_start(command, folder))
            contacts[name] = f"PJSIP/load-desk/sip:{name}@{ports.LOAD_HOST}:{port}"
        dids = {ending.name.replace("-", "_"): ending.did for ending in ENDINGS}
        dids["busy"] = next(ending.did for ending in ENDINGS if ending.desk == "busy")
        phones = {"rings": contacts["rings"], "engaged": contacts["busy"], "answers": contacts["answers"]}
        pbx.add_config("extensions", DIALPLAN.format(**dids, **phones), name="chaos")
        pbx.add_config("queues", QUEUE.format(rings=contacts["rings"]), name="chaos")
        pbx.reload()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in self._processes:
            process.kill()
            process.wait()


class Callers:
    """All callers: one sipp for each way to end, each at its share of the rate."""

    def __init__(self, pbx: Pbx, numbers: Mapping[Ending, Sequence[str]], rate: float, folder: Path) -> None:
        total = sum(len(some) for some in numbers.values())
        self._logs = {ending: folder / f"{ending.name}.log" for ending in numbers}
        self._folder = folder
        self._processes = [
            self._place(pbx, ending, some, rate * len(some) / total) for ending, some in numbers.items()
        ]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in self._processes:
            process.kill()
            process.wait()

    @property
    def done(self) -> bool:
        """Whether all of them have hung up for good."""
        return all(process.poll() is not None for process in self._processes)

    def seen(self) -> list[SeenCall]:
        """Every call placed so far."""
        return [
            call
            for ending, log in self._logs.items()
            if log.exists()
            for call in read_log(log.read_text(), ending)
        ]

    def _place(
        self, pbx: Pbx, ending: Ending, numbers: Sequence[str], rate: float
    ) -> "subprocess.Popen[bytes]":
        script, table = self._folder / f"{ending.name}.xml", self._folder / f"{ending.name}.csv"
        script.write_text(sip.caller(ending))
        table.write_text("SEQUENTIAL\n" + "".join(f"{number};\n" for number in numbers))
        port = ports.free_port(socket.SOCK_DGRAM, ports.LOAD_HOST)
        command = [
            *_sipp(),
            *("-sf", str(script), "-inf", str(table), "-i", ports.LOAD_HOST, "-p", str(port)),
            *("-m", str(len(numbers)), "-l", "1000", "-s", ending.did),
            *("-r", str(max(1, round(rate * PERIOD_MS / 1000))), "-rp", str(PERIOD_MS)),
            *("-recv_timeout", str(DEAF_MS), "-trace_logs", "-log_file", str(self._logs[ending])),
            *("-trace_err", "-error_file", str(self._folder / f"{ending.name}.errors")),
            f"{pbx.sip_host}:{pbx.sip_port}",
        ]
        return _start(command, self._folder)


def read_log(text: str, ending: Ending) -> list[SeenCall]:
    """What the callers of one sipp wrote down; lines that are not whole yet are left out."""
    steps: dict[str, dict[str, float]] = {}
    for line in text.splitlines():
        if found := STEP.match(line):
            steps.setdefault(found[1], {}).setdefault(found[2], float(found[3]))
    return [
        SeenCall(
            number=number,
            ending=ending,
            placed_at=told["placed"],
            ringing_at=told.get("ringing"),
            answered_at=told.get("answered"),
            over_at=told.get("over"),
        )
        for number, told in steps.items()
        if "placed" in told
    ]


def _sipp() -> list[str]:
    binary = shutil.which("sipp")
    if binary is None:
        raise LabError("sipp is missing: apt-get install sip-tester")
    return [*WITH_US, binary, "-nostdin", "-nd", "-max_socket", "2048"]


def _start(command: Sequence[str], folder: Path) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(command, cwd=folder, stdin=QUIET, stdout=QUIET, stderr=QUIET)
