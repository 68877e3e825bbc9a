"""Simulated phones: read and answered from the terminal, by several processes, through crashes."""

import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from secondring.domain.errors import UnknownThing
from secondring.domain.ids import TextId
from secondring.domain.records import TextState
from sms_gateway.carriers.handset import HandsetCarrier
from sms_gateway.carriers.port import OutgoingText
from sms_gateway.carriers.spool import TO_PHONE, Line, Spool
from tests.unit.sms_gateway.fakes import ANNA, CLINIC, NOON, Clock

LETTER = OutgoingText(id=TextId("M-1"), to=ANNA, sender=CLINIC, body="Reply BOOK")


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(tmp_path / "air")


async def test_a_reply_goes_to_whoever_texted_last_and_is_polled_with_a_receipt(spool: Spool) -> None:
    carrier = HandsetCarrier(spool, Clock())
    await carrier.send(LETTER)
    spool.reply(ANNA, "BOOK", at=NOON)
    news = await carrier.poll(None)
    assert [(a.sender, a.to, a.body, a.at) for a in news.inbound] == [(ANNA, CLINIC, "BOOK", NOON)]
    assert [(r.id, r.state) for r in news.receipts] == [("M-1", TextState.DELIVERED)]
    assert (await carrier.poll(news.cursor)).inbound == ()


async def test_a_phone_nobody_texted_must_say_whom_it_writes_to(spool: Spool) -> None:
    with pytest.raises(UnknownThing, match="say which number"):
        spool.reply(ANNA, "hello", at=NOON)
    assert spool.reply(ANNA, "hello", at=NOON, to=CLINIC).to == CLINIC


async def test_a_line_torn_by_a_crash_loses_nothing_else(spool: Spool, tmp_path: Path) -> None:
    carrier = HandsetCarrier(spool, Clock())
    await carrier.send(LETTER)
    with (tmp_path / "air" / "texts.jsonl").open("a") as file:
        file.write('{"way": "to-ph')
    later = Spool(tmp_path / "air")
    assert (await carrier.poll(None)).cursor == str((tmp_path / "air" / "texts.jsonl").stat().st_size - 14)
    later.reply(ANNA, "BOOK", at=NOON)
    assert len(later.inbox(ANNA)) == 1
    assert [a.body for a in (await carrier.poll(None)).inbound] == ["BOOK"]


@pytest.mark.parametrize("rubbish", ["[]", "{}", "7", '{"way": 1}', "\x00\xff", '{"id": null, "from": "x"}'])
async def test_rubbish_in_the_file_is_passed_over(spool: Spool, tmp_path: Path, rubbish: str) -> None:
    (tmp_path / "air" / "texts.jsonl").write_bytes(rubbish.encode("latin-1") + b"\n")
    await HandsetCarrier(spool, Clock()).send(LETTER)
    assert [line.body for line in spool.inbox(ANNA)] == ["Reply BOOK"]


async def test_a_file_that_was_emptied_is_read_from_its_start(spool: Spool, tmp_path: Path) -> None:
    carrier = HandsetCarrier(spool, Clock())
    for number in range(3):
        spool.add(_line(number))
    cursor = (await carrier.poll(None)).cursor
    (tmp_path / "air" / "texts.jsonl").unlink()
    fresh = Spool(tmp_path / "air")
    fresh.reply(ANNA, "hi", at=NOON, to=CLINIC)
    assert [a.body for a in (await carrier.poll(cursor)).inbound] == ["hi"]


def _line(number: int) -> Line:
    return Line(way=TO_PHONE, id=f"M-{number}", sender=CLINIC, to=ANNA, body="x", at=NOON)


def test_many_hands_add_each_text_once(tmp_path: Path) -> None:
    spools = [Spool(tmp_path / "air") for _ in range(4)]
    with ThreadPoolExecutor(8) as hands:
        added = list(hands.map(lambda n: spools[n % 4].add(_line(n // 4)), range(80)))
    assert sum(added) == 20
    assert len(spools[0].inbox(ANNA)) == 20


def test_another_process_sees_and_adds(tmp_path: Path, spool: Spool) -> None:
    spool.add(_line(1))
    script = (
        "from pathlib import Path; from datetime import datetime, UTC;"
        "from sms_gateway.carriers.spool import Spool; from secondring.domain.phone import PhoneNumber;"
        f"Spool(Path({str(tmp_path / 'air')!r})).reply(PhoneNumber('{ANNA.e164}'), 'BOOK',"
        " at=datetime(2026, 3, 2, tzinfo=UTC))"
    )
    subprocess.run([sys.executable, "-c", script], check=True, cwd=Path(__file__).parents[3])
    assert [line.body for line in spool.since(0)[0]] == ["x", "BOOK"]


def test_only_its_owner_may_read_it(tmp_path: Path, spool: Spool) -> None:
    spool.add(_line(1))
    assert stat.S_IMODE((tmp_path / "air").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "air" / "texts.jsonl").stat().st_mode) == 0o600
