"""Our own style and script, each under a name that changes with its content: browsers may keep them for ever."""

import hashlib
from functools import lru_cache
from pathlib import Path

STATIC = Path(__file__).parent / "static"
KINDS = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
FOREVER = "public, max-age=31536000, immutable"


@lru_cache(maxsize=1)
def _files() -> dict[str, Path]:
    return {_hashed(file): file for file in sorted(STATIC.iterdir()) if file.suffix in KINDS}


def _hashed(file: Path) -> str:
    return f"{file.stem}-{hashlib.sha256(file.read_bytes()).hexdigest()[:16]}{file.suffix}"


def address_of(name: str) -> str:
    """Where a page finds one of our files. Raises KeyError for a file that there is not."""
    found = {file.name: hashed for hashed, file in _files().items()}
    return f"/static/{found[name]}"


def content(hashed: str) -> tuple[bytes, str] | None:
    """A file and its type, by the name that a page was given; None when there is none."""
    file = _files().get(hashed)
    return (file.read_bytes(), KINDS[file.suffix]) if file else None
