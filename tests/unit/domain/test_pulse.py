"""A dead service must not look like a quiet morning."""

from datetime import timedelta

import pytest

from secondring.domain import pulse
from secondring.domain.pulse import Silence, State, silence
from secondring.store.memory import MemoryStore
from tests.support.clinic import MONDAY_TEN as NOW

SECOND = timedelta(seconds=1)


def told(*beats: tuple[State, int], now: int) -> Silence | None:
    """The warning at a second, after signs of life at others."""
    store = MemoryStore()
    with store.transaction() as books:
        for state, at in beats:
            pulse.keep(books, state, NOW + at * SECOND)
        return silence(pulse.last(books), NOW + now * SECOND)


def test_while_it_listens_nobody_is_warned() -> None:
    assert told((State.LISTENING, 0), now=5) is None


def test_a_service_that_never_ran_is_said() -> None:
    assert told(now=0) == Silence(None, None)


def test_a_crash_is_said_with_the_time_of_the_last_word() -> None:
    assert told((State.LISTENING, 0), (State.LISTENING, 5), now=60) == Silence(None, NOW + 5 * SECOND)


def test_a_clean_stop_is_said_at_once() -> None:
    assert told((State.LISTENING, 0), (State.STOPPED, 5), now=6) == Silence(State.STOPPED, NOW + 5 * SECOND)


def test_a_restart_of_the_pbx_warns_nobody_and_a_longer_gap_does() -> None:
    gap = [(State.UNLINKED, second) for second in range(0, 50, 5)]
    assert told((State.LISTENING, -5), *gap[:5], now=22) is None
    assert told((State.LISTENING, -5), *gap, now=47) == Silence(State.UNLINKED, NOW)


def test_a_link_that_came_back_warns_nobody() -> None:
    assert told((State.UNLINKED, 0), (State.LISTENING, 40), now=41) is None


@pytest.mark.parametrize("place", ["", "null", "[]", "{}", '{"at": 1, "state": "x", "since": 2}'])
def test_what_we_do_not_understand_is_no_sign_of_life(place: str) -> None:
    store = MemoryStore()
    with store.transaction() as books:
        books.keep_bookmark(pulse.BOOKMARK, place)
        assert pulse.last(books) is None
