"""Secrets that are not where they should be, told together with what else is wrong with a configuration.

Where all else is right they are read as the settings are built; this is for the other case, so that nobody mends
one kind of mistake only to meet the next one.
"""

from collections.abc import Iterator

from config.build import Secrets
from config.problems import KeyPath, Problem
from config.secret_files import SecretReader
from config.tree import Tree

ALWAYS: tuple[KeyPath, ...] = (
    ("database", "key_file"),
    ("database", "password_file"),
    ("ami", "secret_file"),
    ("ami_dial", "secret_file"),
)
WITH_A_HOST = ("mail", "mqtt")
"""Sections that are off without one, and whose password is not read then."""
KEYS = ("key_file",)
PLACES = ("credential:", "env:", "/")
"""How a place begins; anything else may be the secret itself, and is the schema's to refuse."""


def trouble_with_secrets(tree: Tree, read: SecretReader) -> list[Problem]:
    """What keeps the secrets that a configuration names from being read."""
    secrets = Secrets(read, tree)
    for path in (*ALWAYS, *_of_sections(tree), *_of_carriers(tree)):
        place = tree.value(path)
        if isinstance(place, str) and place.startswith(PLACES):
            (secrets.key if path[-1] in KEYS else secrets.password)(place, path)
    return secrets.problems


def _of_sections(tree: Tree) -> Iterator[KeyPath]:
    return ((name, "password_file") for name in WITH_A_HOST if tree.value((name, "host")) is not None)


def _of_carriers(tree: Tree) -> Iterator[KeyPath]:
    carriers = tree.value(("carriers",))
    for place, carrier in enumerate(carriers if isinstance(carriers, list) else ()):
        for key in carrier if isinstance(carrier, dict) else ():
            if key.endswith("_file"):
                yield "carriers", place, key
