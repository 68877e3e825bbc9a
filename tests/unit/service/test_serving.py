"""Whose word on a visitor's address counts, and who gets an answer in plain HTTP at all."""

from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from secondring.certificates import Certificate
from secondring.serving import Listen, _doorway

PROXY, STRANGER = "192.0.2.80", "192.0.2.7"
FORWARDED = {"x-forwarded-for": "198.51.100.9", "x-forwarded-proto": "https"}
CERTIFICATE = Certificate(Path("/nowhere/web.crt"), Path("/nowhere/web.key"))


async def _who(request: Request) -> Response:
    return PlainTextResponse(f"{request.client.host if request.client else ''} {request.url.scheme}")


async def asked(listen: Listen, address: str) -> httpx.Response:
    """What somebody at an address is answered, who says that they ask for somebody else."""
    app = _doorway(Starlette(routes=[Route("/", _who)]), listen)
    transport = httpx.ASGITransport(app=app, client=(address, 4711))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        return await client.get("/", headers=FORWARDED)


def listen(certificate: Certificate | None = None, *proxies: str) -> Listen:
    return Listen(name="web", host="192.0.2.5", port=1, certificate=certificate, proxies=proxies)


@pytest.mark.parametrize(
    ("where", "address", "seen"),
    [
        (listen(), "127.0.0.1", "127.0.0.1 http"),
        (listen(None, "127.0.0.1"), "127.0.0.1", "198.51.100.9 https"),
        (listen(None, PROXY), PROXY, "198.51.100.9 https"),
        (listen(None, PROXY), "127.0.0.1", "127.0.0.1 http"),
        (listen(CERTIFICATE), STRANGER, f"{STRANGER} http"),
        (listen(CERTIFICATE, PROXY), STRANGER, f"{STRANGER} http"),
        (listen(CERTIFICATE, PROXY), PROXY, "198.51.100.9 https"),
    ],
)
async def test_only_the_proxies_that_are_named_are_believed(where: Listen, address: str, seen: str) -> None:
    answer = await asked(where, address)
    assert (answer.status_code, answer.text) == (200, seen)


@pytest.mark.parametrize("where", [listen(), listen(None, PROXY)])
@pytest.mark.parametrize("address", [STRANGER, "", "testclient", "2001:db8::7"])
async def test_plain_http_is_for_this_machine_and_the_proxies(where: Listen, address: str) -> None:
    answer = await asked(where, address)
    assert answer.status_code == 403
    assert "198.51.100.9" not in answer.text
