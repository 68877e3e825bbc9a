"""A clinic in shadow mode beside a real PBX, with a real carrier's port that must stay silent; then it goes live."""

import socket
from collections.abc import Iterator

import pytest

from lab import offer, ports, triage
from lab.pbx import Pbx
from lab.phones import Phone, State
from lab.service import Service
from lab.triage import URGENT, accept, hear_each_other
from secondring.domain.records import Origin, Outcome, TaskState, TextState
from secondring.domain.urgent_case import Stage
from secondring.domain.verdict import Verdict
from tests.support.carrier_server import CarrierServer
from tests.support.onlooker import Onlooker
from tests.support.until import until
from tests.support.urgent import wait_for_stage

DIALLED = "2025550100"
OLD, OTHER, ASKING, URGENT_CALLER = (f"+1312555016{n}" for n in range(1, 5))
STAFF = "+12025550177"


@pytest.fixture(scope="module")
def carrier() -> Iterator[CarrierServer]:
    with CarrierServer() as server:
        yield server


@pytest.fixture(scope="module")
def clinic(pbx: Pbx, carrier: CarrierServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Onlooker]:
    """As after `init`: shadow mode, everything else as the clinic will use it."""
    home = carrier.move_in(tmp_path_factory.mktemp("shadow"))
    hook = ports.free_port(socket.SOCK_STREAM)
    config = triage.config() | {"mode": "shadow", "carrier": carrier.config(hook)}
    with Service(pbx, config=config, home=home) as service, Onlooker(service) as onlooker:
        triage.add_triage(pbx, service)
        yield onlooker


@pytest.fixture(scope="module")
def desk(pbx: Pbx) -> Iterator[Phone]:
    with Phone.inside(pbx, "1001") as phone:
        yield phone


@pytest.fixture(autouse=True)
def _nobody_left(pbx: Pbx) -> Iterator[None]:
    yield
    until(lambda: pbx.channels() == 0, "every call is over")


def call_in_vain(pbx: Pbx, desk: Phone, number: str) -> None:
    with Phone.outside(pbx, number) as caller:
        call = caller.call(DIALLED).wait_for(State.RINGING)
        desk.next_call().wait_for(State.RINGING)
        call.hang_up()


def states(clinic: Onlooker, number: str) -> list[tuple[str, TextState]]:
    return [(text.template, text.state) for text in clinic.texts(number)]


def wait_for_withheld(clinic: Onlooker, number: str) -> None:
    """Until the text that would have gone is in the books."""
    wanted = [("first-open", TextState.WITHHELD)]
    clinic.wait(lambda: states(clinic, number) == wanted, f"a text withheld for {number[-2:]}")


def test_the_menu_offers_nothing_and_the_caller_goes_on_at_once(
    pbx: Pbx, clinic: Onlooker, carrier: CarrierServer, desk: Phone
) -> None:
    with Phone.outside(pbx, ASKING) as caller:
        call = caller.call(offer.OFFER)
        desk.next_call(3).wait_for(State.RINGING)
        call.wait_for(State.RINGING)  # nothing of ours picked up: they hear the clinic's own ringing
        call.hang_up()
    wait_for_withheld(clinic, ASKING)
    assert carrier.texts_to(ASKING) == []


def test_an_urgent_caller_on_the_line_is_put_through_as_ever(
    pbx: Pbx, clinic: Onlooker, carrier: CarrierServer, desk: Phone
) -> None:
    with Phone.outside(pbx, URGENT_CALLER) as caller:
        call = caller.call(URGENT).wait_for(State.TALKING)
        line = accept(desk)
        hear_each_other(line, call)
        wait_for_stage(clinic, URGENT_CALLER, Stage.CONNECTED)
        line.hang_up()
        call.wait_for(State.ENDED)
    episode = clinic.episode(URGENT_CALLER)
    assert episode
    assert episode.outcome is Outcome.URGENT_CONNECTED
    assert [task.state for task in clinic.tasks_of(URGENT_CALLER)] == [TaskState.DONE]
    assert carrier.texts_to(STAFF) == []


def test_a_missed_call_is_explained_and_not_texted_and_after_going_live_the_next_one_is(
    pbx: Pbx, clinic: Onlooker, carrier: CarrierServer, desk: Phone
) -> None:
    service = clinic.service
    call_in_vain(pbx, desk, OLD)
    wait_for_withheld(clinic, OLD)
    (call,) = clinic.calls_of(OLD)
    assert call.verdict is Verdict.MISSED
    told = service.ask("explain", call.id.uniqueid)
    assert "Decision text by rule text-back: it rang and nobody answered, and the clinic is open." in told
    assert "Text 'first-open' would have gone now, and was withheld: shadow mode." in told
    assert "SHADOW MODE" in told.splitlines()[-1]
    assert "SHADOW MODE" in clinic.log()
    (kept,) = clinic.texts(OLD)
    assert kept.body.startswith("Northside Clinic: sorry we missed your call.")

    assert "restart" in service.ask("mode", "live", "--yes")
    service.stop()
    service.start()
    call_in_vain(pbx, desk, OTHER)
    clinic.wait_for_text(OTHER, "first-open")
    call_in_vain(pbx, desk, OLD)
    clinic.wait_for_text(OLD, "first-open")
    assert [len(carrier.texts_to(number)) for number in (OTHER, OLD, ASKING)] == [1, 1, 0]
    assert kept.id not in {post.id for post in carrier.posts}

    origins = [
        episode.origin for episode in clinic.episodes() if episode.caller and episode.caller.e164 == OLD
    ]
    assert origins == [Origin.SHADOW, Origin.CALL]
    (report,) = service.rows("report")
    assert report["recovery"]["denominator"] == report["time_to_first_text"]["count"] == 2
    assert report["shadow"]["would_have_been_texted"] == 2
    assert "shadow: 2 missed callers would have been texted; nothing was sent." in service.ask("report")
    assert "SHADOW MODE" not in service.ask("report")


def test_back_in_shadow_nothing_goes_any_more(
    pbx: Pbx, clinic: Onlooker, carrier: CarrierServer, desk: Phone
) -> None:
    clinic.service.ask("mode", "shadow", "--yes")
    clinic.service.stop()
    clinic.service.start()
    number = "+13125550165"
    call_in_vain(pbx, desk, number)
    wait_for_withheld(clinic, number)
    assert carrier.texts_to(number) == []
