"""`listen`, `agi`, `gateway` and `web` as four processes on one database: nothing is lost, whoever is gone."""

import asyncio
import signal

import httpx
import pytest

from secondring.domain import pulse
from secondring.domain.phone import PhoneNumber
from secondring.domain.pulse import Service, State
from secondring.domain.urgent_case import Stage
from tests.integration.alarms.conftest import needs_mosquitto
from tests.support.fake_ami import FakeAmi
from tests.support.mosquitto import Mosquitto, Reader
from tests.support.schemas import breaches
from tests.support.split import SERVICES, Split, until

pytestmark = [needs_mosquitto, pytest.mark.timeout(400)]  # five processes start, on a busy machine slowly

CALLERS = [PhoneNumber(f"+120255501{n}") for n in range(23, 43)]
ANNA, BEN, CARA, DAN = CALLERS[:4]
BELL = "secondring/pbx/bell/work"


def presence(reader: Reader) -> dict[str, str]:
    return {
        name: reader.last(f"secondring/pbx/services/{name}").get("state", "never there") for name in SERVICES
    }


def metrics(clinic: Split) -> str:
    return httpx.get(f"http://127.0.0.1:{clinic.web_port}/metrics").text


async def texted(clinic: Split, number: PhoneNumber, count: int = 1) -> None:
    await until(
        lambda: len(clinic.texts(number)) == count,
        lambda: f"a text to {number}: {[running.log[-800:] for running in clinic.running.values()]}",
    )


async def test_a_missed_call_becomes_a_text_through_all_of_them_with_and_without_a_broker(
    clinic: Split, broker: Mosquitto, reader: Reader
) -> None:
    await clinic.start(*SERVICES)
    await until(lambda: set(presence(reader).values()) == {"online"}, "all of them to be seen")
    await clinic.says("listen", "STATUS=listening", "WATCHDOG=1")
    clinic.misses(ANNA)
    await texted(clinic, ANNA)
    await until(lambda: {"v": 1, "from": "listen"} in reader.on(BELL), "the doorbell")

    broker.kill()
    clinic.misses(BEN)
    await texted(clinic, BEN)

    reader.heard.clear()
    broker.start()
    await until(lambda: set(presence(reader).values()) == {"online"}, "all of them to be back")
    clinic.misses(CARA)
    await texted(clinic, CARA)
    await until(lambda: {"v": 1, "from": "listen"} in reader.on(BELL), "the doorbell again")

    await until(lambda: 'part="ami"} 0' in metrics(clinic), "`web` to tell how `listen` is")

    assert clinic.stop() == dict.fromkeys(SERVICES, 0)
    await until(lambda: set(presence(reader).values()) == {"offline"}, "all of them to say goodbye")
    silences = clinic.books(lambda books: {s: pulse.last(books, s) for s in Service})
    assert {found.state for found in silences.values() if found} == {State.STOPPED}
    assert [wrong for line in reader.heard for wrong in breaches(*line)] == []
    assert not [line for line in reader.raw if "5550" in line], "a number was published"


async def test_each_may_be_killed_at_any_moment_and_others_see_it(
    clinic: Split, ami: FakeAmi, reader: Reader
) -> None:
    await clinic.start(*SERVICES)
    await clinic.says("listen", "STATUS=listening")
    for number, name in zip((ANNA, BEN, DAN), ("gateway", "agi", "web"), strict=True):
        clinic.kill(name)
        clinic.misses(number)
        await until(lambda name=name: presence(reader)[name] == "offline", f"{name} to be missed")  # type: ignore[misc]
        await clinic.start(name)
        await texted(clinic, number)
        await until(lambda name=name: presence(reader)[name] == "online", f"{name} to be back")  # type: ignore[misc]
    clinic.begins(CARA)
    await until(lambda: clinic.books(lambda books: len(books.open_calls("pbx"))) == 1, "a call that rings")
    clinic.kill("listen")
    await until(lambda: presence(reader)["listen"] == "offline", "it to be missed")
    await clinic.start("listen")  # by then the call is over, and nobody saw how: a person finds out
    await until(lambda: clinic.books(lambda books: [t.queue for t in books.tasks()]), "a task")
    assert [len(clinic.texts(number)) for number in (ANNA, BEN, DAN)] == [1, 1, 1]


async def test_who_presses_the_key_for_urgent_is_rung_for_by_another_process(
    clinic: Split, ami: FakeAmi
) -> None:
    await clinic.start("agi")
    alone = await clinic.asks("urgent", ANNA, "1715009999.1")
    assert "SR_LADDER" not in alone, "nobody rings: the last resort at once"
    await clinic.start("listen")
    await clinic.says("listen", "STATUS=listening")
    first = await ami.got("Originate")
    assert any(value.startswith("SR_CALLER=PJSIP") for value in first["Variable"])

    def can_ring() -> bool:
        found = clinic.books(pulse.last)
        return found is not None and any(
            one["name"] == "ami-dial" and one["state"] == "ok" for one in found.says
        )

    await until(can_ring, "the listener to say that it can ring")
    waiting = await clinic.asks("urgent", BEN, "1715009998.1")
    assert int(waiting["SR_LADDER"]) > 0
    await until(lambda: ami.names().count("Originate") == 2, "a nurse's phone")
    # Their nurse did not answer yet; they were put through to the last resort, and that answered: stop ringing.
    await clinic.asks("urgent_ended", BEN, "1715009998.1", arg_3="ANSWER", arg_4="1")
    hung_up = await ami.got("Hangup")
    assert hung_up["Channel"][0].startswith("sr-U-")
    cases = clinic.books(lambda books: [case.stage for case in books.open_urgent_cases()])
    assert cases == [Stage.RINGING], "Anna's goes on, Ben's is over"


@pytest.mark.parametrize(("first", "second"), [("listen", "listen"), ("run", "gateway")])
async def test_two_of_a_kind_on_one_database_refuse_and_the_other_is_named(
    clinic: Split, first: str, second: str
) -> None:
    await clinic.start(first)
    pid = clinic.running[first].process.pid
    refused = await asyncio.create_subprocess_exec(
        *clinic.command(second), stderr=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.DEVNULL
    )
    _, said = await refused.communicate()
    assert refused.returncode == 78
    assert f"(secondring {first}, process {pid})" in said.decode()
    assert clinic.running[first].end(signal.SIGTERM) == 0
    del clinic.running[first]
