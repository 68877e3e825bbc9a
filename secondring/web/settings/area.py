"""A form of the settings: shown, filled, read back, kept."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from secondring.domain.rules import Site
from secondring.domain.settings import CARRIERS, Path, SettingsRefused, Value, Wrong, is_at_once
from secondring.domain.staff import Role
from secondring.web.screens import Refused, Visit, not_here
from secondring.web.settings.words import in_field
from secondring.web.settings_port import Change, View

READ = frozenset({Role.ADMIN, Role.MANAGER})
WRITE = frozenset({Role.ADMIN})
CARRIER: Path = ("carrier", "kind")
SIMULATED = "handset"
Form = Mapping[str, str]
Filled = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Area:
    """Keys that are set together."""

    name: str
    title: str
    fields: str
    """The template of its fields."""
    keys: Callable[[View, Site], tuple[Path, ...]]
    fill: Callable[[View, Site], Filled]
    """What stands in the fields, as things are."""
    read: Callable[[Form, View, Site], dict[Path, Value]]
    """What was typed, as the files would say it. Raises SettingsRefused where it cannot even be read."""
    refill: Callable[[Form, Filled], Filled]
    """The fields as somebody typed them, to be mended."""
    for_site: bool = True
    """Each site has its own; otherwise one for the whole clinic."""
    writers: frozenset[Role] = WRITE


def whole_clinic(visit: Visit) -> None:
    """What is for all sites is set by those who look after all of them."""
    if visit.user.sites is not None:
        raise Refused(
            404, "This is for the whole clinic. Ask an administrator who looks after all of its sites."
        )


async def site_of(visit: Visit, view: View, name: str) -> Site:
    """One of their sites, as it is set now."""
    found = next((site for site in view.rules.sites if site.id == name), None)
    if found is None or not visit.user.sees(found.id):
        not_here()
    return found


@dataclass(frozen=True, slots=True)
class Frame:
    """Where a form stands: its address, and what stands around it."""

    template: str
    path: str
    go_on: str = ""
    """Where to after it was kept; the form itself when empty."""
    more: Mapping[str, object] | None = None


async def show(
    visit: Visit,
    area: Area,
    frame: Frame,
    view: View,
    site: Site,
    *,
    typed: Form | None = None,
    problems: tuple[Wrong, ...] = (),
) -> Response:
    """The form."""
    filled = area.fill(view, site)
    if typed is not None:
        filled = area.refill(typed, filled)
    return visit.render(
        frame.template,
        status=400 if problems else 200,
        **common(visit, view, area.keys(view, site), problems, area.writers),
        area=area,
        site=site,
        here=frame.path,
        f=filled,
        **(frame.more or {}),
    )


def common(
    visit: Visit,
    view: View,
    keys: tuple[Path, ...],
    problems: tuple[Wrong, ...] = (),
    writers: frozenset[Role] = WRITE,
) -> Filled:
    """What every page of the settings knows."""
    return {
        "view": view,
        "keys": keys,
        "problems": problems,
        "wrong_at": {path for problem in problems for path in _around(problem.path)},
        "may_write": visit.user.may(writers),
        "may_drop": visit.user.may(WRITE),
        "carriers": carriers(view),
        "simulated": set(carriers(view)) == {SIMULATED},
    }


def carriers(view: View) -> list[str]:
    """The kinds of those who send the texts: one, or several where the files name them."""
    several = view.value(CARRIERS)
    rows = several if isinstance(several, list) else []
    kinds = [in_field(row.get("kind")) for row in rows if isinstance(row, dict)]
    return kinds or [in_field(view.value(CARRIER))]


def _around(path: tuple[str | int, ...]) -> set[tuple[str | int, ...]]:
    return {path[:length] for length in range(1, len(path) + 1)}


async def keep(visit: Visit, area: Area, frame: Frame, name: str) -> Response:
    """Take what was typed; back to the form with what is wrong, or on."""
    view = await visit.desk.settings.view()
    if area.for_site:
        site = await site_of(visit, view, name)
    else:
        whole_clinic(visit)
        site = view.rules.sites[0]
    try:
        values = area.read(visit.form, view, site)
        where = f" of {site.id}" if area.for_site else ""
        said = await save(
            visit, view, values, f"changed {area.title.lower()}{where}", site if area.for_site else None
        )
    except SettingsRefused as refused:
        return await show(visit, area, frame, view, site, typed=visit.form, problems=refused.problems)
    return visit.go(frame.go_on or frame.path, said)


async def save(
    visit: Visit,
    view: View,
    values: Mapping[Path, Value],
    note: str,
    site: Site | None = None,
    drop: tuple[Path, ...] = (),
) -> str:
    """Keep values; gives what the next page says. Raises SettingsRefused."""
    number = await visit.desk.settings.save(change_of(visit, note, site, values=values, drop=drop))
    if number == view.number:
        return "settings-same"
    now = await visit.desk.settings.view()
    fresh = {path for path in now.waiting if path not in view.waiting or path in values}
    touched = {*values, *drop}
    return (
        "settings-waiting"
        if any(path in touched and not is_at_once(path) for path in fresh)
        else "settings-kept"
    )


def change_of(
    visit: Visit,
    note: str,
    site: Site | None = None,
    *,
    values: Mapping[Path, Value] | None = None,
    drop: tuple[Path, ...] = (),
) -> Change:
    """What somebody wants, in their name; `seen` is the version that their form was drawn from."""
    seen = visit.form.get("seen", "")
    return Change(
        values=values or {},
        drop=drop,
        seen=int(seen) if seen.isdecimal() and len(seen) < 10 else 0,
        by=visit.user.shown,
        note=note,
        entry=visit.entry("change", note, site=site.id if site else None),
    )


def refill_plainly(form: Form, filled: Filled) -> Filled:
    """Every field as it was typed; a box that was not ticked sends nothing."""
    return {name: form.get(name, False if isinstance(value, bool) else "") for name, value in filled.items()}
