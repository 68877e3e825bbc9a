"""What is needed of a manager interface. `ami_listener` has one; who joins them is `secondring.carriers`."""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

Fields = Mapping[str, str | Sequence[str]]
Event = Mapping[str, str]
"""The headers of an event."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the manager said."""

    ok: bool
    message: str = ""
    output: str = field(default="", repr=False)
    """What a command printed."""
    events: tuple[Event, ...] = field(default=(), repr=False)


class Manager(Protocol):
    """One account at one manager interface; the link is kept up by itself."""

    def listen(self, names: Collection[str], hear: Callable[[Event], None]) -> None:
        """Hand over the events of these names from now on."""
        ...

    async def up(self) -> bool:
        """True while there is a link."""
        ...

    async def ask(self, fields: Fields, *, within: float, until: str | None = None) -> Answer:
        """Send an action and give its answer, also when it is a no; with `until`, once that event came.

        Raises NotSent when it surely did not leave, PeerError when nothing was heard within so many seconds,
        ValueError for a value that the wire cannot carry (a line break, too long).
        """
        ...

    async def close(self) -> None: ...


DIALABLE = re.compile(r"\+?[0-9]{3,15}")
"""What may stand where a number is expected; nothing else comes near a command line or a dialplan."""
_NAME = re.compile(r"[A-Za-z0-9._-]{1,64}")


def dialable(number: str) -> str:
    """The number, or ValueError that does not repeat it."""
    if not DIALABLE.fullmatch(number):
        raise ValueError("a number holds more than + and digits")
    return number


def plain(name: str) -> str:
    """An id, a device or a port as a command may hold it, or ValueError."""
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r}: use letters, digits, dot, - and _ only")
    return name
