"""The bookable hours of a site, its exceptions, and the kinds of visit that patients may choose."""

import re

from secondring.domain.hours import Period
from secondring.domain.rules import Site
from secondring.domain.settings import Path, SettingsRefused, Value, Wrong
from secondring.domain.staff import Role
from secondring.domain.timetable import Timetable, VisitType
from secondring.web.settings.area import Area, Filled, Form
from secondring.web.settings.words import (
    DAYS,
    dates_of,
    in_field,
    lines_of_dates,
    periods,
    periods_in_field,
    span_in_field,
)
from secondring.web.settings_port import View

WRITERS = frozenset({Role.ADMIN, Role.MANAGER})
ONES = ("every", "capacity", "lead", "horizon", "address")
ROOM = 2
"""Empty rows for kinds of visit that are to be added."""
MOST_ROWS = 22
"""As many as a form holds; a clinic with more sets them in the files."""
COLUMNS = ("visit", "en", "es", "length", "hours")
ID_LENGTH = 40
_NO_VISIT = "has no kind of visit"
_NAME_ONE = "Name at least one, and say how long it takes: Check-up, 30m."
_WRITE_HOURS = (
    "Write a day and its hours: tue 09:00-12:00; thu 13:00-15:00. Empty: whenever the calendar is open."
)


def _keys(view: View, site: Site) -> tuple[Path, ...]:
    del view
    return tuple(("sites", site.id, "calendar", name) for name in ("hours", "exceptions", *ONES, "visits"))


def _fill(view: View, site: Site) -> Filled:
    hours, exceptions, *_ = _keys(view, site)
    timetable = site.timetable
    own_week = timetable.week if timetable is not None and view.value(hours) else {}
    filled: Filled = {day: periods_in_field(own_week.get(n, ())) for n, day in enumerate(DAYS)}
    filled["exceptions"] = lines_of_dates(view.value(exceptions))
    filled |= _ones(timetable)
    rows = [_row(visit) for visit in timetable.visits] if timetable else []
    return filled | {"visits": _with_room(rows)}


def _ones(timetable: Timetable | None) -> dict[str, str]:
    shown = timetable or Timetable(zone="UTC", week={}, visits=())
    return {
        "every": span_in_field(shown.every),
        "capacity": str(shown.capacity),
        "lead": span_in_field(shown.lead),
        "horizon": span_in_field(shown.horizon),
        "address": shown.address,
    }


def _row(visit: VisitType) -> dict[str, str]:
    return {
        "visit": visit.id,
        "en": visit.names["en"],
        "es": visit.names.get("es", ""),
        "length": span_in_field(visit.length),
        "hours": _week_in_field(visit.week or {}),
    }


def _week_in_field(week: dict[int, tuple[Period, ...]]) -> str:
    return "; ".join(f"{DAYS[day]} {periods_in_field(week[day])}" for day in sorted(week))


def _with_room(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    empty = [dict.fromkeys(COLUMNS, "") for _ in range(ROOM)]
    return [*rows, *empty]


def _read(form: Form, view: View, site: Site) -> dict[Path, Value]:
    hours, exceptions, *ones, visits = _keys(view, site)
    week: dict[str, Value] = {day: periods(form.get(day, "")) for day in DAYS if form.get(day, "").strip()}
    closed: dict[str, Value] = {
        day: periods(said) for day, said in dates_of(form.get("exceptions", "")).items()
    }
    wrong: list[Wrong] = []
    kinds = _read_visits(form, visits, wrong)
    if not kinds and not wrong:
        wrong.append(Wrong(visits, _NO_VISIT, _NAME_ONE))
    if wrong:
        raise SettingsRefused(tuple(wrong))
    said: dict[Path, Value] = {hours: dict(week) or None, exceptions: closed, visits: kinds}
    typed = {path: form.get(path[-1], "").strip() for path in ones}
    said |= {path: text for path, text in typed.items() if text}
    every, address = ones[0], ones[-1]
    return said | {every: typed[every] or None, address: typed[address]}


def _read_visits(form: Form, at: Path, wrong: list[Wrong]) -> dict[str, Value]:
    kinds: dict[str, Value] = {}
    for number in range(MOST_ROWS):
        row = {name: form.get(f"{name}-{number}", "").strip() for name in COLUMNS}
        if not row["en"] and not row["es"]:
            continue
        name = row["visit"] or _new_id(row["en"] or row["es"], kinds)
        kinds[name] = _read_visit(row, (*at, name), wrong)
    return kinds


def _read_visit(row: dict[str, str], at: tuple[str | int, ...], wrong: list[Wrong]) -> Value:
    names: dict[str, Value] = {language: row[language] for language in ("en", "es") if row[language]}
    kind: dict[str, Value] = {"name": names, "length": row["length"]}
    hours: dict[str, Value] = {}
    for part in row["hours"].split(";"):
        days, _, what = part.strip().partition(" ")
        if days and not what.strip():
            wrong.append(Wrong((*at, "hours"), f"names no hours for {days[:20]}", _WRITE_HOURS))
        elif days:
            hours[days] = periods(what)
    return kind | ({"hours": hours} if hours else {})


def _new_id(name: str, taken: dict[str, Value]) -> str:
    """A plain name for the files, made of what patients read."""
    plain = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[: ID_LENGTH - 3] or "visit"
    found = (f"{plain}-{number}" if number > 1 else plain for number in range(1, MOST_ROWS + 2))
    return next(one for one in found if one not in taken)


def _refill(form: Form, filled: Filled) -> Filled:
    rows = [{name: form.get(f"{name}-{number}", "") for name in COLUMNS} for number in range(MOST_ROWS)]
    used = [row for row in rows if any(row[name] for name in ("en", "es", "hours"))]
    typed: Filled = {name: in_field(form.get(name, "")) for name in filled}
    return typed | {"visits": _with_room(used)}


CALENDAR = Area(
    "calendar",
    "Booking calendar",
    "settings/calendar.html",
    _keys,
    _fill,
    _read,
    _refill,
    writers=WRITERS,
)
