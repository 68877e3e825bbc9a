"""Replies and receipts of a carrier that is polled: each taken in once, none lost."""

import asyncio
from datetime import timedelta

import pytest

from secondring.domain.errors import PeerError
from secondring.domain.records import TextState
from secondring.domain.texting import Arrival, Stray
from sms_gateway import inbound
from sms_gateway.carriers.port import Poll, Receipt
from sms_gateway.inbound import Poller
from tests.unit.sms_gateway.fakes import ANNA, CLINIC, NOON, World, until


class Office:
    """A world with its door for what comes in."""

    def __init__(self) -> None:
        self.world = World()
        self.rings = 0
        self.inbound = self.world.new_inbound(self._ring)
        self.poller = Poller(
            self.world.carrier,
            self.inbound,
            self.world.desk,
            self.world.in_store,
            interval=timedelta(milliseconds=1),
        )

    async def _ring(self) -> None:
        self.rings += 1

    def cursor(self) -> str | None:
        with self.world.store.reading() as books:
            return self.world.desk.cursor(books, "fake")


@pytest.fixture
def office() -> Office:
    return Office()


def reply(id_: str, body: str = "BOOK") -> Arrival:
    return Arrival(carrier="fake", carrier_id=id_, sender=ANNA, to=CLINIC, body=body, at=NOON)


async def test_a_reply_is_taken_in_once_however_often_it_comes(office: Office) -> None:
    assert await office.inbound.text(reply("r1"))
    assert not await office.inbound.text(reply("r1"))
    assert (office.world.desk.told, office.rings) == ([("received", "r1")], 1)


async def test_a_text_that_cannot_be_answered_goes_to_the_desk_once(office: Office) -> None:
    stray = Stray(carrier="fake", carrier_id="r1", sender="22000", to=CLINIC.e164, body="Ready", at=NOON)
    office.world.carrier.news = Poll(inbound=(stray, reply("r2")), cursor="7")
    for _ in range(2):
        assert await office.poller.round()
    assert office.world.desk.told == [("unanswerable", "r1"), ("received", "r2")]
    assert office.cursor() == "7"


async def test_a_poll_takes_in_all_there_is_and_keeps_its_place(office: Office) -> None:
    office.world.queue()
    await office.world.work()
    receipt = Receipt(carrier="fake", id="M-1", state=TextState.DELIVERED)
    office.world.carrier.news = Poll(inbound=(reply("r1"), reply("r2")), receipts=(receipt,), cursor="7")
    assert await office.poller.round()
    assert await office.poller.round()
    assert office.world.desk.told[1:] == [("received", "r1"), ("received", "r2"), ("delivered", "M-1")]
    assert office.cursor() == "7"


async def test_a_reply_the_desk_chokes_on_goes_to_a_person_and_holds_no_other_back(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    office.world.desk.broken = {"r1"}
    office.world.carrier.news = Poll(inbound=(reply("r1", "secret words"), reply("r2")), cursor="7")
    assert await office.poller.round()
    assert await office.poller.round()
    assert office.world.desk.told == [("to a person", "r1"), ("received", "r2")]
    assert "secret words" not in caplog.text
    assert office.cursor() == "7"


async def test_a_carrier_that_cannot_be_asked_is_asked_again(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    news: list[Poll | Exception] = [
        PeerError("down"),
        RuntimeError("a bug"),
        Poll(inbound=(reply("r1"),), cursor="7"),
    ]

    async def poll(_cursor: str | None) -> Poll:
        found = news.pop(0) if len(news) > 1 else news[0]
        if isinstance(found, Exception):
            raise found
        return found

    monkeypatch.setattr(office.world.carrier, "poll", poll)
    task = asyncio.create_task(office.poller.run())
    await until(lambda: office.world.desk.told, "the reply")
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert office.world.desk.told == [("received", "r1")]


def test_a_failing_carrier_is_polled_ever_more_rarely(office: Office) -> None:
    pauses = []
    for office.poller._failures in (0, 1, 2, 60):
        pauses.append(office.poller._pause())
    assert pauses == [timedelta(milliseconds=ms) for ms in (1, 2, 4, 65.536e3)]


async def test_a_receipt_that_is_faster_than_the_answer_is_offered_again(office: Office) -> None:
    early = Receipt(carrier="fake", id="c-M-1", state=TextState.DELIVERED)
    office.world.carrier.news = Poll(receipts=(early,), cursor="7")
    assert await office.poller.round()
    office.world.carrier.news = Poll(cursor="7")
    office.world.queue()
    await office.world.work()
    assert office.world.text().state is TextState.ACCEPTED
    assert await office.poller.round()
    assert office.world.text().state is TextState.DELIVERED


async def test_receipts_of_texts_that_are_not_ours_are_forgotten_in_the_end(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbound, "STRANGER_ROUNDS", 3)
    stranger = Receipt(carrier="fake", id="theirs", state=TextState.DELIVERED)
    office.world.carrier.news = Poll(receipts=(stranger,), cursor="7")
    await office.poller.round()
    office.world.carrier.news = Poll(cursor="7")
    for _ in range(3):
        await office.poller.round()
    assert office.poller._strangers == {}


async def test_a_failure_by_receipt_that_goes_another_way_wakes_the_outbox(office: Office) -> None:
    office.world.queue(template="book")
    await office.world.work()
    failed = Receipt(carrier="fake", id="c-M-1", state=TextState.FAILED)
    await office.inbound.receipts([failed])
    assert office.rings == 1
