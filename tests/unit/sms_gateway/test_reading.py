"""Whatever carriers answer: it is read or passed over, nothing breaks, and no number gets into a code or a note."""

import asyncio
import json
import re
from datetime import UTC
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from secondring.domain.errors import PeerError
from secondring.domain.ids import TextId
from sms_gateway.carriers.laml import LamlCarrier
from sms_gateway.carriers.port import Accepted, OutgoingText, Refused, TryLater, Unknown
from sms_gateway.carriers.reading import (
    PICTURE,
    TEXT_LIMIT,
    code_of,
    dig,
    moment,
    number,
    parsed,
    rows,
    word,
    words_of,
)
from sms_gateway.carriers.twilio import TwilioCarrier, TwilioSettings
from sms_gateway.carriers.wire import Answer, verdict
from tests.unit.sms_gateway.fakes import ANNA, CLINIC, NOON, Clock

LETTER = OutgoingText(id=TextId("M-1"), to=ANNA, sender=CLINIC, body="Reply BOOK")
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=30)
    | st.sampled_from(
        [ANNA.e164, CLINIC.e164, "inbound", "outbound-api", "delivered", "2026-03-02T17:00:00Z"]
    )
)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=9,
)
NAMES = [
    "sid",
    "direction",
    "from",
    "to",
    "body",
    "num_media",
    "date_sent",
    "date_created",
    "status",
    "error_code",
]
ROWS = st.lists(st.dictionaries(st.sampled_from(NAMES), SCALARS) | ANYTHING, max_size=5)


@given(value=ANYTHING)
def test_readers_take_anything(value: Any) -> None:
    assert len(word(value)) <= 200
    assert word(value).isprintable()
    assert not re.search(r"\d{7}", code_of(value))
    assert re.fullmatch(r"[A-Za-z0-9_.:-]{0,40}", code_of(value))
    assert moment(value) is None or moment(value).tzinfo is UTC  # type: ignore[union-attr]
    assert isinstance(dig(value, "a", 0, "b"), object)
    assert all(isinstance(row, dict) for row in rows(value))
    found = number(value)
    assert found is None or found.e164.removeprefix("+") == str(value).removeprefix("+")


@given(body=st.binary(max_size=60))
def test_any_bytes_are_json_or_none(body: bytes) -> None:
    parsed(body)


@given(body=st.text(), attachments=st.booleans())
def test_words_can_always_be_kept(body: str, attachments: bool) -> None:
    kept = words_of(body, attachments=attachments)
    assert len(kept.encode()) >= len(kept)
    assert len(kept) <= TEXT_LIMIT
    assert kept == PICTURE or not attachments or kept.strip()


def test_a_lone_half_of_a_letter_is_no_reason_to_lose_the_rest() -> None:
    assert words_of(json.loads('"BOOK \\ud800"')) == "BOOK ?"


@given(status=st.integers(100, 599), retry=st.text(max_size=12), code=st.text(max_size=5))
def test_each_answer_means_one_thing(status: int, retry: str, code: str) -> None:
    found = verdict(Answer(status, {"retry-after": retry}, b""), NOON, id_="x", code=code_of(code))
    if 200 <= status < 300:
        assert found == Accepted("x")
    elif status == 429:
        assert isinstance(found, TryLater)
    elif status >= 500 or status in (408, 409, 425):
        assert isinstance(found, Unknown)
    elif status >= 400:
        assert isinstance(found, Refused)
        assert found.code
    else:
        assert isinstance(found, TryLater)


def _carrier(page: Any) -> LamlCarrier:
    carrier = TwilioCarrier(TwilioSettings(account="AC1", key="SK1", secret="s"), Clock())

    async def fetch(url: str) -> Any:
        return page

    carrier._wire.fetch = fetch  # type: ignore[method-assign,assignment]
    return carrier


@pytest.mark.parametrize("what", ["poll", "look up"])
@settings(deadline=None, max_examples=80)
@given(page=st.fixed_dictionaries({"messages": ROWS, "next_page_uri": SCALARS}) | ANYTHING)
def test_any_list_is_read_or_refused(what: str, page: Any) -> None:
    carrier, shown = _carrier(page), ""
    try:
        if what == "poll":
            news = asyncio.run(carrier.poll(None))
            assert moment(news.cursor) is not None
            assert all(arrival.carrier_id for arrival in news.inbound)
            assert all(receipt.id for receipt in news.receipts)
        else:
            found = asyncio.run(carrier.look_up(LETTER))
            assert found is None or isinstance(found, Accepted | Unknown)
    except PeerError as error:
        shown = str(error)
    assert ANNA.e164[1:] not in shown


@settings(deadline=None, max_examples=40)
@given(cursor=st.none() | st.text(max_size=30))
def test_any_cursor_is_gone_on_from(cursor: str | None) -> None:
    news = asyncio.run(_carrier({"messages": []}).poll(cursor))
    at = moment(news.cursor)
    assert at is not None
    assert at <= NOON or moment(cursor) is not None
