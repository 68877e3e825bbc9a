"""The booking page as a part of a service: built from the settings, and served where they say."""

from collections.abc import Awaitable, Callable

from config.settings import Settings
from secondring import wiring
from secondring.booking_web.app import application
from secondring.booking_web.shop import Shop
from secondring.domain.booking_desk import BookingDesk
from secondring.domain.ports import Store
from secondring.domain.rules import Rules
from secondring.listening import InStore
from secondring.papers import papers
from secondring.serving import Listen, serve

MOST_AT_ONCE = 500
"""Connections: the page is open to everybody."""


def booking_page(
    settings: Settings,
    rules: Rules,
    store: Store,
    in_store: InStore,
    ring: Callable[[], Awaitable[None]],
) -> Callable[[], Awaitable[None]] | None:
    """The part that serves patients; None while the page is off."""
    where = settings.booking
    if where is None:
        return None
    shop = Shop(
        desk=BookingDesk(rules, wiring.wording(settings)),
        sites=rules.sites,
        store=store,
        in_store=in_store,
        clock=wiring.now,
        ring=ring,
        per_minute=where.per_minute,
    )
    listen = Listen(
        name="booking.listen",
        host=where.host,
        port=where.port,
        certificate=papers(settings).get("booking"),
        proxies=where.proxies,
        connections=MOST_AT_ONCE,
    )
    return lambda: serve(application(shop), listen)
