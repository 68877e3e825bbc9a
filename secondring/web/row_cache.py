"""Rows as HTML, drawn once for all who see the same: only the form's token is each session's own."""

import secrets
from collections.abc import Callable, Hashable

MOST = 5000


class RowCache:
    """Pieces of HTML of one generation of rows."""

    def __init__(self) -> None:
        self.token = secrets.token_hex(16)
        """Stands where a session's form token belongs; nobody can guess it, so nobody can write it."""
        self._generation = 0
        self._drawn: dict[Hashable, str] = {}

    def get(self, generation: int, key: Hashable, draw: Callable[[], str]) -> str:
        """The piece of that key, drawn when there is none yet."""
        if generation != self._generation or len(self._drawn) > MOST:
            self._drawn.clear()
            self._generation = generation
        found = self._drawn.get(key)
        if found is None:
            found = self._drawn[key] = draw()
        return found
