"""Shadow mode or live: what it means, what should be in place before, and the one switch between them."""

from datetime import timedelta

from starlette.responses import Response

from secondring.domain.metrics import report
from secondring.domain.settings import Path, SettingsRefused, Wrong
from secondring.web.screens import Visit, action, page
from secondring.web.settings.area import READ, WRITE, common, save, whole_clinic
from secondring.web.settings_port import View

MODE: Path = ("mode",)
LIVE, SHADOW = "live", "shadow"
A_WEEK = timedelta(days=7)
OF_THE_CARRIER = ("carrier", "carriers", "gateway")
RESTART = (
    "Restart the service first (`systemctl restart secondring`), so that texts go out by what you see here."
)


async def look(visit: Visit) -> Response:
    """In which mode we are, and what it takes to change it."""
    return await _page(visit, await visit.desk.settings.view())


async def _page(visit: Visit, view: View, problems: tuple[Wrong, ...] = ()) -> Response:
    seen = None
    if visit.desk.rules.shadow:
        figures = await visit.read(lambda books: books.figures(since=visit.now - A_WEEK, until=visit.now))
        seen = report(figures).shadow
    return visit.render(
        "settings/mode.html",
        status=400 if problems else 200,
        **common(visit, view, (MODE,), problems),
        site=view.rules.sites[0],
        seen=seen,
        without_ladder=[
            site for site in view.rules.sites if site.triage is None and visit.user.sees(site.id)
        ],
        all_sites=visit.user.sites is None,
    )


async def switch(visit: Visit) -> Response:
    """From the one to the other; in force within seconds."""
    whole_clinic(visit)
    wanted = visit.form.get("mode", "")
    view = await visit.desk.settings.view()
    waiting = [path for path in view.waiting if path[0] in OF_THE_CARRIER]
    if wanted == LIVE and waiting:
        wrong = tuple(Wrong(path, "was changed and is not in force yet", RESTART) for path in waiting)
        return await _page(visit, view, wrong)
    note = {LIVE: "went live", SHADOW: "went into shadow mode"}.get(wanted, "chose the mode")
    try:
        said = await save(visit, view, {MODE: wanted}, note)
    except SettingsRefused as refused:
        return await _page(visit, view, refused.problems)
    return visit.go("/settings/mode", said)


SCREENS = (page("/settings/mode", look, READ), action("/settings/mode", switch, WRITE))
