"""Writes the schemas of what is sealed in the messages between sites, from the very types that are sealed.

`python -m secondring.site_schemas` brings the files up to date; a test compares the two. A field that changes its
meaning needs another version and another file: a box and its centre may be of different releases.
"""

import json
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from secondring import dispatching
from secondring.bus.site_topics import DISPATCH, HAND_OVER
from secondring.domain.dispatches import KINDS
from secondring.site_box import HANDED

FOLDER = Path(__file__).parent / "bus" / "schemas"
_VERSION = "The version of this schema; grows when a field changes its meaning."
_WHERE = "#/$defs/{model}"


def dispatch() -> dict[str, Any]:
    """Of what a box tells its centre."""
    adapters = [(kind, "serialization", TypeAdapter(made)) for kind, made in KINDS.items()]
    places, found = TypeAdapter.json_schemas(adapters, ref_template=_WHERE)  # type: ignore[arg-type]
    kinds = [
        {"properties": {"kind": {"const": kind}, "told": places[kind, "serialization"]}} for kind in KINDS
    ]
    return _schema(
        "Dispatch",
        "Sealed in a parcel: what happened at a box. It counts once, by the `id` of the parcel.",
        {
            "v": {"const": dispatching.VERSION, "description": _VERSION},
            "kind": {"enum": list(KINDS)},
            "told": {"type": "object", "description": "The rest, by kind. Patients' data."},
        },
        {"oneOf": kinds, "$defs": _bare(found["$defs"])},
    )


def hand_over() -> dict[str, Any]:
    """Of an urgent caller whom the centre hands to a box."""
    found = HANDED.json_schema(mode="serialization", ref_template=_WHERE)
    case = {"$ref": found["properties"]["case"]["$ref"], "type": "object"}
    return _schema(
        "Hand-over",
        "Sealed in a parcel: an urgent caller for a box to ring for.",
        {
            "v": {"const": 1, "description": _VERSION},
            "case": case | {"description": "How the case stands. Patients' data."},
            "language": {"type": "string", "description": "Of the caller; empty: not known."},
        },
        {"$defs": _bare(found["$defs"])},
    )


def _schema(title: str, what: str, fields: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": title, "description": what}
    shape = {"type": "object", "properties": fields, "required": list(fields), "additionalProperties": True}
    return head | shape | more


def _bare(found: Any) -> Any:
    """Without our own comments: only what is on the line."""
    if isinstance(found, list):
        return [_bare(one) for one in found]
    if not isinstance(found, dict):
        return found
    return {
        key: {name: _bare(field) for name, field in value.items()} if key == "properties" else _bare(value)
        for key, value in found.items()
        if key not in ("title", "description")
    }


def written() -> dict[str, str]:
    """File by file."""
    made = {DISPATCH: dispatch(), HAND_OVER: hand_over()}
    return {name: json.dumps(schema, indent=2) + "\n" for name, schema in made.items()}


if __name__ == "__main__":
    for name, text in written().items():
        (FOLDER / name).write_text(text, "utf-8")
