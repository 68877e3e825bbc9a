"""Four processes beside a real Asterisk, with a real broker between them: a missed call, and an urgent caller."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from lab import triage
from lab.pbx import Pbx
from lab.phones import Phone, State
from lab.triage import URGENT, accept, hear_each_other
from secondring import vitals
from secondring.domain import pulse
from secondring.domain.health import State as Health
from secondring.domain.records import Outcome
from secondring.domain.urgent_case import Stage
from tests.integration.alarms.conftest import needs_mosquitto
from tests.support.mosquitto import PASSWORD, PUBLISHER, Mosquitto
from tests.support.onlooker import Onlooker
from tests.support.split_lab import SplitService
from tests.support.until import until
from tests.support.urgent import missed, wait_for_stage

pytestmark = [needs_mosquitto, pytest.mark.timeout(400)]  # five processes start, on a busy machine slowly
MISSED, PATIENT = "+13125550111", "+13125550112"


@pytest.fixture(scope="module")
def clinic(pbx: Pbx, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Onlooker]:
    home = tmp_path_factory.mktemp("split")
    secret: Path = home / "credentials/mqtt-password"
    secret.parent.mkdir(mode=0o700)
    secret.touch(0o600)
    secret.write_text(PASSWORD)
    with Mosquitto(tmp_path_factory.mktemp("broker")) as broker:
        mqtt = {"host": "127.0.0.1", "port": broker.port, "tls": False, "user": PUBLISHER}
        mqtt["password_file"] = "credential:mqtt-password"
        config = triage.config() | {"mqtt": mqtt}
        with SplitService(pbx, config=config, home=home) as service, Onlooker(service) as onlooker:
            triage.add_triage(pbx, service)
            until(lambda: can_ring(onlooker), "the listener to say that it can ring nurses")
            yield onlooker
    until(lambda: pbx.channels() == 0, lambda: f"every call is over; {pbx.cli('core show channels')}")


def can_ring(onlooker: Onlooker) -> bool:
    found = onlooker.look(pulse.last)
    says = {one["name"]: one["state"] for one in found.says} if found else {}
    return says.get(vitals.DIALLING) == Health.OK


def test_a_missed_call_is_texted(pbx: Pbx, clinic: Onlooker) -> None:
    missed(pbx, clinic, MISSED)


def test_agi_takes_the_key_and_the_listener_rings_the_nurse(pbx: Pbx, clinic: Onlooker) -> None:
    with Phone.inside(pbx, "1001") as nurse, Phone.outside(pbx, PATIENT) as caller:
        call = caller.call(URGENT).wait_for(State.TALKING)
        line = accept(nurse)
        hear_each_other(line, call)
        case = wait_for_stage(clinic, PATIENT, Stage.CONNECTED)
        line.hang_up()
        call.wait_for(State.ENDED)
    assert case.first_ring_at is not None
    episode = clinic.episode(PATIENT)
    assert episode is not None
    assert episode.outcome is Outcome.URGENT_CONNECTED
