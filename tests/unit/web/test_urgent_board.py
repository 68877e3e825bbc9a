"""The board at the nurse station: who waits, taking it, and alarms that stay until somebody signs."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from secondring.domain.deskwork import Result
from secondring.domain.handling import mark
from secondring.domain.ladder import Ladder, Step, Target
from secondring.domain.records import Task
from secondring.domain.rules import Rules
from secondring.domain.staff import Role
from secondring.domain.triage_events import Ring
from secondring.domain.urgent import Orders, Triage
from secondring.domain.urgent_case import Attempt, Stage, UrgentCase
from secondring.web.app import make_app
from tests.support.clinic import PlainWording
from tests.support.pages import NORTH, SOUTH, Pages, text_of, two_sites
from tests.unit.web.test_work import Phones, clinic_of, missed

LADDER = Ladder(
    steps=(Step(targets=(Target(number="2001"),)), Step(targets=(Target(number="2002"),))),
    last_resort=Target(number="+12025550188", outside=True),
)


def with_ladders() -> Rules:
    rules = two_sites()
    return replace(rules, sites=tuple(replace(site, triage=LADDER) for site in rules.sites))


@pytest.fixture
def pages() -> Pages:
    return Pages(rules=with_ladders())


def urgent(pages: Pages, did: str = "2025550100", **changes: Any) -> UrgentCase:
    """A caller who wrote URGENT; the first phone of the ladder rings."""
    task = missed(pages, "URGENT", did=did)
    with pages.store.transaction() as books:
        (case,) = books.urgent_cases_of(task.episode)
        rung = Attempt(id=f"{case.id}.1", target=Target(number="2001"), started_at=pages.now)
        values: dict[str, Any] = {
            "stage": Stage.RINGING,
            "attempts": (rung,),
            "made": 1,
            "give_up_at": pages.now + timedelta(hours=1),
        }
        case = replace(case, **values | changes)
        books.save_urgent_case(case)
    return case


def case_of(pages: Pages, case: UrgentCase) -> UrgentCase:
    with pages.store.reading() as books:
        found = books.urgent_case(case.id)
    assert found is not None
    return found


def red(pages: Pages, case: UrgentCase) -> Task:
    with pages.store.reading() as books:
        (task,) = books.tasks_of(case.episode)
    return task


async def test_it_shows_who_waits_and_who_is_being_rung(pages: Pages) -> None:
    urgent(pages)
    pages.user("nora", Role.NURSE, phone="2001", shown="N. Nurse")
    browser = await pages.signed_in("bo", Role.NURSE)
    page = text_of(await browser.get("/urgent"))
    assert "wrote that it is urgent" in page
    assert "N. Nurse ringing" in page
    assert "last resort: (202) 555-0188" in page
    assert "••23" in page
    assert "today: 1 urgent" in page
    assert pages.audit("view")[0].what == "urgent board"


async def test_taking_it_rings_the_nurses_phone_at_once(pages: Pages) -> None:
    case = urgent(pages)
    carried: list[Orders] = []

    async def carry_out(orders: Orders) -> None:
        carried.append(orders)

    pages.desk = pages.make_desk(triage=Triage(pages.rules, PlainWording()), carry_out=carry_out)
    pages.app = make_app(pages.desk)
    browser = await pages.signed_in("bo", Role.NURSE, phone="2009")
    assert "Take it" in text_of(await browser.get("/urgent"))
    answer = await browser.post(f"/urgent/{case.id}/take", {}, None, **{"x-quick": "1"})
    assert "press 1" in answer.json()["words"]
    ((ring,),) = [orders.pbx for orders in carried]
    assert isinstance(ring, Ring)
    assert ring.attempt.target.number == "2009"
    assert [attempt.target.number for attempt in case_of(pages, case).attempts] == ["2001", "2009"]
    again = await browser.post(f"/urgent/{case.id}/take", {}, None, **{"x-quick": "1"})
    assert again.status_code == 409
    assert len(carried) == 1


async def test_a_nurse_without_a_phone_here_gets_the_number_to_dial(pages: Pages) -> None:
    case = urgent(pages)
    pages.desk = pages.make_desk(triage=Triage(pages.rules, PlainWording()))
    pages.app = make_app(pages.desk)
    browser = await pages.signed_in("bo", Role.NURSE, phone="")
    answer = await browser.post(f"/urgent/{case.id}/take", {}, None, **{"x-quick": "1"})
    assert answer.status_code == 409
    assert "Dial (202) 555-0123 on any phone." in answer.json()["words"]
    assert [entry.about for entry in pages.audit("reveal")] == [case.episode]
    assert case_of(pages, case) == case


@pytest.mark.parametrize("stage", [Stage.JOINING, Stage.CALLING, Stage.TALKING, Stage.CONNECTED, Stage.LEFT])
async def test_what_somebody_has_cannot_be_taken(pages: Pages, stage: Stage) -> None:
    case = urgent(pages, stage=stage)
    pages.desk = pages.make_desk(triage=Triage(pages.rules, PlainWording()))
    pages.app = make_app(pages.desk)
    browser = await pages.signed_in("bo", Role.NURSE)
    assert (await browser.post(f"/urgent/{case.id}/take")).status_code == 409
    assert case_of(pages, case) == case


async def test_an_alarm_stays_until_somebody_signs(pages: Pages) -> None:
    at = pages.now
    case = urgent(pages, stage=Stage.LEFT, last_resort_at=at, closed_at=at)
    browser = await pages.signed_in("bo", Role.NURSE)
    assert "nobody on the ladder took an urgent call" in text_of(await browser.get("/urgent"))
    pages.wait(minutes=25)
    assert "nobody on the ladder" in text_of(await browser.get("/urgent"))
    assert (await browser.post(f"/urgent/{case.id}/sign")).status_code == 303
    assert "nobody on the ladder" not in text_of(await browser.get("/urgent"))
    signed = case_of(pages, case)
    assert (signed.signed_by, signed.signed_at) == ("Bo A.", pages.now)
    assert (await browser.post(f"/urgent/{case.id}/sign")).status_code == 409


async def test_an_alarm_that_is_signed_leaves_a_card_until_somebody_has_spoken(pages: Pages) -> None:
    """Who signs has not called yet: the board of everybody else must not look like a quiet morning."""
    at = pages.now
    case = urgent(pages, stage=Stage.LEFT, last_resort_at=at, closed_at=at)
    pages.desk = pages.make_desk(telephone=Phones())
    pages.app = make_app(pages.desk)
    nina = await pages.signed_in("nina", Role.NURSE)
    bo = await pages.signed_in("bo", Role.NURSE)
    await nina.post(f"/urgent/{case.id}/sign")
    answer = await bo.get("/urgent")
    page = text_of(answer)
    assert "Nina A. knows of it · nobody has spoken with them yet" in page
    assert "Call now" in page
    assert "Nobody urgent is waiting" not in page
    assert "data-loud" not in answer.text
    assert f'data-row="{red(pages, case).id}"' in answer.text
    assert [entry.about for entry in pages.audit("view") if entry.shown == "Bo A."] == [case.episode]
    admin = await pages.signed_in("max", Role.ADMIN)
    health = text_of(await admin.get("/health"))
    assert "1 urgent caller waits: nobody has spoken with them yet." in health
    assert "alarms to sign: 0" in health
    clinic_of(pages).finishes(red(pages, case), Result.SPOKE)
    assert "Nobody urgent is waiting" in text_of(await bo.get("/urgent"))


async def test_a_red_task_that_no_ladder_works_on_is_loud_until_somebody_has_it(pages: Pages) -> None:
    """A nurse accepted, and the patient was never reached: no alarm came to the last resort."""
    case = urgent(pages, stage=Stage.LEFT, closed_at=pages.now)
    browser = await pages.signed_in("bo", Role.NURSE)
    answer = await browser.get("/urgent")
    assert "nobody has spoken with them yet" in text_of(answer)
    assert "Nobody urgent is waiting" not in text_of(answer)
    assert 'data-loud="unreached"' in answer.text
    await browser.post(f"/work/{red(pages, case).id}/take", {"seen": mark(red(pages, case))})
    answer = await browser.get("/urgent")
    assert "Bo A. has it · nobody has spoken with them yet" in text_of(answer)
    assert "data-loud" not in answer.text


async def test_whoever_is_on_the_ladder_has_one_card(pages: Pages) -> None:
    urgent(pages)
    browser = await pages.signed_in("bo", Role.NURSE)
    assert (await browser.get("/urgent")).text.count("<section") == 1


async def test_a_quiet_board_says_for_which_site(pages: Pages) -> None:
    case = urgent(pages, "2025550180", stage=Stage.LEFT, closed_at=pages.now)
    browser = await pages.signed_in("bo", Role.NURSE, sites=frozenset({NORTH, SOUTH}))
    assert "Nobody urgent is waiting at" in text_of(await browser.get(f"/urgent?site={NORTH}"))
    for path in ("/urgent", f"/urgent?site={case.site}"):
        assert "Nobody urgent" not in text_of(await browser.get(path))


async def test_the_board_of_another_site_is_empty(pages: Pages) -> None:
    at = pages.now
    case = urgent(pages, "2025550180", stage=Stage.LEFT, last_resort_at=at, closed_at=at)
    browser = await pages.signed_in("bo", Role.NURSE)
    assert "Nobody urgent is waiting" in text_of(await browser.get("/urgent"))
    for what in ("take", "sign"):
        assert (await browser.post(f"/urgent/{case.id}/{what}")).status_code in (404, 409)
    assert case_of(pages, case).signed_at is None
