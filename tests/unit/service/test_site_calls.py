"""A site box and its centre on ordinary and bad days: what is live, what is late, what was promised by key."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from secondring.domain.consent import Source
from secondring.domain.ids import CallId, SiteId, Uniqueid
from secondring.domain.offer import Promise
from secondring.domain.phone import PhoneNumber
from secondring.domain.ports import Store
from secondring.domain.records import Consent
from secondring.domain.rules import Guards
from secondring.forwarding import REST, SHARES
from secondring.store.memory import MemoryStore
from secondring.store.sqlstore import SqlStore
from tests.support.books import KEY, new_database
from tests.support.clinic import ANNA, BEN, a_site, some_rules
from tests.support.postgres import Cluster
from tests.support.sites import BOX, CentreBox, SiteBox, World, settle


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def box(world: World) -> SiteBox:
    return SiteBox(world)


@pytest.fixture
def centre(world: World) -> CentreBox:
    return CentreBox(world)


def a_caller(number: int) -> PhoneNumber:
    return PhoneNumber(f"+130355501{number:02}")


async def test_a_missed_call_is_texted_by_the_centre_alone(box: SiteBox, centre: CentreBox) -> None:
    ended = box.misses(ANNA)
    await settle(box, centre)
    assert [(text.patient, text.template) for text in centre.texts] == [(ANNA, "first-open")]
    with box.books.store.reading() as books:
        call = books.call(ended.call)
        assert call is not None
        assert call.verdict == ended.verdict
        assert books.open_episodes(ANNA) == []
    assert centre.rings >= 1


async def test_after_a_day_without_a_line_what_is_live_goes_first_and_nothing_is_lost(
    world: World, box: SiteBox, centre: CentreBox
) -> None:
    box.linked = False
    old = [box.misses(a_caller(number)) for number in range(60)]
    world.wait(days=1)
    box.linked = True
    await box.forwarder.round()
    assert {topic.rsplit("/", 1)[1] for topic, _ in box.sent} == {"late"}
    assert len(box.sent) == SHARES["late"], "what is old has a bounded share"
    box.sent.clear()
    box.misses(ANNA)
    await box.forwarder.round()
    assert [topic.rsplit("/", 1)[1] for topic, _ in box.sent] == ["live"], (
        "and what is live does not wait for it"
    )
    world.wait(seconds=11)
    await settle(box, centre)
    assert [text.patient for text in centre.texts] == [ANNA]
    tasks = centre.tasks
    assert {task.caller for task in tasks} == {PhoneNumber(ended.caller) for ended in old}
    assert len(tasks) == len(old), "too late for a text: a person calls, once"
    late = [centre.call(ended.call) for ended in old]
    assert all(call is not None and call.late for call in late)


async def test_of_what_is_old_the_newest_goes_first(world: World, box: SiteBox) -> None:
    box.linked = False
    for number in range(10):
        box.misses(a_caller(number))
        world.wait(minutes=10)
    box.linked = True
    with box.books.store.reading() as books:
        newest = [one.id for one in books.spool_heads(newest_first=True, limit=SHARES["late"])]
    await box.forwarder.round()
    assert {name for name in newest if any(name in payload for _, payload in box.sent)} == set(newest)


async def test_one_that_the_centre_never_takes_does_not_hold_up_the_others(
    world: World, box: SiteBox, centre: CentreBox
) -> None:
    box.linked = False
    for number in range(20):
        box.misses(a_caller(number))
    world.wait(hours=5)
    box.linked = True
    with box.books.store.reading() as books:
        stuck = {one.id for one in books.spool_heads(newest_first=True, limit=SHARES["late"])}
    for _ in range(12):
        await box.forwarder.round()
        for message in box.sent:
            if not any(name in message[1] for name in stuck):
                centre.hear(message)
        box.sent.clear()
        await centre.receiver.round()
        for message in centre.said:
            box.hear(message)
        centre.said.clear()
        world.wait(seconds=11)
        if box.waiting == len(stuck):
            break
    assert box.waiting == len(stuck)
    world.wait(seconds=REST)
    await settle(box, centre)


async def test_an_answered_call_of_today_that_comes_first_keeps_the_missed_one_of_yesterday_quiet(
    world: World, box: SiteBox, centre: CentreBox
) -> None:
    box.linked = False
    box.misses(ANNA)
    world.wait(minutes=20)
    began = box.rings(ANNA)
    box.ends(began, answered=True)
    box.linked = True
    await settle(box, centre)
    assert centre.texts == []
    assert centre.tasks == []


async def test_key_1_is_promised_honestly_and_kept(world: World, box: SiteBox, centre: CentreBox) -> None:
    began = box.rings(ANNA)
    assert box.presses_one(began) is Promise.SOON
    assert box.presses_one(began) is Promise.ALREADY
    world.wait(seconds=20)
    box.ends(began)
    await settle(box, centre)
    assert [text.template for text in centre.texts] == ["asked-link"]
    assert centre.tasks == []
    call = centre.call(began.call)
    assert call is not None
    assert call.episode == centre.texts[0].episode


async def test_key_1_of_hours_ago_becomes_a_call_by_a_person(
    world: World, box: SiteBox, centre: CentreBox
) -> None:
    box.linked = False
    began = box.rings(ANNA)
    box.presses_one(began)
    box.ends(began)
    world.wait(hours=3)
    box.linked = True
    await settle(box, centre)
    assert centre.texts == []
    (task,) = centre.tasks
    assert task.caller == ANNA
    assert "asked for a text" in task.title


async def test_who_opted_out_at_another_site_is_called_after_key_1(box: SiteBox, centre: CentreBox) -> None:
    with centre.store.transaction() as books:
        books.add_consent(
            Consent(
                number=ANNA,
                opted_out=True,
                at=box.world.now - timedelta(days=9),
                source=Source.TEXT.value,
                words="STOP",
            )
        )
    began = box.rings(ANNA)
    assert box.presses_one(began) is Promise.SOON
    box.ends(began)
    await settle(box, centre)
    assert centre.texts == []
    (task,) = centre.tasks
    assert task.caller == ANNA


async def test_key_9_counts_from_when_it_was_pressed(world: World, box: SiteBox, centre: CentreBox) -> None:
    box.linked = False
    began = box.rings(ANNA)
    box.presses_nine(began)
    pressed_at = world.now
    box.ends(began)
    world.wait(hours=1)
    box.linked = True
    await settle(box, centre)
    with centre.store.reading() as books:
        consent = books.consent(ANNA)
    assert consent is not None
    assert (consent.opted_out, consent.at, consent.announcement) == (True, pressed_at, "v1")
    assert box.presses_one(box.rings(ANNA)) is Promise.OPTED_OUT, "the box knows of its own"


async def test_who_asked_for_texts_since_has_changed_their_mind(
    world: World, box: SiteBox, centre: CentreBox
) -> None:
    box.linked = False
    box.presses_nine(box.rings(ANNA))
    world.wait(hours=1)
    with centre.store.transaction() as books:
        books.add_consent(
            Consent(number=ANNA, opted_out=False, at=world.now, source=Source.TEXT.value, words="START")
        )
    box.linked = True
    await settle(box, centre)
    with centre.store.reading() as books:
        consent = books.consent(ANNA)
        kept = books.consents(ANNA)
    assert consent is not None
    assert not consent.opted_out
    assert len(kept) == 2


def test_what_cannot_be_texted_is_asked_for_at_the_box(box: SiteBox) -> None:
    began = replace(box.rings(ANNA), call=CallId(BOX.name, Uniqueid("18.1")), caller="")
    assert box.presses_one(began) is Promise.ASK
    assert box.presses_one(began, typed="123") is Promise.NO
    assert box.presses_one(began, typed="2025550124") is Promise.SOON


async def test_a_call_to_a_number_of_another_site_counts_as_the_box_s_own(
    world: World, centre: CentreBox
) -> None:
    """A stolen box can insert no call for another site."""
    number = PhoneNumber("+12025550180")
    south = a_site(id=SiteId("south"), dids=(number,), phone=number, sender=number)
    centre.rules.become(replace(centre.rules, sites=(*centre.rules.sites, south)))
    box = SiteBox(world)
    from_south = replace(box.rings(ANNA), did="2025550180")
    box.ends(from_south)
    await settle(box, centre)
    call = centre.call(from_south.call)
    assert call is not None
    assert call.site == "north"


async def test_the_clinic_s_own_numbers_at_other_sites_are_no_patients(world: World, box: SiteBox) -> None:
    rules = some_rules(guards=Guards(own=frozenset({BEN})))
    centre = CentreBox(world, rules)
    box.misses(BEN)
    await settle(box, centre)
    assert centre.texts == []


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
async def test_the_same_on_databases(
    kind: str, world: World, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    here: Store = SqlStore(new_database(tmp_path), KEY)
    there: Store
    if kind == "postgresql":
        cluster: Cluster = request.getfixturevalue("cluster")
        with cluster.database() as url:
            there = SqlStore(url, KEY)
            await _a_day(world, here, there)
            there.close()
    else:
        (tmp_path / "centre").mkdir()
        there = SqlStore(new_database(tmp_path / "centre"), KEY)
        await _a_day(world, here, there)
        there.close()
    here.close()


async def _a_day(world: World, here: Store, there: Store) -> None:
    box, centre = SiteBox(world, store=here), CentreBox(world, store=there)
    box.linked = False
    for number in range(12):
        began = box.rings(a_caller(number))
        if number % 3 == 0:
            box.presses_one(began)
        box.ends(began, answered=number % 4 == 1)
        world.wait(minutes=7)
    box.linked = True
    assert not isinstance(there, MemoryStore)
    await settle(box, centre)
    assert box.waiting == 0
    reached = [text.patient for text in centre.texts] + [task.caller for task in centre.tasks]
    missed = {a_caller(number) for number in range(12) if number % 4 != 1}
    assert missed <= set(reached)
    assert len(reached) == len(set(reached))
