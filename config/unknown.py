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


def is_expected(name: str, path: KeyPath) -> bool:
    """True for a key that people write for another one, which stands there."""
    return name in MEANT and MEANT[name][0] in _known(path)


def remedy_for_unknown(name: str, path: KeyPath) -> str:
    """What to write instead of a key that ends a path."""
    known = _known(path)
    if name in SECRET_KEYS or f"{name}_file" in known:
        keeper = f"{name}_file" if f"{name}_file" in known else "a key that ends in _file"
        return (
            f"Secrets do not stand in the configuration: write it to a file and name that file in {keeper}."
        )
    if is_expected(name, path):
        return MEANT[name][1]
    near = get_close_matches(name, known, n=1)
    return f"Did you mean {near[0]}?" if near else f"Take it out; known here: {', '.join(known)}."


def _known(path: KeyPath) -> list[str]:
    """The keys that may stand where a path ends."""
    section = section_at(path[:-1])
    return list(section.model_fields) if section else []
