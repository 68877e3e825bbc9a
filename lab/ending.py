"""How the demo ends, whoever ends it, and how its commands are written so that they can be pasted."""

import contextlib
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path
from types import FrameType


@contextlib.contextmanager
def ended_by_signals() -> Iterator[None]:
    """`kill` and a closed terminal end the block as Ctrl-C does: what is inside cleans up."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def our_command(started_as: str, folder: Path) -> str:
    """The command line as somebody in `folder` has to type it, for example `.venv/bin/secondring`."""
    program = Path(started_as)
    if program.name != "secondring" or shutil.which("secondring") == str(program):
        return "secondring"
    with contextlib.suppress(ValueError):
        return str(program.absolute().relative_to(folder))
    return str(program.absolute())
