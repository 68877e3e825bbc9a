"""`doctor` names the services that are not there."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from secondring import wiring
from secondring.doctor.services import service_checks
from secondring.domain import pulse
from secondring.domain.pulse import Service, State
from tests.support.terminal import a_clinic
from tests.support.terminal import warnings as warned


def beat(folder: Path, at: datetime, state: State, *services: Service) -> None:
    with wiring.writing(wiring.load_settings(folder)) as books:
        for service in services:
            pulse.keep(books, state, at, service)


def seen(folder: Path) -> tuple[bool | None, str]:
    (check,) = (one for one in service_checks(wiring.load_settings(folder)) if one.name == "services")
    found = check.run()
    return found.ok, found.evidence


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    a_clinic(tmp_path)
    (tmp_path / "conf.d/30-web.yaml").write_text("web: {port: 8440}\n")
    return tmp_path


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
