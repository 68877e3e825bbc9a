"""One script as Asterisk forks it, for sites that want no daemon: slower, and otherwise the same."""

import os
import signal
from collections.abc import Sequence

from agi.desk import CallDesk
from agi.request import read_request
from agi.runner import run_script
from agi.wire import WireBroken, pipe_wire

HEAD_LINES = 300
HEAD_SECONDS = 2.0


def run_plain(
    name: str, desk: CallDesk, arguments: Sequence[str] = (), incoming: int = 0, outgoing: int = 1
) -> bool:
    """Read the request from one descriptor, answer on the other, and run the script of that name.

    `arguments` are the script's own: those that Asterisk names begin with how the program is called.
    Raises BadRequest or WireBroken when Asterisk is not at the other end.
    """
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # the hang-up also comes as a line, unless AGISIGHUP=no
    wire = pipe_wire(incoming, outgoing)
    lines = []
    while line := wire.line(HEAD_SECONDS):
        lines.append(line)
        if len(lines) > HEAD_LINES:
            raise WireBroken("a request without an end")
    request = read_request("\n".join(lines).encode())
    return run_script(request.named(name, arguments), wire, desk)


def quiet_stderr() -> None:
    """Asterisk prints what a script writes there on its console: nothing of ours goes that way."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
