"""What holds for every carrier, proven on each. A driver plugs in with its dialect: see `DIALECTS` in conftest.py."""

import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio

from secondring.domain.ids import TextId
from secondring.domain.phone import PhoneNumber
from secondring.domain.records import TextState
from secondring.domain.texting import Stray
from sms_gateway.carriers.handset import HandsetCarrier
from sms_gateway.carriers.port import (
    Accepted,
    Carrier,
    LineType,
    News,
    NotGenuine,
    OutgoingText,
    Receipt,
    Refused,
    SendResult,
    TryLater,
    Unknown,
    Unreadable,
)
from sms_gateway.carriers.spool import Spool
from sms_gateway.reactions import React, table_of
from tests.integration.sms.conftest import DIALECTS
from tests.support.fake_carrier.core import Core, Trouble
from tests.support.fake_carrier.dialect import Dialect, Subject
from tests.unit.sms_gateway.fakes import ANNA, CLINIC, Clock

LETTER = OutgoingText(id=TextId("M-1"), to=ANNA, sender=CLINIC, body="Clínica “Uno”: 5 €\nsí")
LONG = {
    "plain": "Reply BOOK and we call you back today. " * 9,
    "rich": "Hello ñandú € [clinic] " * 20 + "😀",
}
REACTS = {
    Trouble.OPTED_OUT: {React.OPTED_OUT},
    Trouble.LANDLINE: {React.LANDLINE},
    Trouble.BAD_NUMBER: {React.BAD_NUMBER},
    Trouble.FILTERED: {React.FILTERED},
    Trouble.UNREACHABLE: {React.RETRY},
    Trouble.NO_REASON: {React.RETRY},
    Trouble.SENDER: {React.OTHER_SENDER, React.OTHER_CARRIER},
    Trouble.NOT_REGISTERED: {React.REGISTRATION},
    Trouble.ACCOUNT: {React.ACCOUNT},
}
AT_ONCE = [Trouble.OPTED_OUT, Trouble.LANDLINE, Trouble.BAD_NUMBER]
BY_RECEIPT = [Trouble.LANDLINE, Trouble.BAD_NUMBER, Trouble.FILTERED, Trouble.UNREACHABLE, Trouble.NO_REASON]
OF_OURS = [Trouble.SENDER, Trouble.NOT_REGISTERED, Trouble.ACCOUNT]


class Peer:
    """A driver, the carrier that it talks to, and how they talk."""

    def __init__(self, subject: Subject, dialect: Dialect) -> None:
        self.dialect = dialect
        self.driver, self.carrier, self.core = subject.driver, subject.carrier, subject.core
        self.news, self.webhook, self.knock = subject.news, subject.webhook, subject.knock

        self.limits = dialect.limits

    def reaction(self, code: str) -> React:
        return table_of(self.dialect.kind).reaction(code).react

    def expected(self, trouble: Trouble) -> set[React]:
        """What a trouble has to lead to: by its own code, or by the one that stands for several."""
        coarse = self.limits.coarse.get(trouble)
        return {coarse} if coarse else REACTS[trouble]

    def can_say(self, trouble: Trouble) -> None:
        _skip_for(self.limits.at_once.get(trouble, ""))

    def can_tell(self, trouble: Trouble) -> None:
        if not self.carrier.capabilities.receipts:
            pytest.skip("this carrier gives no receipts")
        _skip_for(self.limits.later.get(trouble, ""))


def _skip_for(reason: str) -> None:
    if reason:
        pytest.skip(reason)


@pytest_asyncio.fixture(params=DIALECTS, ids=lambda dialect: dialect.name)
async def peer(request: pytest.FixtureRequest) -> AsyncIterator[Peer]:
    dialect: Dialect = request.param
    async with dialect.serve(Core(Clock())) as subject:
        yield Peer(subject, dialect)


# ---------------------------------------------------------------- handing over


async def test_a_text_arrives_letter_by_letter_and_has_an_id(peer: Peer) -> None:
    result = await peer.carrier.send(LETTER)
    assert isinstance(result, Accepted)
    assert result.carrier_id
    assert peer.core.bodies(ANNA.e164) == [peer.limits.writes(LETTER.body)]
    assert peer.core.taken[0].sender == CLINIC.e164


@pytest.mark.parametrize("kind", LONG)
async def test_a_long_text_arrives_whole_or_is_refused_before_it_leaves(peer: Peer, kind: str) -> None:
    result = await peer.carrier.send(replace(LETTER, body=LONG[kind]))
    why = peer.limits.too_long.get(kind, "")
    if why:
        assert isinstance(result, Refused)
        assert peer.reaction(result.code) is React.OTHER_CARRIER
    assert peer.core.bodies(ANNA.e164) == ([] if why else [LONG[kind]])


async def test_where_it_says_idempotent_the_same_text_twice_arrives_once(peer: Peer) -> None:
    if not peer.carrier.capabilities.idempotent:
        pytest.skip("this carrier knows no text again by our id")
    await peer.carrier.send(LETTER)
    assert isinstance(await peer.carrier.send(LETTER), Accepted)
    assert peer.core.bodies(ANNA.e164) == [peer.limits.writes(LETTER.body)]


async def test_different_texts_of_the_same_words_both_arrive(peer: Peer) -> None:
    first = await peer.carrier.send(LETTER)
    second = await peer.carrier.send(replace(LETTER, id=TextId("M-2")))
    assert isinstance(first, Accepted)
    assert isinstance(second, Accepted)
    assert peer.core.bodies(ANNA.e164) == [peer.limits.writes(LETTER.body)] * 2
    assert first.carrier_id != second.carrier_id


async def test_where_it_can_be_asked_it_knows_what_it_took_and_what_it_never_saw(peer: Peer) -> None:
    if not peer.carrier.capabilities.lookup:
        pytest.skip("this carrier cannot be asked about a text")
    assert await peer.carrier.look_up(LETTER) is None
    sent = await peer.carrier.send(LETTER)
    assert await peer.carrier.look_up(LETTER) == sent


async def test_a_lost_answer_is_a_doubt_and_can_be_cleared_up(peer: Peer) -> None:
    _skip_for(peer.limits.never_in_doubt)
    peer.core.weather.lost_responses = 1.0
    assert isinstance(await peer.carrier.send(LETTER), Unknown)
    peer.core.weather.lost_responses = 0.0
    assert len(peer.core.taken) == 1
    if peer.carrier.capabilities.lookup:
        assert isinstance(await peer.carrier.look_up(LETTER), Accepted)


async def test_a_lost_request_is_never_taken_for_acceptance_or_refusal(peer: Peer) -> None:
    peer.core.weather.lost_requests = 1.0
    assert isinstance(await peer.carrier.send(LETTER), Unknown | TryLater)
    assert peer.core.taken == []


async def test_a_look_up_in_bad_weather_decides_nothing(peer: Peer) -> None:
    if not peer.carrier.capabilities.lookup:
        pytest.skip("this carrier cannot be asked about a text")
    peer.core.weather.lost_responses = 1.0
    await peer.carrier.send(LETTER)
    peer.core.weather.lost_responses = 0.0
    found = await peer.carrier.look_up(LETTER)
    assert not isinstance(found, Refused)
    assert found is not None


@pytest.mark.parametrize("times", [1, 3])
async def test_too_many_requests_are_surely_not_taken(peer: Peer, times: int) -> None:
    peer.can_say(Trouble.BUSY)
    peer.core.weather.storm = [Trouble.BUSY] * times
    for _ in range(times):
        assert _is_not_now(peer, await peer.carrier.send(LETTER))
    assert isinstance(await peer.carrier.send(LETTER), Accepted)
    assert peer.core.bodies(ANNA.e164) == [peer.limits.writes(LETTER.body)]


def _is_not_now(peer: Peer, result: SendResult) -> bool:
    by_code = isinstance(result, Refused) and peer.reaction(result.code) is React.SLOW_DOWN
    return by_code or isinstance(result, TryLater)


async def test_a_server_that_breaks_leaves_a_doubt(peer: Peer) -> None:
    peer.can_say(Trouble.BROKEN)
    peer.core.weather.storm = [Trouble.BROKEN]
    result = await peer.carrier.send(LETTER)
    by_code = isinstance(result, Refused) and peer.reaction(result.code) is React.UNCERTAIN
    assert by_code or isinstance(result, Unknown | TryLater)


# ---------------------------------------------------------------- what it says of a number


@pytest.mark.parametrize("trouble", AT_ONCE)
async def test_a_number_that_cannot_be_texted_is_refused_with_its_code(peer: Peer, trouble: Trouble) -> None:
    peer.can_say(trouble)
    peer.core.phones[ANNA.e164].refuses = trouble
    result = await peer.carrier.send(LETTER)
    if isinstance(result, Accepted):
        peer.core.phones[ANNA.e164].fails = trouble
        code = (await _failure(peer)).code
    else:
        assert isinstance(result, Refused)
        code = result.code
        assert ANNA.e164 not in f"{result.note}{result.code}"
    assert peer.reaction(code) in peer.expected(trouble)


@pytest.mark.parametrize("trouble", OF_OURS)
async def test_what_is_our_fault_has_a_code_of_its_own(peer: Peer, trouble: Trouble) -> None:
    peer.can_say(trouble)
    peer.core.senders[CLINIC.e164] = trouble
    result = await peer.carrier.send(LETTER)
    told = await _failure(peer) if isinstance(result, Accepted) else result
    assert isinstance(told, Refused | Receipt)
    assert peer.reaction(told.code) in peer.expected(trouble)
    assert CLINIC.e164 not in f"{told.note}{told.code}"


@pytest.mark.parametrize("line", [LineType.MOBILE, LineType.LANDLINE])
async def test_where_it_knows_lines_it_tells_them_apart(peer: Peer, line: LineType) -> None:
    types = peer.driver.line_types
    assert (types is not None) == peer.carrier.capabilities.line_types
    if types is None:
        pytest.skip("this carrier knows nothing of lines")
    peer.core.phones[ANNA.e164].line = line.value
    assert await types.line_type(ANNA) is line


# ---------------------------------------------------------------- what comes back


async def _receipts(peer: Peer) -> list[Receipt]:
    peer.core.carry()
    return list((await peer.news()).receipts)


async def _failure(peer: Peer) -> Receipt:
    failed = [receipt for receipt in await _receipts(peer) if receipt.state is TextState.FAILED]
    assert len(failed) == 1
    return failed[0]


async def test_a_receipt_names_its_text(peer: Peer) -> None:
    if not peer.carrier.capabilities.receipts:
        pytest.skip("this carrier gives no receipts")
    sent = await peer.carrier.send(LETTER)
    assert isinstance(sent, Accepted)
    told = await _receipts(peer)
    assert {receipt.id for receipt in told} <= {sent.carrier_id, LETTER.id}
    assert told[-1].state is peer.limits.last_word
    assert {receipt.carrier for receipt in told} == {peer.carrier.name}


@pytest.mark.parametrize("trouble", BY_RECEIPT)
async def test_a_text_that_fails_later_says_why_by_its_code(peer: Peer, trouble: Trouble) -> None:
    peer.can_tell(trouble)
    peer.core.phones[ANNA.e164].fails = trouble
    await peer.carrier.send(LETTER)
    failure = await _failure(peer)
    assert peer.reaction(failure.code) in peer.expected(trouble)
    assert ANNA.e164 not in repr(failure)


async def test_a_receipt_that_is_late_comes_all_the_same(peer: Peer) -> None:
    if not peer.carrier.capabilities.receipts:
        pytest.skip("this carrier gives no receipts")
    peer.core.phones[ANNA.e164].late = 2
    sent = await peer.carrier.send(LETTER)
    assert isinstance(sent, Accepted)
    early = [*await _receipts(peer), *await _receipts(peer)]
    assert TextState.DELIVERED not in {one.state for one in early}
    late = await _receipts(peer)
    assert (late[-1].id in (sent.carrier_id, LETTER.id), late[-1].state) == (True, peer.limits.last_word)


async def test_repeated_and_shuffled_receipts_end_in_the_same_standing(peer: Peer) -> None:
    if not peer.carrier.capabilities.receipts:
        pytest.skip("this carrier gives no receipts")
    peer.core.weather.repeated_receipts, peer.core.weather.shuffled = 1.0, True
    ids = {}
    for number in range(5):
        sent = await peer.carrier.send(replace(LETTER, id=TextId(f"M-{number}")))
        assert isinstance(sent, Accepted)
        ids[sent.carrier_id] = f"M-{number}"
    told = await _receipts(peer)
    arrived = {ids.get(one.id, one.id) for one in told if one.state is peer.limits.last_word}
    assert arrived == set(ids.values())
    assert all(one.state is not TextState.FAILED for one in told)


async def _reply(peer: Peer, body: str) -> News:
    peer.core.says(ANNA.e164, body, to=CLINIC.e164)
    return await peer.news()


async def test_a_reply_comes_in_whole_with_an_id_that_stays(peer: Peer) -> None:
    _skip_for(peer.limits.hears_nothing)
    body = "Sí, mañana at 3? “ok” 😀"
    (arrival,) = (await _reply(peer, body)).inbound
    assert (arrival.sender, arrival.to, arrival.body) == (ANNA, CLINIC, body)
    assert (arrival.carrier, bool(arrival.carrier_id)) == (peer.carrier.name, True)
    (other,) = [one for one in (await _reply(peer, body)).inbound if one.carrier_id != arrival.carrier_id]
    assert other.body == body


@pytest.mark.parametrize("sender", ["22000", "Pharmacy"])
async def test_a_text_of_no_telephone_number_comes_with_all_its_words(peer: Peer, sender: str) -> None:
    _skip_for(peer.limits.hears_nothing)
    peer.core.says(sender, "Your order is ready", to=CLINIC.e164)
    (stray,) = (await peer.news()).inbound
    assert isinstance(stray, Stray)
    assert (stray.sender, stray.to, stray.body) == (sender, CLINIC.e164, "Your order is ready")
    assert (stray.carrier, bool(stray.carrier_id)) == (peer.carrier.name, True)
    assert sender not in repr(stray)


async def test_polling_goes_on_from_its_cursor(peer: Peer) -> None:
    if not peer.carrier.capabilities.polling:
        pytest.skip("this carrier is not polled: it tells by itself, or nothing")
    first = await peer.carrier.poll(None)
    assert (first.inbound, first.receipts) == ((), ())
    peer.core.says(ANNA.e164, "BOOK", to=CLINIC.e164)
    second = await peer.carrier.poll(first.cursor)
    assert [arrival.body for arrival in second.inbound] == ["BOOK"]
    third = await peer.carrier.poll(second.cursor)
    assert {one.carrier_id for one in third.inbound} <= {one.carrier_id for one in second.inbound}


# ---------------------------------------------------------------- the door


async def test_a_request_that_was_tampered_with_is_not_genuine(peer: Peer) -> None:
    if peer.webhook is None or peer.knock is None:
        pytest.skip("this carrier has no webhooks")
    knock = peer.knock(peer.core.says(ANNA.e164, "BOOK", to=CLINIC.e164))
    assert knock is not None
    assert peer.webhook.read(knock).inbound[0].body == "BOOK"
    with pytest.raises(NotGenuine):
        peer.webhook.read(replace(knock, headers={}))
    if getattr(peer.dialect, "signs", True):  # Bandwidth only logs in: its words have no seal
        with pytest.raises(NotGenuine):
            peer.webhook.read(replace(knock, body=knock.body.replace(b"BOOK", b"STOP")))


@pytest.mark.parametrize("body", [b"", b"[]", b"\xff\xfe", b"{}", b"[" * 5_000])
async def test_rubbish_at_the_door_is_refused_and_breaks_nothing(peer: Peer, body: bytes) -> None:
    if peer.webhook is None or peer.knock is None:
        pytest.skip("this carrier has no webhooks")
    knock = peer.knock(peer.core.says(ANNA.e164, "BOOK", to=CLINIC.e164))
    assert knock is not None
    with pytest.raises((NotGenuine, Unreadable)):
        peer.webhook.read(replace(knock, body=body))


# ---------------------------------------------------------------- patients' data


async def test_neither_log_nor_repr_shows_a_number_or_a_word(
    peer: Peer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    await peer.carrier.send(LETTER)
    if not peer.limits.hears_nothing:
        await _reply(peer, "my words")
    peer.core.weather.lost_responses = 1.0
    await peer.carrier.send(replace(LETTER, id=TextId("M-2")))
    shown = [repr(LETTER), repr(peer.carrier), *(_ours(record) for record in caplog.records)]
    for line in shown:
        assert ANNA.e164.removeprefix("+") not in line
        assert "Uno" not in line
        assert "my words" not in line


def _ours(record: logging.LogRecord) -> str:
    """What the program would write: libraries are told to keep quiet below warnings, and pytest's level undoes that."""
    ours = record.name.split(".")[0] in ("sms_gateway", "secondring") or record.levelno >= logging.WARNING
    return record.getMessage() if ours else ""


# ---------------------------------------------------------------- simulated phones


@pytest.fixture
def handset(tmp_path: Path) -> tuple[Carrier, Spool]:
    spool = Spool(tmp_path / "air")
    return HandsetCarrier(spool, Clock()), spool


async def test_simulated_phones_keep_the_contract_too(handset: tuple[Carrier, Spool]) -> None:
    carrier, spool = handset
    assert await carrier.look_up(LETTER) is None
    sent = await carrier.send(LETTER)
    assert await carrier.send(LETTER) == sent == await carrier.look_up(LETTER)
    await carrier.send(replace(LETTER, id=TextId("M-2")))
    assert _bodies(spool, ANNA) == [LETTER.body] * 2
    first = await carrier.poll(None)
    assert [receipt.state for receipt in first.receipts] == [TextState.DELIVERED] * 2
    again = await carrier.poll(first.cursor)
    assert (again.inbound, again.receipts, again.cursor) == ((), (), first.cursor)


def _bodies(spool: Spool, number: PhoneNumber) -> list[str]:
    return [line.body for line in spool.inbox(number)]
