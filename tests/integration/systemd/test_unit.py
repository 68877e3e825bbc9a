"""The unit, as systemd itself reads it."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from config.secret_files import UNIT_PREFIX

ROOT = Path(__file__).parents[3]
UNIT = ROOT / "systemd" / "secondring.service"
EXPOSURE = 11
"""Tenths, as `systemd-analyze security` counts: 11 is the 1.1 of docs/security.md."""

needs_systemd = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd-analyze here")


@pytest.fixture
def unit(tmp_path: Path) -> Path:
    """The unit with a program that exists here in the place of ours."""
    copy = tmp_path / UNIT.name
    copy.write_text(re.sub(r"(?m)^ExecStart=\S+", "ExecStart=/bin/true", UNIT.read_text("utf-8")), "utf-8")
    return copy


def analyze(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["systemd-analyze", *arguments], capture_output=True, text=True, check=False, timeout=60
    )


@needs_systemd
def test_systemd_has_nothing_to_complain_of(unit: Path) -> None:
    result = analyze("verify", "--man=no", str(unit))
    assert (result.returncode, result.stdout + result.stderr) == (0, "")


@needs_systemd
def test_what_an_intruder_could_do_stays_small(unit: Path) -> None:
    result = analyze("security", "--offline=true", "--no-pager", f"--threshold={EXPOSURE}", str(unit))
    assert result.returncode == 0, result.stdout[-500:]


def test_the_score_in_the_documentation_is_the_one_tested() -> None:
    assert f"exposure {EXPOSURE / 10}" in (ROOT / "docs" / "security.md").read_text("utf-8")


def test_the_pbx_is_waited_for_but_never_required() -> None:
    lines = UNIT.read_text("utf-8").splitlines()
    keys = [line.partition("=")[0] for line in lines]
    assert any(line.startswith("After=") and "asterisk.service freepbx.service" in line for line in lines)
    assert not {"Requires", "BindsTo", "PartOf", "Requisite"} & set(keys)


def test_every_secret_is_handed_over_and_none_that_is_missing_keeps_it_from_starting() -> None:
    """A line of its own for each secret would: systemd does not start a unit whose file is not there."""
    handed = re.findall(r"(?m)^LoadCredential=(.+)$", UNIT.read_text("utf-8"))
    assert handed == [f"{UNIT_PREFIX}:/etc/secondring/credentials"]
