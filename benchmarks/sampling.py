"""Where a process's time goes, seen from outside: py-spy samples its threads, the stacks are put down to parts.

Sampling from inside would be wrong: a thread of ours sees the others only when they let go of the interpreter,
so whatever does that often (SQLite, encryption) would seem to be all there is.
"""

import contextlib
import re
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

PER_SECOND = "250"
SQL_ENGINE = {"do_execute": "SQLite: statements", "do_commit": "SQLite: commits"}
HTTP = "HTTP client (httpx)"
PARTS = (
    ("sqlalchemy", "SQLAlchemy"),
    ("httpx", HTTP),
    ("httpcore", HTTP),
    ("h11", HTTP),
    ("anyio", HTTP),
    ("secondring/store/vault", "encryption and keyed hashes"),
    ("secondring/store", "rows to records and back"),
    ("phonenumbers", "reading phone numbers"),
    ("jinja2", "wording"),
    ("sms_gateway/messages", "wording"),
    ("sms_gateway/segments", "wording"),
    ("logging", "log"),
    ("ami_listener", "reading the AMI"),
    ("secondring/domain", "verdicts and decisions"),
    ("sms_gateway", "texts on their way"),
)
REST = "event loop, threads, the rest"
WAITING = re.compile(r"Condition\.wait \(|EpollSelector\.select \(|^_worker \(|Server\._work \(")
"""Where a thread of ours sits when it has nothing to do; py-spy takes some of that for work."""
FRAME = re.compile(r"(?P<function>.*) \((?P<file>[^:)]*)")


@contextlib.contextmanager
def shares(pid: int) -> Iterator[list[tuple[str, float]]]:
    """Sample a process while the block runs; the list is filled at its end. Waiting does not count."""
    found: list[tuple[str, float]] = []
    with tempfile.TemporaryDirectory(prefix="secondring-bench-") as folder:
        stacks = Path(folder) / "stacks"
        spy = _start(pid, stacks)
        try:
            yield found
        finally:
            spy.send_signal(signal.SIGINT)
            _, complaint = spy.communicate()
        if not stacks.exists():
            raise RuntimeError(f"py-spy saw nothing: {complaint.strip()}")
        found += _by_part(stacks.read_text())


def _start(pid: int, stacks: Path) -> "subprocess.Popen[str]":
    py_spy = Path(sys.executable).parent / "py-spy"
    command = [str(py_spy), "record", "--pid", str(pid), "--rate", PER_SECOND]
    command += ["--format", "raw", "--output", str(stacks), "--duration", "unlimited"]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def _by_part(stacks: str) -> list[tuple[str, float]]:
    counted: Counter[str] = Counter()
    for line in stacks.splitlines():
        stack, _, samples = line.rpartition(" ")
        frames = stack.split(";")
        if not WAITING.match(frames[-1]):
            counted[part_of(frames)] += int(samples)
    total = sum(counted.values())
    return [(part, samples / total) for part, samples in counted.most_common()]


def part_of(stack: list[str]) -> str:
    """What a stack is at: the innermost file that has a name in the list."""
    for frame in reversed(stack):
        found = FRAME.match(frame)
        for prefix, part in PARTS if found else ():
            if found and found["file"].startswith((f"{prefix}/", f"{prefix}.py")):
                function = found["function"].rpartition(".")[2]
                return SQL_ENGINE.get(function, part) if prefix == "sqlalchemy" else part
    return REST
