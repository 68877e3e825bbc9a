"""Every route that names a row × every role × a row of their own site and of another: who gets it, who is told what.

And whatever is asked of any route, it never falls over.
"""

import asyncio
import re
from dataclasses import dataclass
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from secondring.domain.handling import mark
from secondring.domain.records import Task
from secondring.domain.staff import AuditEntry, Role
from secondring.domain.urgent_case import UrgentCase
from secondring.domain.worklist import QUEUES_OF
from secondring.web.routes import open_to_strangers, screens
from secondring.web.screens import Screen
from tests.support.addresses import addresses, parameters
from tests.support.clinic import ANNA, BEN
from tests.support.pages import NORTH, SOUTH, Pages, text_of
from tests.unit.web.test_hostile import NAMES
from tests.unit.web.test_urgent_board import urgent, with_ladders
from tests.unit.web.test_work import missed

OWN, FOREIGN = "2025550100", "2025550180"
TABLE = [screen for screen in screens(Pages().desk) if not open_to_strangers(screen)]
WITH_ROW = [
    screen for screen in TABLE if any(kind in screen.path for kind in ("{task}", "{episode}", "{case}"))
]
OF_A_SITE = [screen for screen in TABLE if "{site}" in screen.path]
OF_SOMEBODY = [screen for screen in TABLE if "{user}" in screen.path]
FORM = {
    "result": "spoke",
    "note": "a note",
    "queue": "triage",
    "owner": "",
    "until": "1-hour",
    "words": "We will call you.",
    "asked": "yes",
}
REACHES_ALL = {Role.FRONT_DESK, Role.NURSE, Role.MANAGER}
"""Who sees conversations whatever queue their rows are in."""


@dataclass
class Rows:
    """A row of each kind."""

    task: Task
    case: UrgentCase


def rows(pages: Pages, did: str) -> Rows:
    case = urgent(pages, did, last_resort_at=pages.now)
    with pages.store.reading() as books:
        (task,) = books.tasks_of(case.episode)
    return Rows(task, case)


def path_of(screen: Screen, found: Rows) -> str:
    return (
        screen.path.replace("{task}", found.task.id)
        .replace("{episode}", found.task.episode)
        .replace("{case}", found.case.id)
    )


def reaches(screen: Screen, role: Role, task: Task) -> bool:
    """May this role do this with a row of its own site?"""
    if role not in screen.roles:
        return False
    if "{case}" in screen.path:
        return True
    return task.queue in QUEUES_OF[role] or ("{episode}" in screen.path and role in REACHES_ALL)


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("screen", WITH_ROW, ids=lambda screen: screen.name)
async def test_own_and_foreign_rows(screen: Screen, role: Role) -> None:
    for did in (OWN, FOREIGN):
        pages = Pages(rules=with_ladders())
        found = rows(pages, did)
        browser = await pages.signed_in("somebody", role)
        ask = browser.get if screen.method == "GET" else browser.post
        more = () if screen.method == "GET" else (FORM | {"seen": mark(found.task)},)
        answer = await ask(path_of(screen, found), *more)
        told = (screen.name, role, did, answer.status_code)
        if role not in screen.roles:
            assert answer.status_code == 403, told
        elif did == FOREIGN or not reaches(screen, role, found.task):
            # 409: there are no phones in this test, and that is said before any row is looked at.
            assert answer.status_code in (404, 409), told
            assert answer.status_code == 404 or "set up" in answer.text, told
        else:
            assert answer.status_code in (200, 303, 409), told
        assert ANNA.e164 not in answer.text
        if did == FOREIGN:
            assert "0123" not in text_of(answer), told
            with pages.store.reading() as books:
                assert books.task(found.task.id) == found.task, told
                assert books.urgent_case(found.case.id) == found.case, told


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("screen", OF_A_SITE, ids=lambda screen: screen.name)
async def test_own_and_foreign_sites(screen: Screen, role: Role) -> None:
    for site in ("north", "south", "none"):
        pages = Pages()
        browser = await pages.signed_in("somebody", role)
        ask = browser.get if screen.method == "GET" else browser.post
        answer = await ask(screen.path.replace("{site}", site))
        if role not in screen.roles:
            assert answer.status_code == 403
        elif site != "north":
            assert answer.status_code == 404
            assert "Southside" not in answer.text
        else:
            # 400: an empty form is read, and refused with what is missing.
            assert answer.status_code == (200 if screen.method == "GET" else 400), answer.text


OF_NO_SITE = {"number", "language", "name", "step"}
"""Versions, texts and steps are the whole clinic's: who may see them is a matter of roles alone."""
HERE = [screen for screen in TABLE if screen.method == "GET" and screen.path != "/live"]


def test_every_parameter_of_every_route_is_in_the_matrix() -> None:
    """A new kind of row has to be given an own and a foreign one, or be declared the whole clinic's.

    What may be done to own and foreign bookings stands in test_bookings.
    """
    named = {name for screen in TABLE for name in parameters(screen.path)}
    assert named == {"task", "episode", "case", "site", "user", "booking"} | OF_NO_SITE


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("screen", HERE, ids=lambda screen: screen.name)
async def test_no_page_shows_anything_of_another_site(screen: Screen, role: Role) -> None:
    pages = Pages(rules=with_ladders())
    own = rows(pages, OWN)
    foreign = missed(pages, "the foreign words", number=BEN, did=FOREIGN)
    urgent(pages, FOREIGN, last_resort_at=pages.now)
    mine, theirs = pages.booked(own.task), pages.booked(foreign)
    zed = pages.user("zed", Role.FRONT_DESK, sites=frozenset({SOUTH}))
    entry = AuditEntry(at=pages.now, user=zed.id, shown=zed.shown, action="log-in", what="password and code")
    with pages.store.transaction() as books:
        books.add_audit(entry)
    browser = await pages.signed_in("somebody", role)
    named = {
        "task": own.task.id,
        "episode": own.task.episode,
        "case": own.case.id,
        "user": "P-somebody",
        "booking": mine.id,
        "number": "0",
    }
    for address in addresses(screen.path, named):
        for asked in (
            "",
            "?site=south",
            f"?about={foreign.episode}",
            "?who=zed",
            f"?episode={foreign.episode}",
        ):
            answer = await browser.get(f"{address or '/'}{asked}")
            told = (screen.name, role, asked)
            assert answer.status_code in (200, 303, 403, 404), told
            shown = answer.text.replace(asked.partition("=")[2] or "\x00", "") if asked else answer.text
            for secret in (
                "Southside",
                "the foreign words",
                foreign.episode,
                foreign.id,
                theirs.id,
                "Zed A.",
            ):
                assert secret not in shown, (told, secret)


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("screen", OF_SOMEBODY, ids=lambda screen: screen.name)
async def test_own_and_foreign_people(screen: Screen, role: Role) -> None:
    """Somebody who is set over one site sees who works there, and changes nobody: that is for the whole clinic."""
    for sites in (frozenset({NORTH}), frozenset({SOUTH}), None):
        pages = Pages()
        them = pages.user("zed", Role.FRONT_DESK, sites=sites)
        browser = await pages.signed_in("somebody", role)
        ask = browser.get if screen.method == "GET" else browser.post
        answer = await ask(screen.path.replace("{user}", them.id))
        told = (screen.name, role, sites, answer.status_code)
        if role not in screen.roles:
            assert answer.status_code == 403, told
        elif screen.method == "GET" and sites != frozenset({SOUTH}):
            assert answer.status_code == 200, told
        else:
            assert answer.status_code == 404, told
        assert pages.saved("zed") == them, told


strange = st.text(st.characters(codec="utf-8"), max_size=30) | st.sampled_from(
    [
        "",
        "0",
        "-1",
        "9" * 30,
        "E-",
        "' OR 1=1 --",
        "{{7*7}}",
        "../..",
        "\x00",
        "<script>",
        "true",
        "open:billing:",
    ]
)
names = st.sampled_from(NAMES)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from(TABLE),
    st.lists(strange, min_size=3, max_size=3),
    st.dictionaries(names, strange, max_size=6),
)
def test_whatever_is_asked_nothing_falls_over(screen: Screen, ids: list[str], fields: dict[str, str]) -> None:
    if screen.path in ("/live", "/log-out"):
        return

    async def ask() -> int:
        pages = Pages(rules=with_ladders())
        task = missed(pages, number=BEN)
        browser = await pages.signed_in("all", *Role)
        path = screen.path
        for name, value in zip(
            ("{task}", "{episode}", "{case}"), [task.id, task.episode, quote(ids[2], safe="")], strict=True
        ):
            path = path.replace(name, quote(value if fields else ids[0], safe=""))
        path = path.replace("{site}", "north").replace("{language}", "en").replace("{name}", "help")
        path = re.sub(r"\{\w+\}", quote(ids[1], safe=""), path)
        if screen.method == "GET":
            answer = await browser.http.get(path or "/", params=fields)
        else:
            answer = await browser.post(path, fields)
        return answer.status_code

    assert asyncio.run(ask()) < 500
