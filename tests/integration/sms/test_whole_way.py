"""Each carrier under the whole gateway: its outbox, its polls, bad weather; the doors of those on the web."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from secondring.domain.phone import PhoneNumber
from secondring.domain.records import TextState
from sms_gateway.inbound import Poller
from sms_gateway.listener import ListenSettings, make_server
from sms_gateway.switchboard import Route
from sms_gateway.webhooks import Webhooks, WebhookSettings
from tests.integration.sms.conftest import DIALECTS
from tests.support.fake_carrier.core import Core, Said, State, Told, Trouble
from tests.support.fake_carrier.dialect import Dialect, Subject
from tests.support.fake_carrier.laml_dialect import PUBLIC, TwilioDialect
from tests.unit.sms_gateway.fakes import ANNA, CLINIC, World, until

ON_THE_WEB = ("http", "twilio", "telnyx", "vonage", "bandwidth", "signalwire")
"""The others have no doors: they hold links of their own, or a database."""
on_the_web = pytest.mark.parametrize(
    "dialect",
    [dialect for dialect in DIALECTS if dialect.kind in ON_THE_WEB],
    ids=lambda dialect: dialect.name,
)
TEXTS = 25


class Way:
    """A gateway with one carrier."""

    def __init__(self, subject: Subject, kind: str, world: World, last_word: TextState) -> None:
        self.subject, self.core, self.world = subject, subject.core, world
        world.routes = (Route(subject.driver, kind=kind, asks_lines=False),)
        world.outbox = world.new_outbox()
        self.inbound = world.new_inbound(self._ring)
        self.poller = Poller(subject.carrier, self.inbound, world.desk, world.in_store)
        self._again: list[Told | Said] = []
        self.end = last_word if subject.carrier.capabilities.receipts else TextState.ACCEPTED
        """How a text ends that reached its phone, as far as this carrier ever says."""

    async def _ring(self) -> None:
        return None

    async def turn(self, seconds: float) -> None:
        """Work, hear the news, let time pass. What nobody knew is told again, as a carrier does after a 404."""
        await self.world.work()
        if self.subject.carrier.capabilities.polling:
            assert await self.poller.round()
        elif self.subject.webhook is not None and self.subject.knock is not None:
            due, self._again = [*self._again, *self.core.due_receipts(), *self.core.due_words()], []
            for one in due:
                knock = self.subject.knock(one)
                assert knock is not None
                news = self.subject.webhook.read(knock)
                for arrival in news.inbound:
                    await self.inbound.text(arrival)
                if await self.inbound.receipts(news.receipts):
                    self._again.append(one)
        self.world.clock.forward(seconds)


@asynccontextmanager
async def a_way(dialect: Dialect) -> AsyncIterator[Way]:
    world = World()
    async with dialect.serve(Core(world.clock, seed=5)) as subject:
        yield Way(subject, dialect.kind, world, dialect.limits.last_word)


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
async def test_in_bad_weather_nobody_gets_two_and_none_is_lost(dialect: Dialect) -> None:
    async with a_way(dialect) as way:
        weather = way.core.weather
        weather.lost_responses, weather.lost_requests = 0.2, 0.1
        weather.repeated_receipts, weather.shuffled = 0.5, True
        storm = [Trouble.BUSY, Trouble.BROKEN]
        weather.storm = [one for one in storm if one not in dialect.limits.at_once]
        for number in range(TEXTS):
            way.world.queue(f"M-{number}", body=f"Reply BOOK {number}")
        for step in range(400):
            await way.turn(10)
            if step % 3 == 0:
                way.core.carry()
            if all(_is_over(way, number) for number in range(TEXTS)):
                break
        bodies = way.core.bodies(ANNA.e164)
        assert len(bodies) == len(set(bodies)), "nobody gets two"
        arrived = {taken.body for taken in way.core.taken if taken.state is State.DELIVERED}
        can = way.subject.carrier.capabilities
        for number in range(TEXTS):
            state = way.world.text(f"M-{number}").state
            if state is TextState.FAILED:
                assert not can.lookup, "it could have been found out"
                assert not can.idempotent or dialect.limits.stays_in_doubt, "it could have been sent again"
                heard = can.receipts and not dialect.limits.stays_in_doubt
                assert not (heard and f"Reply BOOK {number}" in arrived), "its receipt said that it arrived"
            else:
                assert state is way.end
                assert f"Reply BOOK {number}" in bodies


def _is_over(way: Way, number: int) -> bool:
    return way.world.text(f"M-{number}").state in (way.end, TextState.FAILED)


async def test_a_failure_that_each_poll_tells_anew_leads_to_one_more_try() -> None:
    async with a_way(TwilioDialect()) as way:
        way.core.phones[ANNA.e164].fails = Trouble.UNREACHABLE
        way.world.queue("M-1")
        await way.turn(5)
        way.core.carry()
        for _ in range(20):
            await way.turn(5)
        assert len(way.core.taken) == 1
        way.core.phones[ANNA.e164].fails = None
        for _ in range(60):
            await way.turn(30)
            way.core.carry()
        assert [taken.state for taken in way.core.taken] == [State.FAILED, State.DELIVERED]
        assert way.world.text("M-1").state is TextState.DELIVERED


@on_the_web
async def test_its_requests_come_in_by_a_real_listener(dialect: Dialect) -> None:
    """The Host header is the listener's own: the signature holds because the address is built from the settings."""
    async with a_way(dialect) as way:
        subject, name = way.subject, way.subject.carrier.name
        assert subject.webhook is not None
        assert subject.knock is not None
        way.world.queue("M-1")
        await way.world.work()
        way.core.carry()
        told: list[Told | Said] = [
            *way.core.due_receipts(),
            way.core.says(ANNA.e164, "BOOK “now” + 1 & 2 😀", to=CLINIC.e164),
        ]
        limits = WebhookSettings(public_url=PUBLIC)
        application = Webhooks(
            {name: subject.webhook}, way.inbound, limits, clock=way.world.clock
        ).application()
        server = make_server(application, ListenSettings(port=0))
        serving = asyncio.create_task(server.serve())
        await until(lambda: server.started, "the server is up")
        port = server.servers[0].sockets[0].getsockname()[1]
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
            for one in [*told, told[-1]]:
                knock = subject.knock(one)
                assert knock is not None
                path = f"/carriers/{name}/{knock.path}"
                answer = await client.post(path, content=knock.body, headers=dict(knock.headers))
                assert answer.status_code == 200, path
                forged = await client.post(path, content=knock.body, headers={"authorization": "Basic eA=="})
                assert forged.status_code == 401
        server.should_exit = True
        await asyncio.gather(serving, return_exceptions=True)
        assert way.world.text("M-1").state is TextState.DELIVERED
        received = [id_ for what, id_ in way.world.desk.told if what == "received"]
        assert len(received) == 1, "the same reply again changes nothing"
        with way.world.store.reading() as books:
            text = books.text_by_carrier_id(name, received[0], outgoing=False)
        assert text is not None
        assert (text.body, text.patient) == ("BOOK “now” + 1 & 2 😀", PhoneNumber(ANNA.e164))
