"""The library's client behind our fence: a stop is never lost, and a session is asked for as we mean it."""

import asyncio
import inspect

import aiomqtt
import pytest
from paho.mqtt.properties import Properties

from secondring.bus.client import Broker, Client, MqttError, Session, connected
from secondring.bus.shared import SharedDoorbell

HERE = Broker(host="127.0.0.1", port=1, pbx="pbx")


async def test_a_stop_that_comes_together_with_the_answer_is_not_lost() -> None:
    client = Client("127.0.0.1")
    answer: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    waiting = asyncio.create_task(client._wait_for(answer, 60.0))
    await asyncio.sleep(0)
    answer.set_result(1)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting


async def test_an_answer_that_never_comes_is_an_error_of_the_library() -> None:
    client = Client("127.0.0.1")
    with pytest.raises(MqttError):
        await client._wait_for(asyncio.get_running_loop().create_future(), 0.0)


def test_the_library_waits_in_no_other_place() -> None:
    """When this fails after an upgrade, look where it waits now: the fence has to stand there."""
    source = inspect.getsource(aiomqtt.client)
    assert source.count("asyncio.wait_for(") == 1
    assert "asyncio.wait_for(" in inspect.getsource(aiomqtt.Client._wait_for)


async def test_a_session_is_kept_for_a_while_and_a_restart_is_not_told() -> None:
    session = Session(
        name="secondring-pbx-agi", presence="secondring/pbx/services/agi", kept=60, missed_after=5
    )
    client = connected(HERE, session)
    assert client.identifier == "secondring-pbx-agi"
    wanted = client._properties
    assert isinstance(wanted, Properties)
    assert getattr(wanted, "SessionExpiryInterval") == 60  # noqa: B009 - the library makes it as it is set


async def test_a_ring_wakes_who_is_here_at_once_whether_there_is_a_broker_or_not() -> None:
    for broker in (None, HERE):
        bell = SharedDoorbell(("work",), broker, "agi")
        ear = bell.listen("work")
        await bell.ring("work")
        assert await ear.wait(0)
        assert not await ear.wait(0)


async def test_our_own_ring_that_comes_back_wakes_nobody_and_all_others_do() -> None:
    bell = SharedDoorbell(("work",), HERE, "agi")
    assert bell.link is not None
    ear = bell.listen("work")
    for heard, rings in (({"from": "agi"}, False), ({"from": "web"}, True), ({}, True), (None, True)):
        bell.link._ears["secondring/pbx/bell/work"](heard)
        assert await ear.wait(0) is rings


async def test_a_storm_of_rings_waits_as_one() -> None:
    bell = SharedDoorbell(("work",), HERE, "agi")
    assert bell.link is not None
    for _ in range(1000):
        await bell.ring("work")
    assert bell.link._rings == {"secondring/pbx/bell/work": {"from": "agi"}}
