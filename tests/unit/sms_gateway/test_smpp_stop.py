"""A link that is told to stop stops, at whatever moment: a stop that comes with the answer is not lost."""

import asyncio
from typing import Any, cast

import pytest

from sms_gateway.carriers.smpp import pdu
from sms_gateway.carriers.smpp.pdu import Command, Delivery, Pdu
from sms_gateway.carriers.smpp.session import Centre, Session


class Wire:
    """Takes what is written, and lets nothing out."""

    def is_closing(self) -> bool:
        return False

    def write(self, data: bytes) -> None:
        pass


async def take(delivery: Delivery) -> None:
    raise AssertionError("nothing is delivered here")


@pytest.mark.parametrize("steps", range(4))
async def test_a_stop_that_comes_with_the_answer_to_the_bind_is_not_lost(steps: int) -> None:
    centre = Centre(host="127.0.0.1", port=2775, system_id="clinic", password="a-long-password-of-the-tests")
    session = Session(centre, asyncio.StreamReader(), cast("Any", Wire()), take)
    binding = asyncio.create_task(session._bind())
    await asyncio.sleep(0)
    session._waiting[1].set_result(Pdu(Command.BIND_TRANSCEIVER | 0x80000000, pdu.OK, 1, b""))
    for _ in range(steps):
        await asyncio.sleep(0)
    too_late = binding.done()
    binding.cancel()
    await asyncio.wait([binding])
    assert binding.cancelled() is not too_late
