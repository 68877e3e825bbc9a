"""The doorbell wakes whoever listens, loses no ring, and costs nothing when nobody is there."""

import asyncio

from secondring.bus.memory import Doorbell


async def test_a_ring_wakes_every_listener_of_its_topic_and_no_other() -> None:
    bell = Doorbell()
    one, two, other = bell.listen("texts"), bell.listen("texts"), bell.listen("tasks")
    waiting = [asyncio.create_task(ear.wait(5)) for ear in (one, two)]
    await asyncio.sleep(0)
    await bell.ring("texts")
    assert await asyncio.gather(*waiting) == [True, True]
    assert not await other.wait(0)


async def test_a_ring_before_the_wait_is_kept_once() -> None:
    bell = Doorbell()
    ear = bell.listen("texts")
    await bell.ring("texts")
    await bell.ring("texts")
    assert await ear.wait(5)
    assert not await ear.wait(0)


async def test_a_ring_that_nobody_hears_is_no_error() -> None:
    await Doorbell().ring("texts")
