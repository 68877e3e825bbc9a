"""Finding one's way in the schema: which field a path names, which keys stand beside it."""

from collections.abc import Iterator
from dataclasses import dataclass
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

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


@dataclass(frozen=True, slots=True)
class _Kinds:
    """An entry of a list whose `kind` decides which section it is."""

    members: dict[str | int, type[BaseModel]]


def without_kind(path: KeyPath) -> KeyPath:
    """The path as it is written: pydantic names the kind of an entry between its place and its key."""
    return (*path[:2], *path[3:]) if path[:1] == ("carriers",) and len(path) > 2 else path


def carrier_kinds() -> list[str]:
    """Every kind of carrier there is."""
    return [str(kind) for kind in _members(Configuration.model_fields["carriers"].annotation) or ()]


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
        elif (members := _members(kind)) is not None:
            for name_of_kind, member in members.items():
                yield from leaves(member, (*path, "<n>", str(name_of_kind)))
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
    if isinstance(here, _Kinds):
        return here.members.get(part)
    members = _members(here)
    return _Kinds(members) if members is not None else _entry(here)


def _entry(kind: Any) -> Any:
    """The section that each entry of a list is; None for anything else."""
    inner = get_args(kind)[0] if get_origin(kind) is tuple else None
    return inner if _is_section(inner) else None


def _members(kind: Any) -> dict[str | int, type[BaseModel]] | None:
    """By kind, the sections that an entry of a list may be; None for any other list."""
    inner = get_args(kind)[0] if get_origin(kind) is tuple else None
    sections = get_args(get_args(inner)[0]) if get_origin(inner) is Annotated else ()
    if not sections or not all(_is_section(each) for each in sections):
        return None
    return {get_args(each.model_fields["kind"].annotation)[0]: each for each in sections}


def _plain(kind: Any) -> Any:
    """What is left of `X | None` when it is there."""
    if get_origin(kind) in (Union, UnionType):
        return next(k for k in get_args(kind) if k is not type(None))
    return kind


def _is_section(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)
