"""Urgent callers at a site box: the ladder needs nobody, the centre learns of every step, and both ways hold."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

from secondring.domain import episodes
from secondring.domain.alarms import Alarm
from secondring.domain.centre_desk import Box
from secondring.domain.ids import CallId, EpisodeId, SiteId, Uniqueid, UrgentId
from secondring.domain.ladder import Ladder, Step, Target
from secondring.domain.records import Episode, Outcome
from secondring.domain.rules import Rules
from secondring.domain.triage_events import Accepted, Joined, Reached
from secondring.domain.urgent_begin import OnLine, from_text
from secondring.domain.urgent_case import Stage, UrgentCase
from secondring.handing_over import TRIES, HandingOver
from secondring.urgent import UrgentRunner
from tests.support.clinic import ANNA, BEN, PlainWording, a_site, some_rules
from tests.support.fake_ami import until
from tests.support.sites import BOX, DID, CentreBox, SiteBox, World, settle
from tests.unit.service.test_urgent import Bell, Hand, Link

LADDER = Ladder(steps=(Step(targets=(Target(number="1001"),)),), rounds=1)
LINE = Uniqueid("17.99")


def the_rules(box: str = "") -> Rules:
    return some_rules(a_site(triage=LADDER, box=box))


class Clinic:
    """A box with nurses, and its centre."""

    def __init__(self) -> None:
        self.world = World()
        self.box = SiteBox(self.world, the_rules())
        self.centre = CentreBox(self.world, the_rules(BOX.name))
        self.hand = Hand()
        self.shouted: list[Alarm] = []
        self.told_reached: list[UrgentId] = []
        self.runner = UrgentRunner(
            self.box.triage,
            self.hand,
            Link(),
            self.box.books,
            clock=self.world.clock,
            bell=Bell(),
            ring=_nobody,
            raise_alarm=self.shouted.append,
        )
        self.handing = HandingOver(
            (BOX,),
            self.centre.rules,
            PlainWording(),
            self,
            self.centre.books,
            clock=self.world.clock,
            ring=_nobody,
        )
        self.handed: list[tuple[UrgentCase, str]] = []

    # what the centre tells the box

    async def hand_over(self, box: str, case: UrgentCase, language: str) -> None:
        assert box == BOX.name
        self.handed.append((case, language))

    async def reached(self, box: str, case: UrgentId) -> None:
        self.told_reached.append(case)

    # at the box

    def presses_2(self) -> None:
        who = OnLine(call=CallId(BOX.name, LINE), line="PJSIP/trunk-9", caller=ANNA.e164, did=DID)
        with self.box.books.store.transaction() as books:
            assert self.box.triage.from_key(books, who, self.world.now) is not None

    async def works(self) -> None:
        await self.runner._work_off()
        await asyncio.sleep(0)

    # what stands in books

    def case_at(self, store: Any) -> UrgentCase:
        with store.reading() as books:
            (case,) = books.urgent_cases_since(self.world.now - timedelta(days=30))
            return case  # type: ignore[no-any-return]

    def here(self) -> UrgentCase:
        return self.case_at(self.box.books.store)

    def there(self) -> UrgentCase:
        return self.case_at(self.centre.store)


async def _nobody() -> None:
    """Nobody listens to this bell."""


async def test_the_ladder_rings_while_the_box_is_cut_off_and_the_centre_learns_of_it_afterwards() -> None:
    clinic = Clinic()
    clinic.box.linked = False
    clinic.presses_2()
    await clinic.works()
    await until(lambda: [phone.number for phone in clinic.hand.rung] == ["1001"], "a nurse's phone rings")
    clinic.world.wait(minutes=2)
    await clinic.works()
    clinic.world.wait(minutes=30)
    await clinic.works()
    assert clinic.here().last_resort_at is not None
    with clinic.box.books.store.reading() as books:
        alarms = {alarm.kind for alarm in books.alarms(since=clinic.world.now - timedelta(days=1), limit=9)}
    assert "urgent-nobody" in alarms, "told at the site, where nobody at the centre can hear of it"
    assert clinic.centre.tasks == []
    clinic.box.linked = True
    await settle(clinic.box, clinic.centre)
    assert (clinic.there().id, clinic.there().stage) == (clinic.here().id, clinic.here().stage)
    (task,) = clinic.centre.tasks
    assert task.urgent
    assert task.caller == ANNA
    assert "urgent-nobody" in clinic.centre.alarms


async def test_a_nurse_who_takes_the_call_closes_the_centre_s_red_task() -> None:
    clinic = Clinic()
    clinic.presses_2()
    await settle(clinic.box, clinic.centre)
    (task,) = clinic.centre.tasks
    assert task.urgent
    await clinic.works()
    await until(lambda: bool(clinic.hand.rung), "a nurse's phone rings")
    attempt = clinic.hand.rung[0].attempt
    await _accepts(clinic, attempt)
    await settle(clinic.box, clinic.centre)
    assert clinic.there().stage is Stage.CONNECTED
    assert clinic.centre.tasks == []
    with clinic.centre.store.reading() as books:
        episode = books.episode(clinic.there().episode)
    assert episode is not None
    assert episode.outcome is Outcome.URGENT_CONNECTED


async def _accepts(clinic: Clinic, attempt: str) -> None:
    for event in (Accepted(attempt), Joined(attempt)):
        with clinic.box.books.store.transaction() as books:
            clinic.box.triage.tell(books, clinic.here().id, event, clinic.world.now)


def _writes_urgent(clinic: Clinic) -> UrgentCase:
    site, now = clinic.centre.rules.sites[0], clinic.world.now
    episode = Episode(
        id=EpisodeId("E-anna"),
        site=site.id,
        caller=ANNA,
        opened_at=now,
        window_ends_at=now + timedelta(days=1),
    )
    with clinic.centre.store.transaction() as books:
        books.save_episode(replace(episode, urgent_at=now))
        assert from_text(books, clinic.centre.rules, site, episode, now)
    return clinic.there()


async def test_whoever_writes_urgent_is_rung_for_by_the_box() -> None:
    clinic = Clinic()
    _writes_urgent(clinic)
    await clinic.handing.round()
    ((case, language),) = clinic.handed
    for _ in range(2):  # told again: the answer was slow
        with clinic.box.books.store.transaction() as books:
            assert clinic.box.triage.take_over(books, case, language, clinic.world.now)
    await clinic.works()
    await until(lambda: len(clinic.hand.rung) == 1, "a nurse's phone rings")
    assert clinic.hand.rung[0].patient
    await settle(clinic.box, clinic.centre)
    assert clinic.there().stage is Stage.RINGING
    clinic.world.wait(seconds=30)
    assert not await clinic.handing.round()
    assert len(clinic.handed) == 1


async def test_a_box_that_does_not_take_the_case_leaves_it_to_people_at_once() -> None:
    clinic = Clinic()
    _writes_urgent(clinic)
    for _ in range(TRIES):
        await clinic.handing.round()
        clinic.world.wait(seconds=1.1)
    assert clinic.there().stage is Stage.NEW
    assert await clinic.handing.round()
    assert len(clinic.handed) == TRIES
    assert clinic.there().stage is Stage.LEFT
    assert "urgent-left" in clinic.centre.alarms
    (task,) = clinic.centre.tasks
    assert task.urgent
    assert [text.template for text in clinic.centre.texts] == ["urgent-left"]


async def test_a_box_that_takes_it_late_rings_all_the_same() -> None:
    clinic = Clinic()
    case = _writes_urgent(clinic)
    for _ in range(TRIES + 1):
        await clinic.handing.round()
        clinic.world.wait(seconds=1.1)
    with clinic.box.books.store.transaction() as books:
        clinic.box.triage.take_over(books, case, "en", clinic.world.now)
    await clinic.works()
    await settle(clinic.box, clinic.centre)
    assert clinic.there().stage is Stage.RINGING
    assert len(clinic.centre.tasks) == 1


async def test_whoever_was_called_back_by_hand_is_rung_for_no_longer() -> None:
    clinic = Clinic()
    clinic.presses_2()
    await clinic.works()
    await settle(clinic.box, clinic.centre)
    with clinic.centre.store.transaction() as books:
        episode = books.episode(clinic.there().episode)
        assert episode is not None
        episodes.spoken_with(books, episode, "person", "a person has spoken with them", clinic.world.now)
    await clinic.handing.look()
    assert clinic.told_reached == [clinic.here().id]
    with clinic.box.books.store.transaction() as books:
        clinic.box.triage.tell(books, clinic.told_reached[0], Reached(), clinic.world.now)
    await settle(clinic.box, clinic.centre)
    assert not clinic.here().is_open
    assert not clinic.there().is_open
    assert clinic.centre.tasks == []


async def test_a_box_that_dies_in_the_middle_leaves_its_callers_to_people() -> None:
    clinic = Clinic()
    clinic.presses_2()
    await clinic.works()
    await settle(clinic.box, clinic.centre)
    await clinic.handing.look()
    assert clinic.there().is_open
    clinic.world.wait(hours=2)
    await clinic.handing.look()
    assert clinic.there().stage is Stage.LEFT
    assert "urgent-left" in clinic.centre.alarms


async def test_what_a_box_tells_of_another_box_s_caller_is_refused() -> None:
    clinic = Clinic()
    clinic.presses_2()
    await settle(clinic.box, clinic.centre)
    theirs = Box(name=BOX.name, sites=(SiteId("south"),))
    south = a_site(id=SiteId("south"), dids=(BEN,), phone=BEN, sender=BEN, triage=LADDER)
    clinic.centre.rules.become(replace(clinic.centre.rules, sites=(*clinic.centre.rules.sites, south)))
    clinic.centre.box = theirs
    await _accepts_first(clinic)
    await clinic.box.forwarder.round()
    for message in clinic.box.sent:
        clinic.centre.hear(message)
    await clinic.centre.receiver.round()
    await clinic.centre.receiver.round()
    assert clinic.centre.said == [], "nothing was taken"
    assert clinic.there().stage is not Stage.CONNECTED
    assert "site-refused" in clinic.centre.alarms


async def _accepts_first(clinic: Clinic) -> None:
    await clinic.works()
    await until(lambda: bool(clinic.hand.rung), "a nurse's phone rings")
    await _accepts(clinic, clinic.hand.rung[0].attempt)
