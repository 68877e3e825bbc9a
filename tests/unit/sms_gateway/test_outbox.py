"""What becomes of a queued text: sent once, or given to a person, whatever the carrier does."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from secondring.domain.errors import PeerError
from secondring.domain.records import TextState
from secondring.domain.texting import Cancel, Fault, Go, Hold
from sms_gateway.carriers.port import Accepted, Refused, TryLater, Unknown
from sms_gateway.outbox import OutboxSettings
from sms_gateway.pace import Pace
from tests.unit.sms_gateway.fakes import (
    BARE,
    IDEMPOTENT,
    LOST_ANSWER,
    LOST_REQUEST,
    NOON,
    FakeCarrier,
    Step,
    World,
    until,
)

BUSY = Step(reaches_phone=False, answer=TryLater(None, "HTTP 503"))


@pytest.fixture
def world() -> World:
    return World()


async def test_a_queued_text_reaches_the_phone_and_the_desk_hears_of_it(world: World) -> None:
    world.queue()
    await world.work()
    text = world.text()
    assert world.carrier.phone == ["M-1"]
    assert (text.state, text.carrier, text.carrier_id) == (TextState.ACCEPTED, "fake", "c-M-1")
    assert (text.settled_at, text.attempts) == (NOON, 1)
    assert world.desk.told == [("accepted", "M-1")]
    assert world.job() is None


async def test_sending_is_on_disk_before_the_request_leaves(world: World) -> None:
    world.queue()
    gate = asyncio.Event()
    world.carrier.script = [Step(reaches_phone=True, gate=gate)]
    await world.outbox.round()
    await until(lambda: world.carrier.out, "the request")
    assert (world.text().state, world.text().attempts) == (TextState.SENDING, 1)
    gate.set()
    await world.work()
    assert world.text().state is TextState.ACCEPTED


async def test_a_held_text_waits_and_then_goes(world: World) -> None:
    world.queue()
    until = NOON + timedelta(minutes=3)
    world.desk.permission = lambda _text: Hold(until, "on the line") if world.clock() < until else Go()
    await world.work()
    assert (world.carrier.requests, world.text().state) == ([], TextState.QUEUED)
    world.clock.forward(180)
    await world.work()
    assert world.carrier.phone == ["M-1"]


async def test_a_text_held_for_long_is_not_too_old_when_it_may_go(world: World) -> None:
    world.queue()
    until = NOON + timedelta(hours=2)
    world.desk.permission = lambda _text: Hold(until, "on the line") if world.clock() < until else Go()
    await world.work_until_settled()
    assert world.carrier.phone == ["M-1"]


async def test_a_text_that_is_no_longer_wanted_is_cancelled(world: World) -> None:
    world.queue()
    world.desk.permission = lambda _text: Cancel("opted out")
    await world.work()
    assert (world.text().state, world.text().note) == (TextState.CANCELLED, "opted out")
    assert world.desk.told == [("cancelled", "M-1")]
    assert (world.carrier.requests, world.job()) == ([], None)


async def test_a_lost_answer_is_looked_up_and_not_sent_again(world: World) -> None:
    world.queue()
    world.carrier.script = [LOST_ANSWER]
    await world.work()
    assert world.text().state is TextState.UNKNOWN
    await world.work_until_settled()
    assert (world.carrier.phone, world.carrier.requests) == (["M-1"], ["M-1"])
    assert world.desk.told == [("accepted", "M-1")]


async def test_a_lost_request_is_looked_up_and_then_sent_again(world: World) -> None:
    world.queue()
    world.carrier.script = [LOST_REQUEST]
    await world.work_until_settled()
    assert (world.carrier.phone, world.carrier.look_ups) == (["M-1"], ["M-1"])
    assert world.text().attempts == 2


async def test_who_opts_out_between_a_lost_request_and_the_next_is_not_texted(world: World) -> None:
    world.queue()
    world.carrier.script = [LOST_REQUEST]
    await world.work()
    world.desk.permission = lambda _text: Cancel("opted out")
    await world.work_until_settled()
    assert (world.carrier.phone, world.text().state) == ([], TextState.CANCELLED)


async def test_a_look_up_that_fails_is_repeated_before_anything_is_sent(world: World) -> None:
    world.queue()
    world.carrier.script = [LOST_ANSWER]
    world.carrier.lookup_script = [Step(reaches_phone=False, answer=Unknown("HTTP 500"))] * 3
    await world.work_until_settled()
    assert (world.carrier.phone, len(world.carrier.look_ups)) == (["M-1"], 4)
    assert world.text().state is TextState.ACCEPTED


async def test_a_carrier_that_knows_ids_gets_the_same_id_again() -> None:
    world = World(carrier=FakeCarrier(IDEMPOTENT))
    world.queue()
    world.carrier.script = [LOST_ANSWER, LOST_ANSWER]
    await world.work_until_settled()
    assert (world.carrier.requests, world.carrier.phone) == (["M-1"] * 3, ["M-1"])
    assert world.text().state is TextState.ACCEPTED


async def test_in_doubt_and_no_way_to_ask_it_is_never_sent_twice_and_a_person_takes_over() -> None:
    world = World(carrier=FakeCarrier(BARE))
    world.queue()
    world.carrier.script = [LOST_ANSWER]
    await world.work_until_settled()
    assert world.carrier.requests == ["M-1"]
    assert [failure.fault for failure in world.desk.failures] == [Fault.OUTCOME_UNKNOWN]
    assert (world.text().state, world.text().note) == (TextState.FAILED, "outcome unknown")


async def test_try_later_waits_as_long_as_the_carrier_asks(world: World) -> None:
    world.queue()
    world.carrier.script = [Step(reaches_phone=False, answer=TryLater(timedelta(seconds=90), "HTTP 429"))]
    await world.work()
    job = world.job()
    assert job is not None
    assert job.due_at == NOON + timedelta(seconds=90)
    assert world.text().state is TextState.QUEUED
    await world.work_until_settled()
    assert world.carrier.phone == ["M-1"]


async def test_asked_to_wait_longer_than_it_is_worth_the_text_is_given_up_at_once(world: World) -> None:
    world.queue()
    world.carrier.script = [Step(reaches_phone=False, answer=TryLater(timedelta(hours=5), "HTTP 429"))]
    await world.work()
    assert [failure.fault for failure in world.desk.failures] == [Fault.CARRIER]
    assert world.job() is None


async def test_a_storm_of_errors_ends_in_a_call_back_after_six_tries(world: World) -> None:
    world.queue()
    world.carrier.script = [BUSY] * 50
    await world.work_until_settled()
    assert len(world.carrier.requests) == 6
    assert [failure.fault for failure in world.desk.failures] == [Fault.CARRIER]
    assert world.desk.told == [("failed", "M-1")]
    assert "6 tries" in world.text().note


async def test_a_refusal_is_final(world: World) -> None:
    world.queue()
    world.carrier.script = [Step(reaches_phone=False, answer=Refused(Fault.SENDER, "401", "HTTP 401"))]
    await world.work_until_settled()
    assert len(world.carrier.requests) == 1
    failure = world.desk.failures[0]
    assert (failure.fault, failure.code, failure.note) == (Fault.SENDER, "401", "HTTP 401")


async def test_a_text_from_before_a_long_standstill_is_not_sent_late(world: World) -> None:
    world.queue()
    world.clock.forward(16 * 60)
    await world.work()
    assert (world.carrier.requests, world.desk.told) == ([], [("failed", "M-1")])


async def test_a_dead_carrier_is_left_alone_and_no_text_loses_a_try(world: World) -> None:
    for number in range(20):
        world.queue(f"M-{number}")
    world.carrier.script = [BUSY] * 9
    await world.work()
    assert world.breaker.is_open
    untried = [n for n in range(20) if world.text(f"M-{n}").attempts == 0]
    assert len(untried) == 12
    await world.work_until_settled()
    assert sorted(world.carrier.phone) == sorted(f"M-{n}" for n in range(20))
    assert not world.breaker.is_open


async def test_after_a_rest_one_text_tries_the_carrier_out_and_the_rest_follow_within_seconds(
    world: World,
) -> None:
    for number in range(8):
        world.queue(f"M-{number}")
    world.carrier.script = [BUSY] * 8
    await world.work()
    gate = asyncio.Event()
    world.carrier.script = [Step(reaches_phone=True, gate=gate)]
    world.clock.forward(60)
    await world.outbox.round()
    await until(lambda: world.carrier.out, "the request")
    assert (world.carrier.out, len(world.carrier.requests)) == (1, 9)
    gate.set()
    await world.work()
    world.clock.forward(1)
    await world.work()
    assert len(world.carrier.phone) == 8


async def test_a_receipt_faster_than_the_answer_takes_nothing_back(world: World) -> None:
    world.queue()
    gate = asyncio.Event()
    world.carrier.script = [Step(reaches_phone=True, gate=gate)]
    await world.outbox.round()
    await until(lambda: world.carrier.out, "the request")
    world.change("M-1", TextState.DELIVERED)
    gate.set()
    await world.work()
    assert (world.text().state, world.text().carrier_id) == (TextState.DELIVERED, "c-M-1")
    assert (world.desk.told, world.job()) == ([], None)


async def test_a_worker_that_lost_its_lease_writes_nothing(world: World) -> None:
    world.queue()
    gate = asyncio.Event()
    world.carrier.script = [Step(reaches_phone=True, gate=gate)]
    await world.outbox.round()
    await until(lambda: world.carrier.out, "the request")
    world.clock.forward(60)
    second = world.new_outbox()
    await second.round()
    await second.settle()
    await second.round()
    assert world.desk.told == [("accepted", "M-1")]
    gate.set()
    await world.work()
    assert world.desk.told == [("accepted", "M-1")]
    assert world.carrier.phone == ["M-1"]


async def test_no_more_requests_are_out_than_allowed(world: World) -> None:
    for number in range(30):
        world.queue(f"M-{number}")
    await world.work()
    assert (len(world.carrier.phone), world.carrier.most_out) == (30, 8)


async def test_a_number_sends_no_faster_than_its_carrier_allows() -> None:
    world = World(pace=Pace(1.0, burst=4))
    for number in range(10):
        world.queue(f"M-{number:02}")
    sent_at: list[int] = []
    for _second in range(8):
        before = len(world.carrier.phone)
        await world.work()
        sent_at.append(len(world.carrier.phone) - before)
        world.clock.forward(1)
    assert sent_at == [4, 1, 1, 1, 1, 1, 1, 0]


async def test_a_text_the_desk_chokes_on_does_not_stop_the_others(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(4):
        world.queue(f"M-{number}", body="secret words")
    world.desk.broken = {"M-1"}
    await world.work()
    assert world.carrier.phone == ["M-0", "M-2", "M-3"]
    assert "secret words" not in caplog.text
    world.desk.broken = set()
    world.clock.forward(61)
    await world.work()
    assert "M-1" in world.carrier.phone


async def test_an_answer_the_desk_chokes_on_is_asked_for_again_and_not_sent_again(world: World) -> None:
    world.queue()
    world.queue("M-2")
    world.desk.broken_answers = {"M-1"}
    await world.work()
    assert (world.text("M-1").state, world.text("M-2").state) == (TextState.SENDING, TextState.ACCEPTED)
    world.desk.broken_answers = set()
    world.clock.forward(46)
    await world.work()
    assert (world.text("M-1").state, world.carrier.phone) == (TextState.ACCEPTED, ["M-1", "M-2"])


async def test_a_carrier_that_raises_leaves_the_text_in_doubt(world: World) -> None:
    world.queue()
    world.carrier.script = [Step(reaches_phone=True, answer=RuntimeError("a bug"))]
    await world.work()
    assert world.text().state is TextState.UNKNOWN
    await world.work_until_settled()
    assert world.carrier.phone == ["M-1"]


async def test_a_carrier_that_hangs_is_given_up_on_in_time() -> None:
    world = World(settings=OutboxSettings(request_limit=timedelta(milliseconds=10)))
    world.queue()
    world.carrier.script = [Step(reaches_phone=True, gate=asyncio.Event())]
    await world.work()
    assert world.text().state is TextState.UNKNOWN


async def test_books_that_cannot_be_written_lose_no_answer(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.queue()
    await world.outbox.round()
    await world.outbox.settle()
    with monkeypatch.context() as broken:
        broken.setattr(world.outbox, "_in_store", _busy)
        assert await world.outbox.round() > 0
    await world.work()
    assert world.text().state is TextState.ACCEPTED


async def _busy(_work: object) -> None:
    raise PeerError("the disk is full")


async def test_a_ring_wakes_the_worker_and_stopping_books_what_is_still_out(world: World) -> None:
    gate = asyncio.Event()
    world.carrier.script = [Step(reaches_phone=True, gate=gate, answer=Accepted("late"))]
    worker = asyncio.create_task(world.outbox.run())
    await asyncio.sleep(0)
    world.queue()
    started = asyncio.get_running_loop().time()
    await world.doorbell.ring("texts")
    await until(lambda: world.carrier.requests, "a request")
    assert asyncio.get_running_loop().time() - started < 0.5
    worker.cancel()
    gate.set()
    with pytest.raises(asyncio.CancelledError):
        await worker
    assert (world.text().state, world.text().carrier_id) == (TextState.ACCEPTED, "late")


async def test_a_lost_ring_costs_a_second_at_most(world: World) -> None:
    worker = asyncio.create_task(world.outbox.run())
    await asyncio.sleep(0.01)
    world.queue()
    await until(lambda: world.desk.told, "the sweep")
    worker.cancel()
    with pytest.raises(asyncio.CancelledError):
        await worker
    assert world.carrier.phone == ["M-1"]


async def test_a_job_without_a_text_is_dropped(world: World) -> None:
    world.queue()
    with world.store.transaction() as books:
        job = books.job(world.job().key)  # type: ignore[union-attr]
        assert job is not None
        books.add_job(replace(job, key=type(job.key)("send-text:gone"), ref="gone"))
    await world.work()
    assert world.carrier.phone == ["M-1"]
    assert world.job("gone") is None
