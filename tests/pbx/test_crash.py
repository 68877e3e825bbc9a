"""Whatever dies, at whatever moment: every caller is judged once, texted once or handed to a person.

No record of the PBX is read here, so what both begins and ends while nobody listens cannot be known: every call
lasts longer than the service is away, and one that ends meanwhile is known by its open row and found out by taking
stock. What the records add is in test_catch_up.py.
"""

import random
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from lab.errors import LabError
from lab.load import Load, callers, place_missed_calls
from lab.pbx import Pbx
from lab.phones import Phone, State
from lab.service import Service
from secondring.domain.records import Call, TextState
from secondring.domain.verdict import Verdict
from tests.support.ami_proxy import AmiProxy
from tests.support.carrier_server import Accept, CarrierServer
from tests.support.onlooker import Onlooker
from tests.support.until import until

SEED = 20260302
KILLS = 20
LIFE = 2.2
"""Seconds: a start takes one to two, so kills fall into all of its steps and into what follows."""
UNSETTLED = (TextState.QUEUED, TextState.SENDING, TextState.UNKNOWN)
DIALLED = "2025550100"
ROOM = "2025550161"
"""Answered by the PBX, not by a person: the caller is alone in there, and only one phone is needed."""


@contextmanager
def calls_coming_in(pbx: Pbx, *, rate: float, count: int, ring_ms: int) -> Iterator[Future[Load]]:
    """Missed calls, placed while the block runs; the result says when the last one is over."""
    with ThreadPoolExecutor(1) as sipp:
        yield sipp.submit(place_missed_calls, pbx, rate=rate, count=count, ring_ms=ring_ms)


def all_judged(clinic: Onlooker, numbers: list[str]) -> list[Call] | None:
    judged = [call for call in clinic.calls() if call.verdict is not None]
    return judged if len(judged) >= len(numbers) else None


def all_settled(clinic: Onlooker, numbers: list[str]) -> bool:
    return not any(text.state in UNSETTLED for number in numbers for text in clinic.texts(number))


def require_each_once(clinic: Onlooker, carrier: CarrierServer, numbers: list[str]) -> list[Call]:
    """One verdict for each caller, and then one text or one task; give the calls."""
    calls = clinic.wait(lambda: all_judged(clinic, numbers), f"{len(numbers)} verdicts", 30)
    assert sorted(call.caller.e164 for call in calls if call.caller) == sorted(numbers)
    assert {call.verdict for call in calls} == {Verdict.MISSED}
    clinic.wait(lambda: all_settled(clinic, numbers), "every text to be settled", 60)
    assert len(clinic.episodes()) == len(numbers)
    for number in numbers:
        texts, tasks = carrier.texts_to(number), clinic.tasks_of(number)
        assert len(texts) + len(tasks) == 1, (texts, tasks, clinic.decisions(number))
        assert len({post.id for post in carrier.posts_to(number)}) == len(texts)
        assert clinic.sent(number) == ["first-open"] * len(texts)
        lost = clinic.calls_of(number)[0].detail == "lost-track"
        assert lost == bool(tasks)
    return calls


def start_and_kill(service: Service, moment: float) -> None:
    """Start it, and kill it so many seconds later, wherever it is by then."""
    launched = time.monotonic()
    with ThreadPoolExecutor(1) as pool:
        starting = pool.submit(service.start)
        until(lambda: time.monotonic() >= launched + moment, "the moment")
        service.kill()
        with suppress(LabError):
            starting.result()
    service.kill()


@pytest.fixture
def carrier() -> Iterator[CarrierServer]:
    with CarrierServer() as server:
        yield server


def config_with(carrier: CarrierServer) -> dict[str, object]:
    return {"carrier": carrier.config(timeout="2s"), "guards": {"settle": "1s"}}


def test_killed_at_twenty_moments_of_fifty_calls(pbx: Pbx, carrier: CarrierServer, tmp_path: Path) -> None:
    chance = random.Random(SEED)
    numbers = callers(50)
    carrier.otherwise = Accept(after=0.2)  # slow enough to be caught in the middle of a request
    with (
        Service(pbx, config=config_with(carrier), home=carrier.move_in(tmp_path)) as service,
        Onlooker(service) as clinic,
    ):
        with calls_coming_in(pbx, rate=2, count=len(numbers), ring_ms=8000) as load:
            clinic.wait(clinic.calls, "the first call")
            service.kill()
            listened = True
            for _ in range(KILLS - 1):
                before = clinic.log().count("listening to the PBX")
                if listened:
                    start_and_kill(service, chance.uniform(0, LIFE))
                else:  # the calls must not outlast our absence: this time it comes to listen
                    service.start()
                    known = clinic.calls()[-1].id
                    until(lambda: load.done() or clinic.calls()[-1].id != known, "a new call")  # noqa: B023 - asked here and now
                    service.kill()
                listened = clinic.log().count("listening to the PBX") > before
            service.start()
            placed = load.result()
        assert (placed.calls, placed.failed) == (len(numbers), 0)
        calls = require_each_once(clinic, carrier, numbers)
        assert "Traceback" not in clinic.log()
    details = [call.detail for call in calls]
    assert details.count("caller-cancel") > 5, details
    assert details.count("lost-track") > 5, details


def test_a_clean_stop_under_load_takes_five_seconds_at_most_and_loses_nothing(
    pbx: Pbx, carrier: CarrierServer, tmp_path: Path
) -> None:
    numbers = callers(30)
    carrier.otherwise = Accept(after=0.3)
    with (
        Service(pbx, config=config_with(carrier), home=carrier.move_in(tmp_path)) as service,
        Onlooker(service) as clinic,
    ):
        # They ring for longer than a stop and a start take: a call that nobody heard of is another test's.
        with calls_coming_in(pbx, rate=6, count=len(numbers), ring_ms=8000) as load:
            until(lambda: len(carrier.posts) >= 3, "the first texts")
            assert service.stop() <= 5
            service.start()
            placed = load.result()
        assert (placed.calls, placed.failed) == (len(numbers), 0)
        calls = require_each_once(clinic, carrier, numbers)
        assert {call.detail for call in calls} <= {"caller-cancel", "lost-track"}
        assert len(carrier.posts) == len(carrier.taken), "no text was posted twice"
        assert "ERROR" not in clinic.log()


def test_the_pbx_is_killed_while_a_caller_waits(carrier: CarrierServer, tmp_path: Path) -> None:
    number = "+13125550121"
    with (
        Pbx(name="mortal") as pbx,
        Service(pbx, config=config_with(carrier), home=carrier.move_in(tmp_path)) as service,
        Onlooker(service) as clinic,
    ):
        with Phone.outside(pbx, number) as caller:
            caller.call(ROOM).wait_for(State.TALKING)
            clinic.wait(lambda: clinic.calls_of(number), "the call's open row")
            pbx.kill()
            pbx.start()
            clinic.wait(lambda: clinic.calls_of(number)[0].verdict, "a verdict")
        (call,) = clinic.calls_of(number)
        assert (call.verdict, call.detail, call.partial) == (Verdict.MISSED, "pbx-stopped", True)
        clinic.wait_for_text(number, "first-open")
        with Phone.inside(pbx, "1001") as desk, Phone.outside(pbx, number) as caller:
            line = caller.call(DIALLED)
            desk.next_call().wait_for(State.RINGING).answer()
            line.wait_for(State.TALKING).hang_up()
        clinic.wait(lambda: [c.verdict for c in clinic.calls_of(number)][1:] == ["answered"], "the next call")
    assert len(carrier.texts_to(number)) == 1


def test_the_link_is_cut_while_callers_wait(pbx: Pbx, carrier: CarrierServer, tmp_path: Path) -> None:
    """One hangs up unseen and gets a person; one is still there when the link is back and gets the text."""
    gone, patient = "+13125550122", "+13125550123"
    with AmiProxy(pbx) as proxy:
        config = config_with(carrier) | {"ami": {"port": proxy.port}}
        with (
            Service(pbx, config=config, home=carrier.move_in(tmp_path)) as service,
            Onlooker(service) as clinic,
            Phone.outside(pbx, gone) as first,
            Phone.outside(pbx, patient) as second,
        ):
            calls = [caller.call(ROOM).wait_for(State.TALKING) for caller in (first, second)]
            clinic.wait(lambda: len(clinic.calls()) == 2, "both open rows")
            proxy.close()
            calls[0].hang_up()
            until(lambda: pbx.cli("core show channels concise").count("PJSIP/") == 1, "the first call's end")
            clinic.wait_until_logged("trying again")
            proxy.open()
            task = clinic.wait_for_task(gone)
            calls[1].hang_up()
            clinic.wait_for_text(patient, "first-open")
            assert clinic.calls_of(gone)[0].detail == "lost-track"
            assert clinic.calls_of(patient)[0].detail == "in-menu"
            assert (task.queue, task.title) == ("front-desk", "Call back (not-seen-to-the-end)")
    assert carrier.texts_to(gone) == []
    assert len(carrier.texts_to(patient)) == 1
