"""Finding one's way in the schema: which field a path names, which keys stand beside it."""

from collections.abc import Iterator
from dataclasses import dataclass
from types import UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from config.problems import KeyPath
from config.schema import Configuration


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """One key that takes a value. `<id>` stands for names of the administrator's choosing,
    `<n>` for the place in a list."""

    path: tuple[str, ...]
    field: FieldInfo


def section_at(path: KeyPath) -> type[BaseModel] | None:
    """The section that a path names; None when it names none."""
    here: Any = Configuration
    for part in path:
        here = _below(here, part)
    return here if _is_section(here) else None


def field_at(path: KeyPath) -> FieldInfo | None:
    """The field that a path names, or the one whose value it is a part of."""
    for length in range(len(path), 0, -1):
        section = section_at(path[: length - 1])
        name = path[length - 1]
        if section is not None and isinstance(name, str) and name in section.model_fields:
            return section.model_fields[name]
    return None


def leaves(section: type[BaseModel] = Configuration, at: tuple[str, ...] = ()) -> Iterator[Leaf]:
    """Every key of the schema, in its order."""
    for name, info in section.model_fields.items():
        path = (*at, name)
        kind = _plain(info.annotation)
        if get_origin(kind) is dict and _is_section(get_args(kind)[1]):
            yield from leaves(get_args(kind)[1], (*path, "<id>"))
        elif _is_section(kind):
            yield from leaves(kind, path)
        elif (entry := _entry(kind)) is not None:
            yield from leaves(entry, (*path, "<n>"))
        else:
            yield Leaf(path=path, field=info)


def _below(here: Any, part: str | int) -> Any:
    if _is_section(here):
        info = here.model_fields.get(part)
        return _plain(info.annotation) if info else None
    if get_origin(here) is dict:
        return _plain(get_args(here)[1])
    return _entry(here)


def _entry(kind: Any) -> Any:
    """The section that each entry of a list is; None for anything else."""
    inner = get_args(kind)[0] if get_origin(kind) is tuple else None
    return inner if _is_section(inner) else None


def _plain(kind: Any) -> Any:
    """What is left of `X | None` when it is there."""
    if get_origin(kind) in (Union, UnionType):
        return next(k for k in get_args(kind) if k is not type(None))
    return kind


def _is_section(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)
