"""The first steps of a clinic: what has to be said before the first caller is texted. Can be left, and gone on with."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from starlette.responses import RedirectResponse, Response

from secondring.domain.ports import Books
from secondring.domain.settings import SettingsRefused, Wrong
from secondring.web.screens import Visit, action, not_here, page
from secondring.web.settings.area import WRITE, Area, Frame, common, keep, save, show, whole_clinic
from secondring.web.settings.hours import HOURS
from secondring.web.settings.ladder import LADDER
from secondring.web.settings.mode import MODE
from secondring.web.settings.overview import extras
from secondring.web.settings.plain import CLINIC
from secondring.web.settings_port import Found, Preview, View

BOOKMARK = "first steps"
LEFT, DONE = "left", "done"
FIRST_DAY = timedelta(hours=24)
FIRST_TEXTS = ("first-open", "first-closed")


@dataclass(frozen=True, slots=True)
class Step:
    """One question of the wizard."""

    name: str
    title: str
    why: str
    area: Area | None = None


STEPS = (
    Step(
        "clinic", "Your clinic", "Every text names it, and the numbers decide which calls are yours.", CLINIC
    ),
    Step("hours", "Hours and holidays", "Texts say when you open; clocks on tasks run only then.", HOURS),
    Step("links", "Links", "Whether we hear the PBX, serve callers who press a key, and reach the carrier."),
    Step(
        "ladder",
        "Who takes urgent callers",
        "Whoever presses 2 or writes URGENT is offered to these.",
        LADDER,
    ),
    Step("text", "The first text", "What a caller reads whom nobody picked up."),
    Step("mode", "Begin", "Watch first, or text callers from now on."),
)


def steps(visit: Visit) -> tuple[Step, ...]:
    """Those that this version has."""
    return tuple(step for step in STEPS if step.name != "mode" or visit.desk.settings.has_mode)


async def is_due(visit: Visit) -> bool:
    """True for the administrator of a clinic in its first day who has not come to the end, nor put it off."""

    def look(books: Books) -> bool:
        kept = books.bookmark(BOOKMARK)
        if kept is not None:
            return kept != DONE and not kept.startswith(LEFT)
        eldest = min((user.created_at for user in books.users()), default=visit.now)
        return books.settings_number() == 0 and visit.now - eldest < FIRST_DAY

    return visit.user.may(WRITE) and visit.user.sites is None and await visit.read(look)


async def begin(visit: Visit) -> Response:
    """To the first step, or to where they left."""
    whole_clinic(visit)
    kept = await visit.read(lambda books: books.bookmark(BOOKMARK)) or ""
    name = kept.removeprefix(f"{LEFT} ")
    known = [step.name for step in steps(visit)]
    return RedirectResponse(f"/setup/{name if name in known else known[0]}", status_code=303)


def _asked(visit: Visit) -> tuple[Step, int]:
    wanted = visit.request.path_params["step"]
    found = next((pair for pair in enumerate(steps(visit)) if pair[1].name == wanted), None)
    if found is None:
        not_here()
    return found[1], found[0]


def _frame(visit: Visit, step: Step, number: int, **more: object) -> Frame:
    all_steps = steps(visit)
    after = f"/setup/{all_steps[number + 1].name}" if number + 1 < len(all_steps) else "/setup/done"
    before = f"/setup/{all_steps[number - 1].name}" if number else ""
    known = {"steps": all_steps, "step": step, "number": number, "after": after, "before": before}
    ours = extras(visit, step.area) if step.area else {}
    return Frame(
        "settings/setup.html", f"/setup/{step.name}", after, {**ours, **known, "findings": None, **more}
    )


async def look(visit: Visit) -> Response:
    """One step."""
    whole_clinic(visit)
    step, number = _asked(visit)
    view = await visit.desk.settings.view()
    return await _show(visit, step, _frame(visit, step, number), view)


async def _show(visit: Visit, step: Step, frame: Frame, view: View) -> Response:
    site = view.rules.sites[0]
    if step.area is not None:
        return await show(visit, step.area, frame, view, site)
    shown = await visit.desk.settings.previews(site.language, site) if step.name == "text" else []
    shown = [(name, preview) for name, preview in shown if name in FIRST_TEXTS]
    return _draw(visit, frame, view, (), shown=shown)


def _draw(
    visit: Visit, frame: Frame, view: View, problems: tuple[Wrong, ...], *, shown: list[tuple[str, Preview]]
) -> Response:
    values: dict[str, Any] = common(visit, view, (), problems) | dict(frame.more or {})
    values |= {"site": view.rules.sites[0], "here": frame.path, "area": None, "shown": shown}
    values["mode"] = view.value(MODE) or ""
    return visit.render(frame.template, status=400 if problems else 200, **values)


async def take(visit: Visit) -> Response:
    """Keep what one step asked, and on to the next."""
    whole_clinic(visit)
    step, number = _asked(visit)
    view = await visit.desk.settings.view()
    frame = _frame(visit, step, number)
    if step.name == "links" and "test" in visit.form:
        return await _test(visit, step, number, view)
    answer = await _kept(visit, step, frame, view)
    if answer.status_code == 303:
        ahead = frame.go_on.rpartition("/")[2]
        await visit.write(lambda books: books.keep_bookmark(BOOKMARK, ahead))
    return answer


async def _kept(visit: Visit, step: Step, frame: Frame, view: View) -> Response:
    if step.area is not None:
        return await keep(visit, step.area, frame, view.rules.sites[0].id)
    if step.name == "mode":
        return await _set_mode(visit, view, frame)
    return visit.go(frame.go_on)


async def _test(visit: Visit, step: Step, number: int, view: View) -> Response:
    findings: list[Found] = await visit.desk.settings.test()
    await visit.write(lambda books: books.add_audit(visit.entry("change", "tried the links")))
    return await _show(visit, step, _frame(visit, step, number, findings=findings), view)


async def _set_mode(visit: Visit, view: View, frame: Frame) -> Response:
    try:
        said = await save(visit, view, {MODE: visit.form.get("mode", "")}, "chose the mode")
    except SettingsRefused as refused:
        return _draw(visit, frame, view, refused.problems, shown=[])
    return visit.go(frame.go_on, said)


async def done(visit: Visit) -> Response:
    """What stands, and where to change it."""
    whole_clinic(visit)
    view = await visit.desk.settings.view()
    return visit.render("settings/done.html", **common(visit, view, ()), site=view.rules.sites[0])


async def leave(visit: Visit) -> Response:
    """Not now: it waits under Settings."""
    whole_clinic(visit)

    def note(books: Books) -> None:
        kept = (books.bookmark(BOOKMARK) or "").removeprefix(f"{LEFT} ")
        if kept != DONE:
            books.keep_bookmark(BOOKMARK, f"{LEFT} {kept}")

    await visit.write(note)
    return visit.go("/", "setup-left")


SCREENS = (
    page("/setup", begin, WRITE),
    page("/setup/done", done, WRITE),
    action("/setup/leave", leave, WRITE),
    page("/setup/{step}", look, WRITE),
    action("/setup/{step}", take, WRITE),
)
