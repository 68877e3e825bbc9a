"""gammu-smsd with the dummy phone that Gammu brings, in a zone where naive times wait for hours.

What is asked of it is asked of the daemon too that the contract suite plays, so that the two cannot drift apart.
"""

import asyncio
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from secondring.domain.errors import PeerError
from secondring.domain.ids import TextId
from secondring.domain.records import TextState
from sms_gateway.carriers.gammu import OURS, GammuCarrier, GammuSettings
from sms_gateway.carriers.port import Accepted, OutgoingText, Poll, Refused, TryLater, Unknown
from tests.support.fake_carrier.core import Core
from tests.support.fake_carrier.gammu_dialect import PlayedSmsd, played_carrier
from tests.support.smsd import Smsd, SmsdBooks, installed
from tests.support.until import until as wait_until
from tests.unit.sms_gateway.fakes import ANNA, CLINIC

pytestmark = pytest.mark.skipif(not installed(), reason="scripts/test installs gammu-smsd")

HELLO = OutgoingText(id=TextId("M-1"), to=ANNA, sender=CLINIC, body="Hello, reply BOOK")
LONG = replace(HELLO, body="Hola ñandú [€] " * 20 + "😀")
ZONE = "America/New_York"


@pytest.fixture(autouse=True)
def _west_of_greenwich(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", ZONE)
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.fixture
def idle(tmp_path: Path) -> Smsd:
    """Not running."""
    return Smsd(tmp_path, zone=ZONE)


@pytest.fixture(params=["the daemon itself", "the played one"])
def smsd(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Smsd | PlayedSmsd]:
    """Each of them at work."""
    if request.param == "the played one":
        yield PlayedSmsd(tmp_path, Core(lambda: datetime.now(UTC)))
        return
    with Smsd(tmp_path, zone=ZONE) as daemon:
        yield daemon


def carrier_of(smsd: SmsdBooks, **more: object) -> GammuCarrier:
    if isinstance(smsd, PlayedSmsd):
        return played_carrier(smsd)
    settings = GammuSettings(database=smsd.database, phones={CLINIC: "front-desk"}, **more)  # type: ignore[arg-type]
    return GammuCarrier(settings, lambda: datetime.now(UTC))


async def news(carrier: GammuCarrier, enough: Callable[[Poll], object]) -> tuple[Poll, str | None]:
    cursor: str | None = None
    async with asyncio.timeout(20):
        while not enough(found := await carrier.poll(cursor)):
            cursor = found.cursor
            await asyncio.sleep(0.05)
    return found, cursor


async def until(happened: Callable[[], object], what: str) -> None:
    """Wait for evidence; the daemon looks once a second."""
    await asyncio.to_thread(wait_until, happened, what)


async def test_a_text_is_sent_at_once_and_its_receipt_bears_our_id(smsd: Smsd | PlayedSmsd) -> None:
    carrier = carrier_of(smsd)
    result = await carrier.send(HELLO)
    assert isinstance(result, Accepted)
    found, _ = await news(carrier, lambda poll: poll.receipts)
    assert [(one.id, one.state) for one in found.receipts] == [("M-1", TextState.ACCEPTED)]
    assert smsd.ask("SELECT DestinationNumber, TextDecoded, Status FROM sentitems") == [
        (ANNA.e164, HELLO.body, "SendingOK")
    ]
    smsd.ask("UPDATE sentitems SET Status = 'DeliveryOK'")
    found, _ = await news(carrier, lambda poll: poll.receipts)
    assert [(one.id, one.state) for one in found.receipts] == [("M-1", TextState.DELIVERED)]
    assert (await carrier.poll(found.cursor)).receipts == ()


async def test_a_long_text_goes_in_parts_and_arrives_once_all_of_them_do(smsd: Smsd | PlayedSmsd) -> None:
    carrier = carrier_of(smsd)
    await carrier.send(LONG)
    await until(lambda: smsd.ask("SELECT 1 FROM sentitems WHERE SequencePosition = 5"), "the last part")
    rows = smsd.ask("SELECT TextDecoded, UDH FROM sentitems ORDER BY SequencePosition")
    assert "".join(str(words) for words, _ in rows) == LONG.body
    assert {str(udh)[:6] for _, udh in rows} == {"050003"}
    assert [str(udh)[-4:] for _, udh in rows] == [f"05{n:02X}" for n in range(1, 6)]
    smsd.ask("UPDATE sentitems SET Status = 'DeliveryOK' WHERE SequencePosition < 5")
    found, _ = await news(carrier, lambda poll: poll.receipts)
    assert found.receipts[0].state is TextState.ACCEPTED
    smsd.ask("UPDATE sentitems SET Status = 'DeliveryFailed' WHERE SequencePosition = 5")
    found, _ = await news(carrier, lambda poll: [r for r in poll.receipts if r.state is TextState.FAILED])
    assert found.receipts[0].code == "DeliveryFailed"


async def test_the_same_text_twice_is_one_and_can_be_looked_up(smsd: Smsd | PlayedSmsd) -> None:
    carrier = carrier_of(smsd)
    assert await carrier.look_up(HELLO) is None
    sent = await carrier.send(HELLO)
    assert await carrier.send(HELLO) == await carrier.look_up(HELLO) == sent
    await news(carrier, lambda poll: poll.receipts)
    assert await carrier.send(HELLO) == await carrier.look_up(HELLO) == sent
    assert smsd.ask("SELECT count(*) FROM sentitems") == [(1,)]


async def test_replies_come_in_whole_and_are_marked_once_taken_in(smsd: Smsd | PlayedSmsd) -> None:
    smsd.write(ANNA.e164, "BOOK ñ 😀")
    smsd.write(ANNA.e164, "part one, ", udh="050003070201")
    smsd.write(ANNA.e164, "part two", udh="050003070202")
    carrier = carrier_of(smsd)
    found, _ = await news(carrier, lambda poll: len(poll.inbound) == 2)
    assert [arrival.body for arrival in found.inbound] == ["BOOK ñ 😀", "part one, part two"]
    assert {(one.sender, one.to) for one in found.inbound} == {(ANNA, CLINIC)}
    assert (await carrier.poll(None)).inbound == found.inbound, "nobody has said that they were taken in"
    assert (await carrier.poll((await carrier.poll(None)).cursor)).inbound == ()
    assert smsd.ask("SELECT count(*) FROM inbox WHERE Processed = 'false'") == [(0,)]
    assert (await carrier_of(smsd).poll(None)).inbound == ()


async def test_a_daemon_that_is_gone_gets_no_more_and_gives_back_what_it_had(idle: Smsd) -> None:
    carrier = carrier_of(idle, patience=timedelta(minutes=5))
    assert isinstance(await carrier.send(LONG), Accepted)
    assert (await carrier.poll(None)).receipts == ()
    idle.ask(
        "UPDATE outbox SET SendingDateTime = datetime('now', 'localtime', '-6 minutes'), SendingTimeOut = 0"
    )
    assert isinstance(await carrier.send(replace(HELLO, id=TextId("M-2"))), TryLater)
    (receipt,) = (await carrier.poll(None)).receipts
    assert (receipt.id, receipt.state, receipt.code) == ("M-1", TextState.FAILED, "NotTouched")
    assert (
        idle.ask("SELECT count(*) FROM outbox") == idle.ask("SELECT count(*) FROM outbox_multipart") == [(0,)]
    )


async def test_what_other_programs_send_is_none_of_ours(idle: Smsd) -> None:
    idle.ask(
        "INSERT INTO outbox (CreatorID, DestinationNumber, TextDecoded, SendingDateTime)"
        " VALUES ('other', ?, 'x', datetime('now', '-1 day'))",
        ANNA.e164,
    )
    assert (await carrier_of(idle).poll(None)).receipts == ()
    assert idle.ask("SELECT count(*) FROM outbox") == [(1,)]
    assert not OURS.startswith("other")


async def test_without_a_database_nothing_is_sent_and_nothing_is_made(tmp_path: Path) -> None:
    settings = GammuSettings(database=tmp_path / "none.db", phones={CLINIC: ""})
    carrier = GammuCarrier(settings, lambda: datetime.now(UTC))
    assert isinstance(await carrier.send(HELLO), TryLater)
    assert isinstance(await carrier.look_up(HELLO), Unknown)
    with pytest.raises(PeerError, match=r"none\.db cannot be used"):
        await carrier.poll(None)
    assert not (tmp_path / "none.db").exists()
    assert isinstance(await carrier.send(replace(HELLO, sender=ANNA)), Refused)
