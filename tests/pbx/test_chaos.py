"""A small chaos run: one fault of each family while real calls come in, and then the ledger has to balance.

The full run is `scripts/chaos`; docs/chaos.md has its last result.
"""

import pytest

from chaos import report
from chaos.run import Wanted, run

FAULTS = (
    "kill secondring",
    "kill Asterisk",
    "cut AMI",
    "lock database",
    "clock forward",
    "carrier forgetful",
)


@pytest.mark.timeout(300)
def test_the_ledger_balances_after_one_fault_of_each_family() -> None:
    wanted = Wanted(shape="one", seed=29, calls=60, faults=len(FAULTS), rate=4, patience=180, only=FAULTS)
    result = run(wanted, lambda _: None)
    told = report.for_people(result)
    assert result.passed, told
    assert {name for name, _, _ in result.faults} == set(FAULTS), told
    assert len(result.ledger.entries) == 60, told


@pytest.mark.timeout(300)
def test_calls_of_a_gap_are_handled_once_and_marked_late() -> None:
    """The issue's ten minutes are in docs/records.md; here it is ten seconds."""
    wanted = Wanted(shape="one", seed=30, calls=48, faults=0, rate=3, patience=180, away=10)
    result = run(wanted, lambda _: None)
    told = report.for_people(result)
    assert result.passed, told
    assert result.ledger.notes["told by the PBX's record (late)"] > 10, told
    assert len(result.ledger.entries) == 48, told
