"""Emergency access: who opens it gives a reason, people are told, all is marked, and it ends."""

import pytest

from secondring.domain import alarms
from secondring.domain.emergency import KIND
from secondring.domain.staff import Role, SessionRules
from secondring.web.app import make_app
from tests.support.clinic import BEN
from tests.support.pages import NORTH, Browser, Pages, text_of
from tests.unit.web.test_work import missed

REASON = "The nurse of Southside is out and a caller is unwell"
FOREIGN = "2025550180"


async def opened(pages: Pages, *roles: Role) -> Browser:
    browser = await pages.signed_in("ana", *(roles or (Role.BILLING,)))
    answer = await browser.post("/account/emergency", {"reason": REASON})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    return browser


async def test_a_row_of_another_site_and_queue_opens_and_every_look_is_marked(pages: Pages) -> None:
    task = missed(pages, "URGENT my knee", number=BEN, did=FOREIGN)
    browser = await pages.signed_in("ana", Role.BILLING)
    path = f"/conversation/{task.episode}"
    assert (await browser.get(path)).status_code in (403, 404)
    await browser.post("/account/emergency", {"reason": REASON})
    answer = await browser.get(path)
    assert answer.status_code == 200
    assert "Emergency access, for 1 h more" in text_of(answer)
    first, look = pages.audit("emergency")[0], pages.audit("view")[0]
    assert REASON in first.what
    assert (look.what, look.about) == ("emergency access: conversation", task.episode)


async def test_people_are_told_who_and_the_alarm_does_not_repeat_the_reason(pages: Pages) -> None:
    await opened(pages)
    with pages.store.reading() as books:
        alarm = books.last_alarm(KIND, "")
        assert alarm is not None
        assert "Ana A. (ana)" in alarm.because
        assert REASON not in alarm.because
        assert books.count_jobs(alarms.JOB, due_before=pages.now.replace(year=2100))[0] == 1


@pytest.mark.parametrize("reason", ["", "   ", "because", "          x"])
async def test_without_a_reason_it_stays_shut(pages: Pages, reason: str) -> None:
    browser = await pages.signed_in("ana", Role.BILLING)
    assert (await browser.post("/account/emergency", {"reason": reason})).status_code == 400
    assert pages.saved().sites == frozenset({NORTH})
    assert not pages.audit("emergency")


async def test_a_number_in_the_reason_is_not_kept(pages: Pages) -> None:
    browser = await pages.signed_in("ana", Role.BILLING)
    await browser.post("/account/emergency", {"reason": "must call (202) 555-0123 back at once"})
    assert "0123" not in pages.audit("emergency")[0].what


async def test_it_ends_by_itself_by_hand_and_with_the_session(pages: Pages) -> None:
    browser = await opened(pages)
    assert (await browser.get("/urgent")).status_code == 200
    pages.wait(minutes=20)
    await browser.get("/account")
    pages.wait(minutes=20)
    await browser.get("/account")
    pages.wait(minutes=20)
    assert (await browser.get("/urgent")).status_code == 403
    await browser.post("/account/emergency", {"reason": REASON})
    assert (await browser.get("/urgent")).status_code == 200
    assert (await browser.post("/account/emergency/end")).status_code == 303
    assert (await browser.get("/urgent")).status_code == 403
    await browser.post("/account/emergency", {"reason": REASON})
    await browser.post("/log-out")
    await browser.log_in()
    assert (await browser.get("/urgent")).status_code == 403


async def test_it_is_of_one_session_and_leaves_the_account_as_it_is(pages: Pages) -> None:
    await opened(pages)
    other = await pages.signed_in("ana")
    assert (await other.get("/urgent")).status_code == 403
    assert (pages.saved().roles, pages.saved().sites) == (frozenset({Role.BILLING}), frozenset({NORTH}))


@pytest.mark.parametrize("path", ["/settings", "/audit", "/dashboard", "/settings/users"])
async def test_it_gives_nothing_of_managers_and_administrators(pages: Pages, path: str) -> None:
    browser = await opened(pages, Role.ADMIN, Role.MANAGER)
    assert (await browser.get(path)).status_code == 403
    await browser.post("/account/emergency/end")
    assert (await browser.get(path)).status_code == 200


async def test_a_clinic_may_have_none(pages: Pages) -> None:
    pages.logins = SessionRules(emergency=None)
    pages.desk = pages.make_desk()
    pages.app = make_app(pages.desk)
    browser = await pages.signed_in("ana", Role.BILLING)
    assert "mergency" not in (await browser.get("/account")).text
    assert (await browser.get("/account/emergency")).status_code == 404
    assert (await browser.post("/account/emergency", {"reason": REASON})).status_code == 404
    assert (await browser.get("/urgent")).status_code == 403
