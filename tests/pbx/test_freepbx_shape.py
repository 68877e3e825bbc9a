"""On a dialplan of FreePBX's shape every call gets the right verdict, from the account that we are given there."""

from collections.abc import Iterator

import pytest

from lab.judge import differences
from lab.pbx import Pbx
from lab.scenarios import FREEPBX, Scenario, perform
from lab.tap import Tap


@pytest.fixture(scope="module")
def freepbx() -> Iterator[Pbx]:
    with Pbx(name="freepbx", shape="freepbx") as box:
        yield box


@pytest.mark.parametrize("played", FREEPBX.values(), ids=FREEPBX)
def test_scenario(freepbx: Pbx, played: Scenario) -> None:
    with Tap(freepbx, "recorder") as everything, Tap(freepbx, "secondring") as least:
        perform(freepbx, played, everything, least)
    assert differences(played.expected, everything.received) == []
    assert differences(played.expected, least.received) == []
    assert freepbx.channels() == 0


def test_the_shape_loads_without_a_complaint(freepbx: Pbx) -> None:
    log = (freepbx.home / "log/messages").read_text()
    assert [line for line in log.splitlines() if "pbx_config" in line or "extensions.conf" in line] == []
