"""Every route of the patients' page, by every method, with bad links, fields, headers: it never falls over, and never
gives back as markup what it was sent. Looking at it changes nothing."""

from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
from starlette.routing import Route

from secondring import booking_web
from secondring.booking_web.app import application
from secondring.domain.rules import Ask
from tests.support import hostile
from tests.support.booking import BookingClinic, booking_rules, booking_site
from tests.support.booking_page import shop_of
from tests.support.clinic import BEN

ROUTES = [
    (method, route.path)
    for route in application(shop_of(BookingClinic())).routes
    if isinstance(route, Route)
    for method in sorted((route.methods or set()) - {"HEAD"})
]
NAMES = hostile.fields_of(Path(booking_web.__file__).parent)
HERE = "https://book.example"


class Attacker:
    """Somebody with one route, a link of each kind, and bad intentions."""

    def __init__(self, path: str) -> None:
        self.clinic = BookingClinic(
            rules=booking_rules(booking_site(), ask_name=Ask.REQUIRED, ask_birth_date=Ask.REQUIRED)
        )
        looking, holding = self.clinic.asks_to_book(), self.clinic.asks_to_book(BEN)
        self.clinic.holds(holding, self.clinic.times(holding)[0])
        self.path = path
        self.links = [looking, holding]
        app = application(shop_of(self.clinic))
        self.web = httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url=HERE)
        self.complaints: list[str] = []

    def paths(self, turn: int) -> list[str]:
        tokens = [*self.links, quote(hostile.VALUES[turn], safe=""), "A" * 22]
        return list(dict.fromkeys(self.path.replace("{token}", token) for token in tokens))

    async def tries(self, method: str, path: str, **more: object) -> None:
        answer: httpx.Response = await self.web.request(method, path, **more)  # type: ignore[arg-type]
        self.complaints += [found] if (found := hostile.complaint(answer)) else []


@pytest.mark.parametrize(("method", "path"), ROUTES, ids=lambda value: value)
async def test_no_link_or_field_makes_it_fall_over(method: str, path: str) -> None:
    attacker = Attacker(path)
    for turn in range(len(hostile.VALUES)):
        for address in attacker.paths(turn):
            for fields in hostile.fields(NAMES, turn):
                if method == "GET":
                    await attacker.tries("GET", address, params=fields)
                else:
                    await attacker.tries("POST", address, params=fields, data=dict(fields))
    assert attacker.complaints == []


@pytest.mark.parametrize("path", sorted({path for _, path in ROUTES}))
async def test_no_method_header_or_body_makes_it_fall_over(path: str) -> None:
    attacker = Attacker(path)
    for method in hostile.METHODS:
        for address in attacker.paths(0):
            await attacker.tries(method, address, content=b"\xff{[", headers={"origin": HERE})
    for turn in range(6):
        for method in ("GET", "POST"):
            bad = hostile.headers(turn) | {"cookie": next(iter(hostile.headers(turn + 1).values()))}
            await attacker.tries(method, attacker.paths(turn)[0], headers=bad)
    assert attacker.complaints == []


@pytest.mark.parametrize("path", sorted({path for method, path in ROUTES if method == "GET"}))
async def test_looking_books_holds_and_cancels_nothing(path: str) -> None:
    attacker = Attacker(path)
    before = [attacker.clinic.there(link) for link in attacker.links]
    for turn in range(len(hostile.VALUES)):
        for address in attacker.paths(turn)[:2]:
            for method in ("GET", "HEAD"):
                await attacker.tries(method, address, params=dict.fromkeys(NAMES, "checkup"))
    after = [attacker.clinic.there(link) for link in attacker.links]
    assert [(one.held, one.booked) for one in after] == [(one.held, one.booked) for one in before]
    assert attacker.complaints == []
