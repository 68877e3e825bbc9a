"""One caller's story on a page, and answering them."""

import pytest

from secondring.domain.records import TextState
from secondring.domain.staff import Role
from tests.support.clinic import ANNA
from tests.support.pages import Pages, text_of
from tests.unit.web.test_work import clinic_of, missed


async def test_the_whole_story_is_on_one_page(pages: Pages) -> None:
    task = missed(pages, "is <i>Thursday</i> free")
    browser = await pages.signed_in()
    answer = await browser.get(f"/conversation/{task.episode}")
    page = text_of(answer)
    for words in (
        "Verdict missed",
        "first-open/en from Northside Clinic",
        "sent",
        "free",
        "Task for front-desk",
    ):
        assert words in page, words
    assert "<i>" not in answer.text
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
