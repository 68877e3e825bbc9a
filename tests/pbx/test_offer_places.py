"""Where a clinic may put the offer: after a queue or a ring group that nobody took, before a long queue, inside it."""

import re
from collections.abc import Iterator

import pytest

from lab import offer
from lab.offer import TONES
from lab.pbx import Pbx
from lab.phones import Phone, State
from lab.service import Service
from secondring.domain.verdict import Verdict
from tests.support.onlooker import Onlooker
from tests.support.until import until

AFTER_QUEUE, AFTER_GROUP, LONG_QUEUE, RINGING_QUEUE, SHORT_QUEUE = (f"202555015{n}" for n in range(5))
NUMBERS = f"""
[from-trunk]
exten => {AFTER_QUEUE},1,Queue(front,,,,2)
 same => n,Gosub(secondring,offer,1)
 same => n,Goto(ordinary,1)
exten => {AFTER_GROUP},1,Dial(PJSIP/1001&PJSIP/1002,2)
 same => n,Goto(secondring,offer,1)
exten => {LONG_QUEUE},1,Gosub(secondring,queue-long,1)
 same => n,Goto(ordinary,1)
exten => {RINGING_QUEUE},1,Gosub(secondring,queue-ringing,1)
 same => n,Goto(ordinary,1)
exten => {SHORT_QUEUE},1,Gosub(secondring,queue-short,1)
 same => n,Goto(ordinary,1)
exten => ordinary,1,Dial(PJSIP/1003,20)
 same => n,Hangup()
exten => by-goto,1,Dial(PJSIP/1004,20)
 same => n,Hangup()
"""
QUEUES = """
[long](quick)
[ringing](quick)
member => PJSIP/1001,0,Front one
[short](quick)
"""
CONFIG = {
    "ivr": {
        "ordinary": "from-trunk,by-goto,1",
        "queues": {
            "long": {"every": "60s", "from_position": 2},
            "ringing": {"every": "2s"},
            "short": {"every": "2s", "timeout": "8s"},
        },
    }
}
_numbers = iter(range(100, 120))


@pytest.fixture(scope="module")
def clinic(pbx: Pbx) -> Iterator[Onlooker]:
    with Service(pbx, config=CONFIG) as service, Onlooker(service) as onlooker:
        offer.add_offer(pbx, service, numbers=NUMBERS, queues=QUEUES)
        yield onlooker


@pytest.fixture
def number() -> str:
    """A caller who never called before."""
    return f"+13125550{next(_numbers)}"


@pytest.fixture(autouse=True)
def _nobody_left(pbx: Pbx) -> Iterator[None]:
    yield
    until(lambda: pbx.channels() == 0, "every call is over")


def waiting(pbx: Pbx, queue: str) -> int:
    return len(re.findall(r"^\s+\d+\. PJSIP/", pbx.cli(f"queue show {queue}"), re.MULTILINE))


def verdict(clinic: Onlooker, number: str) -> Verdict:
    return clinic.wait(
        lambda: next((c.verdict for c in clinic.calls_of(number) if c.verdict), None), "the verdict"
    )


def test_a_queue_that_nobody_took_fails_over_to_it(pbx: Pbx, clinic: Onlooker, number: str) -> None:
    with (
        Phone.inside(pbx, "1001") as agent,
        Phone.inside(pbx, "1003") as ordinary,
        Phone.outside(pbx, number) as caller,
    ):
        call = caller.call(AFTER_QUEUE)
        agent.next_call().wait_for(State.ENDED)
        call.wait_to_hear(TONES["offer"], 15)
        call.dial("1")
        call.wait_to_hear(TONES["text-sent"])
        ordinary.next_call().wait_for(State.RINGING)
        call.hang_up()
    clinic.wait_for_text(number, "asked-link")
    assert verdict(clinic, number) is Verdict.MISSED
    assert clinic.sent(number) == ["asked-link"]


def test_a_ring_group_that_nobody_took_fails_over_to_it(pbx: Pbx, clinic: Onlooker, number: str) -> None:
    with (
        Phone.inside(pbx, "1002") as member,
        Phone.inside(pbx, "1004") as ordinary,
        Phone.outside(pbx, number) as caller,
    ):
        call = caller.call(AFTER_GROUP)
        member.next_call().wait_for(State.ENDED)
        call.wait_to_hear(TONES["offer"], 15)
        call.dial("1")
        call.wait_to_hear(TONES["text-sent"])
        ordinary.next_call().wait_for(State.RINGING)
        call.hang_up()
    clinic.wait_for_text(number, "asked-link")


def test_only_who_would_wait_behind_others_hears_it_before_the_queue(
    pbx: Pbx, clinic: Onlooker, number: str
) -> None:
    """The site said: from position 2 on."""
    with Phone.outside(pbx, f"+13125550{next(_numbers)}") as first, Phone.outside(pbx, number) as second:
        ahead = first.call(LONG_QUEUE)
        until(lambda: waiting(pbx, "long") == 1)
        behind = second.call(LONG_QUEUE)
        behind.wait_to_hear(TONES["offer"], 15)
        assert waiting(pbx, "long") == 1
        behind.dial("1")
        behind.wait_to_hear(TONES["text-sent"])
        until(lambda: waiting(pbx, "long") == 2, "both wait")
        ahead.hang_up()
        behind.hang_up()
    clinic.wait_for_text(number, "asked-link")


def test_who_waits_alone_hears_it_between_two_rings(pbx: Pbx, clinic: Onlooker, number: str) -> None:
    with Phone.inside(pbx, "1001") as agent, Phone.outside(pbx, number) as caller:
        call = caller.call(RINGING_QUEUE)
        agent.next_call().wait_for(State.RINGING)
        call.wait_to_hear(TONES["offer-queue"], 20)
        call.dial("1")
        call.wait_to_hear(TONES["text-sent"])
        until(lambda: waiting(pbx, "ringing") == 1, "they wait again")
        call.hang_up()
    clinic.wait_for_text(number, "asked-link")


def test_a_key_buys_no_more_time_and_then_the_ordinary_path_follows(
    pbx: Pbx, clinic: Onlooker, number: str
) -> None:
    """Nobody is there; 9 is pressed; the queue's eight seconds are counted from the beginning."""
    with Phone.inside(pbx, "1003") as ordinary, Phone.outside(pbx, number) as caller:
        call = caller.call(SHORT_QUEUE)
        call.wait_to_hear(TONES["offer-queue"], 15)
        call.dial("9")
        call.wait_to_hear(TONES["declined"])
        until(lambda: waiting(pbx, "short") == 1, "they wait again")
        ordinary.next_call(10).wait_for(State.RINGING)
        call.hang_up()
    clinic.wait_for_task(number)
    assert clinic.sent(number) == []
