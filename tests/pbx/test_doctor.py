"""`secondring doctor` on a real PBX: green where all is well, red with the remedy for what is broken."""

import json
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.errors import LabError
from lab.pbx import Pbx
from lab.phones import Phone
from lab.service import COMMAND, Service
from secondring.doctor import Visit, examine
from tests.support.until import until

Findings = dict[str, dict[str, object]]


@pytest.fixture(scope="module")
def box() -> Iterator[Pbx]:
    with Pbx(name="doctored") as box:
        yield box


@pytest.fixture(scope="module")
def clinic(box: Pbx) -> Iterator[Service]:
    with Service(box) as service:
        install(box, service)
        yield service


def places(box: Pbx) -> tuple[str, ...]:
    conf = str(box.home / "etc/asterisk.conf")
    return ("--asterisk-conf", conf, "--asterisk", shlex.join(box.asterisk.command))


def install(box: Pbx, service: Service) -> None:
    service.ask("install", *places(box), "--reload", "--asterisk-version", box.asterisk.version)


def look(box: Pbx, service: Service) -> tuple[int, Findings]:
    """The exit code and the findings by name."""
    done = subprocess.run(
        [*COMMAND, "--config", str(service.home), "doctor", "--json", *places(box)],
        capture_output=True,
        text=True,
        check=False,
    )
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert rows, done.stderr
    return done.returncode, {str(row["name"]): row for row in rows}


def red(findings: Findings) -> dict[str, str]:
    """What is broken, and the remedy."""
    return {name: str(row["remedy"]) for name, row in findings.items() if row["ok"] is False}


USUAL_GREY = {
    "carrier",
    "service",
    "call records",
    "queue log",
    "channel events",
    "alarms by text",
    "alarms by e-mail",
    "MQTT",
    "retention",
}
USUAL_GREY |= {"booking page", "booking page from outside", "calendars", "Asterisk"}
"""What a lab has not: a real carrier, systemd, a day of records, a night, a build without Debian's patch."""


def test_a_healthy_pbx_is_green(box: Pbx, clinic: Service) -> None:
    code, findings = look(box, clinic)
    assert red(findings) == {}
    grey = {name for name, row in findings.items() if row["ok"] is None}
    assert grey <= USUAL_GREY
    for name in ("AMI login", "event filter", "FastAGI from Asterisk", "test call", "clock", "prompts"):
        assert findings[name]["ok"] is True, findings[name]
    assert code == 0
    until(lambda: box.channels() == 0, "every call of ours to be over")


def records(box: Pbx) -> str:
    return box.cdr_csv.read_text() if box.cdr_csv.exists() else ""


def test_nothing_is_counted_and_no_record_is_written(box: Pbx, clinic: Service) -> None:
    before = records(box)
    look(box, clinic)
    until(lambda: box.channels() == 0, "every call of ours to be over")
    assert records(box) == before
    assert clinic.rows("calls") == []


def test_a_wrong_secret(box: Pbx, clinic: Service) -> None:
    secret = clinic.home / "credentials/ami-secret"
    right = secret.read_text()
    secret.write_text("wrong-secret-of-enough-length")
    try:
        findings = look(box, clinic)[1]
    finally:
        secret.write_text(right)
    assert list(red(findings)) == ["AMI login"]
    assert "manager reload" in str(findings["AMI login"])


def test_a_missing_filter(box: Pbx, clinic: Service) -> None:
    ours, theirs = box.home / "etc/secondring/manager.conf", box.home / "etc/manager.conf"
    before = ours.read_text(), theirs.read_text()
    for file in (ours, theirs):
        lines = file.read_text().splitlines(keepends=True)
        file.write_text("".join(line for line in lines if not line.startswith("eventfilter")))
    box.reload("manager")
    try:
        findings = look(box, clinic)[1]
    finally:
        ours.write_text(before[0])
        theirs.write_text(before[1])
        box.reload("manager")
    assert red(findings).keys() == {"event filter"}
    assert "eventfilter" in red(findings)["event filter"]


def test_fastagi_down(box: Pbx, clinic: Service) -> None:
    clinic.stop()
    try:
        findings = look(box, clinic)[1]
    finally:
        clinic.start()
    assert red(findings).keys() == {"services"}, "one cause, one red line"
    assert f"secondring --config {clinic.home} " not in red(findings)["services"], "systemd starts it"
    assert "systemctl start secondring" in red(findings)["services"]
    for hanging in ("FastAGI port", "FastAGI from Asterisk", "test call"):
        assert "not looked at, because `services` above fails" in str(findings[hanging])


def test_a_dialplan_that_is_not_loaded(box: Pbx, clinic: Service) -> None:
    ours = box.home / "etc/secondring/extensions.conf"
    ours.rename(ours.with_suffix(".away"))
    box.cli("dialplan reload")
    try:
        findings = look(box, clinic)[1]
    finally:
        ours.with_suffix(".away").rename(ours)
        box.cli("dialplan reload")
    assert list(red(findings)) == ["dialplan loaded"]
    assert f"secondring --config {clinic.home} install" in red(findings)["dialplan loaded"]


def test_missing_prompts(box: Pbx, clinic: Service) -> None:
    directory = box.home / "data/sounds/en/secondring"
    directory.rename(directory.with_name("away"))
    try:
        findings = look(box, clinic)[1]
    finally:
        directory.with_name("away").rename(directory)
    assert "prompts" in red(findings)
    assert f"secondring --config {clinic.home} prompts build" in red(findings)["prompts"]


def test_a_database_that_was_never_migrated(box: Pbx, clinic: Service) -> None:
    config = clinic.home / "conf.d/20-elsewhere.yaml"
    config.write_text(f"database: {{url: 'sqlite:///{clinic.home}/state/none.db'}}\n")
    try:
        findings = look(box, clinic)[1]
    finally:
        config.unlink()
    assert red(findings).keys() == {"database"}
    assert f"secondring --config {clinic.home} migrate" in red(findings)["database"]


def test_a_full_disk(box: Pbx, clinic: Service) -> None:
    visit = Visit(
        config=clinic.home,
        asterisk_conf=Path(places(box)[1]),
        asterisk=box.asterisk.command,
        least_free=10**18,
    )
    findings = {named.name: named.finding for named in examine(visit)}
    broken = {name: finding.remedy for name, finding in findings.items() if finding.ok is False}
    assert broken.keys() == {"disk"}
    assert "free some space" in broken["disk"]


def test_a_broken_configuration_is_a_finding_and_not_a_crash(box: Pbx, clinic: Service) -> None:
    config = clinic.home / "conf.d/30-wrong.yaml"
    config.write_text("pbx: {nmae: x}\n")
    try:
        code, findings = look(box, clinic)
    finally:
        config.unlink()
    assert (code, list(findings)) == (1, ["configuration"])


def test_in_shadow_mode_what_is_not_offered_is_grey_and_the_rest_is_green(box: Pbx, clinic: Service) -> None:
    clinic.ask("mode", "shadow", "--yes")
    clinic.stop()
    clinic.start()
    try:
        code, findings = look(box, clinic)
    finally:
        clinic.ask("mode", "live", "--yes")
        clinic.stop()
        clinic.start()
    grey = {name for name, row in findings.items() if row["ok"] is None}
    assert (code, red(findings)) == (0, {})
    not_offered = {"mode", "test call", "alone on the PBX"}
    assert not_offered <= grey <= USUAL_GREY | not_offered
    assert findings["FastAGI from Asterisk"]["ok"] is True
    until(lambda: box.channels() == 0, "every call of ours to be over")


LADDER = """
ami_dial: {secret_file: 'credential:ami-dial-secret'}
sites:
  northside:
    triage:
      steps: [{ring: ["1001"]}, {ring: ["1002", "1998"]}]
      outside: PJSIP/{number}@%s
      last_resort: none
"""


def test_a_ladder_of_dead_phones_is_red_and_rings_nobody(box: Pbx, clinic: Service) -> None:
    config, secret = clinic.home / "conf.d/30-ladder.yaml", clinic.home / "credentials/ami-dial-secret"
    existed = secret.exists()
    if not existed:
        secret.write_text("a-secret-of-enough-length")
        secret.chmod(0o600)
    right = secret.read_text()
    config.write_text(LADDER % "carrier")
    try:
        install(box, clinic)
        with Phone.inside(box, "1001") as nurse:
            findings = look(box, clinic)[1]
            with pytest.raises(LabError):
                nurse.next_call(0.1)
        config.write_text(LADDER % "nobodys-trunk")
        no_trunk = look(box, clinic)[1]
        secret.write_text("wrong-secret-of-enough-length")
        locked_out = look(box, clinic)[1]
    finally:
        secret.write_text(right)
        config.unlink()
        if not existed:
            secret.unlink()
        install(box, clinic)
    assert red(findings).keys() == {"phone 1002", "phone 1998"}
    assert "not registered" in str(findings["phone 1002"])
    assert "no such phone" in str(findings["phone 1998"])
    assert findings["AMI dialling"]["ok"] is findings["trunk for northside"]["ok"] is True
    assert "nobodys-trunk" in str(no_trunk["trunk for northside"])
    assert "trunk for northside" in red(no_trunk)
    assert f"secondring --config {clinic.home} install --reload" in red(locked_out)["AMI dialling"]
