"""Two services with a database each on one PBX, by mistake: one texts, the other stands by, and people are told."""

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest

from ami_listener.probe import Probe
from ami_listener.session import AmiAccount
from lab.pbx import Pbx
from lab.phones import Phone, State
from lab.scenarios import dids
from lab.service import Service
from secondring.doctor.findings import Finding
from secondring.doctor.pbx import _company
from secondring.domain.records import Call
from secondring.wiring import now
from tests.support.carrier_server import CarrierServer
from tests.support.onlooker import Onlooker
from tests.support.until import until

WITH_BOTH, AT_THE_END, AFTERWARDS, STILL = (f"+1312555015{n}" for n in range(4))
TAKEN_OVER = 60
"""Seconds that a busy machine gets for what takes ten."""


class Clinic:
    """One installation: its service, its books, its carrier."""

    def __init__(self, pbx: Pbx, home: Path, stack: ExitStack) -> None:
        home.mkdir()
        self.carrier = stack.enter_context(CarrierServer())
        config = {"carrier": self.carrier.config(timeout="2s"), "guards": {"settle": "0s"}}
        self.service = stack.enter_context(Service(pbx, config=config, home=self.carrier.move_in(home)))
        self.books = stack.enter_context(Onlooker(self.service))

    def texts_to(self, number: str) -> int:
        return len(self.carrier.texts_to(number))

    def verdict(self, number: str) -> Call | None:
        calls = self.books.calls_of(number)
        return calls[0] if calls and calls[0].verdict else None

    def alarms(self) -> list[str]:
        since = now() - timedelta(days=1)
        return [alarm.because for alarm in self.books.look(lambda b: b.alarms(since=since, limit=50))]

    def says(self, words: str) -> None:
        self.books.wait_until_logged(words, TAKEN_OVER)


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as things:
        yield things


def calls_in_vain(pbx: Pbx, number: str) -> None:
    with Phone.outside(pbx, number) as phone:
        phone.call(dids.CLOSED).wait_for(State.TALKING).hang_up()


async def forge_from_the_dialplan(pbx: Pbx) -> None:
    """What a dialplan would send that put a caller's name, and all of a beat, into a UserEvent."""
    beat = {"Installation": "c" * 16, "Run": "d" * 16, "Host": "forged", "Role": "holding", "Number": "1"}
    beat["Since"] = "2020-01-01T00:00:00.000000Z"
    data = ",".join(["SecondRing", *(f"{name}: {value}" for name, value in beat.items())])
    account = AmiAccount(
        host=pbx.ami_host, port=pbx.ami_port, user="operator", secret=pbx.secrets["operator"]
    )
    async with Probe(account) as probe:
        reply = await probe.action(
            {
                "Action": "Originate",
                "Channel": "Local/s@forged/n",
                "Application": "UserEvent",
                "Data": data,
                "Async": "true",
            }
        )
        assert reply.ok, reply.why
        event = await probe.wait_for(
            lambda one: one.name == "UserEvent" and one.get("Run") == "d" * 16, TAKEN_OVER
        )
        assert event, [one.name for one in probe.events]
        assert event.has("Uniqueid")


async def who_listens(pbx: Pbx) -> Finding:
    """As `doctor` asks."""
    account = AmiAccount(
        host=pbx.ami_host, port=pbx.ami_port, user="secondring", secret=pbx.secrets["secondring"]
    )
    async with Probe(account) as probe:
        return await _company(probe, 5)


def test_one_texts_the_other_stands_by_and_takes_over(stack: ExitStack, tmp_path: Path) -> None:
    pbx = stack.enter_context(Pbx(name="twins"))
    first = Clinic(pbx, tmp_path / "first", stack)
    calls_in_vain(pbx, "+13125550149")
    until(lambda: first.texts_to("+13125550149") == 1, first.books.log_tail)
    pbx.add_config("extensions", "[forged]\nexten => s,1,Answer()\n same => n,Wait(2)\n", name="forged")
    pbx.cli("dialplan reload")
    asyncio.run(forge_from_the_dialplan(pbx))
    assert asyncio.run(who_listens(pbx)).ok
    second = Clinic(pbx, tmp_path / "second", stack)
    first.says("ANOTHER SECOND RING listens to this PBX")
    second.says("ANOTHER SECOND RING keeps this PBX")

    calls_in_vain(pbx, WITH_BOTH)
    until(lambda: first.texts_to(WITH_BOTH) == 1, first.books.log_tail)
    left = until(lambda: second.verdict(WITH_BOTH), second.books.log_tail, timeout=TAKEN_OVER)
    assert (left.verdict, left.reason) == ("ignored", "second-listener")
    for clinic in (first, second):
        assert any("ANOTHER SECOND RING" in because for because in clinic.alarms())
        assert "forged" not in clinic.books.log()
    told = asyncio.run(who_listens(pbx))
    assert told.ok is False
    assert "2 services listen to this PBX" in told.evidence

    first.service.kill()
    calls_in_vain(pbx, AT_THE_END)
    task = until(lambda: second.books.tasks_of(AT_THE_END), second.books.log_tail, timeout=TAKEN_OVER)
    assert task[0].title == "Call back (another Second Ring may have texted them)"
    calls_in_vain(pbx, AFTERWARDS)
    until(lambda: second.texts_to(AFTERWARDS) == 1, second.books.log_tail)

    first.service.start()
    first.says("this one stands by")
    calls_in_vain(pbx, STILL)
    until(lambda: second.texts_to(STILL) == 1, second.books.log_tail)
    until(lambda: first.verdict(STILL), first.books.log_tail, timeout=TAKEN_OVER)
    for number, whose in ((WITH_BOTH, (1, 0)), (AT_THE_END, (0, 0)), (AFTERWARDS, (0, 1)), (STILL, (0, 1))):
        assert (first.texts_to(number), second.texts_to(number)) == whose
    for clinic in (first, second):
        assert "Traceback" not in clinic.books.log()
