"""How a plan looks to the administrator who is to agree with it."""

import difflib
import re
from collections.abc import Iterator

from dialplan.install.plan import Change, Plan

_SECRET = re.compile(r"^([ +-]?\s*secret\s*=>?\s*)\S.*$", re.IGNORECASE)


def unified_diff(plan: Plan) -> str:
    """The plan as a unified diff. Secrets are left out, those of other accounts nearby too."""
    return "".join(line for change in plan.changes for line in _file(change))


def _file(change: Change) -> Iterator[str]:
    before = "/dev/null" if change.old is None else str(change.path)
    after = "/dev/null" if change.new is None else str(change.path)
    old, new = change.old or b"", change.new or b""
    if old == new:
        yield f"mode of {change.path} becomes {change.mode:o}\n"
    elif b"\0" in old + new:
        yield f"binary file {before} becomes {after} ({len(new)} bytes)\n"
    else:
        for line in difflib.unified_diff(_lines(old), _lines(new), before, after):
            yield _SECRET.sub(r"\1***", line.rstrip("\n")) + "\n"


def _lines(content: bytes) -> list[str]:
    return content.decode("utf-8", "replace").splitlines(keepends=True)
