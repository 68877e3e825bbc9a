"""The units, as systemd itself reads them."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from config.secret_files import UNIT_PREFIX

ROOT = Path(__file__).parents[3]
UNITS = ROOT / "systemd"
WHOLE = "secondring.service"
SPLIT = {"listener": "listen", "agi": "agi", "gateway": "gateway", "web": "web"}
"""The unit of each service, and its command."""
NAMES = [WHOLE, *(f"secondring-{name}.service" for name in SPLIT)]
COMMON = UNITS / "secondring-.service.d" / "common.conf"
EXPOSURE = 11
"""Tenths, as `systemd-analyze security` counts: 11 is the 1.1 of docs/security.md."""

needs_systemd = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd-analyze here")


@pytest.fixture
def units(tmp_path: Path) -> Path:
    """The units with a program that exists here in the place of ours."""
    folder = tmp_path / "units"
    shutil.copytree(UNITS, folder)
    for unit in folder.glob("*.service"):
        words = unit.read_text("utf-8")
        unit.write_text(re.sub(r"(?m)^ExecStart=\S+", "ExecStart=/bin/true", words), "utf-8")
    return folder


def analyze(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["systemd-analyze", *arguments], capture_output=True, text=True, check=False, timeout=60
    )


@needs_systemd
@pytest.mark.parametrize("name", [*NAMES, "secondring.target"])
def test_systemd_has_nothing_to_complain_of(units: Path, name: str) -> None:
    result = analyze("verify", "--man=no", str(units / name))
    assert (result.returncode, result.stdout + result.stderr) == (0, "")


@needs_systemd
@pytest.mark.parametrize("name", NAMES)
def test_what_an_intruder_could_do_stays_small(units: Path, name: str) -> None:
    unit = str(units / name)
    result = analyze("security", "--offline=true", "--no-pager", f"--threshold={EXPOSURE}", unit)
    assert result.returncode == 0, result.stdout[-500:]


def test_the_score_in_the_documentation_is_the_one_tested() -> None:
    assert f"exposure {EXPOSURE / 10}" in (ROOT / "docs" / "security.md").read_text("utf-8")


@pytest.mark.parametrize("file", [UNITS / WHOLE, COMMON])
def test_the_pbx_is_waited_for_but_never_required(file: Path) -> None:
    lines = file.read_text("utf-8").splitlines()
    keys = [line.partition("=")[0] for line in lines]
    assert any(line.startswith("After=") and "asterisk.service freepbx.service" in line for line in lines)
    assert not {"Requires", "BindsTo", "Requisite"} & set(keys)
    assert [line for line in lines if line.startswith("PartOf=")] == (
        ["PartOf=secondring.target"] if file == COMMON else []
    )


@pytest.mark.parametrize("file", [UNITS / WHOLE, COMMON])
def test_every_secret_is_handed_over_and_none_that_is_missing_keeps_it_from_starting(file: Path) -> None:
    """A line of its own for each secret would: systemd does not start a unit whose file is not there."""
    handed = re.findall(r"(?m)^LoadCredential=(.+)$", file.read_text("utf-8"))
    assert handed == [f"{UNIT_PREFIX}:/etc/secondring/credentials"]


def settings_of(file: Path) -> list[str]:
    """The lines of a unit's section Service, without the command."""
    section = re.split(r"(?m)^\[", file.read_text("utf-8").partition("[Service]")[2])[0]
    return [line for line in section.splitlines() if "=" in line and not line.startswith(("#", "ExecStart"))]


def test_the_four_may_do_what_the_one_may_and_nothing_else() -> None:
    assert settings_of(COMMON) == settings_of(UNITS / WHOLE)
    for name, command in SPLIT.items():
        unit = UNITS / f"secondring-{name}.service"
        assert settings_of(unit) == [], "what all have in common belongs into common.conf"
        assert f"ExecStart=/opt/secondring/bin/secondring {command}\n" in unit.read_text("utf-8")


def test_the_one_and_the_four_never_run_together() -> None:
    assert "Conflicts=secondring.service" in COMMON.read_text("utf-8")
    assert "Conflicts=secondring.service" in (UNITS / "secondring.target").read_text("utf-8")
    (conflicts,) = re.findall(r"(?m)^Conflicts=(.+)$", (UNITS / WHOLE).read_text("utf-8"))
    assert set(conflicts.split()) == {"secondring.target", *(set(NAMES) - {WHOLE})}


def test_the_target_brings_all_four() -> None:
    (wanted,) = re.findall(r"(?m)^Wants=(.+)$", (UNITS / "secondring.target").read_text("utf-8"))
    assert set(wanted.split()) == set(NAMES) - {WHOLE}
