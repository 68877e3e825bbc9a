"""`secondring` with defects built in: it fails on one caller and on one word, with the patient's data in the error.

    lab.service.COMMAND[:] = sabotage.COMMAND

Nobody can promise that there are no such defects; what can be promised is that none of them tells.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from secondring import cli, wiring
from secondring.domain.intents import understand
from secondring.domain.phone import PhoneNumber
from secondring.domain.routing import decide

FAULTY = "+13125550148"
"""The decision about a call of this number fails."""
WORD = "kaboom"
"""A reply with this word in it cannot be understood."""
ROOT = str(Path(__file__).parents[2])
COMMAND = [
    sys.executable,
    "-c",
    f"import sys; sys.path.insert(0, {ROOT!r}); from tests.support.sabotage import main; main()",
]

A = TypeVar("A")
R = TypeVar("R")


def main() -> None:
    """Run the command line."""
    plant(decide, failing_on(decide, lambda case: case.call.caller == PhoneNumber(FAULTY)))
    plant(understand, failing_on(understand, lambda text: WORD in text))
    if "episodes" in sys.argv:
        vars(wiring)["reading"] = failing_always
    cli.main()


def plant(good: Callable[..., object], bad: Callable[..., object]) -> None:
    """Put it wherever the domain uses the good one."""
    for name, module in list(sys.modules.items()):
        if name.startswith("secondring.domain") and vars(module).get(good.__name__) is good:
            vars(module)[good.__name__] = bad


def failing_on(work: Callable[[A], R], fails: Callable[[A], bool]) -> Callable[[A], R]:
    """The same, but for some inputs, which it quotes in its error as careless code would."""

    def works_or_fails(given: A) -> R:
        if fails(given):
            raise ValueError(f"cannot handle {FAULTY} {given!r}")
        return work(given)

    return works_or_fails


def failing_always(*_: object) -> None:
    """A command that breaks with a number in its error."""
    raise RuntimeError(f"no idea what to do with {FAULTY}")
