"""What patients tell staff about texts, kept from the page of the conversation."""

from secondring.domain.records import TextState
from tests.support.clinic import ANNA
from tests.support.pages import Pages, text_of
from tests.unit.web.test_work import clinic_of, missed


async def test_no_more_texts_told_on_the_phone_counts_at_once_and_is_written_down(pages: Pages) -> None:
    task = missed(pages)
    browser = await pages.signed_in()
    where = f"/conversation/{task.episode}"
    await browser.post(f"{where}/reply", {"words": "We have a time on Thursday."})
    answer = await browser.post(f"{where}/no-texts", {"words": "please  just phone me"})
    assert answer.status_code == 303
    with pages.store.reading() as books:
        (entry,) = books.consents(ANNA)
        waiting = [text for text in books.texts_of(task.episode) if text.template == "staff-reply"]
    assert (entry.opted_out, entry.source, entry.words, entry.by) == (
        True,
        "staff",
        "please just phone me",
        "ana",
    )
    assert [text.state for text in waiting] == [TextState.CANCELLED]
    assert clinic_of(pages).send_due() == []
    assert pages.audit("change")[0].what == "kept that they want no texts"
    assert "Ana A. wrote down that the caller wants no more texts" in text_of(await browser.get(where))


async def test_texts_again_needs_the_patients_own_request_and_their_words(pages: Pages) -> None:
    task = missed(pages)
    clinic_of(pages).writes("STOP")
    browser = await pages.signed_in()
    where = f"/conversation/{task.episode}/texts-again"
    assert (await browser.post(where, {"words": "you may text me"})).status_code == 409
    assert (await browser.post(where, {"words": "  ", "asked": "yes"})).status_code == 409
    with pages.store.reading() as books:
        assert len(books.consents(ANNA)) == 1
    assert (await browser.post(where, {"words": "you may text me", "asked": "yes"})).status_code == 303
    with pages.store.reading() as books:
        newest = books.consent(ANNA)
    assert newest is not None
    assert (newest.opted_out, newest.words, newest.by) == (False, "you may text me", "ana")


async def test_an_opt_out_without_what_was_said_is_none(pages: Pages) -> None:
    task = missed(pages)
    browser = await pages.signed_in()
    answer = await browser.post(f"/conversation/{task.episode}/no-texts", {"words": " "})
    assert answer.status_code == 409
    with pages.store.reading() as books:
        assert books.consents(ANNA) == []
