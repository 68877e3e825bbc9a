"""One caller's story on a page, and answering them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from secondring.domain.handling import mark
from secondring.domain.records import Task, TaskState, TextState
from secondring.domain.retention_ports import What
from secondring.domain.staff import Role
from secondring.web.conversation import STATE_WORDS
from tests.support.clinic import ANNA
from tests.support.pages import SOUTH, Pages, text_of, two_sites
from tests.unit.web.test_work import clinic_of, missed, press, task_of

PUT_BACK = "I did not reach them: put it back"


async def test_the_whole_story_is_on_one_page(pages: Pages) -> None:
    task = missed(pages, "is <i>Thursday</i> free")
    browser = await pages.signed_in()
    answer = await browser.get(f"/conversation/{task.episode}")
    page = text_of(answer)
    for words in (
        "The call was missed: nobody picked up.",
        "first-open/en from Northside Clinic",
        "sent",
        "free",
        "For the front desk:",
    ):
        assert words in page, words
    assert "<i>" not in answer.text
    assert "Verdict" not in page
    assert 'title="Verdict missed: ' in answer.text
    assert "(202) 555-0123" in page, "who calls patients sees whole numbers here"
    assert pages.audit("view")[0].about == task.episode


async def test_others_see_two_digits_until_they_ask_and_that_is_written_down(pages: Pages) -> None:
    task = missed(pages)
    browser = await pages.signed_in("max", Role.MANAGER)
    where = f"/conversation/{task.episode}"
    assert "555-0123" not in (await browser.get(where)).text
    await browser.post(f"{where}/reveal")
    assert [entry.about for entry in pages.audit("reveal")] == [task.episode]
    assert "(202) 555-0123" in (await browser.get(where)).text
    pages.wait(minutes=6)
    assert "555-0123" not in (await browser.get(where)).text


async def test_an_answer_goes_out_as_a_text(pages: Pages) -> None:
    task = missed(pages)
    browser = await pages.signed_in()
    answer = await browser.post(
        f"/conversation/{task.episode}/reply", {"words": "Yes,\r\n  Thursday at nine is free."}
    )
    assert answer.status_code == 303
    with pages.store.reading() as books:
        text = books.texts_of(task.episode)[-1]
    assert (text.body, text.state, text.patient) == ("Yes, Thursday at nine is free.", TextState.QUEUED, ANNA)
    sent = clinic_of(pages).send_due()
    assert [text.body for text in sent if text.template == "staff-reply"] == [
        "Yes, Thursday at nine is free."
    ]
    page = text_of(await browser.get(f"/conversation/{task.episode}"))
    assert "Yes, Thursday at nine is free." in page
    assert [entry.what for entry in pages.audit("change")] == ["sent a text"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("", "empty"),
        ("Your test result is here", "clinical word"),
        ("su diagnóstico está listo", "clinical word"),
        ("reply CANCEL to stop", "do not ask for CANCEL"),
        ("x" * 500, "too long"),
        ("x" * 5000, "too long"),
    ],
)
async def test_what_a_text_must_not_say_does_not_go_and_is_not_lost(
    pages: Pages, words: str, told: str
) -> None:
    task = missed(pages)
    browser = await pages.signed_in()
    answer = await browser.post(f"/conversation/{task.episode}/reply", {"words": words})
    assert answer.status_code == 400
    assert told in text_of(answer)
    assert words in answer.text
    with pages.store.reading() as books:
        assert not [text for text in books.texts_of(task.episode) if text.template == "staff-reply"]


async def test_whoever_asked_for_no_texts_gets_none(pages: Pages) -> None:
    task = missed(pages)
    clinic_of(pages).writes("STOP")
    browser = await pages.signed_in()
    page = text_of(await browser.get(f"/conversation/{task.episode}"))
    assert "They asked for no more texts" in page
    answer = await browser.post(f"/conversation/{task.episode}/reply", {"words": "hello again"})
    assert answer.status_code == 409


async def test_the_box_can_begin_with_our_own_words(pages: Pages) -> None:
    task = missed(pages)
    browser = await pages.signed_in()
    page = await browser.get(f"/conversation/{task.episode}?use=About+a+bill")
    assert ">billing/en from Northside Clinic" in page.text


async def test_parts_and_clinical_words_are_told_while_writing(pages: Pages) -> None:
    browser = await pages.signed_in()
    told = (await browser.post("/text-check", {"words": "x" * 161}, None, **{"x-quick": "1"})).json()
    assert (told["parts"], told["left"], told["wrong"]) == (2, 145, [])
    told = (await browser.post("/text-check", {"words": "your biopsy é"})).json()
    assert told["parts"] == 1
    assert "biopsy" in told["wrong"][0]


@pytest.mark.parametrize("wanted", ["E-none", "nonsense", "E-%2e%2e", "E-" + "x" * 99])
async def test_a_conversation_that_is_not_there(pages: Pages, wanted: str) -> None:
    browser = await pages.signed_in()
    assert (await browser.get(f"/conversation/{wanted}")).status_code == 404


async def test_a_conversation_of_another_site_is_not_there_either(pages: Pages) -> None:
    task = missed(pages, did="2025550180")
    browser = await pages.signed_in("bo", Role.NURSE, Role.FRONT_DESK, Role.MANAGER)
    where = f"/conversation/{task.episode}"
    for path in (where, f"{where}/story", f"{where}/to-do"):
        assert (await browser.get(path)).status_code == 404
    for path in (f"{where}/reveal", f"{where}/reply"):
        assert (await browser.post(path, {"words": "hello"})).status_code == 404
    assert (await browser.get(f"/live?topics=&episode={task.episode}")).status_code == 404
    assert not pages.audit("view")
    assert not pages.audit("reveal")


def voicemail_passed_for_a_talk(pages: Pages, text: str = "URGENT") -> Task:
    """A task that closed because a call of ours lasted as long as a talk."""
    task = missed(pages, text)
    clinic_of(pages).calls_back(talked=30)
    task = task_of(pages, task)
    assert task.state is TaskState.DONE
    return task


async def test_a_nurse_who_got_a_voicemail_puts_the_red_task_back(pages: Pages) -> None:
    task = voicemail_passed_for_a_talk(pages)
    browser = await pages.signed_in("nora", Role.NURSE)
    where = f"/conversation/{task.episode}"
    for start in ("/work", "/urgent"):
        assert 'href="/work/done"' in (await browser.get(start)).text, start
    found = await browser.get("/work/done")
    assert f'href="{where}#row-{task.id}"' in found.text
    assert "555-0123" not in found.text
    assert "it ended as “urgent, spoken with”" in text_of(await browser.get("/work"))
    page = await browser.get(where)
    assert "ended: urgent, spoken with" in text_of(page)
    assert PUT_BACK in page.text
    assert f'action="/work/{task.id}/reopen"' in page.text
    answer = await browser.post(f"/work/{task.id}/reopen", {"seen": mark(task), "back": where})
    assert (answer.status_code, answer.headers["location"]) == (303, where)
    again = task_of(pages, task)
    assert (again.state, again.urgent, again.owner) == (TaskState.OPEN, True, None)
    with pages.store.reading() as books:
        episode = books.episode(task.episode)
    assert episode is not None
    assert (episode.is_open, episode.urgent_reached_at) == (True, None)
    assert [(entry.what, entry.about) for entry in pages.audit("change")] == [
        ("put a task back", task.episode)
    ]
    page = await browser.get(where)
    assert PUT_BACK not in page.text
    assert "Nora A. put the task back on the list" in text_of(page)
    assert "tried, not reached" in text_of(await browser.get("/work"))
    assert "nobody has spoken with them yet" in text_of(await browser.get("/urgent"))


async def test_done_lately_is_what_one_may_see_of_the_last_day(pages: Pages) -> None:
    task = voicemail_passed_for_a_talk(pages)
    billing = await pages.signed_in("bill", Role.BILLING)
    assert "Nothing was done in the last day." in text_of(await billing.get("/work/done"))
    nurse = await pages.signed_in("nora", Role.NURSE)
    assert "staff called back and spoke with the caller" in text_of(await nurse.get("/work/done"))
    assert [(entry.what, entry.about) for entry in pages.audit("view")] == [("done lately", task.episode)]
    pages.wait(hours=25)
    later = await pages.signed_in("nora", Role.NURSE)
    assert "Nothing was done in the last day." in text_of(await later.get("/work/done"))


async def test_what_somebody_put_back_first_is_not_put_back_twice(pages: Pages) -> None:
    task = voicemail_passed_for_a_talk(pages)
    browser = await pages.signed_in("nora", Role.NURSE)
    assert (await press(browser, task, "reopen")).status_code == 200
    assert (await press(browser, task, "reopen")).status_code == 409
    assert (await press(browser, task_of(pages, task), "reopen")).status_code == 409, "it is open"
    assert len(pages.audit("change")) == 1


@pytest.mark.parametrize(
    ("name", "roles", "sites", "status"),
    [
        ("bill", (Role.BILLING,), None, 404),
        ("sue", (Role.NURSE,), frozenset({SOUTH}), 404),
        ("adam", (Role.ADMIN,), None, 403),
    ],
)
async def test_who_may_not_finish_a_task_may_not_put_it_back(
    pages: Pages, name: str, roles: tuple[Role, ...], sites: frozenset[str] | None, status: int
) -> None:
    task = voicemail_passed_for_a_talk(pages)
    browser = await pages.signed_in(name, *roles, sites=sites)
    assert (await press(browser, task, "reopen")).status_code == status
    assert task_of(pages, task) == task


async def test_a_nurse_sees_no_button_for_a_task_of_another_queue(pages: Pages) -> None:
    task = missed(pages, "BILLING")
    await press(await pages.signed_in(), task, "done", result="resolved")
    assert task_of(pages, task).state is TaskState.DONE
    where = f"/conversation/{task.episode}"
    assert PUT_BACK not in (await (await pages.signed_in("nora", Role.NURSE)).get(where)).text
    page = await (await pages.signed_in("dora", Role.FRONT_DESK)).get(where)
    assert PUT_BACK in page.text
    assert "Ana A. resolved it without a call" in text_of(page)


async def test_a_bill_is_due_at_the_end_of_a_day_and_not_on_the_next(pages: Pages) -> None:
    task = missed(pages, "BILLING")
    midnight = datetime(2026, 3, 4, tzinfo=ZoneInfo("America/New_York"))
    with pages.store.transaction() as books:
        books.save_task(replace(task, due_at=midnight.astimezone(UTC)))
    browser = await pages.signed_in()
    for where in ("/work", f"/conversation/{task.episode}", f"/conversation/{task.episode}/to-do"):
        page = text_of(await browser.get(where))
        assert "due Tue, end of day" in page, where
        assert "12:00" not in page, where


async def test_in_shadow_mode_the_page_says_that_no_text_goes() -> None:
    both = two_sites()
    pages = Pages(rules=replace(both, sites=tuple(replace(site, shadow=True) for site in both.sites)))
    clinic = clinic_of(pages)
    clinic.misses()
    browser = await pages.signed_in()
    page = await browser.get(f"/conversation/{clinic.episode.id}")
    assert page.status_code == 200
    assert "not sent: shadow mode" in text_of(page)


def test_every_state_of_a_text_has_its_words() -> None:
    assert set(STATE_WORDS) == set(TextState)


async def test_a_story_whose_words_and_number_are_removed_says_so(pages: Pages) -> None:
    task = missed(pages, "my knee hurts")
    later = pages.now + timedelta(days=9)
    with pages.store.transaction() as books:
        books.save_task(replace(task, state=TaskState.DONE, closed_at=pages.now))
        episode = books.episode(task.episode)
        assert episode is not None
        books.save_episode(replace(episode, closed_at=episode.window_ends_at))
        for text in books.texts_of(episode.id):
            books.save_text(replace(text, state=TextState.DELIVERED if text.outgoing else text.state))
        assert books.remove(What.NUMBERS, before=later, limit=9).rows["episodes"] == 1
    browser = await pages.signed_in()
    page = text_of(await browser.get(f"/conversation/{task.episode}"))
    assert "Number removed" in page
    assert page.count("(removed: what was said is kept for a limited time)") >= 2
    assert "knee" not in page
    assert "There is no number to text." in page
