"""How often, how fast, and when to leave a carrier alone."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from secondring.domain.ids import TextId
from sms_gateway.breaker import Breaker
from sms_gateway.pace import Pace
from sms_gateway.retry import RetryPolicy
from tests.unit.sms_gateway.fakes import ANNA, CLINIC, NOON

SECOND = timedelta(seconds=1)


def test_the_wait_grows_and_stays_below_its_limit() -> None:
    waits = [RetryPolicy().delay(tries, 0.5).total_seconds() for tries in range(1, 9)]
    assert waits == [2, 6, 18, 54, 162, 300, 300, 300]


@given(tries=st.integers(-5, 10_000), chance=st.floats(0, 1, exclude_max=True))
def test_any_wait_is_between_half_and_one_and_a_half_of_its_plain_length(tries: int, chance: float) -> None:
    policy = RetryPolicy()
    plain = policy.delay(tries, 0.5)
    assert plain * 0.5 <= policy.delay(tries, chance) <= plain * 1.5


def test_the_breaker_opens_after_five_failures_in_a_row_only() -> None:
    breaker = Breaker(5, 30 * SECOND)
    for _ in range(4):
        breaker.failed(NOON)
    breaker.answered()
    for _ in range(4):
        breaker.failed(NOON)
    assert breaker.blocked_until(NOON) is None
    breaker.failed(NOON)
    assert breaker.blocked_until(NOON) == NOON + 30 * SECOND


def test_after_its_rest_one_probe_goes_and_the_next_waits_for_its_answer() -> None:
    breaker = Breaker(1, 30 * SECOND)
    breaker.failed(NOON)
    later = NOON + 30 * SECOND
    assert breaker.blocked_until(later) is None
    breaker.admitted(later)
    assert breaker.blocked_until(later) == later + SECOND
    breaker.answered()
    assert breaker.blocked_until(later) is None


def test_a_probe_without_an_answer_blocks_for_one_rest_only() -> None:
    breaker = Breaker(1, 30 * SECOND)
    breaker.failed(NOON)
    breaker.admitted(NOON + 30 * SECOND)
    assert breaker.blocked_until(NOON + 60 * SECOND) is None


def test_the_breaker_rests_as_long_as_the_carrier_asks() -> None:
    breaker = Breaker(1, 30 * SECOND)
    breaker.failed(NOON, after=90 * SECOND)
    assert breaker.blocked_until(NOON) == NOON + 90 * SECOND


@given(parts=st.lists(st.integers(1, 4), min_size=1, max_size=40), burst=st.integers(4, 10))
def test_no_span_of_time_ever_sees_more_than_the_burst_and_the_rate(parts: list[int], burst: int) -> None:
    pace = Pace(1.0, burst)
    turns = [pace.turn_of(CLINIC, TextId(f"M-{n}"), part, NOON) for n, part in enumerate(parts)]
    assert turns == sorted(turns)
    for first in range(len(turns)):
        for last in range(first, len(turns)):
            span = (turns[last] - turns[first]).total_seconds()
            assert sum(parts[first : last + 1]) <= burst + span + 4


def test_a_text_keeps_its_place_while_it_waits() -> None:
    pace = Pace(1.0, burst=1)
    assert pace.turn_of(CLINIC, TextId("M-1"), 1, NOON) == NOON
    place = pace.turn_of(CLINIC, TextId("M-2"), 1, NOON)
    assert place == NOON + SECOND
    assert pace.turn_of(CLINIC, TextId("M-3"), 1, NOON) == NOON + 2 * SECOND
    assert pace.turn_of(CLINIC, TextId("M-2"), 1, NOON) == place
    assert pace.turn_of(CLINIC, TextId("M-2"), 1, place) == place


def test_numbers_do_not_wait_for_one_another_and_no_rate_means_no_wait() -> None:
    pace = Pace(1.0, burst=1)
    assert pace.turn_of(CLINIC, TextId("M-1"), 1, NOON) == NOON
    assert pace.turn_of(ANNA, TextId("M-2"), 1, NOON) == NOON
    free = Pace(None)
    assert {free.turn_of(CLINIC, TextId(str(n)), 9, NOON) for n in range(50)} == {NOON}
