"""Every scenario of the catalogue, played on a real Asterisk, gets the verdict that it must get.

Two accounts listen: one that sees everything and the least-privilege one that a clinic's PBX gives us.
Both streams must lead to the same verdicts.
"""

import pytest

from lab.judge import differences, in_our_words, verdicts_of
from lab.pbx import Pbx
from lab.scenarios import CATALOGUE, Scenario, perform
from lab.tap import Tap
from lab.verdicts import CACHE_KEY, compact


@pytest.mark.parametrize("played", CATALOGUE.values(), ids=CATALOGUE)
def test_scenario(pbx: Pbx, played: Scenario, pytestconfig: pytest.Config) -> None:
    with Tap(pbx, "recorder") as everything, Tap(pbx, "secondring") as least:
        perform(pbx, played, everything, least)
    assert differences(played.expected, everything.received) == []
    assert differences(played.expected, least.received) == []
    assert pbx.channels() == 0
    remember(pytestconfig, played, least, pbx.asterisk.version)


def remember(pytestconfig: pytest.Config, played: Scenario, tap: Tap, version: str) -> None:
    """Keep what was seen for docs/verdicts.md (see lab/verdicts.py)."""
    assert pytestconfig.cache is not None
    verdicts = [in_our_words(ended) for ended in verdicts_of(tap.received)]
    seen = {
        "asterisk": version.partition("+")[0],
        "events": compact(tap.events()),
        "verdict": ", ".join(call.verdict for call in verdicts),
        "reason": ", ".join(call.reason or "–" for call in verdicts),
        "detail": ", ".join(call.detail or "–" for call in verdicts),
    }
    pytestconfig.cache.set(f"{CACHE_KEY}/{played.name}", seen)
