"""Numbers and words are planted on every path and looked for in everything that was logged, at DEBUG."""

import contextlib
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from secondring.domain.errors import PeerError
from secondring.domain.texting import Arrival
from sms_gateway.carriers.handset import HandsetCarrier
from sms_gateway.carriers.http import HttpCarrier, HttpSettings
from sms_gateway.carriers.port import Carrier, Driver, OutgoingText
from sms_gateway.carriers.spool import Spool
from sms_gateway.inbound import Poller
from sms_gateway.switchboard import Route
from tests.integration.sms.gateway_server import Answer, GatewayServer
from tests.integration.sms.test_webhooks import REPLY, a_door
from tests.support.api_carriers import KINDS, SECRET, Kind, hasty
from tests.unit.sms_gateway.fakes import ANNA, CLINIC, NOON, Clock, FakeCarrier, Step, World
from tests.unit.sms_gateway.test_inbound import Office, reply

PLANTED = "planted words of a patient"
TOKEN = "planted-token"


class _Ear(logging.Handler):
    """Hears everything, with its arguments and tracebacks. (`caplog` has forgotten it by the teardown.)"""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.heard: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.heard.append(f"{self.format(record)} {record.__dict__}")


@pytest.fixture(autouse=True)
def ear() -> Iterator[_Ear]:
    root, listening = logging.getLogger(), _Ear()
    before = root.level
    root.setLevel(logging.DEBUG)
    root.addHandler(listening)
    try:
        yield listening
    finally:
        root.removeHandler(listening)
        root.setLevel(before)
    logged = "\n".join(listening.heard)
    for planted in (PLANTED, ANNA.e164, ANNA.e164[1:], ANNA.e164[2:], CLINIC.e164, TOKEN, SECRET):
        assert planted not in logged


async def _send_with(carrier: Carrier, world: World) -> None:
    """The whole outbox on a real carrier."""
    world.queue(body=PLANTED)
    world.routes = (Route(Driver(carrier=carrier)),)
    world.outbox = world.new_outbox()
    await world.work_until_settled()
    await carrier.close()


ANSWERS = [
    Answer(202, b'{"id": "x1"}'),
    Answer(200, PLANTED.encode()),
    Answer(401, PLANTED.encode()),
    Answer(429, PLANTED.encode(), {"Retry-After": "1"}),
    Answer(500, PLANTED.encode(), {"X-Echo": ANNA.e164}),
    Answer(302, b"", {"Location": f"/{ANNA.e164}"}),
    Answer(hang_up=True),
    Answer(200, drip=True),
]


@pytest.mark.parametrize("answer", ANSWERS, ids=lambda a: f"{a.status}{'-broken' * (a.hang_up or a.drip)}")
async def test_http(gateway: GatewayServer, answer: Answer) -> None:
    gateway.script = [answer]
    settings = HttpSettings(url=gateway.url, lookup_url=f"{gateway.url}/texts", token=TOKEN)
    await _send_with(HttpCarrier(settings, Clock()), World())
    assert gateway.seen


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
@pytest.mark.parametrize(
    "answer",
    [answer for answer in ANSWERS if not answer.drip],  # that takes seconds, and is the same for all
    ids=lambda a: f"{a.status}{'-broken' * a.hang_up}",
)
async def test_carriers_with_interfaces_of_their_own(
    gateway: GatewayServer, kind: Kind, answer: Answer
) -> None:
    answer.keeps_text = False
    gateway.script, gateway.lookup_script = [answer] * 9, [answer] * 9
    await _send_with(hasty(kind.make(gateway.url, Clock())), World())
    carrier = hasty(kind.make(gateway.url, Clock()))
    for ask in (carrier.poll(None), carrier.line_type(ANNA)):  # type: ignore[attr-defined]
        with contextlib.suppress(PeerError):
            logging.getLogger("planted").debug("%r", await ask)
    await carrier.close()
    assert gateway.seen


async def test_http_with_nobody_there() -> None:
    await _send_with(HttpCarrier(HttpSettings(url="http://127.0.0.1:1/"), Clock()), World())


async def test_handset(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "air")
    await _send_with(HandsetCarrier(spool, Clock()), World())
    spool.reply(ANNA, PLANTED, at=NOON)
    office = Office()
    office.world.desk.hopeless = {spool.since(0)[0][-1].id}
    desk, in_store = office.world.desk, office.world.in_store
    poller = Poller(HandsetCarrier(spool, Clock()), office.inbound, desk, in_store)
    assert not await poller.round()
    desk.hopeless = set()
    assert await poller.round()


async def test_a_carrier_or_a_desk_that_raises_with_the_words_in_its_hands() -> None:
    world = World()
    world.queue(body=PLANTED)
    world.queue("M-2", body=PLANTED)
    world.queue("M-3", body=PLANTED)
    world.desk.broken = {"M-2"}
    world.desk.broken_answers = {"M-3"}
    world.carrier.script = [Step(reaches_phone=True, answer=ValueError(f"{ANNA.e164} {PLANTED}"))]
    await world.work()


async def test_a_poll_that_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    office = Office()

    async def poll(_self: FakeCarrier, _cursor: str | None) -> None:
        raise ValueError(f"{ANNA.e164} {PLANTED}")

    monkeypatch.setattr(FakeCarrier, "poll", poll)
    assert not await office.poller.round()


async def test_webhooks() -> None:
    planted = REPLY | {"text": PLANTED}
    async with a_door() as door:
        for body in (planted, planted | {"to": PLANTED}, PLANTED.encode(), b"x" * 70_000):
            await door.knock("inbound", body)
            await door.knock("receipt", body)
            await door.knock("inbound", body, signature="0" * 64)
        door.world.desk.hopeless = {"r9"}
        assert (await door.knock("inbound", planted | {"id": "r9"})).status_code == 503


def test_reprs(ear: _Ear) -> None:
    letter = OutgoingText(id=World().queue(), to=ANNA, sender=CLINIC, body=PLANTED)
    arrival = Arrival(carrier="http", carrier_id="r", sender=ANNA, to=CLINIC, body=PLANTED, at=NOON)
    logging.getLogger("planted").debug("%s %r %s", letter, arrival, reply("r1", PLANTED))
    assert "M-1" in ear.heard[-1], "the ear hears"
