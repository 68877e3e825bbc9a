"""The manager's pages: what they say, the rows behind it, files for a spreadsheet; each with its own sites only."""

import csv
import io
import re
from datetime import datetime, timedelta
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from httpx import Response
from hypothesis import given, settings
from hypothesis import strategies as st

from secondring.domain.metrics_rows import Place
from secondring.domain.phone import PhoneNumber
from secondring.domain.records import Intent, Outcome
from secondring.domain.retention_ports import What
from secondring.domain.staff import Role
from secondring.domain.verdict import Verdict
from secondring.domain.weeks import Week
from secondring.web.dashboard.rows_page import A_PAGE
from tests.support.books import ANNA, a_call
from tests.support.pages import NORTH, SOUTH, Browser, Pages, text_of
from tests.support.weeks import WEEK, Pen, after

THERE, ELSEWHERE = Place(NORTH, "America/New_York"), Place(SOUTH, "America/New_York")
CHARGED: dict[str, Any] = {"queue": "=HYPERLINK(1)", "reason": "<script>alert(1)</script>"}


@pytest.fixture
def pages(pages: Pages) -> Pages:
    """Monday after a week in which 84 callers were missed at Northside and 30 at Southside."""
    pages.now = after(WEEK)
    north, south = Pen(pages.store, THERE), Pen(pages.store, ELSEWHERE, written=10_000)
    north.week(WEEK.plus(-1), 100, replied=50, won=67)
    north.week(WEEK, 84, replied=40, won=61)
    north.answered(WEEK, 12)
    south.week(WEEK, 30, won=3, caller=PhoneNumber("+12025550188"))
    return pages


async def manager(pages: Pages, *roles: Role, **changes: object) -> Browser:
    return await pages.signed_in("max", *(roles or (Role.MANAGER,)), **changes)


def plain(answer: Response) -> str:
    return unescape(text_of(answer)).replace("\u00a0", " ")


async def test_the_page_begins_with_one_sentence(pages: Pages) -> None:
    browser = await manager(pages)
    answer = await browser.get("/dashboard")
    assert re.search(r"<h1[^>]*>(.*?)</h1>", answer.text)
    told = plain(answer)
    assert "Last week 61 of 84 missed callers were recovered: 73 %, up 6 points." in told
    assert "84 missed : the calls of 96 calls" in told
    order = ["recovered: 73", "From missed to won back", "Trend", "When calls are missed", "What to fix"]
    assert [told.index(words) for words in order] == sorted(told.index(words) for words in order)


async def test_every_site_that_is_theirs_and_no_other_is_counted(pages: Pages) -> None:
    everywhere = await manager(pages, sites=None)
    assert "64 of 114 missed callers" in plain(await everywhere.get("/dashboard"))
    assert "3 of 30 missed callers" in plain(await everywhere.get("/dashboard?site=south"))
    only_north = await pages.signed_in("nora", Role.MANAGER)
    answer = await only_north.get("/dashboard?site=south")
    assert "61 of 84 missed callers" in plain(answer)
    assert "Southside" not in answer.text
    rows = await only_north.get("/dashboard/rows?show=missed&site=south")
    assert "84 in week 2026-W10" in plain(rows)
    exported = await only_north.get("/dashboard/export.csv?site=south")
    assert ",south," not in exported.text


async def _listed(browser: Browser, path: str) -> int:
    """How many rows all pages of a listing have together."""
    found = 0
    while path:
        answer = await browser.get(path)
        assert answer.status_code == 200, answer.text
        found += len(re.findall(r"<tr>\s*<td", answer.text))
        older = re.search(r'href="([^"]*)">Older', answer.text)
        path = unescape(older[1]) if older else ""
    return found


async def test_every_number_leads_to_exactly_its_rows(pages: Pages) -> None:
    browser = await manager(pages, sites=None)
    text = (await browser.get("/dashboard")).text
    links = set(re.findall(r'<td class="number"><a href="([^"]*/rows[^"]*)">([\d,]+)', text))
    assert len(links) > 15
    for link, number in links:
        assert await _listed(browser, unescape(link)) == int(number.replace(",", "")), link
    every = {unescape(link) for link in re.findall(r'href="([^"]*/rows[^"]*)"', text)}
    for link in every:
        assert (await browser.get(link)).status_code == 200, link


async def test_rows_come_a_page_at_a_time_with_masked_numbers_and_are_audited(pages: Pages) -> None:
    browser = await manager(pages)
    answer = await browser.get("/dashboard/rows?show=missed")
    assert len(re.findall(r"<tr>\s*<td", answer.text)) == A_PAGE
    assert "(•••) •••-••23" in plain(answer)
    assert ANNA.e164[-7:] not in re.sub(r"\D", "", answer.text.replace(ANNA.masked, ""))
    assert await _listed(browser, "/dashboard/rows?show=missed") == 84
    assert [entry.what for entry in pages.audit("view")][-1] == "figures: missed"


async def test_a_call_opens_from_the_hour_in_which_it_was_missed(pages: Pages) -> None:
    browser = await manager(pages)
    text = (await browser.get("/dashboard")).text
    slots = re.findall(r'href="([^"]*by=hour[^"]*)">(\d+) of (\d+)', text)
    assert sum(int(missed) for _, missed, _ in slots) == 84
    for link, missed, _ in slots[:5]:
        assert await _listed(browser, unescape(link)) == int(missed)


async def test_calls_that_no_figure_counts_are_listed_with_their_reason(pages: Pages) -> None:
    at = WEEK.span("America/New_York").begins + timedelta(hours=30)
    with pages.store.transaction() as books:
        for number in (70_001, 70_002):
            books.save_call(
                a_call(
                    number,
                    site=NORTH,
                    started_at=at,
                    ended_at=at,
                    verdict=Verdict.IGNORED,
                    reason="own-number",
                )
            )
    browser = await manager(pages)
    answer = await browser.get("/dashboard")
    every, link = re.findall(r'href="([^"]*show=calls-ignored[^"]*)"', answer.text)
    assert "2 of 98 calls" in plain(answer)
    assert await _listed(browser, unescape(every)) == 2
    assert await _listed(browser, unescape(link)) == 2
    assert "Excluded calls: own-number" in plain(await browser.get(unescape(link)))


async def test_what_drifted_leads_to_the_rows_of_the_week_that_it_is_about(pages: Pages) -> None:
    north = Pen(pages.store, THERE, written=60_000)
    for back in range(2, 5):
        north.week(WEEK.plus(-back), 100, replied=90, won=60)
    browser = await manager(pages, sites=None)
    for path in ("/dashboard?weeks=4", "/dashboard/week?weeks=4"):
        text = (await browser.get(path)).text
        (link,) = re.findall(r'finding-replies">.*?href="([^"]*)"', text)
        assert parse_qs(urlsplit(unescape(link)).query)["weeks"] == ["1"], "the number is that of one week"


async def test_each_chart_has_its_table_on_paper_too(pages: Pages) -> None:
    browser = await manager(pages)
    text = (await browser.get("/dashboard/week")).text
    drawn, tables = text.count("<svg"), text.count("<table")
    assert drawn == tables == 3


async def test_weeks_before_the_first_call_are_not_drawn_as_weeks_without_missed_callers(
    pages: Pages,
) -> None:
    answer = await (await manager(pages)).get("/dashboard")
    table = answer.text[answer.text.index("Missed callers as a table") :].split("</table>")[0]
    weeks = re.findall(r"<tr><th[^>]*>[^<]+</th><td><a[^>]*>([^<]+)<", table)
    assert weeks == ["84", "100"]


async def test_urgent_callers_have_a_trend(pages: Pages) -> None:
    at = WEEK.span("America/New_York").begins + timedelta(hours=30)
    Pen(pages.store, THERE, written=60_000).week(
        WEEK, 2, urgent_at=at, urgent_reached_at=at + timedelta(seconds=90)
    )
    told = plain(await (await manager(pages)).get("/dashboard"))
    assert "90 s, 2 of 2 spoken with" in told


@pytest.mark.parametrize(
    "path",
    [
        "/dashboard?until=yesterday", "/dashboard?weeks=5", "/dashboard?weeks=-1", "/dashboard?weeks=9e9",
        "/dashboard/rows?show=everything", "/dashboard/rows?show=missed&by=hour&value=0-9",
        "/dashboard/rows?show=calls-missed&by=hour&value=9-9", "/dashboard/rows?show=calls-missed&by=did",
        "/dashboard/rows?show=calls-missed&after=nonsense", "/dashboard/export.csv?show=nothing",
    ],
)  # fmt: skip
async def test_what_there_is_not_is_refused_kindly(pages: Pages, path: str) -> None:
    browser = await manager(pages)
    assert (await browser.get(path)).status_code == 404


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["until", "weeks", "site", "show", "by", "value", "after"]), st.text(max_size=20)
    )
)
async def test_no_address_makes_a_page_fail(asked: dict[str, str]) -> None:
    pages = Pages(now=after(WEEK))
    browser = await manager(pages)
    for path in ("/dashboard", "/dashboard/rows", "/dashboard/export.csv", "/dashboard/week"):
        answer = await browser.http.get(path, params=asked)
        assert answer.status_code in (200, 404), (path, asked)


async def test_words_of_the_dialplan_are_words_and_nothing_else(pages: Pages) -> None:
    Pen(pages.store, THERE, written=50_000).week(WEEK, 5, **CHARGED)
    browser = await manager(pages)
    for path in (
        "/dashboard",
        "/dashboard/week",
        "/dashboard/rows?show=missed&by=queue&value=%3DHYPERLINK(1)",
    ):
        answer = await browser.get(path)
        assert "<script>alert" not in answer.text
    assert "<script>alert(1)</script>" in plain(await browser.get("/dashboard"))


async def test_pages_hold_nothing_that_the_strict_policy_refuses(pages: Pages) -> None:
    browser = await manager(pages)
    for path in ("/dashboard", "/dashboard/week"):
        text = (await browser.get(path)).text
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:|<script(?! src=\"/static)", text)


# ---------------------------------------------------------------- spreadsheet


async def _csv(browser: Browser, path: str) -> list[dict[str, str]]:
    answer = await browser.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"), newline="")))


async def test_the_spreadsheet_has_every_row_once_and_runs_nothing(pages: Pages) -> None:
    Pen(pages.store, THERE, written=50_000).week(WEEK, 5, **CHARGED)
    browser = await manager(pages)
    rows = await _csv(browser, "/dashboard/export.csv")
    assert len(rows) == len({row["episode"] for row in rows}) == 89
    assert {row["queue"] for row in rows} == {"", "'=HYPERLINK(1)"}
    assert all(not value.startswith(("=", "+", "-", "@")) for row in rows for value in row.values())
    assert ANNA.e164[-7:] not in re.sub(r"\D+", "", " ".join(row["caller"] for row in rows))
    assert rows[0]["seconds_to_first_text"] == "2.4"
    assert [entry.what for entry in pages.audit("view")] == ["export: missed"]


async def test_a_part_of_it_can_be_had_too(pages: Pages) -> None:
    browser = await manager(pages)
    won = await _csv(browser, "/dashboard/export.csv?show=recovered&until=2026-W10&weeks=4")
    assert len(won) == 128
    assert {row["outcome"] for row in won} == {Outcome.REACHED}
    wishes = await _csv(browser, f"/dashboard/export.csv?show=replied&by=intent&value={Intent.BILLING}")
    assert len(wishes) == 40
    calls = await _csv(browser, "/dashboard/export.csv?show=calls-missed")
    assert len(calls) == 84
    assert calls[0]["verdict"] == "missed"


async def test_a_filter_keeps_to_what_is_looked_at(pages: Pages) -> None:
    browser = await manager(pages, sites=None)
    text = (await browser.get("/dashboard?site=north&until=2026-W10&weeks=4")).text
    for link in re.findall(r'href="(/dashboard/rows[^"]*)"', text):
        asked = parse_qs(urlsplit(unescape(link)).query)
        assert asked["site"] == ["north"]


async def test_a_week_to_come_is_this_week(pages: Pages) -> None:
    browser = await manager(pages)
    later = Week.at(datetime(2190, 1, 1, tzinfo=pages.now.tzinfo), "UTC")
    assert "So far this week no call was missed." in plain(await browser.get(f"/dashboard?until={later}"))


async def test_a_clinic_in_its_first_week_sees_that_week(pages: Pages) -> None:
    """Its managers met a page of noughts about a week in which nothing ran yet."""
    first = Week.at(pages.now, THERE.zone).plus(30)
    pages.now = after(first) - timedelta(days=1)
    browser = await manager(pages)
    assert "So far this week no call was missed." in plain(await browser.get("/dashboard")), "nor ever"
    Pen(pages.store, THERE, written=50_000).week(first, 12, replied=5, won=9)
    assert "So far this week 9 of 12 missed callers" in plain(await browser.get("/dashboard"))
    last = plain(await browser.get(f"/dashboard?until={first.plus(-1)}"))
    assert "Last week no call was missed." in last, "whoever asks for it gets it"


async def test_the_figures_are_the_same_when_numbers_are_removed_and_the_rows_say_so(pages: Pages) -> None:
    browser = await manager(pages)
    before = plain(await browser.get("/dashboard"))
    assert "removed" not in plain(await browser.get("/dashboard/rows?show=recovered"))
    with pages.store.transaction() as books:
        gone = books.remove(What.NUMBERS, before=pages.now + timedelta(days=9), limit=999)
        books.remove(What.CALLS, before=pages.now + timedelta(days=9), limit=999)
    assert gone.rows["episodes"] >= 61
    assert plain(await browser.get("/dashboard")) == before
    rows = plain(await browser.get("/dashboard/rows?show=recovered"))
    assert "61 in week 2026-W10" in rows
    assert rows.count("removed") >= A_PAGE
