"""Working off the list: what is shown to whom, and that two people never share a row."""

import itertools
from dataclasses import replace
from typing import Any

import httpx
import pytest

from secondring.domain import pulse
from secondring.domain.deskwork import Result
from secondring.domain.errors import PeerError
from secondring.domain.handling import mark
from secondring.domain.labels import title_in_words
from secondring.domain.phone import PhoneNumber
from secondring.domain.records import Outcome, Task, TaskState
from secondring.domain.staff import Role
from secondring.domain.triage_events import Why
from secondring.web.app import make_app
from tests.support.clinic import ANNA, BEN, Clinic
from tests.support.pages import NORTH, SOUTH, Browser, Pages, text_of

QUICK = {"x-quick": "1"}


class Phones:
    """A telephone that rings nobody."""

    def __init__(self, answer: Why | PeerError | None = None, *, up: bool = True) -> None:
        self.is_up = up
        self.answer = answer
        self.rung: list[tuple[str, PhoneNumber]] = []

    async def call_back(self, *, phone: str, patient: PhoneNumber, site: Any) -> Why | None:
        self.rung.append((phone, patient))
        if isinstance(self.answer, PeerError):
            raise self.answer
        return self.answer


@pytest.mark.parametrize(
    ("kept", "shown"),
    [
        ("Call back (opted-out)", "Call back (they want no texts)"),
        (
            "Call back (called again after our text); Call back (late)",
            "Call back (called again after our text); Call back (too late for a text)",
        ),
        ("Call back (a-rule-of-tomorrow)", "Call back (a-rule-of-tomorrow)"),
        ("Question about a bill", "Question about a bill"),
    ],
)
def test_a_rule_in_a_title_is_said_in_words(kept: str, shown: str) -> None:
    assert title_in_words(kept) == shown


CALLS = itertools.count(1000, 1000)
"""Each little clinic begins to count its calls where no other does."""


def clinic_of(pages: Pages) -> Clinic:
    return Clinic(rules=pages.rules, now=pages.now, store=pages.store, _counter=next(CALLS))


def missed(
    pages: Pages, text: str = "hello there friend", number: PhoneNumber = ANNA, did: str = "2025550100"
) -> Task:
    """A missed call that was answered by text, and the task that came of it."""
    clinic = clinic_of(pages)
    clinic.misses(number, did=did)
    clinic.wait(seconds=4).send_due()
    clinic.writes(text, number, to=pages.rules.site_of_did(did).sender)
    pages.now = clinic.now
    return next(task for task in clinic.tasks if task.caller == number)


def task_of(pages: Pages, task: Task) -> Task:
    with pages.store.reading() as books:
        found = books.task(task.id)
    assert found is not None
    return found


async def press(browser: Browser, task: Task, what: str, **fields: str) -> httpx.Response:
    return await browser.post(f"/work/{task.id}/{what}", {"seen": mark(task)} | fields, None, **QUICK)


def with_phones(pages: Pages, phones: Phones) -> Phones:
    pages.desk = pages.make_desk(telephone=phones)
    pages.app = make_app(pages.desk)
    return phones


async def test_a_row_says_who_called_and_what_they_want(pages: Pages) -> None:
    missed(pages, "can I bring my daughter <b>along</b>")
    browser = await pages.signed_in()
    answer = await browser.get("/work")
    page = text_of(answer)
    assert "1 to do" in page
    assert "can I bring my daughter" in page
    assert "<b>along" not in answer.text
    assert "••23" in page
    assert "555-0123" not in answer.text
    assert ANNA.e164 not in answer.text


async def test_every_caller_that_is_shown_is_written_down_once(pages: Pages) -> None:
    task = missed(pages)
    browser = await pages.signed_in()
    for _ in range(3):
        await browser.get("/work")
        await browser.get("/work/rows", **{"x-live": "1"})
    views = pages.audit("view")
    assert [(entry.about, entry.what, entry.site) for entry in views] == [(task.episode, "work list", NORTH)]


async def test_an_empty_list_says_what_was_last(pages: Pages) -> None:
    browser = await pages.signed_in()
    assert "No call was missed in the last week" in text_of(await browser.get("/work"))
    task = missed(pages)
    with pages.store.transaction() as books:
        pages.desk.deskwork.done(books, task.id, "ana", Result.SPOKE, pages.now)
    page = text_of(await browser.get("/work"))
    assert "Nobody is waiting." in page
    assert "ended as “spoken with”" in page


async def test_of_two_who_press_at_once_one_has_it_and_the_other_is_told_who(pages: Pages) -> None:
    task = missed(pages)
    ana, cam = await pages.signed_in("ana"), await pages.signed_in("cam")
    first, second = await press(ana, task, "take"), await press(cam, task, "take")
    assert (first.status_code, first.json()["words"]) == (200, "It is yours.")
    assert second.status_code == 409
    assert second.json()["words"].startswith("Ana A. has it")
    assert task_of(pages, task).owner == "ana"


async def test_without_script_they_come_back_to_the_list_and_are_told(pages: Pages) -> None:
    task = missed(pages)
    browser = await pages.signed_in()
    answer = await browser.post(
        f"/work/{task.id}/take", {"seen": mark(task), "back": "/work?queue=front-desk"}
    )
    assert (answer.status_code, answer.headers["location"]) == (303, "/work?queue=front-desk")
    assert "It is yours." in text_of(await browser.get("/work"))
    assert "It is yours." not in text_of(await browser.get("/work"))


@pytest.mark.parametrize("back", ["https://evil.example", "//evil.example", "/\\evil"])
async def test_no_form_leads_elsewhere(pages: Pages, back: str) -> None:
    task = missed(pages)
    browser = await pages.signed_in()
    answer = await browser.post(f"/work/{task.id}/take", {"seen": mark(task), "back": back})
    assert answer.headers["location"] == "/work"


async def test_give_back_note_give_away_and_put_off(pages: Pages) -> None:
    task = missed(pages)
    browser = await pages.signed_in()
    await pages.signed_in("cam")
    await press(browser, task, "take")
    await press(browser, task_of(pages, task), "release")
    assert task_of(pages, task).owner is None
    await press(browser, task_of(pages, task), "note", note="prefers afternoons")
    with pages.store.reading() as books:
        assert [note.words for note in books.notes_of(task.episode)] == ["prefers afternoons"]
    await press(browser, task_of(pages, task), "snooze", until="1-hour")
    assert task_of(pages, task).snoozed_until is not None
    await press(browser, task_of(pages, task), "reassign", queue="billing", owner="cam")
    moved = task_of(pages, task)
    assert (moved.queue, moved.owner) == ("billing", "cam")
    assert (await press(browser, moved, "reassign", queue="billing", owner="nobody")).status_code == 409
    changes = [entry.what for entry in pages.audit("change")]
    assert len(changes) == 5
    assert all(entry.about == task.episode for entry in pages.audit("change"))


async def test_a_row_is_not_given_to_whoever_would_not_see_it(pages: Pages) -> None:
    """It would be a nurse's, on nobody's list."""
    task = missed(pages)
    browser = await pages.signed_in()
    nurse = await pages.signed_in("nia", Role.NURSE)
    answer = await press(browser, task, "reassign", queue="front-desk", owner="nia")
    assert answer.status_code == 409
    assert "does not see the rows of the front desk" in answer.json()["words"]
    assert task_of(pages, task) == task
    await press(browser, task, "reassign", queue="care-team", owner="nia")
    assert task_of(pages, task).owner == "nia"
    assert "1 to do" in text_of(await nurse.get("/work"))


async def test_done_closes_the_episode(pages: Pages) -> None:
    task = missed(pages)
    browser = await pages.signed_in()
    assert (await press(browser, task, "done", result="nonsense")).status_code == 400
    answer = await press(browser, task, "done", result="booked", note="Tuesday at nine")
    assert answer.json()["words"] == "Done."
    with pages.store.reading() as books:
        episode = books.episode(task.episode)
    assert episode is not None
    assert episode.outcome is Outcome.BOOKED


async def test_what_is_urgent_ends_only_when_somebody_has_spoken(pages: Pages) -> None:
    task = missed(pages, "URGENT")
    browser = await pages.signed_in()
    for what, field in (("done", {"result": "resolved"}), ("snooze", {"until": "1-hour"})):
        assert (await press(browser, task, what, **field)).status_code == 409
    assert (await press(browser, task, "done", result="spoke")).status_code == 200


async def test_call_back_rings_the_clerk_then_the_patient_and_takes_the_row(pages: Pages) -> None:
    phones = with_phones(pages, Phones())
    task = missed(pages)
    browser = await pages.signed_in()
    assert "Call back" in text_of(await browser.get("/work"))
    answer = await press(browser, task, "call")
    assert "Your phone rings" in answer.json()["words"]
    await pages.desk.errands.finish()
    assert phones.rung == [("1001", ANNA)]
    assert task_of(pages, task).owner == "ana"
    with pages.store.reading() as books:
        assert books.decisions_of(task.episode)[-1].action == "call-back"
    clinic_of(pages).calls_back(talked=30)
    assert task_of(pages, task).state is TaskState.DONE


@pytest.mark.parametrize(
    ("answer", "because"),
    [(Why.NO_ANSWER, "your phone was not picked up"), (PeerError("the link broke"), "The link broke.")],
)
async def test_a_call_that_came_to_nothing_stands_in_the_story(
    pages: Pages, answer: Why | PeerError, because: str
) -> None:
    with_phones(pages, Phones(answer))
    task = missed(pages)
    browser = await pages.signed_in()
    await press(browser, task, "call")
    await pages.desk.errands.finish()
    assert because in text_of(await browser.get(f"/conversation/{task.episode}"))


async def test_a_phone_that_does_not_ring_is_told_of_at_once_with_the_number_to_dial(pages: Pages) -> None:
    with_phones(pages, Phones(Why.UNAVAILABLE))
    task = missed(pages)
    browser = await pages.signed_in()
    answer = await press(browser, task, "call")
    words = answer.json()["words"]
    assert answer.status_code == 409
    assert words.startswith("Dial (202) 555-0123 on any phone. Your phone 1001 does not ring: ")
    assert "the PBX cannot reach your phone" in words
    assert task_of(pages, task).owner == "ana"
    assert [entry.about for entry in pages.audit("reveal")] == [task.episode]


async def test_nobody_calls_for_somebody_else(pages: Pages) -> None:
    phones = with_phones(pages, Phones())
    task = missed(pages)
    ana, cam = await pages.signed_in("ana"), await pages.signed_in("cam")
    await press(ana, task, "take")
    assert (await press(cam, task_of(pages, task), "call")).status_code == 409
    assert (await press(cam, task, "call")).status_code == 409
    assert phones.rung == []


@pytest.mark.parametrize(("phones", "phone"), [(None, "1001"), (Phones(up=False), "1001"), (Phones(), "")])
async def test_where_nobody_can_be_rung_it_says_what_still_works(
    pages: Pages, phones: Phones | None, phone: str
) -> None:
    if phones:
        with_phones(pages, phones)
    task = missed(pages)
    browser = await pages.signed_in(phone=phone)
    answer = await press(browser, task, "call")
    assert answer.status_code in (409, 503)
    assert "phone" in answer.json()["words"]
    assert task_of(pages, task).owner is None


async def test_whoever_has_no_phone_here_gets_the_number_to_dial_and_that_is_written_down(
    pages: Pages,
) -> None:
    with_phones(pages, Phones())
    task = missed(pages)
    browser = await pages.signed_in(phone="")
    words = (await press(browser, task, "call")).json()["words"]
    assert words.startswith("Dial (202) 555-0123 on any phone.")
    assert "secondring user phone ana PHONE" in words
    whole_page = await browser.post(f"/work/{task.id}/call", {"seen": mark(task)})
    assert (whole_page.status_code, "(202) 555-0123" in text_of(whole_page)) == (409, True)
    shown = pages.audit("reveal")
    assert [(entry.about, entry.site, entry.user is None) for entry in shown] == [
        (task.episode, task.site, False)
    ] * 2
    assert "555" not in repr(shown)


async def test_no_number_is_told_of_somebody_elses_row(pages: Pages) -> None:
    with_phones(pages, Phones())
    theirs, taken = missed(pages, did="2025550180"), missed(pages, number=BEN)
    await press(await pages.signed_in("cam"), taken, "take")
    browser = await pages.signed_in(phone="")
    for task, status in ((theirs, 404), (taken, 409)):
        answer = await press(browser, task, "call")
        assert (answer.status_code, "Dial" in answer.json()["words"]) == (status, False)
    assert pages.audit("reveal") == []


async def test_the_list_can_be_narrowed_to_a_site_and_a_queue(pages: Pages) -> None:
    missed(pages, "BILLING")
    missed(pages, "REFILL", BEN, did="2025550180")
    browser = await pages.signed_in("max", Role.MANAGER, sites=None)
    assert "2 to do" in text_of(await browser.get("/work"))
    assert "Prescription" not in text_of(await browser.get("/work?site=north"))
    assert "Question" not in text_of(await browser.get("/work?queue=care-team"))
    assert "2 to do" in text_of(await browser.get("/work?site=nowhere&queue=nothing"))


async def test_billing_sees_billing_and_nothing_else(pages: Pages) -> None:
    bill, other = missed(pages, "BILLING"), missed(pages, "REFILL", BEN)
    browser = await pages.signed_in("bea", Role.BILLING)
    page = text_of(await browser.get("/work"))
    assert "Question about a bill" in page
    assert "Prescription" not in page
    assert (await browser.get(f"/conversation/{bill.episode}")).status_code == 200
    assert (await browser.get(f"/conversation/{other.episode}")).status_code == 404
    assert (await press(browser, other, "take")).status_code == 404


async def test_a_row_of_another_site_is_as_good_as_not_there(pages: Pages) -> None:
    task = missed(pages, did="2025550180")
    assert task.site == SOUTH
    browser = await pages.signed_in()
    assert "••23" not in (await browser.get("/work")).text
    for what in ("take", "release", "done", "note", "reassign", "snooze"):
        fields = {"result": "spoke", "note": "x", "queue": "billing", "until": "1-hour"}
        foreign = await press(browser, task, what, **fields)
        absent = await press(browser, replace(task, id="T-none"), what, **fields)  # type: ignore[arg-type]
        assert (
            (foreign.status_code, foreign.json())
            == (absent.status_code, absent.json())
            == (404, foreign.json())
        )
    assert task_of(pages, task) == task


async def test_the_mark_of_a_screen_is_green_only_while_the_phones_are_heard(pages: Pages) -> None:
    """The link of the screen may be up while the one to the telephone system is down."""
    browser = await pages.signed_in("bo", Role.NURSE, Role.FRONT_DESK)
    heard, deaf = 'class="lamp" data-lamp data-current="up to date"', 'data-current="phones not heard"'
    for path in ("/work", "/urgent"):
        assert heard in (await browser.get(path)).text
    with pages.store.transaction() as books:
        pulse.keep(books, pulse.State.UNLINKED, pages.now)
    for _ in range(2):
        pages.wait(seconds=20)
        with pages.store.transaction() as books:
            pulse.keep(books, pulse.State.UNLINKED, pages.now)
    for path in ("/work", "/urgent"):
        page = (await browser.get(path)).text
        assert 'class="lamp deaf"' in page
        assert deaf in page
        assert "up to date" not in page


async def test_a_row_that_is_reserved_is_called_mine_and_rings_nothing(pages: Pages) -> None:
    task = missed(pages)
    phones = Phones()
    pages.desk = pages.make_desk(telephone=phones)
    pages.app = make_app(pages.desk)
    browser = await pages.signed_in()
    for path in ("/work", f"/conversation/{task.episode}"):
        page = (await browser.get(path)).text
        assert ">Mine</button>" in page
        assert "Take it" not in page
    assert (await press(browser, task, "take")).status_code == 200
    assert phones.rung == []
    assert "Give back" in text_of(await browser.get("/work"))


async def test_an_empty_queue_does_not_say_that_nobody_waits(pages: Pages) -> None:
    missed(pages, "URGENT my knee")
    browser = await pages.signed_in()
    page = text_of(await browser.get("/work?queue=billing"))
    assert "Nothing is on the list." in page
    assert "Nobody is waiting" not in page


@pytest.mark.parametrize("state", [pulse.State.STOPPED, pulse.State.LISTENING])
async def test_an_empty_list_is_no_quiet_morning_when_nobody_listens(
    pages: Pages, state: pulse.State
) -> None:
    """The service was stopped, or died without a word."""
    with pages.store.transaction() as books:
        pulse.keep(books, state, pages.now)
    pages.wait(minutes=1)
    browser = await pages.signed_in("bo", Role.NURSE, Role.FRONT_DESK)
    for path, quiet in (("/work", "Nobody is waiting"), ("/urgent", "Nobody urgent is waiting")):
        page = text_of(await browser.get(path))
        assert "stopped since" in page if state is pulse.State.STOPPED else "not been heard of since" in page
        assert "pick up the phone" in page
        assert quiet not in page
    assert "Something is broken" in text_of(await browser.get("/health"))
