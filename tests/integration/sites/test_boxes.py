"""Two site boxes and a centre, each a process, with a real broker between them."""

import signal
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from lab.ports import free_port
from secondring.domain.phone import PhoneNumber
from tests.integration.alarms.conftest import needs_mosquitto
from tests.support.cut_line import CutLine
from tests.support.fake_ami import FakeAmi
from tests.support.site_processes import Broker, Machine, a_box, a_centre, a_missed_call, at, command, soon

pytestmark = needs_mosquitto
ANNA, BEN, CARL = (PhoneNumber(f"+120255501{number}") for number in (23, 24, 25))
NORTH, SOUTH = "2025550100", "2025550200"


@dataclass
class Clinic:
    centre: Machine
    broker: Broker
    north: Machine
    south: Machine
    north_pbx: FakeAmi
    south_pbx: FakeAmi
    line: CutLine
    """That of the north."""

    @property
    def machines(self) -> tuple[Machine, ...]:
        return self.centre, self.north, self.south

    @property
    def logs(self) -> str:
        return "\n".join(machine.log for machine in self.machines)


@pytest.fixture
async def clinic(tmp_path: Path) -> AsyncIterator[Clinic]:
    port = free_port(socket.SOCK_STREAM)
    async with FakeAmi() as north_pbx, FakeAmi() as south_pbx, CutLine(port) as line:
        centre = a_centre(tmp_path / "centre", port)
        broker = Broker(centre.folder / "sites/for-broker/secondring-sites.conf", port)
        north = a_box(tmp_path / "north", centre, "north-box", ["main"], ami=north_pbx.port, port=line.port)
        south = a_box(tmp_path / "south", centre, "south-box", ["south"], ami=south_pbx.port, port=port)
        made = Clinic(centre, broker, north, south, north_pbx, south_pbx, line)
        try:
            broker.start()
            for machine in made.machines:
                await machine.start()
            await soon(lambda: made.logs.count("linked to the MQTT broker") == 3, "three links")
            await soon(lambda: "CoreShowChannels" in made.north_pbx.names(), "a listener")
            await soon(lambda: "CoreShowChannels" in made.south_pbx.names(), "a listener")
            yield made
        finally:
            for machine in made.machines:
                await machine.end(signal.SIGKILL)
            broker.end()


def linked(clinic: Clinic) -> int:
    return command(clinic.centre.folder, "sites", "list").count("linked")


async def test_each_site_s_callers_are_texted_by_the_centre_in_its_own_name(clinic: Clinic) -> None:
    a_missed_call(clinic.north_pbx, "17.1", ANNA, NORTH)
    a_missed_call(clinic.south_pbx, "17.1", BEN, SOUTH)
    await soon(lambda: bool(clinic.centre.texts_on(ANNA) and clinic.centre.texts_on(BEN)), "two texts")
    assert "Northside" in clinic.centre.texts_on(ANNA)[0]
    assert "Southside" in clinic.centre.texts_on(BEN)[0]
    await soon(lambda: clinic.north.spool().waiting == 0, "an empty spool")
    await soon(lambda: linked(clinic) == 2, "two boxes that are heard of")
    for log in (*(machine.log for machine in clinic.machines), clinic.broker.log):
        assert ANNA.e164[2:] not in log
    call = clinic.centre.call(at("north-box", "17.1"))
    assert call is not None
    assert call.site == "main"


async def test_a_box_that_is_cut_off_and_killed_loses_nothing_and_nothing_counts_twice(
    clinic: Clinic,
) -> None:
    await clinic.line.cut()
    a_missed_call(clinic.north_pbx, "17.1", ANNA, NORTH)
    await soon(lambda: clinic.north.spool().waiting == 1, "a spooled call")
    await clinic.north.end(signal.SIGKILL)
    await clinic.north.start()
    await soon(lambda: clinic.north_pbx.names().count("CoreShowChannels") > 1, "a listener again")
    a_missed_call(clinic.north_pbx, "17.2", BEN, NORTH)
    await soon(lambda: clinic.north.spool().waiting == 2, "two spooled calls")
    assert clinic.centre.texts_on(ANNA) == []
    await clinic.centre.end(signal.SIGKILL)
    clinic.broker.end()
    await clinic.line.mend()
    clinic.broker.start()
    await clinic.centre.start()
    await soon(lambda: bool(clinic.centre.texts_on(ANNA) and clinic.centre.texts_on(BEN)), "two texts")
    await soon(lambda: clinic.north.spool().waiting == 0, "an empty spool")
    a_missed_call(clinic.north_pbx, "17.3", CARL, NORTH)
    await soon(lambda: bool(clinic.centre.texts_on(CARL)), "the next text")
    assert [len(clinic.centre.texts_on(phone)) for phone in (ANNA, BEN, CARL)] == [1, 1, 1]
