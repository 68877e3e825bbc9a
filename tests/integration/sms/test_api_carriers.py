"""The five carriers with interfaces of their own: what each answer means, and what only one of them does."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from secondring.domain.errors import ConfigError, PeerError
from secondring.domain.ids import TextId
from secondring.domain.records import TextState
from secondring.domain.texting import Fault
from sms_gateway.carriers.bandwidth import BandwidthCarrier, BandwidthSettings
from sms_gateway.carriers.port import (
    Accepted,
    Carrier,
    OutgoingText,
    Receipt,
    Refused,
    SendResult,
    TryLater,
    Unknown,
)
from sms_gateway.carriers.signalwire import SignalWireCarrier, SignalWireSettings
from sms_gateway.carriers.telnyx import TelnyxCarrier, TelnyxSettings
from sms_gateway.carriers.twilio import TwilioCarrier, TwilioSettings
from sms_gateway.carriers.vonage import VonageCarrier, VonageSettings
from sms_gateway.carriers.wire import Wire
from sms_gateway.desk import Clock as Now
from tests.integration.sms.gateway_server import Answer, GatewayServer
from tests.support.fake_carrier import bandwidth_dialect
from tests.support.fake_carrier.bandwidth_dialect import APPLICATION, CLIENT, BandwidthApi
from tests.support.fake_carrier.core import Core, Trouble
from tests.support.fake_carrier.http_peer import HttpPeer, http_peer
from tests.support.fake_carrier.laml_dialect import TwilioDialect
from tests.support.fake_carrier.telnyx_dialect import TelnyxDialect
from tests.support.fake_carrier.vonage_dialect import ACCOUNT, PRIVATE_PEM
from tests.unit.sms_gateway.fakes import ANNA, CLINIC, NOON, Clock

LETTER = OutgoingText(id=TextId("M-1"), to=ANNA, sender=CLINIC, body="Reply BOOK")
SECRET = "planted-secret-of-the-tests"
Make = Callable[[str, Now], Carrier]
PATIENT = timedelta(seconds=10)


def _let_in(carrier: BandwidthCarrier) -> BandwidthCarrier:
    """One that has fetched a token already."""
    carrier._tokens._token, carrier._tokens._until = SECRET, NOON + timedelta(hours=1)
    return carrier


@dataclass(frozen=True)
class Kind:
    """How to make one, and how it says yes and no."""

    name: str
    make: Make
    taken: dict[str, Any]
    refusal: dict[str, Any]
    code: str


KINDS = [
    Kind(
        "twilio",
        lambda url, now: TwilioCarrier(
            TwilioSettings(
                account="AC1",
                key="SK1",
                secret=SECRET,
                url=url,
                lookups_url=url,
                timeout=PATIENT,
                line_types=True,
            ),
            now,
        ),
        {"sid": "SM1"},
        {"code": 21610, "message": ANNA.e164},
        "21610",
    ),
    Kind(
        "signalwire",
        lambda url, now: SignalWireCarrier(
            SignalWireSettings(url=url, project="p-1", token=SECRET, timeout=PATIENT, line_types=True), now
        ),
        {"sid": "SM1"},
        {"code": 21610, "message": ANNA.e164},
        "21610",
    ),
    Kind(
        "telnyx",
        lambda url, now: TelnyxCarrier(
            TelnyxSettings(key=SECRET, url=url, timeout=PATIENT, line_types=True), now
        ),
        {"data": {"id": "SM1"}},
        {"errors": [{"code": "40300", "detail": ANNA.e164}]},
        "40300",
    ),
    Kind(
        "vonage",
        lambda url, now: VonageCarrier(
            VonageSettings(
                application="a-1",
                private_key=PRIVATE_PEM,
                account=(ACCOUNT[0], SECRET),
                url=url,
                timeout=PATIENT,
                line_types=True,
            ),
            now,
        ),
        {"message_uuid": "SM1"},
        {"type": "https://x.example/errors#1240", "detail": ANNA.e164},
        "1240",
    ),
    Kind(
        "bandwidth",
        lambda url, now: _let_in(
            BandwidthCarrier(
                BandwidthSettings(
                    account="1",
                    application="a-1",
                    client="c",
                    secret=SECRET,
                    url=url,
                    api_url=url,
                    timeout=PATIENT,
                    line_types=True,
                ),
                now,
            )
        ),
        {"id": "SM1"},
        {"type": "request-validation", "description": ANNA.e164},
        "request-validation",
    ),
]
every = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)


def hasty(carrier: Carrier) -> Carrier:
    """The same one, that waits half a second for an answer."""
    for wire in vars(carrier).values():
        if isinstance(wire, Wire):
            wire._seconds = 0.5
    return carrier


async def send(kind: Kind, gateway: GatewayServer, answer: Answer) -> SendResult:
    answer.keeps_text = False
    gateway.script = [answer]
    carrier = kind.make(gateway.url, Clock())
    if answer.silence:
        hasty(carrier)
    try:
        return await carrier.send(LETTER)
    finally:
        await carrier.close()


@every
async def test_yes_with_an_id_and_yes_without_one(kind: Kind, gateway: GatewayServer) -> None:
    assert await send(kind, gateway, Answer(201, json.dumps(kind.taken).encode())) == Accepted("SM1")
    for body in (b"", b"<html>", b'{"sid": "a\\nb", "id": 1e999, "data": []}', b"[" * 5_000):
        assert isinstance(await send(kind, gateway, Answer(200, body)), Accepted)


@every
@pytest.mark.parametrize("status", [400, 422])
async def test_no_with_its_own_code_and_nothing_of_its_words(
    kind: Kind, gateway: GatewayServer, status: int
) -> None:
    found = await send(kind, gateway, Answer(status, json.dumps(kind.refusal).encode()))
    assert found == Refused(Fault.CONTENT, kind.code, f"HTTP {status}")


@every
@pytest.mark.parametrize("body", [b"", b'{"code": "+12025550123", "errors": [{"code": "12025550123"}]}'])
async def test_no_without_a_code_has_that_of_http(kind: Kind, gateway: GatewayServer, body: bytes) -> None:
    assert await send(kind, gateway, Answer(403, body)) == Refused(Fault.SENDER, "403", "HTTP 403")


@every
async def test_too_many_means_surely_not_taken_and_when_to_come_back(
    kind: Kind, gateway: GatewayServer
) -> None:
    found = await send(kind, gateway, Answer(429, headers={"Retry-After": "7"}))
    assert found == TryLater(timedelta(seconds=7), "HTTP 429")


@every
@pytest.mark.parametrize("status", [500, 502, 503, 504, 408, 409])
async def test_what_says_nothing_of_the_text_leaves_it_open(
    kind: Kind, gateway: GatewayServer, status: int
) -> None:
    assert await send(kind, gateway, Answer(status)) == Unknown(f"HTTP {status}")


@every
async def test_silence_and_a_broken_line_leave_it_open(kind: Kind, gateway: GatewayServer) -> None:
    assert isinstance(await send(kind, gateway, Answer(silence=True)), Unknown)
    assert isinstance(await send(kind, gateway, Answer(hang_up=True)), Unknown)


@every
async def test_nobody_there_means_surely_not_taken(kind: Kind) -> None:
    carrier = kind.make("http://127.0.0.1:1", Clock())
    assert await carrier.send(LETTER) == TryLater(None, "cannot connect: ConnectError")
    await carrier.close()


@every
async def test_a_redirect_is_not_followed_with_a_patients_text(kind: Kind, gateway: GatewayServer) -> None:
    found = await send(kind, gateway, Answer(307, headers={"Location": "/elsewhere"}))
    assert isinstance(found, TryLater)
    assert len(gateway.seen) == 1


@every
async def test_one_connection_serves_many_texts(kind: Kind, gateway: GatewayServer) -> None:
    gateway.script = [Answer(200, keeps_text=False) for _ in range(3)]
    carrier = kind.make(gateway.url, Clock())
    for _ in range(3):
        await carrier.send(LETTER)
    await carrier.close()
    assert (len(gateway.seen), gateway.connections) == (3, 1)


@every
def test_it_speaks_to_others_over_tls_only(kind: Kind) -> None:
    with pytest.raises(ConfigError, match="use an https:// address"):
        kind.make("http://carrier.example", Clock())


@every
def test_a_secret_does_not_show(kind: Kind) -> None:
    carrier = kind.make("http://127.0.0.1:1", Clock())
    shown = repr(carrier) + "".join(repr(value) for value in vars(carrier).values())
    assert SECRET not in shown
    assert "PRIVATE KEY" not in shown


@every
@pytest.mark.parametrize("answer", [Answer(401), Answer(500), Answer(200, b"<html>"), Answer(200, drip=True)])
async def test_a_line_type_that_cannot_be_told_is_no_answer(
    kind: Kind, gateway: GatewayServer, answer: Answer
) -> None:
    answer.keeps_text = False
    gateway.script, gateway.lookup_script = [answer], [answer]
    carrier = hasty(kind.make(gateway.url, Clock()))
    ask: Callable[..., Awaitable[object]] = carrier.line_type  # type: ignore[attr-defined]
    with pytest.raises(PeerError) as told:
        await ask(ANNA)
    await carrier.close()
    assert ANNA.e164[1:] not in str(told.value)


# ---------------------------------------------------------------- lists of messages


@dataclass
class Twilio:
    """A Twilio with its list."""

    core: Core
    clock: Clock
    dialect: TwilioDialect
    carrier: Carrier


@pytest.fixture
def clock() -> Clock:
    return Clock()


async def test_a_text_counts_as_never_taken_only_when_it_stays_out_of_the_list(clock: Clock) -> None:
    core, dialect = Core(clock), TwilioDialect(list_lag=timedelta(seconds=60))
    async with dialect.serve(core) as subject:
        core.weather.lost_responses = 1.0
        assert isinstance(await subject.carrier.send(LETTER), Unknown)
        assert dialect.api is not None
        dialect.api.deaf = True
        assert isinstance(await subject.carrier.look_up(LETTER), Unknown)
        clock.forward(59)
        assert isinstance(await subject.carrier.look_up(LETTER), Unknown)
        dialect.api.deaf = False
        assert isinstance(await subject.carrier.look_up(LETTER), Accepted)
        dialect.api.deaf = True
        clock.forward(2)
        assert await subject.carrier.look_up(LETTER) is None


async def test_after_a_restart_the_wait_begins_with_the_first_look(clock: Clock) -> None:
    async with TwilioDialect(list_lag=timedelta(seconds=60)).serve(Core(clock)) as subject:
        assert isinstance(await subject.carrier.look_up(LETTER), Unknown)
        clock.forward(60)
        assert await subject.carrier.look_up(LETTER) is None


async def test_another_text_of_the_same_words_is_not_taken_for_it(clock: Clock) -> None:
    async with TwilioDialect().serve(Core(clock)) as subject:
        await subject.carrier.send(LETTER)
        assert await subject.carrier.look_up(replace(LETTER, id=TextId("M-2"))) is None


@pytest.mark.parametrize(
    "change",
    [{"body": "Reply BILLING"}, {"sender": ANNA}, {"to": CLINIC}],
    ids=["other words", "other sender", "other recipient"],
)
async def test_what_differs_is_not_it(clock: Clock, change: dict[str, Any]) -> None:
    core = Core(clock)
    async with TwilioDialect().serve(core) as subject:
        core.weather.lost_responses = 1.0
        await subject.carrier.send(LETTER)
        assert await subject.carrier.look_up(replace(LETTER, **change)) is None


async def test_what_a_carrier_does_to_quotes_and_spaces_changes_nothing(clock: Clock) -> None:
    core = Core(clock)
    async with TwilioDialect().serve(core) as subject:
        core.weather.lost_responses = 1.0
        await subject.carrier.send(replace(LETTER, body="“Maple”  Clinic – hi \n"))
        core.taken[0].body = 'Sent from your trial account - "Maple" Clinic - hi'
        assert await subject.carrier.look_up(replace(LETTER, body="“Maple”  Clinic – hi \n")) is not None


async def test_a_text_of_yesterday_is_not_it(clock: Clock) -> None:
    core = Core(clock)
    async with TwilioDialect().serve(core) as subject:
        core.weather.lost_responses = 1.0
        await subject.carrier.send(LETTER)
        clock.forward(3 * 3600)
        assert await subject.carrier.look_up(LETTER) is None


async def test_a_long_list_is_read_page_by_page_oldest_first(clock: Clock) -> None:
    core, dialect = Core(clock), TwilioDialect()
    async with dialect.serve(core) as subject:
        assert dialect.api is not None
        dialect.api.page = 3
        for number in range(10):
            core.says(ANNA.e164, f"reply {number}", to=CLINIC.e164)
            clock.forward(1)
        news = await subject.carrier.poll(None)
    assert [arrival.body for arrival in news.inbound] == [f"reply {number}" for number in range(10)]


async def test_a_reply_that_shows_up_late_is_still_found(clock: Clock) -> None:
    """Its time is nine minutes before the newest that was seen."""
    core = Core(clock)
    async with TwilioDialect().serve(core) as subject:
        core.says(ANNA.e164, "new", to=CLINIC.e164)
        first = await subject.carrier.poll(None)
        late = core.says(ANNA.e164, "late", to=CLINIC.e164)
        core.said[-1] = replace(late, at=clock.now - timedelta(minutes=9))
        clock.forward(5)
        second = await subject.carrier.poll(first.cursor)
    assert "late" in [arrival.body for arrival in second.inbound]


async def test_a_receipt_that_comes_hours_later_is_still_found(clock: Clock) -> None:
    core = Core(clock)
    async with TwilioDialect().serve(core) as subject:
        await subject.carrier.send(LETTER)
        cursor = (await subject.carrier.poll(None)).cursor
        found: list[Receipt] = []
        for _ in range(30):
            clock.forward(600)
            core.says(ANNA.e164, "hello", to=CLINIC.e164)
            cursor = (await subject.carrier.poll(cursor)).cursor
        core.carry()
        for _ in range(3):
            clock.forward(300)
            news = await subject.carrier.poll(cursor)
            cursor, found = news.cursor, [*found, *news.receipts]
    assert TextState.DELIVERED in {receipt.state for receipt in found}


async def test_the_first_poll_leaves_old_messages_alone_and_a_long_gap_is_caught_up(clock: Clock) -> None:
    core = Core(clock)
    async with TwilioDialect().serve(core) as subject:
        core.says(ANNA.e164, "before Second Ring", to=CLINIC.e164)
        clock.forward(2 * 86_400)
        first = await subject.carrier.poll(None)
        assert first.inbound == ()
        clock.forward(60)
        core.says(ANNA.e164, "while we were down", to=CLINIC.e164)
        clock.forward(3 * 86_400)
        second = await subject.carrier.poll(first.cursor)
    assert [arrival.body for arrival in second.inbound] == ["while we were down"]


@pytest.mark.parametrize("path", ["https://evil.example/x", "//evil.example/x", 7, "x"])
async def test_the_next_page_is_never_fetched_from_another_host(
    gateway: GatewayServer, clock: Clock, path: object
) -> None:
    page = json.dumps({"messages": [], "next_page_uri": path}).encode()
    gateway.lookup_script = [Answer(200, page)]
    carrier = KINDS[0].make(gateway.url, clock)
    await carrier.poll(None)
    await carrier.close()
    assert len(gateway.seen) == 1


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{}", b'{"messages": 3}', b'{"messages": [', b"x" * 5_000_000],
    ids=lambda b: str(b[:9]),
)
async def test_a_list_that_is_none_moves_no_cursor(gateway: GatewayServer, clock: Clock, body: bytes) -> None:
    gateway.lookup_script = [Answer(200, body)]
    carrier = KINDS[0].make(gateway.url, clock)
    with pytest.raises(PeerError):
        await carrier.poll(None)
    gateway.lookup_script = [Answer(200, body)]
    assert isinstance(await carrier.look_up(LETTER), Unknown)
    await carrier.close()


async def test_a_text_without_words_and_one_that_nobody_can_answer(
    gateway: GatewayServer, clock: Clock
) -> None:
    row = {
        "sid": "SM1",
        "direction": "inbound",
        "from": ANNA.e164,
        "to": CLINIC.e164,
        "body": "",
        "num_media": "2",
        "date_sent": "Mon, 02 Mar 2026 17:00:00 +0000",
    }
    rows = [row, row | {"sid": "SM2", "from": "22000"}, row | {"sid": "SM3", "from": "whatsapp:x"}, "rubbish"]
    gateway.lookup_script = [Answer(200, json.dumps({"messages": rows}).encode())]
    carrier = KINDS[0].make(gateway.url, clock)
    news = await carrier.poll(None)
    await carrier.close()
    assert [(arrival.carrier_id, arrival.body[:10]) for arrival in news.inbound] == [("SM1", "[a picture")]


# ---------------------------------------------------------------- tokens


def a_bandwidth(url: str, clock: Clock) -> BandwidthCarrier:
    login = {"client": CLIENT, "secret": bandwidth_dialect.SECRET, "application": APPLICATION}
    settings = BandwidthSettings(account=bandwidth_dialect.ACCOUNT, url=url, api_url=url, **login)  # type: ignore[arg-type]
    return BandwidthCarrier(replace(settings, timeout=PATIENT), clock)


async def test_one_token_serves_many_texts_and_a_new_one_is_fetched_in_time(clock: Clock) -> None:
    api = BandwidthApi(Core(clock))
    async with http_peer(api) as peer:
        carrier = a_bandwidth(peer.url, clock)
        await asyncio.gather(*(carrier.send(replace(LETTER, id=TextId(f"M-{n}"))) for n in range(5)))
        clock.forward(3539)
        await carrier.send(LETTER)
        assert _tokens_fetched(peer) == 1
        clock.forward(2)
        assert isinstance(await carrier.send(LETTER), Accepted)
        await carrier.close()
    assert (_tokens_fetched(peer), len(api.core.taken)) == (2, 7)


def _tokens_fetched(peer: HttpPeer) -> int:
    return sum(asked.path.endswith("/token") for asked in peer.asked)


async def test_a_token_that_was_called_back_is_replaced_and_the_text_goes_once(clock: Clock) -> None:
    api = BandwidthApi(Core(clock))
    async with http_peer(api) as peer:
        carrier = a_bandwidth(peer.url, clock)
        await carrier.send(LETTER)
        api.token = "token-2"
        assert isinstance(await carrier.send(replace(LETTER, id=TextId("M-2"))), Accepted)
        await carrier.close()
    assert len(api.core.taken) == 2


@pytest.mark.parametrize(
    ("answer", "result"),
    [
        (Answer(401), Refused(Fault.SENDER, "unauthorized", "HTTP 401")),
        (Answer(500), TryLater(None, "no token: HTTP 500")),
        (Answer(429, headers={"Retry-After": "3"}), TryLater(timedelta(seconds=3), "no token: HTTP 429")),
        (Answer(200, b'{"access_token": "a b"}'), TryLater(None, "no token: HTTP 200")),
        (Answer(200, b"<html>"), TryLater(None, "no token: HTTP 200")),
        (Answer(silence=True), TryLater(None, "no token: no answer within 0.5 s")),
        (Answer(hang_up=True), TryLater(None, "no token: the connection broke: RemoteProtocolError")),
    ],
    ids=["not us", "broken", "busy", "no token", "no JSON", "silence", "hang-up"],
)
async def test_without_a_token_nothing_was_sent(
    gateway: GatewayServer, clock: Clock, answer: Answer, result: SendResult
) -> None:
    answer.keeps_text = False
    gateway.script = [answer]
    carrier = a_bandwidth(gateway.url, clock)
    if answer.silence:
        hasty(carrier)
    assert await carrier.send(LETTER) == result
    gateway.script = [answer]
    with pytest.raises(PeerError):
        await carrier.line_type(ANNA)
    await carrier.close()
    assert all(seen.path.endswith("/token") for seen in gateway.seen)


# ---------------------------------------------------------------- a key against repetition


async def test_telnyx_gets_the_same_bytes_under_the_same_key_however_often_it_is_sent(clock: Clock) -> None:
    core = Core(clock)
    async with TelnyxDialect().serve(core) as subject:
        core.weather.lost_responses = 1.0
        assert isinstance(await subject.carrier.send(LETTER), Unknown)
        core.weather.lost_responses = 0.0
        clock.forward(300)
        assert isinstance(await subject.carrier.look_up(LETTER), Accepted)
        core.weather.storm = [Trouble.BROKEN]
        assert isinstance(await subject.carrier.send(LETTER), Unknown)
    assert core.bodies(ANNA.e164) == [LETTER.body]
