"""Reads what carriers write. Nothing that they may send raises here, and nothing of it gets into a message."""

import json
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from secondring.domain.phone import PhoneNumber

WORD_LIMIT = 200
TEXT_LIMIT = 10_000
"""Characters; the longest text that phones put together is about 39,000 bits, far below."""
PICTURE = "[a picture or file came, which Second Ring does not show; it is kept by the carrier]"
"""Stands for a text that has no words."""
_CODE = re.compile(r"[A-Za-z0-9_.:-]{1,40}")
_LIKE_A_NUMBER = re.compile(r"\d{7}")


def parsed(body: bytes) -> Any:
    """The JSON of a body; None when it is none."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def dig(found: Any, *path: str | int) -> Any:
    """What lies at a path of keys and places; None where the path leads nowhere."""
    for step in path:
        if isinstance(step, str):
            found = found.get(step) if isinstance(found, dict) else None
        else:
            found = found[step] if isinstance(found, list) and len(found) > step else None
    return found


def rows(found: Any) -> list[dict[str, Any]]:
    """The objects of a list; whatever else is in it is passed over."""
    return [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []


def word(value: Any) -> str:
    """An id or the like; empty when it cannot be one."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value) if abs(value) < 10**30 else ""
    usable = isinstance(value, str) and value.isprintable() and len(value) <= WORD_LIMIT
    return value if usable and isinstance(value, str) else ""


def code_of(value: Any) -> str:
    """A carrier's error code; empty for what is none. Codes are logged, so nothing that may be a number is one."""
    found = word(value)
    return found if _CODE.fullmatch(found) and not _LIKE_A_NUMBER.search(found) else ""


def number(value: Any) -> PhoneNumber | None:
    """A number in E.164, with its plus or without; None for short codes, names and the rest."""
    digits = word(value).removeprefix("+")
    if not (digits.isascii() and digits.isdigit()):
        return None
    try:
        return PhoneNumber("+" + digits)
    except ValueError:
        return None


def end(value: Any) -> PhoneNumber | str:
    """Who a text is from or to: a number, or the short code or the name as it stands."""
    return number(value) or word(value)


def moment(value: Any) -> datetime | None:
    """A time as ISO 8601 or RFC 2822 write it, in UTC; None for anything else."""
    raw = word(value)
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            at = read(raw)
            return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
        except (ValueError, OverflowError, IndexError, TypeError):
            continue
    return None


def words_of(value: Any, *, attachments: bool = False) -> str:
    """The text of a message, fit to be kept; a note in its place when it has none but brought a picture."""
    said = value if isinstance(value, str) else ""
    said = said[:TEXT_LIMIT].encode("utf-8", "replace").decode()
    return PICTURE if attachments and not said.strip() else said
