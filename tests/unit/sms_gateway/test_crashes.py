"""Killed at any moment, with any luck at the carrier: nobody gets two texts, and none is lost."""

import asyncio
from enum import Enum

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from secondring.domain.records import TextState
from secondring.domain.texting import Cancel, Fault
from sms_gateway.carriers.port import Capabilities, TryLater
from tests.unit.sms_gateway.fakes import (
    BARE,
    IDEMPOTENT,
    LOOKUP,
    LOST_ANSWER,
    LOST_REQUEST,
    TAKES,
    FakeCarrier,
    Step,
    World,
    until,
)


class Kill(Enum):
    """When the process dies."""

    NOT = "not"
    BEFORE_THE_REQUEST = "after the first transaction, before the request"
    AFTER_THE_REQUEST = "after the request, before the second transaction"


async def _die(world: World, kill: Kill) -> None:
    """One round of work that ends in death; a new process takes over when the lease has run out."""
    await world.outbox.round()
    if kill is Kill.AFTER_THE_REQUEST:
        await world.outbox.settle()
    for task in world.outbox._flying:
        task.cancel()
    await asyncio.gather(*world.outbox._flying, return_exceptions=True)
    world.outbox = world.new_outbox()


@pytest.mark.parametrize("capabilities", [LOOKUP, IDEMPOTENT], ids=["lookup", "idempotent"])
@pytest.mark.parametrize("kill", [Kill.BEFORE_THE_REQUEST, Kill.AFTER_THE_REQUEST], ids=lambda k: k.name)
async def test_killed_between_the_two_transactions_the_text_arrives_once(
    kill: Kill, capabilities: Capabilities
) -> None:
    world = World(carrier=FakeCarrier(capabilities))
    world.queue()
    await _die(world, kill)
    assert world.text().state is TextState.SENDING
    await world.work_until_settled()
    assert world.carrier.phone == ["M-1"]
    assert world.desk.told == [("accepted", "M-1")]


async def test_a_wish_that_came_while_nobody_worked_stops_a_text_that_the_carrier_never_saw() -> None:
    """On disk as being sent, the process dead before the request, an opt-out kept meanwhile: no text goes."""
    world = World(carrier=FakeCarrier(LOOKUP))
    world.queue()
    await _die(world, Kill.BEFORE_THE_REQUEST)
    assert world.text().state is TextState.SENDING
    world.desk.permission = lambda _text: Cancel("opted out")
    await world.work_until_settled()
    assert world.text().state is TextState.CANCELLED
    assert world.carrier.phone == []


async def test_killed_with_a_carrier_that_cannot_be_asked_a_person_finds_out() -> None:
    world = World(carrier=FakeCarrier(BARE))
    world.queue()
    await _die(world, Kill.AFTER_THE_REQUEST)
    await world.work_until_settled()
    assert world.carrier.phone == ["M-1"]
    assert [failure.fault for failure in world.desk.failures] == [Fault.OUTCOME_UNKNOWN]


async def test_a_stop_while_a_request_is_out_keeps_its_answer() -> None:
    world = World()
    world.queue()
    worker = asyncio.create_task(world.outbox.run())
    await until(lambda: world.carrier.requests, "the request")
    worker.cancel()
    with pytest.raises(asyncio.CancelledError):
        await worker
    assert world.text().state is TextState.ACCEPTED


STEPS = st.lists(
    st.sampled_from(
        [TAKES, LOST_ANSWER, LOST_REQUEST, Step(reaches_phone=False, answer=TryLater(None, "busy"))]
    ),
    max_size=12,
)


@settings(max_examples=150, deadline=None)
@given(
    capabilities=st.sampled_from([LOOKUP, IDEMPOTENT, BARE]),
    texts=st.integers(1, 3),
    steps=STEPS,
    kills=st.lists(st.sampled_from(Kill), max_size=4),
)
def test_whatever_happens_each_text_arrives_at_most_once_and_is_accounted_for_once(
    capabilities: Capabilities, texts: int, steps: list[Step], kills: list[Kill]
) -> None:
    asyncio.run(_live_through(capabilities, texts, steps, kills))


async def _live_through(capabilities: Capabilities, texts: int, steps: list[Step], kills: list[Kill]) -> None:
    world = World(carrier=FakeCarrier(capabilities))
    world.carrier.script = list(steps)
    ids = [world.queue(f"M-{number}") for number in range(texts)]
    for kill in kills:
        if kill is Kill.NOT:
            await world.work()
        else:
            await _die(world, kill)
        world.clock.forward(50)
    await world.work_until_settled()
    for id_ in ids:
        arrived = world.carrier.phone.count(id_)
        told = [word for word, about in world.desk.told if about == id_]
        assert arrived <= 1, "nobody gets two texts"
        assert told in (["accepted"], ["failed"]), "each text is accounted for, once"
        if told == ["accepted"]:
            assert arrived == 1
    unsent = {failure.fault for failure in world.desk.failures} - {Fault.CARRIER, Fault.OUTCOME_UNKNOWN}
    assert not unsent
