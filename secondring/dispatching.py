"""Dispatches as they travel and are spooled: JSON, read back strictly."""

import json

from pydantic import TypeAdapter, ValidationError

from secondring.domain.dispatches import KINDS, Dispatch, kind_of
from secondring.domain.errors import SecondRingError

VERSION = 1
"""Grows when a field changes its meaning, not when one with a default is added."""
_ADAPTERS: dict[str, TypeAdapter[Dispatch]] = {kind: TypeAdapter(made) for kind, made in KINDS.items()}


class Unreadable(SecondRingError):
    """A dispatch of another version, or none at all."""


def encode(dispatch: Dispatch) -> str:
    """The dispatch in words."""
    kind = kind_of(dispatch)
    told = _ADAPTERS[kind].dump_python(dispatch, mode="json")
    return json.dumps({"v": VERSION, "kind": kind, "told": told}, ensure_ascii=False)


def decode(words: str) -> Dispatch:
    """What `encode` wrote. Raises Unreadable, which quotes nothing of it."""
    try:
        found = json.loads(words)
        version, kind = found["v"], found["kind"]
        adapter = _ADAPTERS.get(kind) if version == VERSION else None
        if adapter is None:
            raise Unreadable(
                f"a dispatch of kind {str(kind)[:20]!r}, version {str(version)[:5]}: upgrade the centre"
            )
        return adapter.validate_python(found["told"], strict=False)
    except ValidationError as error:
        places = {".".join(str(part) for part in one["loc"]) for one in error.errors(include_input=False)}
        raise Unreadable(
            f"a dispatch that does not say {', '.join(sorted(places))[:100]} as it should"
        ) from None
    except (ValueError, KeyError, TypeError):
        raise Unreadable("a dispatch that is no JSON of ours") from None
