"""Hands news over until the gateway says, by its cursor, that it has taken them in."""

import secrets
from collections.abc import Collection


class Handing:
    """What was handed over last, and under which cursor."""

    def __init__(self) -> None:
        self._handed: dict[str, frozenset[str]] = {}

    def over(self, names: Collection[str]) -> str:
        """These are handed over now; gives the cursor that will confirm it."""
        cursor = secrets.token_hex(8)
        self._handed = {cursor: frozenset(names)}
        return cursor

    def confirmed(self, cursor: str | None) -> frozenset[str]:
        """What a cursor confirms, once."""
        return self._handed.pop(cursor or "", frozenset())

    @property
    def is_open(self) -> bool:
        """True while something was handed over that nobody has confirmed: it has to be handed over again."""
        return bool(self._handed)
