"""A box and its centre keep an eye on each other: who is silent, who is not heard, and who was not there to hear."""

import asyncio
import json
from datetime import timedelta
from pathlib import Path

import pytest

from secondring import wiring
from secondring.box_alarms import spool_alarms
from secondring.bus import parcels
from secondring.cli.chosen import to_type
from secondring.doctor.sites import site_checks
from secondring.domain import centre_health
from secondring.domain.alarms import Alarm, raise_in
from secondring.domain.centre_health import REFUSES, SILENT, Refusal
from secondring.domain.health import State
from secondring.domain.ports import Store
from secondring.domain.site_ports import SpoolState
from secondring.site_box import spool
from secondring.site_setup import remove_box
from secondring.wiring import Settings
from tests.support import site_line
from tests.support.fake_ami import until
from tests.support.site_line import BOX, BoxEnd, CentreEnd, speak, tell
from tests.support.sites import World
from tests.support.terminal import run

EMPTY = SpoolState(waiting=0, oldest_at=None)


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Of a centre and a box; for reading."""
    place = tmp_path_factory.mktemp("line")
    centre = site_line.a_centre(place / "centre")
    return centre, site_line.a_box(place / "box", centre)


@pytest.fixture
def settings(folders: tuple[Path, Path]) -> tuple[Settings, Settings]:
    return wiring.load_files(folders[0]), wiring.load_files(folders[1])


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def centre(world: World, settings: tuple[Settings, Settings]) -> CentreEnd:
    return CentreEnd(world, settings[0])


@pytest.fixture
def box(world: World, settings: tuple[Settings, Settings]) -> BoxEnd:
    return BoxEnd(world, settings[1])


def with_another_key(folders: tuple[Path, Path], tmp_path: Path) -> Settings:
    """The box, with a key that the centre does not have."""
    other = site_line.a_box(tmp_path / "other", folders[0])
    (other / "credentials/seal").write_text("5" * 64 + "\n")
    return wiring.load_files(other)


def seen(store: Store, world: World) -> tuple[State, str]:
    with store.reading() as books:
        found = centre_health.finding(centre_health.last(books), EMPTY, world.now)
    return found.state, f"{found.words} {found.remedy}"


def something_to_tell(box: BoxEnd) -> None:
    """A dispatch of the box's own."""
    with box.store.transaction() as books:
        spool_alarms(books, spool(), box.world.now)
    box.world.wait(seconds=1)
    with box.store.transaction() as books:
        raise_in(books, Alarm("disk", "little room"), box.tie.watch._rules, box.world.now)
    box.world.wait(seconds=1)
    with box.store.transaction() as books:
        assert spool_alarms(books, spool(), box.world.now) == 1


def waiting(box: BoxEnd) -> int:
    with box.store.reading() as books:
        return books.spool_state().waiting


# ---------------------------------------------------------------- at the box


async def test_a_box_knows_that_its_centre_answers_and_when_it_took_something(
    world: World, box: BoxEnd, centre: CentreEnd
) -> None:
    await box.tie.watch.once()
    assert seen(box.store, world)[0] is State.UNKNOWN, "it has had no time to answer"
    await speak(box, centre)
    assert seen(box.store, world) == (State.OK, "answered 0 s ago; its spool is empty ")
    assert box.tie.watch.status == "the centre answers"
    something_to_tell(box)
    await speak(box, centre)
    assert waiting(box) == 0
    world.wait(seconds=10)
    assert "took a dispatch 10 s ago" in seen(box.store, world)[1]
    assert box.alarms == ["disk"]


async def test_a_wrong_key_is_told_at_the_box_with_what_mends_it_until_something_is_taken_again(
    world: World,
    settings: tuple[Settings, Settings],
    folders: tuple[Path, Path],
    tmp_path: Path,
    centre: CentreEnd,
) -> None:
    wrong = BoxEnd(world, with_another_key(folders, tmp_path))
    something_to_tell(wrong)
    for _ in range(4):
        await speak(wrong, centre)
        world.wait(seconds=10)
    assert "site-forged" in centre.alarms
    assert wrong.alarms == [REFUSES, "disk"], "raised once"
    state, words = seen(wrong.store, world)
    assert state is State.BAD
    assert "cannot open what this box sends" in words
    assert "seal key" in words
    assert "sites add" in words
    assert wrong.tie.watch.status == "THE CENTRE CANNOT OPEN WHAT THIS BOX SENDS"
    assert waiting(wrong) == 1
    mended = BoxEnd(world, settings[1], wrong.store)
    await speak(mended, centre)
    await speak(mended, centre)
    assert waiting(mended) == 0
    assert seen(mended.store, world)[0] is State.OK
    with mended.store.transaction() as books:
        assert spool_alarms(books, spool(), world.now) == 1
        assert books.spool_state().waiting == 0, "what is about the way to the centre does not travel there"


async def test_the_key_can_be_mended_at_the_centre_while_the_box_runs(
    world: World, box: BoxEnd, settings: tuple[Settings, Settings], centre: CentreEnd
) -> None:
    await speak(box, centre)
    for _ in range(5):  # meanwhile another key was laid there
        box.tie.heard(parcels.down(BOX, parcels.REFUSED), parcels.refused(Refusal.SEAL).encode())
        world.wait(seconds=10)
    await box.tie.watch.once()
    assert box.alarms == [REFUSES]
    await speak(box, centre)
    assert seen(box.store, world)[0] is State.OK


async def test_a_box_that_was_removed_is_told_that_nobody_knows_it(world: World, tmp_path: Path) -> None:
    there = site_line.a_centre(tmp_path / "centre")
    theirs = BoxEnd(world, wiring.load_files(site_line.a_box(tmp_path / "box", there)))
    remove_box(there, BOX, wiring.now())
    centre = CentreEnd(world, wiring.load_files(there))
    await speak(theirs, centre)
    assert theirs.alarms == [REFUSES]
    state, words = seen(theirs.store, world)
    assert state is State.BAD
    assert "does not know this box" in words


async def test_whoever_has_the_broker_can_neither_raise_the_alarm_while_the_centre_answers_nor_hide_it(
    world: World, box: BoxEnd, centre: CentreEnd
) -> None:
    something_to_tell(box)
    await tell(box, centre)
    kept = centre.wire.take()
    assert len(kept) == 2
    for message in kept:
        box.tie.heard(*message)
    forged = parcels.down(BOX, parcels.REFUSED), parcels.refused(Refusal.SEAL).encode()
    for said in (
        forged,
        (forged[0], b"{}"),
        (forged[0], b'{"v": 1, "because": ["seal"]}'),
        (forged[0], b"no"),
    ):
        box.tie.heard(*said)
    await box.tie.watch.once()
    assert box.alarms == ["disk"]
    assert seen(box.store, world)[0] is State.OK
    world.wait(minutes=6)
    for message in kept:
        box.tie.heard(*message)
    await box.tie.watch.once()
    assert box.alarms == [SILENT, "disk"], "answers that somebody kept are none"


async def test_a_centre_that_does_not_answer_is_told_of_once_and_remembered_over_a_restart(
    world: World, box: BoxEnd, centre: CentreEnd, settings: tuple[Settings, Settings]
) -> None:
    await speak(box, centre)
    for _ in range(40):
        world.wait(seconds=10)
        await box.tie.beat()
        await box.tie.watch.once()
    assert box.alarms == [SILENT]
    state, words = seen(box.store, world)
    assert state is State.BAD
    assert "last answered 6 min ago; linked to its broker" in words
    assert box.tie.watch.status == "NO ANSWER FROM the centre"
    again = BoxEnd(world, settings[1], box.store)
    again.wire.linked = False
    for _ in range(4):
        await again.tie.watch.once()
        world.wait(seconds=10)
    state, words = seen(box.store, world)
    assert state is State.BAD
    assert "last answered 7 min ago; no link to its broker" in words
    world.wait(minutes=2)
    state, words = seen(box.store, world)
    assert state is State.UNKNOWN
    assert "nobody asks it, for the service does not run here" in words


async def test_what_waits_is_told_with_the_age_of_the_oldest(
    world: World, box: BoxEnd, centre: CentreEnd
) -> None:
    await speak(box, centre)
    with box.store.reading() as books:
        stands = centre_health.last(books)
    old = SpoolState(waiting=3, oldest_at=world.now - timedelta(minutes=12))
    found = centre_health.finding(stands, old, world.now)
    assert found.state is State.WARN
    assert "3 wait in the spool, the oldest for 12 min" in found.words


async def test_what_cannot_be_opened_is_told_at_the_centre_at_once(
    centre: CentreEnd, world: World, folders: tuple[Path, Path], tmp_path: Path
) -> None:
    """It waited for up to a minute, where nothing else came."""
    running = asyncio.create_task(centre.centre.receiver.run())
    await asyncio.sleep(0)
    wrong = BoxEnd(world, with_another_key(folders, tmp_path))
    await wrong.tie.beat()
    for message in wrong.wire.take():
        centre.centre.heard(*message)
    await until(lambda: centre.alarms == ["site-forged"], "the alarm")
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


def test_doctor_on_the_box_tells_it_with_what_mends_it(folders: tuple[Path, Path], tmp_path: Path) -> None:
    box = site_line.a_box(tmp_path / "box", folders[0])
    at = wiring.now()
    settings = wiring.load_files(box)
    with wiring.writing(settings) as books:
        asked = centre_health.Stands(at=at, since=at - timedelta(minutes=9), linked=True)
        centre_health.keep(books, centre_health.refused(asked, Refusal.SEAL, at))
    (check,) = (one for one in site_checks(settings) if one.name == "the centre")
    found = check.run()
    assert found.ok is False
    assert "cannot open what this box sends" in found.evidence
    assert "the seal key here is not the one that the centre has" in found.remedy
    assert "--config" not in to_type(found.remedy), "what is to be typed is for another machine"


def test_commands_on_the_box_show_it(folders: tuple[Path, Path]) -> None:
    box = str(folders[1])
    assert "nobody asks it, for the service does not run here" in run("--config", box, "sites", "list")
    told = json.loads(run("--config", box, "sites", "list", "--json"))
    assert told["waiting"] == 0
    assert told["answered_at"] is None


# ---------------------------------------------------------------- at the centre


async def test_boxes_have_a_minute_after_a_restart_of_the_centre_before_they_are_blamed(
    world: World, box: BoxEnd, centre: CentreEnd, settings: tuple[Settings, Settings]
) -> None:
    await speak(box, centre)
    world.wait(minutes=5)  # the centre is down
    again = CentreEnd(world, settings[0], centre.store)
    await again.centre.remember()
    for _ in range(11):
        await again.centre.watch_once()
        world.wait(seconds=5)
    assert again.alarms == [], "it had no chance to be heard"
    await speak(box, again)
    world.wait(seconds=30)
    await again.centre.watch_once()
    assert again.alarms == []


async def test_a_box_that_stays_silent_after_the_restart_is_told_of_all_the_same(
    world: World, box: BoxEnd, centre: CentreEnd, settings: tuple[Settings, Settings]
) -> None:
    await speak(box, centre)
    world.wait(minutes=5)
    again = CentreEnd(world, settings[0], centre.store)
    await again.centre.remember()
    for _ in range(14):
        await again.centre.watch_once()
        world.wait(seconds=5)
    assert again.alarms == ["site-silent"]


async def test_the_minute_begins_anew_when_the_centre_s_own_link_was_down_and_no_alarm_is_told_twice(
    world: World, box: BoxEnd, centre: CentreEnd
) -> None:
    await speak(box, centre)
    for _ in range(24):
        world.wait(seconds=5)
        await centre.centre.watch_once()
    assert centre.alarms == ["site-silent"], "nobody at the centre sees the box, whoever's link it is"
    world.wait(minutes=30)
    await centre.centre.came_up()
    for _ in range(20):
        await centre.centre.watch_once()
        world.wait(seconds=5)
    assert centre.alarms == ["site-silent"]
    await speak(box, centre)
    world.wait(minutes=3)
    await centre.centre.came_up()
    await centre.centre.watch_once()
    assert centre.alarms == ["site-silent"]
