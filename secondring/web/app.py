"""Puts the pages together into one application."""

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from secondring.web.desk import Desk
from secondring.web.entrance import entrance
from secondring.web.protect import Protect
from secondring.web.routes import screens
from secondring.web.screens import Visit

WORDS = {
    404: "There is nothing here.",
    405: "This address only takes a form from one of our pages.",
}


def make_app(desk: Desk) -> Starlette:
    """The application; `desk.changes.run` has to run beside it."""
    routes = [Route(s.path, entrance(s, desk), methods=[s.method]) for s in screens(desk)]

    def refuse(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        visit = Visit(request, desk, desk.clock())
        return visit.render("refused.html", status=status, words=WORDS.get(status, "This did not work."))

    return Starlette(
        routes=routes,
        middleware=[Middleware(Protect, hosts=desk.hosts, encrypted=desk.encrypted, clock=desk.clock)],
        exception_handlers={HTTPException: refuse},
    )
