"""The plan of a chaos run: the same from the same seed, every kind of call and of fault in it."""

from chaos.endings import ENDINGS, shares
from chaos.phones import read_log
from chaos.plan import Plan, make
from secondring.domain.phone import parse_number

KINDS = {"kill": (0.0, 0.0), "freeze": (1.0, 8.0), "carrier down": (2.0, 10.0)}
LOG = """\
+13125550100 placed 2026-11-29\t20:04:50.791035\t1795982690.791035
+13125550101 placed 2026-11-29\t20:04:51.000000\t1795982691.000000
+13125550100 ringing 2026-11-29\t20:04:50.801035\t1795982690.801035
+13125550100 over 2026-11-29\t20:04:52.801035\t1795982692.801035
+13125550101 ring"""


def plan(seed: int, *, calls: int = 2000, faults: int = 50) -> Plan:
    return make(seed, calls=calls, faults=faults, rate=6, kinds=KINDS)


def test_a_seed_is_a_plan() -> None:
    assert plan(7) == plan(7)
    assert plan(7) != plan(8)


def test_every_caller_has_a_number_of_their_own_that_can_be_texted() -> None:
    numbers = [number for some in plan(7).numbers.values() for number in some]
    assert len(numbers) == len(set(numbers)) == 2000
    assert all(parse_number(number, "US") for number in numbers[:50])


def test_every_fault_comes_about_equally_often_within_the_traffic() -> None:
    found = plan(7)
    counts = [sum(one.fault == kind for one in found.faults) for kind in KINDS]
    assert max(counts) - min(counts) <= 1
    assert [one.at for one in found.faults] == sorted(one.at for one in found.faults)
    assert all(0 < one.at < found.seconds for one in found.faults)
    assert all(KINDS[one.fault][0] <= one.seconds <= KINDS[one.fault][1] for one in found.faults)


def test_a_small_run_has_every_ending() -> None:
    counts = shares(20)
    assert set(counts) == set(ENDINGS)
    assert sum(counts.values()) == 20


def test_what_callers_wrote_down_is_read_up_to_the_last_whole_line() -> None:
    rung, placed = read_log(LOG, ENDINGS[0])
    assert (rung.number, rung.over_at, rung.heard) == ("+13125550100", 1795982692.801035, True)
    assert (placed.number, placed.ringing_at, placed.heard) == ("+13125550101", None, False)
