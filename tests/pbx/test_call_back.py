"""A click on the work list, on a real Asterisk: the clerk's phone rings, then the patient's, and the row closes."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from lab import triage
from lab.errors import LabError
from lab.pbx import Pbx
from lab.phones import Phone, Refuse, State
from lab.service import Service
from lab.triage import hear_each_other
from tests.support.onlooker import Onlooker
from tests.support.staff_browser import StaffBrowser
from tests.support.until import until
from tests.support.urgent import missed

DESK = "1004"
_numbers = iter(range(300, 400))


@dataclass
class Desk:
    """A clerk at the work list of a running service."""

    onlooker: Onlooker
    browser: StaffBrowser


@pytest.fixture(scope="module")
def desk(pbx: Pbx) -> Iterator[Desk]:
    config = triage.config() | {"call_back": {"patient_ring": "6s", "ring": "5s"}}
    with Service(pbx, config=config) as service, Onlooker(service) as onlooker:
        triage.add_triage(pbx, service)
        options = ("--role", "front-desk", "--shown", "A. Clerk", "--phone", DESK)
        with StaffBrowser(service, "ana", *options) as browser:
            yield Desk(onlooker, browser)


@pytest.fixture
def number() -> str:
    """A caller who never called before."""
    return f"+13125550{next(_numbers)}"


@pytest.fixture(autouse=True)
def _nobody_left(pbx: Pbx) -> Iterator[None]:
    yield
    until(lambda: pbx.channels() == 0, lambda: f"every call is over; {pbx.cli('core show channels')}")


def wants_a_call(pbx: Pbx, desk: Desk, number: str) -> str:
    """They called in vain and wrote that they want a call; the list as it then is."""
    missed(pbx, desk.onlooker, number)
    desk.onlooker.reply(number, f"please call {number[-3:]} about Thursday")
    return desk.onlooker.wait(lambda: _page_with(desk, f"call {number[-3:]} about"), "the row is on the list")


def _page_with(desk: Desk, words: str) -> str | None:
    page = desk.browser.get("/work")
    return page if words in page else None


def test_they_talk_and_the_row_closes_itself(pbx: Pbx, desk: Desk, number: str) -> None:
    page = wants_a_call(pbx, desk, number)
    with Phone.inside(pbx, DESK) as clerk, Phone.outside(pbx, number) as caller:
        desk.browser.press(f"/{desk.onlooker.tasks_of(number)[-1].id}/call", page)
        picked_up = clerk.next_call(10).wait_for(State.RINGING).answer()
        patient = caller.next_call(10).wait_for(State.RINGING).answer()
        hear_each_other(picked_up, patient)
        patient.stay(1.2).hang_up()
        picked_up.wait_for(State.ENDED)
        desk.onlooker.wait(
            lambda: f"call {number[-3:]} about" not in desk.browser.get("/work"), "the row closes"
        )
    actions = [decision.action for decision in desk.onlooker.decisions(number)]
    assert {"call-back", "close"} <= set(actions)


def test_a_clerk_who_does_not_pick_up_is_told_and_the_patient_never_rings(
    pbx: Pbx, desk: Desk, number: str
) -> None:
    page = wants_a_call(pbx, desk, number)
    with Phone.inside(pbx, DESK) as clerk, Phone.outside(pbx, number) as caller:
        desk.browser.press(f"/{desk.onlooker.tasks_of(number)[-1].id}/call", page)
        clerk.next_call(10).wait_for(State.RINGING).wait_for(State.ENDED, 10)
        desk.onlooker.wait(lambda: "not picked up" in because(desk, number), "it stands in the story")
        with pytest.raises(LabError):
            caller.next_call(0.5)


def test_a_patient_who_does_not_answer_stays_on_the_list(pbx: Pbx, desk: Desk, number: str) -> None:
    page = wants_a_call(pbx, desk, number)
    with Phone.inside(pbx, DESK) as clerk, Phone.outside(pbx, number, when_called=Refuse(486)):
        desk.browser.press(f"/{desk.onlooker.tasks_of(number)[-1].id}/call", page)
        clerk.next_call(10).wait_for(State.RINGING).answer().wait_for(State.ENDED, 20)
    desk.onlooker.wait(lambda: "did not get through" in because(desk, number), "it stands in the story")
    (task,) = desk.onlooker.tasks_of(number)
    assert task.owner == "ana"
    assert task.closed_at is None


def because(desk: Desk, number: str) -> str:
    """The reasons of all that was decided about a caller."""
    return " | ".join(decision.because for decision in desk.onlooker.decisions(number))
