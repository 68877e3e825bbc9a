"""Where each route leads to, for tests and benchmarks that go through the whole table of routes.

A route whose parameter is not known here fails such a test with that parameter's name: say there what it may be.
"""

import itertools
import re
from collections.abc import Mapping, Sequence

from secondring.web.settings.wizard import STEPS

FIXED: Mapping[str, Sequence[str]] = {
    "/static/{name}": ("style.css",),
    "language": ("en",),
    "name": ("first-open",),
    "number": ("1",),
    "site": ("north",),
    "step": tuple(step.name for step in STEPS),
}
"""What parameters are where they name no row; a whole route comes before its parameters."""
NO_PAGES = frozenset({"/static/{name}", "/live", "/healthz", "/readyz", "/metrics", "/dashboard/export.csv"})
"""Files, streams and words for machines."""
PIECES = frozenset(
    {"/work/rows", "/urgent/board", "/conversation/{episode}/story", "/conversation/{episode}/to-do"}
)
"""Parts of pages, which a screen fetches by itself."""


def parameters(path: str) -> list[str]:
    """The names in curly brackets."""
    return re.findall(r"\{(\w+)\}", path)


def addresses(path: str, rows: Mapping[str, str]) -> list[str]:
    """Every address of a route that is worth a look; `rows` has the ids of rows by parameter."""
    if path in FIXED:
        return [path.replace("{name}", value) for value in FIXED[path]]
    names = parameters(path)
    unknown = [name for name in names if name not in rows and name not in FIXED]
    assert not unknown, (
        f"{path}: say in tests/support/addresses.py, or where this is called, what {unknown} may be"
    )
    choices = [(rows[name],) if name in rows else FIXED[name] for name in names]
    found = []
    for values in itertools.product(*choices):
        filled = path
        for name, value in zip(names, values, strict=True):
            filled = filled.replace(f"{{{name}}}", value)
        found.append(filled)
    return found
