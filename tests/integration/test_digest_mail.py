"""The digest on its way: a real SMTP server on a real socket takes it, refuses it, is away."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, Session
from aiosmtpd.smtp import Envelope as Received

from secondring.domain.board import Board
from secondring.domain.digest import SENT, DigestRules, due_at, make_digest
from secondring.domain.weeks import Week
from secondring.letters.letter import Envelope, write
from secondring.mail import Mailer, MailServer
from secondring.store.sqlstore import SqlStore
from secondring.weekly import Delivery, DigestPost, TallyKeeper
from secondring.writer import Reader, Writer
from tests.support.books import KEY, new_database
from tests.support.until import until
from tests.support.weeks import NAMES, NORTH, WEEK, Pen

RULES = DigestRules(weekday=0, hour=7, zone=NORTH.zone)
ENVELOPE = Envelope(sender="ring@clinic.example", owner="manager@clinic.example", pages=None)


@dataclass
class Postmaster:
    """What the mail server keeps, and how it is in a mood to answer."""

    taken: list[Received] = field(default_factory=list)
    answer: str = "250 taken"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Received) -> str:  # noqa: N802
        if self.answer.startswith("2"):
            self.taken.append(envelope)
        return self.answer

    def subjects(self) -> list[str]:
        letters = [one.content for one in self.taken if isinstance(one.content, bytes)]
        return [str(message_from_bytes(letter, policy=policy.default)["Subject"]) for letter in letters]


@asynccontextmanager
async def mail_server(postmaster: Postmaster, *, port: int = 0, **settings: Any) -> AsyncIterator[int]:
    """A server on loopback; gives its port."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(postmaster, hostname="mail.example", loop=loop, **settings), "127.0.0.1", port
    )
    try:
        yield int(server.sockets[0].getsockname()[1])
    finally:
        server.close()
        await server.wait_closed()


class World:
    """A clinic's books with two weeks in them, a clock, and the weekly post."""

    def __init__(self, folder: Path, port: int) -> None:
        self.store = SqlStore(new_database(folder), KEY)
        self.now = due_at(WEEK.plus(-1), RULES).astimezone(UTC)
        self.port = port
        pen = Pen(self.store)
        pen.week(WEEK.plus(-1), 30, replied=10, won=15)
        pen.week(WEEK, 30, replied=10, won=21)
        self.writer = Writer(self.store)
        self.post = self.another_post()

    def another_post(self) -> DigestPost:
        """The weekly post as it is after a restart."""
        delivery = Delivery((NORTH,), RULES, self._send)
        return DigestPost(delivery, Reader(self.store), self.writer, clock=lambda: self.now)

    def _send(self, board: Board) -> None:
        server = MailServer(host="127.0.0.1", port=self.port, security="none", sender=ENVELOPE.sender)
        Mailer(server).send(write(make_digest(board, NAMES), ENVELOPE, self.now))

    def next_week(self) -> None:
        self.now = due_at(Week.at(self.now, RULES.zone), RULES).astimezone(UTC) + timedelta(minutes=1)

    def sent(self) -> str | None:
        with self.store.reading() as books:
            return books.bookmark(SENT)

    def close(self) -> None:
        self.writer.close()
        self.store.close()


async def test_a_new_clinic_gets_its_first_digest_after_its_first_whole_week(tmp_path: Path) -> None:
    postmaster = Postmaster()
    async with mail_server(postmaster) as port:
        world = World(tmp_path, port)
        try:
            assert not await world.post.round()
            world.next_week()
            assert await world.post.round()
        finally:
            world.close()
    assert postmaster.subjects() == [
        "Second Ring, week 2026-W10: Last week 21 of 30 missed callers were recovered: 70 %, up 20 points."
    ]
    (letter,) = postmaster.taken
    assert (letter.mail_from, letter.rcpt_tos) == ("ring@clinic.example", ["manager@clinic.example"])


async def test_it_is_sent_once_however_often_we_look_or_start_anew(tmp_path: Path) -> None:
    postmaster = Postmaster()
    async with mail_server(postmaster) as port:
        world = World(tmp_path, port)
        try:
            await world.post.round()
            world.next_week()
            assert [await world.another_post().round() for _ in range(4)] == [True, False, False, False]
            world.now += timedelta(days=3)
            assert not await world.another_post().round()
            assert world.sent() == str(WEEK)
        finally:
            world.close()
    assert len(postmaster.taken) == 1


async def test_a_server_that_refuses_or_is_away_is_tried_again_later(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    postmaster = Postmaster(answer="451 not now")
    async with mail_server(postmaster) as port:
        world = World(tmp_path, port)
        await world.post.round()
        world.next_week()
        assert not await world.post.round()
        assert "said no (451)" in caplog.text
        assert not await world.post.round(), "not before its time"
    try:
        world.now += timedelta(minutes=1)
        assert not await world.post.round()
        assert "cannot be reached" in caplog.text
        async with mail_server(postmaster, port=port):
            postmaster.answer = "250 taken"
            world.now += timedelta(minutes=2)
            assert await world.post.round()
    finally:
        world.close()
    assert len(postmaster.taken) == 1
    assert "@clinic.example" not in caplog.text


async def test_a_digest_that_nobody_took_gives_way_to_the_next_one(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    postmaster = Postmaster(answer="550 no")
    async with mail_server(postmaster) as port:
        world = World(tmp_path, port)
        try:
            await world.post.round()
            world.next_week()
            assert not await world.post.round()
            world.next_week()
            postmaster.answer = "250 taken"
            assert await world.post.round()
        finally:
            world.close()
    assert [subject.split(":")[0] for subject in postmaster.subjects()] == ["Second Ring, week 2026-W11"]
    assert "week 2026-W10 was never taken" in caplog.text


async def test_the_keeper_keeps_all_that_is_over_and_then_has_nothing_to_do(tmp_path: Path) -> None:
    world = World(tmp_path, 0)
    try:
        world.now += timedelta(days=14)
        keeper = TallyKeeper((NORTH,), Reader(world.store), world.writer, clock=lambda: world.now)
        assert await keeper.round() > 14
        assert await keeper.round() == 0
        with world.store.reading() as books:
            assert len(books.tally_spans(NORTH.site, WEEK.span(NORTH.zone), days=7)) == 1
    finally:
        world.close()


def _fails(_board: Board) -> None:
    raise ValueError("+12025550123")


async def test_figures_that_fail_stop_nothing_else(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A bug in the digest is logged without its words, and the part goes on."""
    world = World(tmp_path, 0)
    failing = Delivery((NORTH,), RULES, _fails)
    post_of = DigestPost(failing, Reader(world.store), world.writer, clock=lambda: world.now)
    await post_of.round()
    world.next_week()
    running = asyncio.create_task(post_of.run())
    try:
        await asyncio.to_thread(until, lambda: "ValueError" in caplog.text, "the failure is in the log")
        assert not running.done()
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        world.close()
    assert "5550123" not in caplog.text
