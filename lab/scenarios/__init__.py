"""The catalogue: every way that a call can go which Second Ring must judge right, staged with real phones."""

from lab.scenarios import direct, freepbx, groups, inside, menus, queues, screening, transfers
from lab.scenarios.stage import CATALOGUE, FREEPBX, Expected, Scenario, Stage, perform

FREEPBX_THEMES = (freepbx.__name__.rpartition(".")[2],)
THEMES = tuple(
    module.__name__.rpartition(".")[2]
    for module in (direct, groups, queues, menus, screening, transfers, inside)
)

__all__ = ["CATALOGUE", "FREEPBX", "THEMES", "Expected", "Scenario", "Stage", "perform"]
