"""What OWASP ASVS 5.0 asks for and no other test showed; and that each item of the checklist in docs/security.md
names tests that there are."""

import ast
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from secondring.domain.errors import StoreBusy
from secondring.domain.staff import Role
from secondring.web.app import make_app
from secondring.web.routes import screens
from secondring.web.screens import Screen
from tests.support.addresses import NO_PAGES, addresses
from tests.support.pages import HASHED, PASSWORD, Pages
from tests.unit.web.test_urgent_board import urgent, with_ladders
from tests.unit.web.test_work import missed

ROOT = Path(__file__).parents[3]
ITEMS = """
6.2.1 6.2.5 6.2.9 6.2.10 6.2.12 6.3.1 6.3.2 6.3.3 6.5.1 6.4.3 6.5.4 6.5.5 6.6.3 11.5.1 7.2.3 7.2.4 7.3.1 7.3.2 7.4.1
7.4.2 7.4.5 7.5.2 3.3.1 3.3.2 3.3.3 3.3.4 3.4.1 3.4.3 3.4.4 3.4.5 3.4.6 3.5.1 3.5.3 4.1.3 4.4.2 8.2.1 8.2.2 8.2.3
8.3.1 11.3.2 11.3.3 11.4.2 12.1.1 12.3.2 14.2.1 14.3.2 16.2.5 16.3.1 16.3.2 16.3.3 16.4.1 16.4.2 16.5.3
""".split()  # noqa: SIM905 - read as a list of items
"""Levels 1 and 2 of what concerns pages, log-ins, links and logs."""


def _checklist() -> dict[str, list[str]]:
    """The tests that docs/security.md names, by item."""
    text = (ROOT / "docs/security.md").read_text()
    table = text.partition("against OWASP ASVS 5.0")[2]
    found: dict[str, list[str]] = {}
    for line in table.splitlines():
        if not line.startswith("|") or line.startswith(("| item", "|---")):
            continue
        first, _, tests = (cell.strip() for cell in line.strip("|").split("|"))
        for item in re.findall(r"\b\d+\.\d+\.\d+\b", first):
            found.setdefault(item, []).extend(re.findall(r"`([\w/]+\.py::\w+)`", tests))
    return found


def test_every_item_of_the_checklist_has_a_test() -> None:
    assert {item for item in ITEMS if not _checklist().get(item)} == set()


@pytest.mark.parametrize("named", sorted({name for names in _checklist().values() for name in names}))
def test_each_test_that_the_checklist_names_is_there(named: str) -> None:
    file, _, name = named.partition("::")
    assert name in _tests_in(file), f"docs/security.md names {named}, which is not there"


@cache
def _tests_in(file: str) -> frozenset[str]:
    tree = ast.parse((ROOT / "tests" / file).read_text())
    return frozenset(
        node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )


# ---------------------------------------------------------------- 3.5.3


LOOKS = [
    s for s in screens(Pages().desk) if s.method == "GET" and s.path not in NO_PAGES and s.stage is not None
]


@pytest.mark.parametrize("screen", LOOKS, ids=lambda screen: screen.name)
async def test_looking_at_a_page_changes_nothing(screen: Screen) -> None:
    """Whatever a link or a picture on somebody else's page asks for: rows, people, settings and texts stay."""
    pages = Pages(rules=with_ladders())
    case = urgent(pages, last_resort_at=pages.now)
    task = missed(pages)
    browser = await pages.signed_in("all", *Role, sites=None)
    booking = pages.booked(task)
    named = {
        "task": task.id,
        "episode": task.episode,
        "case": case.id,
        "user": "P-all",
        "number": "0",
        "booking": booking.id,
    }
    before = _everything(pages)
    for address in addresses(screen.path, named):
        for method in ("GET", "HEAD"):
            await browser.http.request(
                method, address or "/", params={"result": "spoke", "use": "0", "queue": "billing"}
            )
    assert _everything(pages) == before


def _everything(pages: Pages) -> list[Any]:
    with pages.store.reading() as books:
        tasks = books.tasks(include_done=True, limit=1000)
        stories = [
            [*books.texts_of(t.episode), *books.decisions_of(t.episode), books.episode(t.episode)]
            for t in tasks
        ]
        return [tasks, stories, books.users(), books.open_urgent_cases(), books.settings_number()]


# ---------------------------------------------------------------- 4.1.3, 4.4.2


async def test_nobody_chooses_the_address_that_stands_in_the_audit(pages: Pages) -> None:
    pages.user()
    browser = pages.browser()
    for name in ("x-forwarded-for", "x-real-ip"):
        browser.http.headers[name] = "198.51.100.9"
    browser.http.headers["forwarded"] = "for=198.51.100.9"
    await browser.log_in("ana")
    assert {entry.address for entry in pages.audit()} == {"192.0.2.7"}


async def test_a_forwarded_name_is_not_believed(pages: Pages) -> None:
    browser = pages.browser()
    page = await browser.get("/log-in", **{"x-forwarded-host": "evil.example"})
    assert "evil.example" not in page.text
    answer = await browser.get("/work", **{"x-forwarded-host": "evil.example"})
    assert answer.headers["location"] == "/log-in?next=/work"


def test_there_are_no_web_sockets(pages: Pages) -> None:
    """So there is no origin of theirs to check: pages follow by server-sent events, which go one way."""
    assert {type(route).__name__ for route in pages.app.routes} == {"Route"}


# ---------------------------------------------------------------- 6.3.2, 11.4.2


@pytest.mark.parametrize("name", ["admin", "root", "secondring", "test", ""])
async def test_nobody_has_an_account_that_nobody_made(pages: Pages, name: str) -> None:
    with pages.store.reading() as books:
        assert books.users() == []
    answer = await pages.browser().log_in(name, PASSWORD)
    assert answer.status_code == 403
    assert pages.audit("log-in") == []


def test_a_password_is_kept_as_a_slow_hash() -> None:
    found = re.match(r"\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$", HASHED)
    assert found is not None
    memory, times, _ = map(int, found.groups())
    assert memory >= 19 * 1024
    assert times >= 2


# ---------------------------------------------------------------- 16.4.1, 16.5.3


async def test_nobody_writes_lines_into_the_log(pages: Pages, caplog: pytest.LogCaptureFixture) -> None:
    async def broken(_work: Any) -> Any:
        raise ValueError("line one\nINFO secondring: all is well")

    browser = await pages.signed_in("all", *Role)
    pages.app = make_app(pages.make_desk())
    object.__setattr__(pages.desk, "write", broken)
    await browser.get("/conversation/E-%0AINFO%20secondring:%20all%20is%20well")
    await browser.post("/account/stay%0AINFO")
    assert not [record for record in caplog.records if "\n" in record.getMessage()]


async def test_what_cannot_be_written_down_is_not_shown() -> None:
    """The audit is full or locked: then nobody sees a patient's data, whichever page they ask for and however often."""
    pages = Pages(rules=with_ladders())
    case = urgent(pages, last_resort_at=pages.now)
    browser = await pages.signed_in("ana", *Role)

    async def locked(_work: Any) -> Any:
        raise StoreBusy("somebody else writes")

    object.__setattr__(pages.desk, "write", locked)
    story = f"/conversation/{case.episode}"
    ways = ("/work", "/work/rows", "/urgent", "/urgent/board", story, f"{story}/story", f"{story}/to-do")
    for path in (*ways, *ways):
        answer = await browser.get(path)
        assert answer.status_code == 503, path
        assert case.episode not in answer.text
