"""A service of the lab that does not get going: whoever starts the demo is told why."""

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from lab import service
from lab.errors import LabError


@dataclass
class Manager:
    ami_host: str = "127.0.0.1"
    ami_port: int = 9
    secrets: dict[str, str] = field(
        default_factory=lambda: {"secondring": "not-used", "secondring-dial": "not-used"}
    )


def test_a_service_that_says_nothing_is_told_with_a_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "secondring"
    program.write_text('#!/bin/sh\ncase "$*" in *run) exec sleep 60;; esac\n')
    program.chmod(0o755)
    monkeypatch.setattr(service, "START_SECONDS", 0.2)
    with pytest.raises(LabError, match=r"said nothing for 0\.2 s: this machine is very busy\. Try again"):
        service.Service(Manager(), home=tmp_path, command=[str(program)])
