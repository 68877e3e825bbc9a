"""Two site boxes and a centre, each a process, with a real broker between them."""

import asyncio
import json
import signal
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from lab.ports import free_port
from secondring import wiring
from secondring.bus import parcels
from secondring.bus.seal import Forged, Seal
from secondring.bus.site_topics import BETWEEN_SITES
from secondring.domain.phone import PhoneNumber
from tests.integration.alarms.conftest import needs_mosquitto
from tests.support.cut_line import CutLine
from tests.support.fake_ami import FakeAmi
from tests.support.schemas import site_breaches
from tests.support.site_processes import (
    Broker,
    Ears,
    Machine,
    a_box,
    a_centre,
    a_missed_call,
    at,
    command,
    soon,
)

pytestmark = [needs_mosquitto, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(600)]
ANNA, BEN, CARL, DORA, EVE = (PhoneNumber(f"+120255501{number}") for number in range(23, 28))
NORTH, SOUTH = "2025550100", "2025550180"
WRONG = "5" * 64
"""A seal key that the centre does not have."""
LADDER = """
sites:
  main:
    triage:
      internal: "PJSIP/{number}"
      outside: "PJSIP/{number}@trunk"
      steps: [{ring: ["1001"], ring_for: 20s}]
      last_resort: +1 202 555 0188
"""


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
    ears: tuple[Ears, ...]
    """What the centre's certificate lets hear at the broker, and what the north's does."""

    @property
    def machines(self) -> tuple[Machine, ...]:
        return self.centre, self.north, self.south

    @property
    def logs(self) -> str:
        return "\n".join(machine.log for machine in self.machines)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("sites")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def clinic(folder: Path) -> AsyncIterator[Clinic]:
    """Running for all the tests of this file: each leaves it well. The first one mends the south's key."""
    port = free_port(socket.SOCK_STREAM)
    async with FakeAmi() as north_pbx, FakeAmi() as south_pbx, CutLine(port) as line:
        centre = a_centre(folder / "centre", port)
        broker = Broker(centre.folder / "sites/for-broker/secondring-sites.conf", port)
        north = a_box(folder / "north", centre, "north-box", ["main"], ami=north_pbx.port, port=line.port)
        south = a_box(folder / "south", centre, "south-box", ["south"], ami=south_pbx.port, port=port)
        (centre.folder / "conf.d/40-ladder.yaml").write_text(LADDER)
        (south.folder / "credentials/seal").write_text(WRONG)
        ears = (
            Ears(centre.folder / "sites", "centre", port, "secondring/+/up/#"),
            Ears(north.folder / "sites", "north-box", port, "secondring/north-box/down/#"),
        )
        made = Clinic(centre, broker, north, south, north_pbx, south_pbx, line, ears)
        listeners = [asyncio.create_task(one.run()) for one in ears]
        try:
            broker.start()
            await soon(lambda: all(one.listens for one in ears), "somebody who listens at the broker")
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
            for listener in listeners:
                listener.cancel()
            await asyncio.gather(*listeners, return_exceptions=True)


def linked(clinic: Clinic) -> int:
    return command(clinic.centre.folder, "sites", "list").count("linked")


async def test_a_wrong_seal_key_shows_on_the_box_until_it_is_mended(clinic: Clinic) -> None:
    south = clinic.south
    await soon(
        lambda: "the centre cannot open what this box sends" in command(south.folder, "sites", "list"),
        "that the box knows",
    )
    await soon(lambda: "centre-refuses" in command(south.folder, "alarm", "list"), "an alarm on the box")
    await soon(lambda: "site-forged" in command(clinic.centre.folder, "alarm", "list"), "one at the centre")
    await south.end()
    right = (clinic.centre.folder / "credentials/seal-south-box").read_text()
    (south.folder / "credentials/seal").write_text(right)
    await south.start()
    await soon(lambda: ": answered" in command(south.folder, "sites", "list"), "an answer")
    await soon(lambda: clinic.south_pbx.names().count("CoreShowChannels") > 1, "a listener again")


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
    a_missed_call(clinic.north_pbx, "17.11", CARL, NORTH)
    await soon(lambda: clinic.north.spool().waiting == 1, "a spooled call")
    await clinic.north.end(signal.SIGKILL)
    await clinic.north.start()
    await soon(lambda: clinic.north_pbx.names().count("CoreShowChannels") > 1, "a listener again")
    a_missed_call(clinic.north_pbx, "17.12", DORA, NORTH)
    await soon(lambda: clinic.north.spool().waiting == 2, "two spooled calls")
    assert clinic.centre.texts_on(CARL) == []
    await clinic.centre.end(signal.SIGKILL)
    clinic.broker.end()
    await clinic.line.mend()
    clinic.broker.start()
    await clinic.centre.start()
    await soon(lambda: bool(clinic.centre.texts_on(CARL) and clinic.centre.texts_on(DORA)), "two texts")
    await soon(lambda: clinic.north.spool().waiting == 0, "an empty spool")
    a_missed_call(clinic.north_pbx, "17.13", EVE, NORTH)
    await soon(lambda: bool(clinic.centre.texts_on(EVE)), "the next text")
    assert [len(clinic.centre.texts_on(phone)) for phone in (CARL, DORA, EVE)] == [1, 1, 1]


def opens(seal: Seal, topic: str, payload: dict[str, object]) -> bool:
    try:
        parcels.unpacked(seal, topic, payload)
    except Forged:
        return False
    return True


async def test_all_that_was_said_keeps_to_its_schema_outside_and_inside(clinic: Clinic) -> None:
    """After all of the above, a caller who writes URGENT, and words that the centre cannot open."""
    up, down = clinic.ears
    await soon(lambda: up.listens and down.listens, "somebody who listens at the broker")
    wiring.handset(clinic.centre.settings()).reply(ANNA, "URGENT")
    foreign = json.loads(parcels.packed(Seal(bytes(32), "north-box"), parcels.UP, "live", "b" * 32, "{}"))
    await clinic.north.says(parcels.up("north-box", "live"), json.dumps(foreign))
    here = "secondring/north-box/down/"
    await soon(lambda: {f"{here}urgent", f"{here}refused"} <= down.topics, "a hand-over and a refusal")
    boxes = clinic.centre.settings().boxes
    assert boxes is not None
    seals = {name: Seal(box.seal.get_secret_value(), name) for name, box in boxes.known.items()}
    others = (Seal(bytes(32), "north-box"), Seal(bytes.fromhex(WRONG), "south-box"))
    said = [one for one in up.heard + down.heard if not any(opens(seal, *one[:2]) for seal in others)]
    assert len(said) < len(up.heard + down.heard)
    wrong = [
        breach
        for topic, payload, kept in said
        for breach in site_breaches(topic, payload, seals[topic.split("/")[1]], kept)
    ]
    assert wrong == []
    heard = {
        topic.pattern for topic in BETWEEN_SITES for name in up.topics | down.topics if topic.is_of(name)
    }
    never = {"secondring/<box>/up/urgent", "secondring/<box>/down/reached"}  # nobody can be rung from here
    assert {topic.pattern for topic in BETWEEN_SITES} - heard <= never | {"secondring/<box>/up/late"}
    await soon(
        lambda: ": answered" in command(clinic.north.folder, "sites", "list"),
        "that the box knows of its answers; one refusal changes nothing while the centre gives them",
    )
