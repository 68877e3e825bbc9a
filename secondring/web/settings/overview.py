"""All areas at a glance, where the files and the screen do not agree, what waits, and every former version."""

from starlette.responses import Response

from secondring.domain.ids import SiteId
from secondring.domain.settings import NOTHING, Difference, Path, SettingsRefused, differences, path_of
from secondring.web.screens import Refused, Screen, Visit, action, not_here, page
from secondring.web.settings.area import (
    READ,
    WRITE,
    Area,
    Frame,
    change_of,
    common,
    keep,
    save,
    show,
    site_of,
    whole_clinic,
)
from secondring.web.settings.calendar import CALENDAR
from secondring.web.settings.carriers import WHO_SENDS
from secondring.web.settings.hours import HOURS, WEEK
from secondring.web.settings.ladder import LADDER
from secondring.web.settings.plain import CLINIC, FIELDS, LIMITS
from secondring.web.settings.routing import CHOICES, ROUTES

OF_SITES = (CLINIC, HOURS, LADDER, CALENDAR)
OF_THE_CLINIC = (ROUTES, LIMITS, WHO_SENDS)
BY_NAME = {area.name: area for area in (*OF_SITES, *OF_THE_CLINIC)}
MOST_VERSIONS = 200


async def overview(visit: Visit) -> Response:
    """Where to set what."""
    view = await visit.desk.settings.view()
    return visit.render(
        "settings/overview.html",
        **common(visit, view, ()),
        of_sites=OF_SITES,
        of_the_clinic=OF_THE_CLINIC,
        versions=await visit.desk.settings.history(limit=5),
        site=view.rules.sites[0],
    )


def _frame(visit: Visit, area: Area) -> Frame:
    """The form on a page of its own."""
    site = visit.request.path_params.get("site", "")
    path = f"/settings/{area.name}/{site}" if area.for_site else f"/settings/{area.name}"
    return Frame("settings/area.html", path, more=extras(visit, area))


def extras(visit: Visit, area: Area) -> dict[str, object]:
    """What the fields of an area are drawn from besides their values."""
    return {
        "fields": FIELDS.get(area.name, ()),
        "week": WEEK,
        "choices": CHOICES,
        "messages": visit.desk.settings.messages,
        "carriers_answer": visit.desk.carriers_answer(),
    }


def _form(area: Area) -> tuple[Screen, Screen]:
    path = f"/settings/{area.name}/{{site}}" if area.for_site else f"/settings/{area.name}"

    async def look(visit: Visit) -> Response:
        view = await visit.desk.settings.view()
        name = visit.request.path_params.get("site", "")
        site = await site_of(visit, view, name) if area.for_site else view.rules.sites[0]
        return await show(visit, area, _frame(visit, area), view, site)

    async def take(visit: Visit) -> Response:
        return await keep(visit, area, _frame(visit, area), visit.request.path_params.get("site", ""))

    return page(path, look, READ), action(path, take, area.writers)


# ---------------------------------------------------------------- going by the files again, and going back


async def drop(visit: Visit) -> Response:
    """Where both say something, the files' word counts again."""
    view = await visit.desk.settings.view()
    path = path_of(visit.form.get("key", ""))
    if not any(known[: len(path)] == path for known in view.overlay):
        raise Refused(409, "That is not set on screen any more.")
    await _must_be_theirs(visit, path)
    try:
        said = await save(visit, view, {}, "went by the files again", drop=(path,))
    except SettingsRefused as refused:
        raise Refused(409, f"Nothing was changed: {refused}") from None
    return visit.go(_back(visit), said)


async def _must_be_theirs(visit: Visit, path: Path) -> None:
    if path[0] == "sites" and len(path) > 1:
        if not any(site.id == path[1] and visit.user.sees(site.id) for site in visit.desk.rules.sites):
            not_here()
    else:
        whole_clinic(visit)


def _back(visit: Visit) -> str:
    wanted = visit.form.get("back", "")
    plain = wanted.startswith("/settings") and all(c.isalnum() or c in "/-_." for c in wanted)
    return wanted if plain and "//" not in wanted else "/settings"


async def history(visit: Visit) -> Response:
    """Every version, newest first."""
    view = await visit.desk.settings.view()
    versions = await visit.desk.settings.history(limit=MOST_VERSIONS)
    return visit.render(
        "settings/history.html", **common(visit, view, ()), versions=versions, site=view.rules.sites[0]
    )


async def version(visit: Visit) -> Response:
    """What one version changed, and what going back to it would."""
    number = _number(visit)
    desk = visit.desk.settings
    view, found, former = await desk.view(), await desk.version(number), await desk.version(number - 1)
    if found is None and number != 0:
        not_here()
    overlay = found.overlay if found else NOTHING
    return visit.render(
        "settings/version.html",
        **common(visit, view, ()),
        number=number,
        version=found,
        changed=_theirs(visit, differences(former.overlay if former else NOTHING, overlay)),
        back=_theirs(visit, differences(view.overlay, overlay)),
        site=view.rules.sites[0],
    )


def _theirs(visit: Visit, found: tuple[Difference, ...]) -> list[Difference]:
    return [one for one in found if one.path[0] != "sites" or visit.user.sees(SiteId(one.path[1]))]


def _number(visit: Visit) -> int:
    told = visit.request.path_params["number"]
    if not told.isdecimal() or len(told) > 9:
        not_here()
    return int(told)


async def roll_back(visit: Visit) -> Response:
    """Everything on screen as it was in that version."""
    whole_clinic(visit)
    number = _number(visit)
    before = await visit.desk.settings.view()
    try:
        new = await visit.desk.settings.roll_back(
            number, change_of(visit, f"rolled back to version {number}")
        )
    except SettingsRefused as refused:
        raise Refused(409, f"Nothing was changed: {refused}") from None
    return visit.go("/settings/history", "settings-same" if new == before.number else "settings-back")


SCREENS = (
    page("/settings", overview, READ),
    *(screen for area in BY_NAME.values() for screen in _form(area)),
    action("/settings/drop", drop, WRITE),
    page("/settings/history", history, READ),
    page("/settings/history/{number}", version, READ),
    action("/settings/history/{number}", roll_back, WRITE),
)
