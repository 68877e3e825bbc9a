"""What is wrong with a configuration: collected, placed, and told all at once."""

from collections.abc import Sequence
from dataclasses import dataclass

from secondring.domain.errors import ConfigError

KeyPath = tuple[str | int, ...]
"""Where a value stands, from the top: `("sites", "main", "dids", 0)`."""

SHOWN = 60
"""Characters of a value that a message shows."""

SECRET_KEYS = frozenset({"secret", "token", "password", "key", "blocked", "url", "lookup_url", "place"})
"""Keys whose value never shows: secrets, URLs that may hold one, and other people's numbers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A file and a line in it, counted from 1; line 0 is the file as a whole. Or what was set on screen."""

    file: str
    line: int = 0
    key: str = ""
    """The key, when it was set on screen; `file` then says by whom."""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" if self.line else self.file


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing to mend."""

    place: Place
    path: KeyPath = ()
    what: str
    remedy: str
    value: str | None = None

    def __str__(self) -> str:
        key = f"{dotted(self.path)}: " if self.path else ""
        found = f" (found {self.value})" if self.value is not None else ""
        back = (
            f" Or go by the files again: `secondring settings drop {self.place.key}`."
            if self.place.key
            else ""
        )
        return f"{self.place}: {key}{self.what}{found}. {self.remedy}{back}"


def dotted(path: KeyPath) -> str:
    """A key as the documentation writes it: `sites.main.dids[1]`, list items counted from 1."""
    text = ""
    for part in path:
        text += f"[{part + 1}]" if isinstance(part, int) else f".{part}"
    return text.lstrip(".")


def may_show(path: KeyPath) -> bool:
    """False where a value may be a secret or somebody's number."""
    return not any(isinstance(p, str) and (p in SECRET_KEYS or p.endswith("_file")) for p in path)


def shown(value: object) -> str | None:
    """A value as a message quotes it, a short list too; None for what has keys of its own."""
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return _cut(f"[{', '.join(map(repr, value))}]")
    return repr(_cut(value)) if isinstance(value, str) else None


def _cut(text: str) -> str:
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"


def refuse(problems: Sequence[Problem]) -> None:
    """Raise one ConfigError that tells of all of them; nothing happens when there are none."""
    if not problems:
        return
    count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
    lines = "\n".join(f"  {problem}" for problem in problems)
    raise ConfigError(f"The configuration cannot be used: {count}.\n{lines}")
