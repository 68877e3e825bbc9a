"""The bookable hours of a site, set on screen: by the rules of the files, in versions, taken back."""

from datetime import date, time

import pytest

from config.build import build_rules
from secondring.domain.staff import Role
from secondring.domain.timetable import Timetable
from tests.support.pages import Browser, Pages, text_of
from tests.support.settings import TWO_SITES, ClinicFiles
from tests.unit.web.test_settings import fields_of, kept, send

WITH_CALENDAR = TWO_SITES.replace(
    "  south:",
    """\
    calendar:
      hours: {mon-thu: ["09:00-11:30", "13:30-16:00"]}
      exceptions: {2026-12-23: closed, 2026-12-28: ["09:00-10:00"]}
      capacity: 2
      lead: 4h
      horizon: 21d
      address: 12 Maple Street
      visits:
        new: {name: {en: First visit, es: Primera visita}, length: 1h, hours: {tue: ["09:00-11:00"]}}
        checkup: {name: Check-up, length: 30m}
  south:""",
)
PATH = "/settings/calendar/north"


@pytest.fixture
def pages() -> Pages:
    return Pages(files=ClinicFiles(then=WITH_CALENDAR))


@pytest.fixture
async def manager(pages: Pages) -> Browser:
    return await pages.signed_in("max", Role.MANAGER)


async def timetable_of(pages: Pages, site: str = "north") -> Timetable | None:
    view = await pages.desk.settings.view()
    found = build_rules(pages.files.made.layers.checked(view.overlay).found)
    return next(one.timetable for one in found.sites if one.id == site)


async def test_a_form_sent_back_as_it_was_changes_nothing(pages: Pages, manager: Browser) -> None:
    answer = await send(manager, PATH)
    assert answer.status_code == 303, text_of(answer)
    assert await kept(pages) == {}


async def test_every_field_is_what_the_files_say(manager: Browser) -> None:
    filled = fields_of(await manager.get(PATH), PATH)
    assert filled["mon"] == "09:00-11:30, 13:30-16:00"
    assert filled["fri"] == ""
    assert filled["exceptions"].splitlines() == ["2026-12-23 closed", "2026-12-28 09:00-10:00"]
    assert (filled["capacity"], filled["lead"], filled["every"]) == ("2", "4h", "")
    assert (filled["visit-0"], filled["en-0"], filled["es-0"]) == ("new", "First visit", "Primera visita")
    assert (filled["length-0"], filled["hours-0"]) == ("1h", "tue 09:00-11:00")
    assert (filled["en-1"], filled["en-2"], filled["en-3"]) == ("Check-up", "", "")


async def test_a_manager_changes_all_of_it(pages: Pages, manager: Browser) -> None:
    answer = await send(
        manager,
        PATH,
        fri="09:00-12:00",
        thu="",
        exceptions="2026-12-24 closed",
        capacity="3",
        every="15m",
        en__2="Blood draw",
        length__2="15m",
        hours__2="mon 09:00-10:00; tue 09:00-10:00",
        es__1="Consulta",
    )
    assert answer.status_code == 303, text_of(answer)
    made = await timetable_of(pages)
    assert made is not None
    assert made.week[4] == ((time(9), time(12)),)
    assert 3 not in made.week
    assert made.days == {date(2026, 12, 24): ()}
    assert (made.capacity, made.address) == (3, "12 Maple Street")
    assert [visit.id for visit in made.visits] == ["new", "checkup", "blood-draw"]
    assert made.visits[1].names == {"en": "Check-up", "es": "Consulta"}
    assert made.visits[2].week == {0: ((time(9), time(10)),), 1: ((time(9), time(10)),)}
    (entry,) = [entry for entry in pages.audit("change") if "calendar" in entry.what]
    assert (entry.shown, entry.site, entry.about) == ("Max A.", "north", "settings-1")
    page = await manager.get(PATH)
    assert "in force within seconds" in text_of(page)
    assert "set on screen by Max A." in text_of(page)


async def test_a_kind_of_visit_whose_name_is_emptied_is_gone(pages: Pages, manager: Browser) -> None:
    assert (await send(manager, PATH, en__0="", es__0="")).status_code == 303
    made = await timetable_of(pages)
    assert made is not None
    assert [visit.id for visit in made.visits] == ["checkup"]


async def test_no_hours_of_its_own_are_the_opening_hours(pages: Pages, manager: Browser) -> None:
    assert (await send(manager, PATH, mon="", tue="", wed="", thu="")).status_code == 303
    made = await timetable_of(pages)
    assert made is not None
    assert made.week[4] == ((time(8), time(12)), (time(13), time(17)))


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"mon": "09:03-10:00"}, "no multiple of five minutes"),
        ({"mon": "10:00-09:00"}, "closes before it opens"),
        ({"exceptions": "soon closed"}, "is not a date"),
        ({"capacity": "0"}, "sites.north.calendar.capacity"),
        ({"horizon": "200d"}, "sites.north.calendar.horizon"),
        ({"length__1": "31m"}, "no multiple of five minutes"),
        ({"length__1": "9h"}, "sites.north.calendar"),
        ({"hours__1": "tue"}, "names no hours for tue"),
        ({"hours__1": "someday 09:00-10:00"}, "is not a day of the week"),
        ({"en__0": "", "es__0": "", "en__1": ""}, "has no kind of visit"),
        ({"es__2": "Consulta", "length__2": "30m"}, "has no English"),
    ],
)
async def test_what_the_files_would_not_take_is_refused_beside_what_was_typed(
    pages: Pages, manager: Browser, typed: dict[str, str], said: str
) -> None:
    answer = await send(manager, PATH, **typed)
    assert answer.status_code == 400
    assert said in text_of(answer)
    assert await kept(pages) == {}
    name, value = next(iter(typed.items()))
    assert value == "" or fields_of(answer, PATH)[name.replace("__", "-")] == value


async def test_a_site_without_a_calendar_gets_one_and_an_administrator_takes_it_back(pages: Pages) -> None:
    admin = await pages.signed_in("ada", Role.ADMIN, sites=None)
    path = "/settings/calendar/south"
    assert "has no kind of visit" in text_of(await send(admin, path, mon="09:00-10:00"))
    answer = await send(admin, path, mon="09:00-10:00", en__0="Check-up", length__0="30m")
    assert answer.status_code == 303, text_of(answer)
    made = await timetable_of(pages, "south")
    assert made is not None
    assert made.week == {0: ((time(9), time(10)),)}
    page = await admin.get(path)
    assert 'name="key" value="sites.south.calendar"' in page.text
    answer = await admin.post("/settings/drop", {"key": "sites.south.calendar", "seen": "1", "back": path})
    assert answer.status_code == 303
    assert await timetable_of(pages, "south") is None


async def test_it_is_rolled_back_like_every_other_setting(pages: Pages, manager: Browser) -> None:
    await send(manager, PATH, capacity="3")
    await send(manager, PATH, capacity="4")
    admin = await pages.signed_in("ada", Role.ADMIN, sites=None)
    assert (await admin.post("/settings/history/1", {"seen": "2"})).status_code == 303
    made = await timetable_of(pages)
    assert made is not None
    assert made.capacity == 3


async def test_a_manager_changes_nothing_else(pages: Pages, manager: Browser) -> None:
    assert (await manager.post("/settings/hours/north", {"mon": "09:00-10:00"})).status_code == 403
    assert (await manager.post("/settings/drop", {"key": "sites.north.calendar"})).status_code == 403
    assert "Take back" not in (await manager.get(PATH)).text


async def test_somebody_elses_site_is_not_there(pages: Pages, manager: Browser) -> None:
    for ask in (manager.get, manager.post):
        assert (await ask("/settings/calendar/south")).status_code == 404
