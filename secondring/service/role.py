"""A service as the process that it runs in sees it: what has to run, and what it says of itself."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from secondring.domain.health import Finding
from secondring.domain.pulse import Service, State
from secondring.service.frame import Part


async def _nothing() -> None:
    """There is nothing to close."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """One service."""

    service: Service
    parts: dict[str, Part]
    status: Callable[[], str]
    """A line for `systemctl status`; names no patient."""
    state: Callable[[], State] = lambda: State.WORKING
    findings: Callable[[], list[Finding]] = list
    """How its parts are, for the health page of another process."""
    close: Callable[[], Awaitable[None]] = _nothing
