"""A site box beside a real Asterisk whose line to the centre is cut: its callers reach its nurses all the same."""

import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from lab import triage
from lab.pbx import Pbx
from lab.phones import Phone, State
from lab.ports import free_port
from lab.service import write_clinic
from lab.triage import MENU, TONES, accept, hear_each_other
from secondring import vitals, wiring
from secondring.domain import pulse
from secondring.domain.health import State as Health
from secondring.domain.phone import PhoneNumber
from secondring.domain.ports import Books
from secondring.domain.records import Call, Episode, Outcome, Task, TaskState
from secondring.domain.site_ports import SpoolState
from secondring.domain.urgent_case import Stage, UrgentCase
from tests.integration.alarms.conftest import needs_mosquitto
from tests.support.onlooker import DAYS, Onlooker
from tests.support.site_line import take_papers
from tests.support.site_processes import Broker, command
from tests.support.split import Running
from tests.support.split_lab import SiteBoxService
from tests.support.until import until
from tests.support.urgent import wait_for_stage

pytestmark = [needs_mosquitto, pytest.mark.timeout(400)]  # three processes start, on a busy machine slowly
BOX, PATIENT = "lab", "+13125550113"
OFFERED = 440
"""Hertz of the menu."""
PATIENCE = 120.0


@dataclass
class Centre:
    """Its files; nothing runs there yet, and there is no broker either."""

    folder: Path
    broker: Broker
    running: Running | None = None

    def start(self) -> None:
        self.broker.start()
        self.running = Running(self.folder, "run")

    def end(self) -> None:
        if self.running is not None:
            self.running.end()
        self.broker.end()


@pytest.fixture
def centre(pbx: Pbx, tmp_path: Path) -> Iterator[Centre]:
    folder = tmp_path / "centre"
    folder.mkdir()
    write_clinic(folder, pbx, triage.config() | {"pbx": {"name": "centre-pbx"}})
    port = free_port(socket.SOCK_STREAM)
    parcel = folder / "sites/for-broker"
    command(folder, "migrate")
    command(folder, "sites", "broker", "--host", "127.0.0.1", "--port", str(port), "--keep-in", str(parcel))
    command(folder, "sites", "add", BOX, "--site", "northside")
    made = Centre(folder, Broker(parcel / "secondring-sites.conf", port))
    yield made
    made.end()


@pytest.fixture
def box(pbx: Pbx, centre: Centre, tmp_path: Path) -> Iterator[Onlooker]:
    home = tmp_path / "box"
    home.mkdir()
    take_papers(home, centre.folder, BOX)
    with SiteBoxService(pbx, config=triage.config(), home=home) as service, Onlooker(service) as onlooker:
        triage.add_triage(pbx, service)
        until(lambda: onlooker.look(can_ring), "the box to say that it can ring nurses", timeout=PATIENCE)
        yield onlooker
    until(lambda: pbx.channels() == 0, lambda: f"every call is over; {pbx.cli('core show channels')}")


def can_ring(books: Books) -> bool:
    found = pulse.last(books)
    says = {one["name"]: one["state"] for one in found.says} if found else {}
    return says.get(vitals.DIALLING) == Health.OK


@dataclass
class Told:
    """What stands in the centre's books."""

    calls: list[Call]
    episodes: list[Episode]
    cases: list[UrgentCase]
    tasks: list[Task]


def told(centre: Centre) -> Told:
    at = wiring.now()
    with wiring.reading(wiring.load_settings(centre.folder)) as books:
        episodes = books.episodes(since=at - DAYS, until=at + DAYS, limit=9)
        return Told(
            calls=books.calls(since=at - DAYS, until=at + DAYS, limit=9),
            episodes=episodes,
            cases=books.urgent_cases_since(at - DAYS),
            tasks=books.tasks(include_done=True, limit=9),
        )


def spool(box: Onlooker) -> SpoolState:
    return box.look(lambda books: books.spool_state())


def test_a_caller_presses_2_and_talks_with_a_nurse_and_the_centre_knows_of_it_once_when_the_line_is_back(
    pbx: Pbx, box: Onlooker, centre: Centre
) -> None:
    with Phone.inside(pbx, "1001") as nurse, Phone.outside(pbx, PATIENT) as caller:
        call = caller.call(MENU).wait_for(State.TALKING)
        call.wait_to_hear(OFFERED, 20)
        call.dial("2")
        line = accept(nurse, timeout=30)
        assert call.first_heard(TONES["urgent-nobody"]) is None
        hear_each_other(line, call)
        here = wait_for_stage(box, PATIENT, Stage.CONNECTED)
        line.hang_up()
        call.wait_for(State.ENDED)
    (local,) = box.wait(lambda: [one for one in box.calls_of(PATIENT) if one.ended_at], "the end of the call")
    assert spool(box).waiting > 0, "what the centre has to know waits"
    assert told(centre) == Told([], [], [], [])

    centre.start()
    until(
        lambda: spool(box).waiting == 0,
        lambda: f"an empty spool: {centre.running.log[-1000:] if centre.running else ''}",
        timeout=PATIENCE,
    )
    there = told(centre)
    assert [(one.id, one.stage, one.caller) for one in there.cases] == [
        (here.id, Stage.CONNECTED, PhoneNumber(PATIENT))
    ]
    assert [(one.id, one.verdict) for one in there.calls] == [(local.id, local.verdict)]
    assert [one.outcome for one in there.episodes] == [Outcome.URGENT_CONNECTED]
    assert [one.state for one in there.tasks] == [TaskState.DONE], "the red task came and went"
