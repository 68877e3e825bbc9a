"""Waits for evidence, never for time."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

PATIENCE = 15.0
PAUSE = 0.02


def until(
    happened: Callable[[], T | None], what: str | Callable[[], str] = "it", *, timeout: float = PATIENCE
) -> T:
    """Ask again and again until the answer is true, and give it.

    Raises AssertionError after `timeout` seconds: `what`, or what it gives, says what was waited for.
    """
    deadline = time.monotonic() + timeout
    while True:
        answer = happened()
        if answer:
            return answer
        if time.monotonic() > deadline:
            told = what if isinstance(what, str) else what()
            raise AssertionError(f"{told}: did not happen within {timeout:g} s")
        time.sleep(PAUSE)
