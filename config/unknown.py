"""Keys that do not exist: which one was meant."""

from difflib import get_close_matches

from config.problems import SECRET_KEYS, KeyPath
from config.walk import section_at

MEANT = {
    "urgent": ("sites", "Urgent callers are set up at each site: `sites.<id>.triage`, see docs/urgent.md."),
    "triage": ("sites", "A ladder belongs to a site: `sites.<id>.triage`, see docs/urgent.md."),
    "from": ("senders", "Did you mean senders? It lists the numbers that texts come from."),
}
"""What people expect and is called otherwise: the key that stands where they look for theirs, and the remedy."""


def meant(name: str, path: KeyPath) -> str | None:
    """Which of the keys that there are was meant, as far as one can tell."""
    known = _known(path)
    if name in MEANT and MEANT[name][0] in known:
        return MEANT[name][0]
    return next(iter(get_close_matches(name, known, n=1)), None)


def remedy_for_unknown(name: str, path: KeyPath) -> str:
    """What to write instead of a key that ends a path."""
    known = _known(path)
    if name in SECRET_KEYS or f"{name}_file" in known:
        keeper = f"{name}_file" if f"{name}_file" in known else "a key that ends in _file"
        return (
            f"Secrets do not stand in the configuration: write it to a file and name that file in {keeper}."
        )
    key = meant(name, path)
    if name in MEANT and MEANT[name][0] == key:
        return MEANT[name][1]
    return f"Did you mean {key}?" if key else f"Take it out; known here: {', '.join(known)}."


def _known(path: KeyPath) -> list[str]:
    """The keys that may stand where a path ends."""
    section = section_at(path[:-1])
    return list(section.model_fields) if section else []
