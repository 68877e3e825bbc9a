"""SMPP against a message centre that we did not write (npm's `smpp`): both ways, and when it behaves badly."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio

from secondring.domain.errors import PeerError
from secondring.domain.ids import TextId
from secondring.domain.records import TextState
from secondring.domain.texting import Fault
from secondring.store.memory import MemoryStore
from secondring.wiring import drivers
from sms_gateway.carriers.port import Accepted, OutgoingText, Poll, Refused, TryLater, Unknown
from sms_gateway.carriers.smpp.carrier import SmppCarrier, SmppSettings
from sms_gateway.carriers.smpp.link import Patience
from sms_gateway.carriers.smpp.session import Centre
from sms_gateway.notes import BookNotes
from tests.support.certificates import loopback_certificate
from tests.support.smsc import PASSWORD, SYSTEM_ID, Smsc, installed
from tests.unit.config.conftest import configure
from tests.unit.sms_gateway.fakes import ANNA, CLINIC, Clock, World

pytestmark = pytest.mark.skipif(not installed(), reason="scripts/test installs npm's smpp")

HELLO = OutgoingText(id=TextId("M-1"), to=ANNA, sender=CLINIC, body="Hello, reply BOOK")
LONG = replace(HELLO, body="a" * 152 + "[" * 76 + "é" * 100)
"""Three parts; a cut at 153 septets would go through the first bracket's pair."""
PATIENT, OURS = ANNA.e164[1:], CLINIC.e164[1:]


class Clinic:
    """A carrier on books in memory, which outlive it."""

    def __init__(self, smsc: Smsc, **centre: object) -> None:
        self.world = World()
        self.smsc = smsc
        self.clock = Clock()
        self._centre = {"answer": 10.0, "connect": 10.0, **centre}
        self.store = MemoryStore()
        self.cursor: str | None = None
        self.carrier = self.new()

    def new(self) -> SmppCarrier:
        centre = Centre(
            host="127.0.0.1",
            port=self.smsc.port,
            system_id=SYSTEM_ID,
            password=PASSWORD,
            **self._centre,  # type: ignore[arg-type]
        )
        patience = Patience(first_pause=0.02, longest_pause=0.05, refused_pause=0.1)
        self.world.store = self.store
        notes = BookNotes("smpp", self.clock, self.world.in_store)
        return SmppCarrier(SmppSettings(centre=centre, patience=patience), notes, self.clock)

    async def restart(self) -> None:
        """As after a crash: nothing but the books is left."""
        await self.carrier.close()
        self.carrier = self.new()

    async def binds_again(self) -> None:
        """Wait until the link stands: that the centre saw a bind does not say that we have its answer."""
        await self.smsc.sees("bind", 2)
        async with asyncio.timeout(15):
            while await self.carrier._link.session() is None:  # noqa: ASYNC110 - the link rings no bell
                await asyncio.sleep(0.01)

    async def poll(self) -> Poll:
        """What is new, taken in."""
        news = await self.carrier.poll(self.cursor)
        self.cursor = news.cursor
        return news

    async def news(self, enough: Callable[[Poll], object]) -> Poll:
        """Poll until there is something."""
        found: list[Poll] = []

        async def look() -> None:
            while not found or not enough(found[-1]):
                found.append(await self.poll())
                await asyncio.sleep(0.01)

        await asyncio.wait_for(look(), 15)
        return found[-1]


@asynccontextmanager
async def a_clinic(smsc: Smsc, **centre: object) -> AsyncIterator[Clinic]:
    clinic = Clinic(smsc, **centre)
    try:
        yield clinic
    finally:
        await clinic.carrier.close()


@pytest_asyncio.fixture
async def smsc() -> AsyncIterator[Smsc]:
    async with Smsc() as running:
        yield running


@pytest_asyncio.fixture
async def clinic(smsc: Smsc) -> AsyncIterator[Clinic]:
    async with a_clinic(smsc) as running:
        yield running


# ---------------------------------------------------------------- out


async def test_a_text_is_taken_and_asks_for_its_receipt(clinic: Clinic) -> None:
    assert await clinic.carrier.send(HELLO) == Accepted("1001")
    submit = await clinic.smsc.sees("submit")
    assert (submit["to"], submit["from"], submit["words"]) == (PATIENT, OURS, HELLO.body)
    assert (submit["wants_receipt"], submit["ton"]) == (1, 1)


@pytest.mark.parametrize("body", ["¿Sí? 5 € [a]~{b}|c^\\", "Cita mañana á las 3 😀", "é" * 160, "ok\nthen"])
async def test_every_letter_arrives_as_it_was_written(clinic: Clinic, body: str) -> None:
    await clinic.carrier.send(replace(HELLO, body=body))
    submits = clinic.smsc.submits
    assert "".join(submit["words"] for submit in submits) == body


async def test_a_long_text_goes_in_parts_and_no_pair_is_cut_through(clinic: Clinic) -> None:
    result = await clinic.carrier.send(LONG)
    submits = clinic.smsc.submits
    assert result == Accepted("1001")
    assert [submit["header"][4] for submit in submits] == [1, 2, 3]
    assert len({submit["header"][2] for submit in submits}) == 1
    assert [len(submit["words"]) for submit in submits] == [152, 77, 99]
    assert "".join(submit["words"] for submit in submits) == LONG.body


async def test_when_one_part_is_throttled_only_that_part_is_sent_again(clinic: Clinic) -> None:
    await clinic.smsc.plan("ok", "throttled", "ok")
    first = await clinic.carrier.send(LONG)
    assert isinstance(first, TryLater)
    assert first.after
    clinic.clock.forward(first.after.total_seconds())
    await clinic.restart()
    assert await clinic.carrier.send(LONG) == Accepted("1001")
    assert [submit["header"][4] for submit in clinic.smsc.submits] == [1, 2, 3, 2]
    assert len({submit["header"][2] for submit in clinic.smsc.submits}) == 1, "the phone would not join them"


@pytest.mark.parametrize("busy", ["throttled", "full"])
async def test_a_centre_that_throttles_is_left_alone_ever_longer(clinic: Clinic, busy: str) -> None:
    await clinic.smsc.plan(busy, busy)
    waits = []
    for _ in range(2):
        result = await clinic.carrier.send(HELLO)
        assert isinstance(result, TryLater)
        assert result.after
        assert isinstance(await clinic.carrier.send(replace(HELLO, id=TextId("M-2"))), TryLater)
        waits.append(result.after.total_seconds())
        clinic.clock.forward(waits[-1])
    assert (waits, len(clinic.smsc.submits)) == ([2, 4], 2)


async def test_a_refusal_has_the_centres_code(clinic: Clinic) -> None:
    await clinic.smsc.plan({"status": 0x0B})
    result = await clinic.carrier.send(HELLO)
    assert isinstance(result, Refused)
    assert (result.fault, result.code) == (Fault.SENDER, "0x0B")


async def test_a_status_that_no_specification_knows_does_not_cost_the_link(clinic: Clinic) -> None:
    await clinic.smsc.plan({"status": 0x4A1})
    result = await clinic.carrier.send(HELLO)
    assert isinstance(result, Refused)
    assert result.code == "0x4A1"
    assert isinstance(await clinic.carrier.send(replace(HELLO, id=TextId("M-2"))), Accepted)
    assert len(clinic.smsc.of("bind")) == 1


async def test_silence_leaves_it_open_and_nothing_is_sent_twice(smsc: Smsc) -> None:
    async with a_clinic(smsc, answer=1.0) as clinic:
        await smsc.plan("ok", "silence", "ok")
        assert isinstance(await clinic.carrier.send(LONG), Unknown)
        assert isinstance(await clinic.carrier.look_up(LONG), Unknown)
        assert isinstance(await clinic.carrier.send(LONG), Unknown)
        await clinic.restart()
        assert isinstance(await clinic.carrier.look_up(LONG), Unknown)
    assert len(smsc.submits) == 3


async def test_an_answer_that_comes_late_settles_it(smsc: Smsc) -> None:
    async with a_clinic(smsc, answer=0.3) as clinic:
        await clinic.poll()
        await smsc.plan({"late": 1000})
        assert isinstance(await clinic.carrier.send(HELLO), Unknown)
        await asyncio.gather(*clinic.carrier._late)
        assert await clinic.carrier.look_up(HELLO) == Accepted("1001")


async def test_a_link_that_breaks_with_a_text_on_it_leaves_it_open(clinic: Clinic) -> None:
    await clinic.smsc.plan("cut")
    assert isinstance(await clinic.carrier.send(HELLO), Unknown)
    await clinic.binds_again()
    assert isinstance(await clinic.carrier.look_up(HELLO), Unknown)
    assert isinstance(await clinic.carrier.send(replace(HELLO, id=TextId("M-2"))), Accepted)


async def test_of_a_text_that_never_went_the_carrier_says_so(clinic: Clinic) -> None:
    assert await clinic.carrier.look_up(HELLO) is None
    assert await clinic.carrier.send(HELLO) == await clinic.carrier.send(HELLO) == Accepted("1001")
    assert await clinic.carrier.look_up(HELLO) == Accepted("1001")
    assert len(clinic.smsc.submits) == 1


async def test_no_more_texts_are_out_at_once_than_the_window_has_room_for(smsc: Smsc) -> None:
    async with a_clinic(smsc, window=2, answer=5.0) as clinic:
        await clinic.poll()
        await smsc.plan(*[{"late": 60}] * 6)
        texts = [replace(HELLO, id=TextId(f"M-{n}")) for n in range(6)]
        sending = [asyncio.create_task(clinic.carrier.send(text)) for text in texts]
        await smsc.sees("submit", 2)
        assert len(smsc.submits) == 2
        assert all(isinstance(result, Accepted) for result in await asyncio.gather(*sending))


# ---------------------------------------------------------------- receipts


@pytest.mark.parametrize("how", ["tlv", "text"])
@pytest.mark.parametrize(
    ("stat", "state"), [("DELIVRD", TextState.DELIVERED), ("UNDELIV", TextState.FAILED)], ids=["there", "not"]
)
async def test_a_receipt_tells_what_became_of_our_text(
    clinic: Clinic, how: str, stat: str, state: TextState
) -> None:
    await clinic.carrier.send(HELLO)
    clinic.smsc.report("1001", stat, source=PATIENT, destination=OURS, how=how)
    (receipt,) = (await clinic.news(lambda poll: poll.receipts)).receipts
    assert (receipt.carrier, receipt.id, receipt.state) == ("smpp", "M-1", state)
    assert receipt.code == ("UNDELIV" if state is TextState.FAILED else "")
    assert (await clinic.smsc.sees("acknowledged"))["status"] == 0


async def test_ids_may_come_in_hexadecimal_and_go_in_decimal(clinic: Clinic) -> None:
    await clinic.smsc.count_in_hex()
    assert await clinic.carrier.send(HELLO) == Accepted("3E9")
    clinic.smsc.report("1001", "DELIVRD", source=PATIENT, destination=OURS, how="text")
    (receipt,) = (await clinic.news(lambda poll: poll.receipts)).receipts
    assert (receipt.id, receipt.state) == ("M-1", TextState.DELIVERED)


async def test_a_receipt_for_somebody_else_is_not_taken_for_ours(clinic: Clinic) -> None:
    await clinic.carrier.send(HELLO)
    clinic.smsc.report("1001", "UNDELIV", source="12025550199", destination=OURS, how="text")
    await clinic.smsc.sees("acknowledged")
    assert (await clinic.poll()).receipts == ()


async def test_a_long_text_is_delivered_once_all_its_parts_are(clinic: Clinic) -> None:
    await clinic.carrier.send(LONG)
    states = []
    for id_ in ("1003", "1001", "1002"):
        clinic.smsc.report(id_, "DELIVRD", source=PATIENT, destination=OURS, how="tlv")
        states.append((await clinic.news(lambda poll: poll.receipts)).receipts[0].state)
    assert states == [TextState.ACCEPTED, TextState.ACCEPTED, TextState.DELIVERED]


async def test_a_part_that_fails_fails_the_text_and_says_which(clinic: Clinic) -> None:
    await clinic.carrier.send(LONG)
    clinic.smsc.report("1002", "UNDELIV", source=PATIENT, destination=OURS, how="text", error="00B")
    (receipt,) = (await clinic.news(lambda poll: poll.receipts)).receipts
    assert receipt.state is TextState.FAILED
    assert receipt.note == "the message centre reports UNDELIV for part 2 of 3 (error 00B)"


# ---------------------------------------------------------------- in


async def test_a_reply_is_on_disk_before_it_is_acknowledged_and_survives_a_crash(clinic: Clinic) -> None:
    await clinic.poll()
    clinic.smsc.write("BOOK, por favor ñ", source=PATIENT, destination=OURS)
    assert (await clinic.smsc.sees("acknowledged"))["status"] == 0
    await clinic.restart()
    (arrival,) = (await clinic.news(lambda poll: poll.inbound)).inbound
    assert (arrival.sender, arrival.to, arrival.body) == (ANNA, CLINIC, "BOOK, por favor ñ")
    assert (await clinic.poll()).inbound == ()


async def test_books_that_cannot_be_written_leave_the_reply_with_the_centre(clinic: Clinic) -> None:
    await clinic.poll()
    healthy = clinic.world.in_store

    def broken(_work: object) -> None:
        raise OSError("disk full")

    clinic.carrier._receiver._notes._in_store = broken  # type: ignore[attr-defined]
    clinic.smsc.write("STOP", source=PATIENT, destination=OURS)
    assert (await clinic.smsc.sees("acknowledged"))["status"] == 0x64
    clinic.carrier._receiver._notes._in_store = healthy  # type: ignore[attr-defined]
    clinic.smsc.repeat()
    assert (await clinic.smsc.sees("acknowledged", 2))["status"] == 0
    assert [arrival.body for arrival in (await clinic.news(lambda poll: poll.inbound)).inbound] == ["STOP"]


async def test_what_was_not_taken_in_is_handed_over_again(clinic: Clinic) -> None:
    await clinic.poll()
    clinic.smsc.write("BOOK", source=PATIENT, destination=OURS)
    await clinic.smsc.sees("acknowledged")
    before = clinic.cursor
    first = await clinic.carrier.poll(before)
    again = await clinic.carrier.poll(before)
    assert first.inbound == again.inbound != ()


async def test_a_delivery_repeated_on_a_new_link_is_one_reply(clinic: Clinic) -> None:
    await clinic.poll()
    clinic.smsc.write("URGENT", source=PATIENT, destination=OURS)
    await clinic.news(lambda poll: poll.inbound)
    await clinic.poll()
    clinic.smsc.cut()
    await clinic.smsc.sees("bind", 2)
    clinic.smsc.repeat()
    await clinic.smsc.sees("acknowledged", 2)
    assert (await clinic.poll()).inbound == ()


async def test_the_same_words_twice_on_one_link_are_two_replies(clinic: Clinic) -> None:
    await clinic.poll()
    for _ in range(2):
        clinic.smsc.write("yes", source=PATIENT, destination=OURS)
    await clinic.smsc.sees("acknowledged", 2)
    arrivals = (await clinic.poll()).inbound
    assert [arrival.body for arrival in arrivals] == ["yes", "yes"]
    assert len({arrival.carrier_id for arrival in arrivals}) == 2


@pytest.mark.parametrize("how", ["udh", "sar"])
async def test_a_reply_of_several_parts_is_put_together_in_any_order(clinic: Clinic, how: str) -> None:
    await clinic.poll()
    parts = ["I need to ", "speak to someone ", "about Tuesday 😀" if how == "udh" else "about Tuesday"]
    clinic.smsc.write_parts(parts, source=PATIENT, destination=OURS, how=how, order=[3, 1, 2])
    (arrival,) = (await clinic.news(lambda poll: poll.inbound)).inbound
    assert arrival.body == "".join(parts)
    await clinic.smsc.sees("acknowledged", 3)  # each part is, or the centre would stop


async def test_parts_wait_on_disk_and_what_never_comes_does_not_hide_the_rest(clinic: Clinic) -> None:
    await clinic.poll()
    clinic.smsc.write_parts(["STOP ", "please"], source=PATIENT, destination=OURS, order=[1])
    await clinic.smsc.sees("acknowledged")
    assert (await clinic.poll()).inbound == ()
    await clinic.restart()
    clinic.clock.forward(600)
    (arrival,) = (await clinic.news(lambda poll: poll.inbound)).inbound
    assert arrival.body.startswith("STOP ")


# ---------------------------------------------------------------- as configured


async def test_as_configured_it_remembers_in_the_services_own_books(smsc: Smsc) -> None:
    settings = configure(
        f"""
carriers:
  - name: telco
    kind: smpp
    host: 127.0.0.1
    port: {smsc.port}
    tls: false
    system_id: {SYSTEM_ID}
    password_file: credential:smpp
""",
        secrets={"credential:smpp": PASSWORD.encode()},
    )
    world = World()
    (driver,) = drivers(settings)
    with pytest.raises(PeerError, match="no books"):
        await driver.carrier.send(HELLO)
    assert driver.begin is not None
    driver.begin(world.in_store)
    assert await driver.carrier.send(HELLO) == Accepted("1001")
    await driver.carrier.close()
    with world.store.reading() as books:
        assert list(books.carrier_notes("telco", "")) == ["out:M-1", "id:1001"]


# ---------------------------------------------------------------- the link


async def test_without_a_centre_the_text_waits(smsc: Smsc) -> None:
    await smsc.refuse()
    async with a_clinic(smsc) as clinic:
        assert isinstance(await clinic.carrier.send(HELLO), TryLater)
        assert await clinic.carrier.look_up(HELLO) is None
    assert smsc.submits == []


async def test_a_quiet_link_is_asked_for_a_sign_of_life(smsc: Smsc) -> None:
    async with a_clinic(smsc, enquire_every=0.05) as clinic:
        await clinic.poll()
        await smsc.sees("enquire", 2)
        assert len(smsc.of("bind")) == 1


async def test_stopping_unbinds(smsc: Smsc) -> None:
    async with a_clinic(smsc) as clinic:
        await clinic.poll()
    await smsc.sees("unbind")


async def test_over_tls_to_a_centre_that_shows_the_right_certificate(tmp_path: Path) -> None:
    mine = loopback_certificate(tmp_path)
    async with Smsc(mine.cert, mine.key) as smsc:
        trusting = ssl.create_default_context(cafile=str(mine.cert))
        async with a_clinic(smsc, tls=trusting) as clinic:
            assert isinstance(await clinic.carrier.send(HELLO), Accepted)
        async with a_clinic(smsc, tls=ssl.create_default_context()) as stranger:
            assert isinstance(await stranger.carrier.send(HELLO), TryLater)


async def test_nobody_reads_numbers_or_words_in_the_log(
    clinic: Clinic, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    await clinic.carrier.send(HELLO)
    clinic.smsc.write("my secret words", source=PATIENT, destination=OURS)
    clinic.smsc.report("77", "UNDELIV", source=PATIENT, destination=OURS, how="text")
    await clinic.smsc.sees("acknowledged", 2)
    clinic.smsc.cut()
    await clinic.smsc.sees("bind", 2)
    for secret in (PATIENT, "secret", "BOOK", PASSWORD):
        assert secret not in caplog.text
    assert PASSWORD not in repr(clinic.carrier._settings)
