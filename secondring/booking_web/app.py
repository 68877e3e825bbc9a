"""The routes. Looking is GET and changes nothing but the count of clicks; every wish is a POST of its own."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from secondring.booking_web import forms, ics, views
from secondring.booking_web.drawing import STYLE, Paper
from secondring.booking_web.guard import Guard, from_elsewhere
from secondring.booking_web.shop import GoneError, Shop
from secondring.booking_web.views import Look
from secondring.booking_web.words import WORDS
from secondring.domain.booking_desk import Result
from secondring.domain.errors import blame

log = logging.getLogger(__name__)
T = TypeVar("T")

RETRY_AFTER = 60


Endpoint = Callable[[Request], Awaitable[Response]]
Handler = Callable[[Request, Look], Awaitable[Response]]


def application(shop: Shop) -> Starlette:
    """The whole of the public page."""
    pages = _Pages(shop)
    return Starlette(
        routes=pages.routes(),
        middleware=[
            Middleware(
                Guard,
                per_minute=shop.per_minute,
                encrypted=shop.desk.page.public_url.startswith("https:"),
                clock=shop.clock,
                too_hasty=pages.too_hasty,
            )
        ],
        exception_handlers={404: pages.nowhere, 405: pages.nowhere},
    )


class _Pages:
    """The endpoints."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self._desk = shop.desk
        self._paper = Paper()

    def routes(self) -> list[Route]:
        """Everything there is; all else is the page of a link that leads nowhere."""
        looks: dict[str, Handler] = {
            "": self._home,
            "/times": self._times,
            "/cancel": self._ask_cancel,
            "/visit.ics": self._file,
        }
        wishes: dict[str, Handler] = {
            "/hold": self._hold,
            "/let-go": self._let_go,
            "/confirm": self._confirm,
            "/cancel": self._cancel,
            "/call-me": self._call_me,
        }
        return [
            *(Route(f"/b/{{token}}{path}", self._wish(do), methods=["POST"]) for path, do in wishes.items()),
            *(Route(f"/b/{{token}}{path}", self._look(do), methods=["GET"]) for path, do in looks.items()),
            Route("/g/{token}", self._safely(self._go), methods=["GET"]),
            Route("/booking.css", self._style, methods=["GET"]),
            Route("/robots.txt", self._robots, methods=["GET"]),
            Route("/healthz", self._health, methods=["GET"]),
        ]

    # around every page

    def _look(self, show: Handler) -> Endpoint:
        async def answer(request: Request) -> Response:
            return await show(request, await self._shop.arrive(request))

        return self._safely(answer)

    def _wish(self, do: Handler) -> Endpoint:
        async def answer(request: Request) -> Response:
            if from_elsewhere(request):
                raise GoneError
            return await do(request, await self._shop.arrive(request))

        return self._safely(answer)

    def _safely(self, endpoint: Endpoint) -> Endpoint:
        """Whatever goes wrong, the visitor gets a page with the clinic's phone on it."""

        async def answer(request: Request) -> Response:
            try:
                return await endpoint(request)
            except (GoneError, forms.BadFormError):
                return await self.nowhere(request)
            except Exception as error:  # noqa: BLE001 - a traceback may quote a patient
                return await self.failed(request, error)

        return answer

    def _draw(self, page: str, look: Look, context: dict[str, object], status: int = 200) -> Response:
        return self._paper.draw(page, look.language, context, status=status)

    async def nowhere(self, request: Request, _error: Exception | None = None) -> Response:
        """A link that leads nowhere: the same for one that ran out, one that never was, and anything else."""
        return self._paper.message("gone", _spoken_by(request), self._shop.sites, status=404)

    async def too_hasty(self, request: Request) -> Response:
        """One request too many."""
        spoken_by = _spoken_by(request)
        return self._paper.message("hasty", spoken_by, self._shop.sites, status=429, retry=RETRY_AFTER)

    async def failed(self, request: Request, error: Exception) -> Response:
        """The books did not do their part, or we did not."""
        log.error("booking page: %s", blame(error))
        spoken_by = _spoken_by(request)
        return self._paper.message("failed", spoken_by, self._shop.sites, status=503, retry=RETRY_AFTER)

    # looking

    async def _home(self, request: Request, look: Look) -> Response:
        await self._shop.count(request, look.visitor.token)
        visitor = look.visitor
        if visitor.held is not None:
            return self._draw("confirm", look, views.confirm(look, visitor.held, self._desk.page))
        if visitor.booked is not None:
            return self._draw("booked", look, views.booked(look, visitor.booked))
        return await self._times(request, look)

    async def _times(self, request: Request, look: Look) -> Response:
        timetable = look.visitor.timetable
        chosen = request.query_params.get("visit", "")
        visit = timetable.visit(chosen) or (timetable.visits[0] if len(timetable.visits) == 1 else None)
        if visit is None:
            return self._draw("visits", look, views.choose_visit(look))
        kind = visit
        if not await self._shop.has_times(look):
            words = WORDS[look.language]
            page = views.done(look, words["away"], words["away_text"], way_on=look.path("times"))
            return self._draw("done", look, page, 503)
        slots = await self._shop.read(
            lambda books: self._desk.open_times(books, look.visitor, kind, look.now)
        )
        day = forms.read_day(request.query_params.get("day", ""))
        return self._draw("pick", look, views.pick(look, visit, slots, day))

    async def _ask_cancel(self, _request: Request, look: Look) -> Response:
        if look.visitor.booked is None:
            return _on(look.path(note="changed"))
        return self._draw("cancel", look, views.cancel(look, look.visitor.booked))

    async def _file(self, _request: Request, look: Look) -> Response:
        booked = look.visitor.booked
        if booked is None:
            raise GoneError
        choices = await self._shop.read(lambda books: len(books.bookings_of(booked.episode)))
        file = await asyncio.to_thread(ics.calendar_file, look.visitor, booked, choices, look.now)
        headers = {"content-disposition": 'attachment; filename="visit.ics"'}
        return Response(file, media_type="text/calendar; charset=utf-8", headers=headers)

    # wishes

    async def _hold(self, request: Request, look: Look) -> Response:
        form = await forms.read_form(request)
        visit, starts_at = form.get("visit", ""), forms.read_start(form.get("time", ""))
        if starts_at is None:
            return _on(look.path("times", visit=visit, note="taken"))
        start = starts_at
        await self._shop.has_times(look)
        result = await self._shop.change(
            look, lambda books, visitor: self._desk.hold(books, visitor, visit, start, look.now)
        )
        return _on(look.path() if result is Result.DONE else look.path("times", visit=visit, note="taken"))

    async def _let_go(self, _request: Request, look: Look) -> Response:
        visit = look.visitor.held.visit if look.visitor.held else ""
        await self._shop.change(look, lambda books, visitor: self._desk.let_go(books, visitor, look.now))
        return _on(look.path("times", visit=visit))

    async def _confirm(self, request: Request, look: Look) -> Response:
        form = await forms.read_form(request)
        person = forms.read_person(form, self._desk.page, look.language, look.today)
        chosen = form.get("booking", "")
        held = look.visitor.held
        wrong = forms.wrong_fields(form, person, self._desk.page)
        if wrong and held is not None and held.id == chosen:
            page = views.confirm(look, held, self._desk.page, form, wrong)
            return self._draw("confirm", look, page, 422)
        result = await self._shop.confirm(look, chosen, person)
        if result is Result.UNSURE:
            words = WORDS[look.language]
            text = words["unsure_text"].format(clinic=look.visitor.site.name)
            return self._draw("done", look, views.done(look, words["call_title"], text))
        if result is Result.TAKEN:
            return _on(look.path("times", note="taken"))
        return _on(look.path(note="" if result is Result.DONE else "changed"))

    async def _cancel(self, request: Request, look: Look) -> Response:
        chosen, booked = (await forms.read_form(request)).get("booking", ""), look.visitor.booked
        result = await self._shop.change(
            look, lambda books, visitor: self._desk.cancel(books, visitor, chosen, look.now)
        )
        if result is not Result.DONE or booked is None:
            return _on(look.path(note="changed"))
        words, lives_on = WORDS[look.language], look.now < look.visitor.link.expires_at
        way_on = look.path("times") if lives_on else ""
        text = views.cancelled_text(look, booked)
        return self._draw("done", look, views.done(look, words["cancelled"], text, way_on=way_on))

    async def _call_me(self, _request: Request, look: Look) -> Response:
        await self._shop.change(look, lambda books, visitor: self._desk.call_me(books, visitor, look.now))
        words = WORDS[look.language]
        text = words["call_text"].format(clinic=look.visitor.site.name)
        return self._draw("done", look, views.done(look, words["call_title"], text))

    # links to the clinic's own page, and the rest

    async def _go(self, request: Request) -> Response:
        token, now = str(request.path_params["token"]), self._shop.clock()
        target = await self._shop.read(lambda books: self._desk.target(books, token, now))
        if target is None:
            raise GoneError
        await self._shop.count(request, token)
        return RedirectResponse(target, 302)

    async def _style(self, _request: Request) -> Response:
        headers = {"cache-control": "public, max-age=86400"}
        return Response(STYLE, media_type="text/css", headers=headers)

    async def _robots(self, _request: Request) -> Response:
        return PlainTextResponse("User-agent: *\nDisallow: /\n")

    async def _health(self, _request: Request) -> Response:
        return PlainTextResponse("ok\n")


def _on(path: str) -> RedirectResponse:
    """Go on by GET, so that neither reloading nor the way back sends a form again."""
    return RedirectResponse(path, 303)


def _spoken_by(request: Request) -> str:
    """The language of someone whose link we do not know: the address says it, or the browser."""
    accepted = request.headers.get("accept-language", "")[:2].lower()
    return views.language_of(request.query_params.get("lang", ""), accepted)
