"""`install`, `check-config`, `prompts`: what an administrator is told on a PBX that does not run here."""

import subprocess
import sys
from pathlib import Path

import pytest

from dialplan import prompts
from secondring.cli.pbx import _without_each_sound
from tests.support.terminal import a_clinic, complains, run, warnings

LADDER = """
ami_dial: {secret_file: 'credential:ami-dial-secret'}
sites: {main: {triage: {steps: [{ring: ['1001']}, {ring: ['1002']}]%s}}}
"""


@pytest.fixture
def freepbx(tmp_path: Path) -> Path:
    """Its asterisk.conf."""
    etc = tmp_path / "pbx/etc/asterisk"
    etc.mkdir(parents=True)
    (tmp_path / "pbx/etc/freepbx.conf").write_text("<?php\n")
    (tmp_path / "pbx/lib/sounds").mkdir(parents=True)
    conf = etc / "asterisk.conf"
    conf.write_text(f"[directories]\nastetcdir => {etc}\nastdatadir => {tmp_path}/pbx/lib\n")
    return conf


@pytest.fixture
def asterisk(tmp_path: Path) -> str:
    """A command that says which Asterisk it is, and takes reloads."""
    program = tmp_path / "asterisk of ours"
    program.write_text("#!/bin/sh\necho 'Asterisk 20.9.1'\n")
    program.chmod(0o755)
    return f"'{program}'"


@pytest.fixture
def recorded(tmp_path: Path, freepbx: Path) -> Path:
    """The same PBX with every prompt in place."""
    for prompt in prompts.prompts({"main": "Northside Clinic"}):
        file = prompt.place(tmp_path / "pbx/lib/sounds").with_suffix(".wav")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    return freepbx


def test_install_asks_the_asterisk_that_it_is_told_of(tmp_path: Path, recorded: Path, asterisk: str) -> None:
    begin = a_clinic(tmp_path / "home")
    options = ("--asterisk-conf", str(recorded), "--asterisk", asterisk, "--no-prompts")
    done = run(*begin, "install", *options, "--reload")
    assert "asterisk: Asterisk 20.9.1" in done
    assert "Make it count" not in done, "it does already"
    again = run(*begin, "install", *options)
    assert "Make it count" in again
    assert f"secondring --config {tmp_path}/home doctor" in again, "of this configuration"
    assert "mosquitto" not in again


def test_on_freepbx_callers_who_stay_must_not_be_hung_up_on(
    tmp_path: Path, recorded: Path, asterisk: str
) -> None:
    begin = a_clinic(tmp_path / "home")
    more = tmp_path / "home/conf.d/20-triage.yaml"
    more.write_text(LADDER % ", last_resort: none")
    options = ("--asterisk-conf", str(recorded), "--asterisk", asterisk, "--no-prompts")
    told = warnings(*begin, "install", *options)
    assert "ivr.ordinary is missing" in told
    assert "ivr: {ordinary: 'ext-queues,400,1'}" in told
    assert "internal: Local/{number}@originate-skipvm/n" in told
    more.write_text(
        "ivr: {ordinary: 'ext-queues,400,1'}\n"
        + LADDER % ", last_resort: none, internal: 'Local/{number}@originate-skipvm/n'"
    )
    assert "WARNING" not in warnings(*begin, "install", *options)


def test_check_config_shows_each_ladder_and_warns_of_what_is_missing(tmp_path: Path) -> None:
    begin = a_clinic(tmp_path / "home")
    more = tmp_path / "home/conf.d/20-triage.yaml"
    more.write_text(LADDER % ", last_resort: +1 202 555 0188")
    shown = run(*begin, "check-config")
    assert "urgent callers: 2 steps, 2 rounds, at most 2 min 12 s, last resort +12025550188" in shown
    assert "The configuration is good." in shown
    more.write_text(LADDER % "")
    assert "can be used, with 1 warning" in run(*begin, "check-config")
    assert "20-triage.yaml:3: sites.main.triage.last_resort: is missing" in warnings(*begin, "check-config")


def test_check_config_names_each_carrier_and_its_way_back(tmp_path: Path) -> None:
    begin = a_clinic(tmp_path / "home")
    (tmp_path / "home/conf.d/20-carriers.yaml").write_text(
        "carriers:\n- {name: deaf, kind: http, url: 'https://carrier.example/'}\n- {name: phones, kind: handset}\n"
    )
    shown = run(*begin, "check-config")
    assert "carrier deaf (http): NO WAY BACK for replies\n" in shown
    assert "carrier phones (handset): simulated phones" in shown
    assert "no STOP ever arrives by it" in warnings(*begin, "check-config")


def test_the_start_warns_too(tmp_path: Path) -> None:
    a_clinic(tmp_path / "home")
    (tmp_path / "home/conf.d/20-triage.yaml").write_text(LADDER % "")
    (tmp_path / "home/state/secondring.db").unlink()
    started = subprocess.run(
        [sys.executable, "-m", "secondring.cli", "--config", str(tmp_path / "home"), "run"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert started.returncode == 78, "it stops at the database that is gone, after the warning"
    assert "sites.main.triage.last_resort: is missing" in started.stderr


def test_prompts_are_looked_for_where_asterisk_reads_them_in_the_languages_spoken(
    tmp_path: Path, freepbx: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    begin = a_clinic(tmp_path / "home")
    check = [*begin, "prompts", "check", "--asterisk-conf", str(freepbx)]
    code, told = complains(check, monkeypatch, capsys)
    assert code == 78
    assert f"{tmp_path}/pbx/lib/sounds/en/secondring/" in told
    assert "/es/" not in told
    (tmp_path / "home/conf.d/20-triage.yaml").write_text(LADDER % ", last_resort: none, language: es")
    assert "/es/" in complains(check, monkeypatch, capsys)[1], "a nurse hears Spanish"


def test_init_never_writes_a_second_clinic_beside_files_of_somebodys_own(tmp_path: Path) -> None:
    begin = a_clinic(tmp_path / "home")
    (tmp_path / "home/conf.d/10-site.yaml").rename(tmp_path / "home/conf.d/clinic.yaml")
    (tmp_path / "home/credentials/ami-dial-secret").unlink()
    assert "wrote" in run(*begin, "init")
    assert [file.name for file in (tmp_path / "home/conf.d").iterdir()] == ["clinic.yaml"]
    assert (tmp_path / "home/credentials/ami-dial-secret").exists()


def test_a_site_that_is_nearly_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    begin = a_clinic(tmp_path / "home")
    told = complains([*begin, "report", "--site", "mian"], monkeypatch, capsys)[1]
    assert "did you mean main?" in told


def test_asterisk_is_given_the_whole_path_of_its_file(
    tmp_path: Path, recorded: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin = a_clinic(tmp_path / "home")
    program = tmp_path / "asterisk"
    program.write_text(f"#!/bin/sh\necho \"$*\" >> {tmp_path}/asked\necho 'Asterisk 20.9.1'\n")
    program.chmod(0o755)
    monkeypatch.chdir(recorded.parent)
    options = ("--asterisk-conf", recorded.name, "--asterisk", str(program))
    run(*begin, "install", *options, "--no-prompts", "--reload")
    run(*begin, "uninstall", *options, "--reload")
    asked = (tmp_path / "asked").read_text()
    assert f"-C {recorded} -rx dialplan reload" in asked
    assert f"-C {recorded.name}" not in asked


def test_what_was_done_is_not_lost_among_the_prompts() -> None:
    folder = "/pbx/sounds/en/secondring"
    done = [
        f"kept /pbx/manager.conf as {folder}/manager.conf.wav",
        *(f"made {folder}/{name}.{kind}" for name in "abc" for kind in ("wav", "sln16")),
        "changed /pbx/manager.conf",
        "removed /pbx/sounds/es/secondring/a.wav",
    ]
    assert _without_each_sound(done) == [
        done[0],
        f"made 6 sound files in {folder}",
        "changed /pbx/manager.conf",
        "removed 1 sound file in /pbx/sounds/es/secondring",
    ]
