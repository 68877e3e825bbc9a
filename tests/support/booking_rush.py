"""Fifty places and two hundred callers: the clinic of the rush, and a page server of its own process.

`python -m tests.support.booking_rush URL PORT` serves the page on that database until it is killed.
"""

import asyncio
import sys
from dataclasses import replace
from datetime import time, timedelta

from secondring.booking_web.app import application
from secondring.domain.booking_link import Links
from secondring.domain.phone import PhoneNumber
from secondring.domain.records import Intent
from secondring.serving import Listen, serve
from secondring.store.sqlstore import SqlStore
from secondring.writer import Writer
from tests.support.booking import TIMETABLE, BookingClinic, Tokens, booking_rules, booking_site
from tests.support.booking_page import shop_of
from tests.support.books import KEY, an_episode
from tests.support.clinic import MONDAY_TEN

CLIENTS, PLACES = 200, 50
RUSH = replace(
    TIMETABLE,
    week=dict.fromkeys(range(1, 6), ((time(9), time(11, 30)),)),
    capacity=2,
    horizon=timedelta(days=6),
)
"""Five days of five half hours, two at a time."""


def rush_clinic() -> BookingClinic:
    """Its rules; its books are somewhere else."""
    return BookingClinic(rules=booking_rules(booking_site(timetable=RUSH)))


def invite(store: SqlStore) -> list[str]:
    """An episode and a link for each client; their tokens."""
    clinic, links = rush_clinic(), Links(rush_clinic().rules, Tokens())
    (site,) = clinic.rules.sites
    with store.transaction() as books:
        episodes = [
            an_episode(
                number, site=site.id, caller=_caller(number), booking_asked_at=MONDAY_TEN, intent=Intent.BOOK
            )
            for number in range(CLIENTS)
        ]
        for episode in episodes:
            books.save_episode(episode)
        made = [links.make(books, episode, site, MONDAY_TEN) for episode in episodes]
    return [link.rpartition("/")[2] for link in made]


def _caller(number: int) -> PhoneNumber:
    area, last = divmod(number, 100)
    return PhoneNumber(f"+1{('202', '212')[area]}55501{last:02}")


async def _serve(url: str, port: int) -> None:
    store = SqlStore(url, KEY)
    clinic = rush_clinic()
    shop = replace(shop_of(clinic, per_minute=1_000_000), store=store, in_store=Writer(store))
    await serve(application(shop), Listen(name="rush", host="127.0.0.1", port=port))


if __name__ == "__main__":
    asyncio.run(_serve(sys.argv[1], int(sys.argv[2])))
