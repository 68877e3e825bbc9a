"""Every route there is, in one table: what is not in it does not exist."""

from starlette.responses import RedirectResponse, Response

from secondring.domain.staff import Stage
from secondring.web import (
    account,
    audit_page,
    bookings,
    conversation,
    dashboard,
    done,
    emergency_page,
    health_page,
    live,
    rows,
    urgent_board,
    wishes,
    work,
)
from secondring.web.assets import FOREVER, content
from secondring.web.desk import Desk
from secondring.web.log_in import LogIn
from secondring.web.menu import menu
from secondring.web.protect import LOG_INS, Crowd
from secondring.web.provider_log_in import ProviderLogIn
from secondring.web.screens import EVERYBODY, NOBODY, Refused, Screen, Visit, page
from secondring.web.settings import mode, overview, texts, users, wizard


async def static(visit: Visit) -> Response:
    """Style and script."""
    found = content(visit.request.path_params["name"])
    if found is None:
        raise Refused(404, "There is no such file.")
    body, kind = found
    return Response(body, media_type=kind, headers={"cache-control": FOREVER})


async def home(visit: Visit) -> Response:
    """To the first page that they may open; in a clinic's first day, the first steps."""
    if await wizard.is_due(visit):
        return RedirectResponse("/setup", status_code=303)
    entries = menu(visit.user)
    return RedirectResponse(entries[0].path if entries else "/account", status_code=303)


def screens(desk: Desk) -> tuple[Screen, ...]:
    """The table."""
    tries = Crowd(LOG_INS, desk.clock)
    return (
        Screen("GET", "/static/{name}", static, NOBODY, None),
        page("/", home, EVERYBODY),
        *LogIn(tries).screens(),
        *ProviderLogIn(tries).screens(),
        *work.SCREENS,
        *rows.SCREENS,
        *done.SCREENS,
        *conversation.SCREENS,
        *wishes.SCREENS,
        *urgent_board.SCREENS,
        *bookings.SCREENS,
        *account.SCREENS,
        *emergency_page.SCREENS,
        *audit_page.SCREENS,
        *health_page.SCREENS,
        *live.SCREENS,
        *dashboard.SCREENS,
        *overview.SCREENS,
        *texts.SCREENS,
        *mode.SCREENS,
        *users.SCREENS,
        *wizard.SCREENS,
    )


def open_to_strangers(screen: Screen) -> bool:
    """True for routes before the log-in."""
    return screen.stage is not Stage.FULL
