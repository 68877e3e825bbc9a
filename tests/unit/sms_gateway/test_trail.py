"""What was tried is kept in a short hand that loses nothing."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from sms_gateway.trail import FORMER_KEPT, Trail, id_at_carrier, text_and_attempt, trail_of, written
from tests.unit.sms_gateway.fakes import World

WORDS = st.text(min_size=1, max_size=12)
TRAILS = st.builds(
    Trail,
    attempt=st.integers(1, 50),
    out=st.frozensets(WORDS, max_size=4),
    counts=st.dictionaries(WORDS, st.integers(1, 9), max_size=4),
    former=st.lists(WORDS, max_size=FORMER_KEPT).map(tuple),
)


@given(trail=TRAILS)
def test_what_is_written_is_read_back(trail: Trail) -> None:
    world = World()
    world.queue()
    assert trail_of(replace(world.text(), trail=written(trail))) == trail


@given(attempt=st.integers(1, 99))
def test_an_attempts_id_tells_its_text_and_its_number(attempt: int) -> None:
    world = World()
    world.queue()
    id_ = id_at_carrier(world.text(), Trail(attempt=attempt))
    assert text_and_attempt(id_) == ("M-1", attempt)


def test_a_fresh_text_has_an_empty_trail_and_its_own_id() -> None:
    world = World()
    world.queue()
    assert written(trail_of(world.text())) == ""
    assert id_at_carrier(world.text(), Trail()) == "M-1"


def test_only_so_many_former_ids_are_kept() -> None:
    trail = Trail()
    for number in range(20):
        trail = trail.again(f"SM{number}")
    assert len(trail.former) == FORMER_KEPT
    assert trail.former[-1] == "SM19"
