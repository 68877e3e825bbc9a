"""What a lamp shows, and what is told of urgent callers."""

from dataclasses import replace
from datetime import timedelta

import pytest

from secondring.domain.ids import UrgentId
from secondring.domain.lamps import Lamp, State, happened, lamps
from secondring.domain.urgent_case import Stage
from tests.support.books import EAST, MAIN, NOW, SECOND, an_urgent_case, eid

CASE = an_urgent_case(1)


def lamp(*stages: Stage, red: int = 0) -> State:
    """Of a site with a case in each of these stages, and so many red tasks of other episodes."""
    running = [an_urgent_case(n, id=UrgentId(f"U-{n}"), stage=stage) for n, stage in enumerate(stages, 1)]
    return lamps([MAIN], running, [(MAIN, eid(50 + n)) for n in range(red)])[MAIN].state


@pytest.mark.parametrize(
    ("stages", "red", "shows"),
    [
        ((), 0, State.IDLE),
        ((Stage.NEW,), 0, State.WAITING),
        ((Stage.RINGING,), 0, State.RINGING),
        ((Stage.LAST_RESORT,), 0, State.RINGING),
        ((Stage.PAUSED,), 0, State.WAITING),
        ((Stage.CALLING,), 0, State.WAITING),
        ((), 1, State.LEFT),
        ((Stage.PAUSED,), 1, State.LEFT),
        ((Stage.PAUSED, Stage.RINGING), 1, State.RINGING),
    ],
)
def test_what_a_lamp_shows(stages: tuple[Stage, ...], red: int, shows: State) -> None:
    assert lamp(*stages, red=red) is shows


def test_the_red_task_of_a_caller_whom_the_ladder_looks_after_is_not_left() -> None:
    ringing = replace(CASE, stage=Stage.RINGING)
    assert lamps([MAIN], [ringing], [(MAIN, ringing.episode)])[MAIN] == Lamp(ringing=1)
    assert lamps([MAIN], [], [(MAIN, ringing.episode)] * 2)[MAIN] == Lamp(left=1)


def test_each_site_has_its_own() -> None:
    shown = lamps([MAIN, EAST], [replace(CASE, stage=Stage.RINGING, site=EAST)], [(MAIN, eid(9))])
    assert {site: lamp.state for site, lamp in shown.items()} == {MAIN: State.LEFT, EAST: State.RINGING}


def test_every_moment_is_told_once_also_when_several_came_between_two_looks() -> None:
    rung = replace(CASE, stage=Stage.RINGING, first_ring_at=NOW + SECOND)
    joined = replace(rung, stage=Stage.CONNECTED, accepted_at=NOW + 3 * SECOND, bridged_at=NOW + 4 * SECOND)
    joined = replace(joined, closed_at=NOW + 4 * SECOND)
    assert [event.what for event in happened(None, rung)] == ["trigger", "ringing"]
    assert [event.what for event in happened(rung, joined)] == ["accepted", "bridged", "connected"]
    assert [event.waited for event in happened(rung, joined)] == [3, 4, 4]
    assert list(happened(joined, joined)) == []


def test_a_patient_who_is_called_again_is_bridged_again() -> None:
    first = replace(CASE, bridged_at=NOW + SECOND)
    second = replace(CASE, bridged_at=NOW + timedelta(minutes=5))
    assert [event.what for event in happened(first, second)] == ["bridged"]


def test_left() -> None:
    left = replace(CASE, stage=Stage.LEFT, closed_at=NOW + 9 * SECOND)
    assert [(event.what, event.waited) for event in happened(CASE, left)] == [("left", 9)]
