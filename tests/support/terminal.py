"""The command line as people use it: a clinic of its own, what a command prints, and what it complains of."""

import io
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from secondring import wiring
from secondring.cli import app, main
from secondring.store.sqlstore import SqlStore
from tests.support.clinic import Clinic

runner = CliRunner()
INIT = ("init", "--clinic", "Northside Clinic", "--phone", "+12025550100", "--zone", "America/New_York")


def a_clinic(folder: Path) -> list[str]:
    """A first configuration and an empty database; returns the words every command begins with."""
    begin = ["--config", str(folder)]
    assert runner.invoke(app, [*begin, *INIT]).exit_code == 0
    assert runner.invoke(app, [*begin, "migrate"]).exit_code == 0
    return begin


def run(*words: str, stdin: str = "") -> str:
    """What a command prints that does what it is asked."""
    result = runner.invoke(app, list(words), input=stdin, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def warnings(*words: str) -> str:
    """What a command that does what it is asked says beside its output."""
    result = runner.invoke(app, list(words), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stderr


def complains(
    words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> tuple[int, str]:
    """The exit code of a command that is refused, and what it says."""
    monkeypatch.setattr("sys.argv", ["secondring", *words])
    monkeypatch.setattr("sys.stdin", io.StringIO())
    with pytest.raises(SystemExit) as stopped:
        main()
    return int(stopped.value.code or 0), capsys.readouterr().err


@dataclass
class Desk:
    """A clinic whose books the command line reads, and the words every command begins with."""

    folder: Path
    begin: list[str] = field(init=False)
    clinic: Clinic = field(init=False)

    def __post_init__(self) -> None:
        self.begin = a_clinic(self.folder)
        settings = wiring.load_settings(self.folder)
        self.store: SqlStore = wiring.open_store(settings)
        self.clinic = Clinic(rules=settings.rules, now=wiring.now() - timedelta(minutes=10), store=self.store)

    def goes_live(self) -> "Desk":
        """Out of shadow mode, in which every clinic begins."""
        run(*self.begin, "mode", "live", "--yes")
        self.clinic.rules.become(wiring.load_settings(self.folder).rules)
        return self

    def wrote(self, *texts: str) -> "Desk":
        """A caller was missed and texted, and wrote back."""
        self.clinic.misses()
        self.clinic.wait(seconds=2).send_due()
        for text in texts:
            self.clinic.wait(seconds=1).writes(text).send_due()
        return self
