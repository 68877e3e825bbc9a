"""What somebody sends who means no good, and what no answer may ever do about it.

The names of fields are read from the source, so that a new one is fuzzed from its first day.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

import httpx

MARK = "x7q9z"
VALUES: tuple[str, ...] = (
    f"<script>{MARK}</script>",
    f"\"'><img src=x onerror={MARK}>",
    "",
    "-1",
    "9" * 40,
    "1e999",
    "true",
    "2026-W99",
    "2026-02-30",
    "25:00-26:00",
    "../../etc/passwd",
    "a\x00b",
    f"\r\nSet-Cookie: {MARK}=1",
    f"//{MARK}.example/",
    "{{7*7}}{% x %}",
    "' OR 1=1 --",
    "\u202e\U0001f64f\ufffe é",
    "x" * 3000,
    "+1 202 555 0123",
    '{"a": [1]}',
)
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", MARK.upper())
HEADERS = (
    "accept", "accept-language", "authorization", "content-type", "forwarded", "if-none-match", "last-event-id",
    "origin", "range", "referer", "sec-fetch-site", "user-agent", "x-forwarded-for", "x-forwarded-host",
    "x-forwarded-proto", "x-live", "x-quick", "x-signature", "x-timestamp",
)  # fmt: skip
_RAW = (f"<script>{MARK}", f"onerror={MARK}>")
"""As markup. A line that looks like a header is only words inside a page; in the head it shows as a cookie."""
_READ = re.compile(r"(?:form|typed|asked|query_params|params|found|fields)(?:\.get\(|\[)\s*f?\"([\w.-]+)\"")
_DRAWN = re.compile(r"""\bname="([^"]+)\"""")


def fields_of(package: Path) -> list[str]:
    """Every name that this package reads from a form or an address, or draws into a form."""
    found: set[str] = set()
    for file in package.rglob("*.py"):
        found |= set(_READ.findall(file.read_text()))
    for pattern in ("*.html", "*.j2"):
        for file in package.rglob(pattern):
            found |= {re.sub(r"\{\{.*?\}\}", "0", name) for name in _DRAWN.findall(file.read_text())}
    return sorted(name for name in found if "{" not in name and name != "csrf")


def fields(names: Sequence[str], turn: int, most: int = 50) -> Iterator[Mapping[str, str]]:
    """Each name with a bad value, another one at each turn; so many names at a time as a form may have."""
    for begin in range(0, len(names), most):
        yield {
            name: VALUES[(place + 7 * turn) % len(VALUES)]
            for place, name in enumerate(names[begin : begin + most], begin)
        }


def headers(turn: int) -> dict[str, bytes]:
    """Every header that anybody reads, as far as HTTP lets bad values through."""
    wire = [value for value in VALUES if not set(value) & set("\r\n\x00")]
    return {
        name: wire[(place + 7 * turn) % len(wire)].encode("utf-8", "replace")
        for place, name in enumerate(HEADERS)
    }


def complaint(answer: httpx.Response, *, plain: bool = True) -> str:
    """What is wrong with an answer to something hostile; empty when nothing is."""
    told = f"{answer.request.method} {answer.request.url!s:.200}: {answer.status_code}"
    if answer.status_code >= 500:
        return f"{told}: fell over: {answer.text[:300]}"
    if plain and any(raw in answer.text.lower() for raw in _RAW):
        return f"{told}: gives back what was sent"
    if any(MARK in value.lower() for value in answer.headers.get_list("set-cookie")):
        return f"{told}: a cookie of theirs"
    where = answer.headers.get("location", "/")
    if urlsplit(where).netloc or where.startswith("//") or any(raw in where.lower() for raw in _RAW):
        return f"{told}: leads to {where}"
    return ""
