"""Is it a mobile? Asked before the first text, remembered, and never a reason to send nothing when it cannot be had."""

import asyncio
from datetime import timedelta

import pytest

from secondring.domain.errors import PeerError
from secondring.domain.phone import PhoneNumber
from secondring.domain.records import KnownLine, Line
from secondring.domain.texting import Fault
from sms_gateway import outbox
from sms_gateway.carriers.port import Driver
from sms_gateway.switchboard import Route
from tests.unit.sms_gateway.fakes import ANNA, NOON, World


class Lines:
    """A carrier's knowledge of numbers."""

    def __init__(self, answer: Line | Exception | None) -> None:
        self.answer = answer
        self.asked: list[PhoneNumber] = []
        self.gate: asyncio.Event | None = None

    async def line_type(self, number: PhoneNumber) -> Line | None:
        self.asked.append(number)
        if self.gate is not None:
            await self.gate.wait()
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def a_world(answer: Line | Exception | None) -> tuple[World, Lines]:
    world, lines = World(), Lines(answer)
    world.routes = (Route(Driver(carrier=world.carrier, line_types=lines)),)
    world.outbox = world.new_outbox()
    return world, lines


def known(world: World) -> KnownLine | None:
    with world.store.reading() as books:
        return books.known_line(ANNA)


@pytest.mark.parametrize("line", [Line.MOBILE, Line.INTERNET])
async def test_a_number_that_takes_texts_is_asked_about_once(line: Line) -> None:
    world, lines = a_world(line)
    for number in range(3):
        world.queue(f"M-{number}")
        await world.work()
    assert (len(world.carrier.phone), lines.asked) == (3, [ANNA])
    assert known(world) == KnownLine(number=ANNA, line=line, source="look-up", at=NOON)


@pytest.mark.parametrize(
    ("line", "fault"), [(Line.LANDLINE, Fault.LANDLINE), (Line.INVALID, Fault.BAD_NUMBER)]
)
async def test_a_landline_gets_no_text_and_a_person_is_told_in_the_same_breath(
    line: Line, fault: Fault
) -> None:
    world, _ = a_world(line)
    world.queue()
    await world.work()
    assert (world.carrier.requests, [failure.fault for failure in world.desk.failures]) == ([], [fault])
    assert world.job() is None
    assert known(world) == KnownLine(number=ANNA, line=line, source="look-up", at=NOON)


@pytest.mark.parametrize("answer", [PeerError("down"), ValueError("a bug"), None])
async def test_whoever_cannot_be_asked_costs_the_patient_no_text(answer: Exception | None) -> None:
    world, _ = a_world(answer)
    world.queue()
    await world.work()
    assert (world.carrier.phone, known(world)) == (["M-1"], None)


async def test_who_takes_too_long_to_answer_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "LINE_TIME", timedelta(milliseconds=5))
    world, lines = a_world(Line.LANDLINE)
    lines.gate = asyncio.Event()
    world.queue()
    await world.work()
    assert world.carrier.phone == ["M-1"]


async def test_after_half_a_year_a_number_is_asked_about_again() -> None:
    world, lines = a_world(Line.MOBILE)
    world.queue("M-1")
    await world.work()
    world.clock.now += timedelta(days=181)
    world.queue("M-2")
    await world.work()
    assert len(lines.asked) == 2


async def test_staffs_phones_are_not_asked_about() -> None:
    world, lines = a_world(Line.LANDLINE)
    world.queue(template="staff-alert")
    await world.work()
    assert (world.carrier.phone, lines.asked) == (["M-1"], [])
