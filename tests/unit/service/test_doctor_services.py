"""`doctor` names the services that are not there."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from secondring import wiring
from secondring.doctor import Visit, examine
from secondring.doctor.findings import Finding
from secondring.doctor.machine import own_checks
from secondring.doctor.services import judge_units
from secondring.domain import pulse
from secondring.domain.pulse import Service, State
from tests.support.terminal import a_clinic, run
from tests.support.terminal import warnings as warned


def beat(folder: Path, at: datetime, state: State, *services: Service, by: str = "") -> None:
    with wiring.writing(wiring.load_settings(folder)) as books:
        for service in services:
            pulse.keep(books, state, at, service, by=by or service)


def finding(folder: Path, name: str = "services") -> Finding:
    (check,) = (one for one in own_checks(wiring.load_settings(folder)) if one.name == name)
    return check.run()


def seen(folder: Path) -> tuple[bool | None, str]:
    found = finding(folder)
    return found.ok, found.evidence


def without_a_link(folder: Path, *, by: str = "") -> None:
    """For a minute: the listener beats, and the PBX does not answer it."""
    now = wiring.now()
    for seconds in range(60, -1, -20):
        beat(folder, now - timedelta(seconds=seconds), State.UNLINKED, Service.LISTEN, by=by)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    a_clinic(tmp_path)
    (tmp_path / "conf.d/30-web.yaml").write_text("web: {port: 8440}\n")
    return tmp_path


@pytest.fixture
def centre(folder: Path) -> Path:
    """Of one site box, without a PBX."""
    site = wiring.load_settings(folder).rules.sites[0].id
    begin = ("--config", str(folder), "sites")
    run(*begin, "broker", "--host", "127.0.0.1", "--port", "9")
    run(*begin, "add", "north-box", "--site", str(site))
    (folder / "conf.d/80-own.yaml").write_text("boxes: {own_pbx: false}\n")
    settings = wiring.load_settings(folder)
    assert settings.boxes is not None
    assert not settings.boxes.own_pbx
    return folder


def test_all_of_them(folder: Path) -> None:
    beat(folder, wiring.now(), State.WORKING, *Service)
    assert seen(folder) == (True, "listen, agi, gateway, web: all heard of within 30 s")


def test_one_that_is_gone_one_that_was_stopped_and_one_that_never_ran(folder: Path) -> None:
    now = wiring.now()
    beat(folder, now, State.LISTENING, Service.LISTEN)
    beat(folder, now - timedelta(minutes=5), State.WORKING, Service.GATEWAY)
    beat(folder, now, State.STOPPED, Service.AGI)
    ok, evidence = seen(folder)
    assert ok is False
    assert "gateway (silent since" in evidence
    assert "agi (stopped since" in evidence
    assert "web (never ran)" in evidence
    assert evidence.endswith("there: listen")


def test_where_the_books_cannot_be_read_nothing_is_guessed(folder: Path) -> None:
    (wiring.load_settings(folder).state_directory / "secondring.db").unlink()
    assert seen(folder)[0] is None


def test_whoever_lists_tasks_is_told_that_texts_wait(folder: Path) -> None:
    now = wiring.now()
    beat(folder, now, State.LISTENING, Service.LISTEN)
    beat(folder, now - timedelta(minutes=5), State.WORKING, Service.GATEWAY)
    said = warned("--config", str(folder), "tasks")
    assert "nothing was heard of the service gateway since" in said
    assert "No text goes out" in said


def test_by_themselves_the_unit_that_is_missing_is_named_and_the_target(folder: Path) -> None:
    """`systemctl start secondring` would stop the others."""
    now = wiring.now()
    beat(folder, now, State.WORKING, Service.LISTEN, Service.GATEWAY, Service.WEB)
    start = "systemctl start secondring-agi (all four: secondring.target)"
    for name in ("services", "FastAGI port"):
        assert start in finding(folder, name).remedy
    beat(folder, now - timedelta(minutes=5), State.WORKING, Service.AGI)
    said = warned("--config", str(folder), "tasks")
    assert f"{start}; by hand: `secondring --config {folder} agi`" in said


def test_what_ran_as_one_is_started_as_one(folder: Path) -> None:
    beat(folder, wiring.now() - timedelta(minutes=5), State.WORKING, *Service, by="run")
    for name in ("services", "FastAGI port"):
        found = finding(folder, name)
        assert "systemctl start secondring" in found.remedy
        assert "secondring-" not in found.remedy
    said = warned("--config", str(folder), "tasks")
    assert "systemctl start secondring;" in said
    assert said.count("nothing was heard of") == 1, "one service, one line"


def test_four_that_are_gone_are_four_to_start(folder: Path) -> None:
    beat(folder, wiring.now() - timedelta(minutes=5), State.STOPPED, *Service)
    said = warned("--config", str(folder), "tasks")
    for service in Service:
        assert f"the service {service} has been stopped" in said
    assert "systemctl start secondring;" not in said


def test_a_listener_without_a_link_is_there(folder: Path) -> None:
    without_a_link(folder)
    beat(folder, wiring.now(), State.WORKING, Service.AGI, Service.GATEWAY, Service.WEB)
    found = finding(folder)
    assert found.ok is False
    assert found.evidence.startswith("there: listen, without a link to the PBX since ")
    assert found.evidence.endswith(", agi, gateway, web")
    assert "AMI login" in found.remedy
    assert "start secondring" not in found.remedy


def test_without_a_link_a_dead_gateway_is_told_too(folder: Path) -> None:
    without_a_link(folder)
    beat(folder, wiring.now() - timedelta(seconds=33), State.WORKING, Service.GATEWAY)
    said = warned("--config", str(folder), "tasks")
    assert "no link to the PBX" in said
    assert "nothing was heard of the service gateway since" in said


def test_a_centre_without_a_pbx_is_not_asked_for_one(centre: Path) -> None:
    beat(centre, wiring.now(), State.WORKING, Service.GATEWAY, Service.WEB)
    assert seen(centre) == (True, "gateway, web: all heard of within 30 s")
    visit = Visit(config=centre, asterisk_conf=centre / "none.conf")
    found = {named.name: named.finding for named in examine(visit)}
    assert found["PBX"].ok is None
    assert not found.keys() & {"FastAGI port", "AMI login", "AMI dialling", "Asterisk's files"}
    assert found["services"].ok


def test_at_a_centre_without_a_pbx_a_dead_gateway_is_told(centre: Path) -> None:
    beat(centre, wiring.now(), State.WORKING, Service.WEB)
    words = ("--config", str(centre), "tasks")
    assert "nothing was heard of the service gateway. No text goes out" in warned(*words)
    beat(centre, wiring.now() - timedelta(seconds=33), State.WORKING, Service.GATEWAY)
    beat(centre, wiring.now() - timedelta(days=2), State.WORKING, Service.AGI)
    said = warned(*words)
    assert "nothing was heard of the service gateway since" in said
    assert "systemctl start secondring-gateway;" in said, "the target would start what has no place here"
    assert "service agi" not in said
    beat(centre, wiring.now(), State.WORKING, Service.GATEWAY)
    assert "service" not in warned(*words)


@pytest.mark.parametrize(
    ("states", "ok", "told", "remedy"),
    [
        ("active inactive inactive inactive", True, "secondring.service is active", ""),
        ("inactive active active inactive", True, "secondring.target is active", ""),
        (
            "inactive inactive active active",
            True,
            "secondring-gateway.service and secondring-web.service",
            "",
        ),
        ("inactive inactive active failed", False, "secondring-web.service is failed", "now secondring-web"),
        ("inactive inactive inactive inactive", False, "secondring.target is inactive", "now secondring;"),
    ],
)
def test_units_as_systemd_sees_them(states: str, ok: bool, told: str, remedy: str) -> None:
    units = (
        "secondring.service",
        "secondring.target",
        "secondring-gateway.service",
        "secondring-web.service",
    )
    found = judge_units(dict(zip(units, states.split(), strict=True)))
    assert found.ok is ok
    assert told in found.evidence
    assert remedy in found.remedy


def test_books_that_cannot_be_read_hide_nothing_else(folder: Path) -> None:
    (folder / "state/secondring.db").write_text("no database of anybody's " * 99)
    found = {
        named.name: named.finding
        for named in examine(Visit(config=folder, asterisk_conf=folder / "none.conf"))
    }
    assert found["set on screen"].ok is None
    assert found["database"].ok is False
    assert "secondring.db" in found["database"].evidence
    assert found["configuration"].ok
    assert found["messages"].ok
    assert found["AMI login"].ok is False
