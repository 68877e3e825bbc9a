"""The demo leaves nothing behind, and what it tells people to type works."""

import contextlib
import os
import signal
from pathlib import Path

import pytest

from lab.ending import ended_by_signals, our_command


class Cleaned:
    """Something that is taken away at the end."""

    def __init__(self, told: list[str]) -> None:
        self.told = told

    def close(self) -> None:
        self.told.append("service")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_whoever_ends_it_it_cleans_up(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    cleaned: list[str] = []
    with pytest.raises(KeyboardInterrupt), ended_by_signals(), contextlib.closing(Cleaned(cleaned)):
        os.kill(os.getpid(), number)
    assert cleaned == ["service"]
    assert signal.getsignal(number) is before


@pytest.mark.parametrize(
    ("started_as", "typed"),
    [
        ("/clone/.venv/bin/secondring", ".venv/bin/secondring"),
        ("/opt/secondring/bin/secondring", "/opt/secondring/bin/secondring"),
        ("/usr/lib/python3/dist-packages/pytest/__main__.py", "secondring"),
    ],
)
def test_commands_are_written_as_they_have_to_be_typed(started_as: str, typed: str) -> None:
    assert our_command(started_as, Path("/clone")) == typed


def test_what_is_on_the_path_needs_no_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "secondring"
    program.touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert our_command(str(program), Path("/clone")) == "secondring"
