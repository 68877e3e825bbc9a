"""The urgent board on a real Asterisk: a nurse who looks up says "take it", and is put through."""

from collections.abc import Iterator

import pytest

from lab import triage
from lab.pbx import Pbx
from lab.phones import Phone, State
from lab.service import Service
from lab.triage import URGENT, accept, hear_each_other
from secondring.domain.urgent_case import Stage
from tests.support.onlooker import Onlooker
from tests.support.staff_browser import StaffBrowser
from tests.support.until import until
from tests.support.urgent import wait_for_stage

NURSE = "1005"
CALLER = "+13125550190"


@pytest.fixture(scope="module")
def clinic(pbx: Pbx) -> Iterator[Onlooker]:
    slow = triage.config(steps=[{"ring": ["1001"], "ring_for": "30s"}])
    with Service(pbx, config=slow) as service, Onlooker(service) as onlooker:
        triage.add_triage(pbx, service)
        yield onlooker


def test_the_board_shows_the_caller_and_taking_it_puts_the_nurse_through(pbx: Pbx, clinic: Onlooker) -> None:
    options = ("--role", "nurse", "--shown", "B. Nurse", "--phone", NURSE)
    with (
        StaffBrowser(clinic.service, "bo", *options) as browser,
        Phone.inside(pbx, "1001") as first,
        Phone.inside(pbx, NURSE) as nurse,
        Phone.outside(pbx, CALLER) as caller,
    ):
        call = caller.call(URGENT).wait_for(State.TALKING)
        first.next_call(10).wait_for(State.RINGING)
        page = clinic.wait(lambda: _with(browser, "on the line now"), "the caller is on the board")
        browser.press("/take", page)
        line = accept(nurse)
        hear_each_other(line, call)
        line.hang_up()
        call.wait_for(State.ENDED)
    wait_for_stage(clinic, CALLER, Stage.CONNECTED)
    because = " | ".join(decision.because for decision in clinic.decisions(CALLER))
    assert f"bo takes it: {NURSE} rings" in because
    assert "a clinician and the caller are talking" in because
    until(lambda: pbx.channels() == 0, lambda: f"every call is over; {pbx.cli('core show channels')}")


def _with(browser: StaffBrowser, words: str) -> str | None:
    page = browser.get("/urgent")
    return page if words in page and "/take" in page else None
