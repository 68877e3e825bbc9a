"""Lays what is set on screen over what the files say, and tells where the two disagree."""

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace

from pydantic import BaseModel

from config.carriers_overlay import (
    gone_from,
    is_of_carriers,
    lay_over_carriers,
    meaning_of_carriers,
    place_in,
)
from config.check import validate
from config.problems import Place
from config.schema import Configuration
from config.tree import Tree
from secondring.domain.settings import CARRIERS, Disagreement, Overlay, Path, Setting, written


def laid_over(files: Tree, overlay: Overlay) -> Tree:
    """A tree in which the overlay's keys take the place of all that the files say there."""
    tree = replace(files, values=deepcopy(files.values), places=dict(files.places))
    for path, setting in sorted(overlay.items()):
        if not is_of_carriers(path):
            _set(tree, path, setting)
    lay_over_carriers(tree, overlay)
    return tree


def _set(tree: Tree, path: Path, setting: Setting) -> None:
    here = tree.values
    for depth, part in enumerate(path[:-1], start=1):
        below = here.get(part)
        if not isinstance(below, dict):
            below = {}
            here[part] = below
        tree.places.setdefault(path[:depth], Place(file=setting.source, key=written(path[:depth])))
        here = below
    here[path[-1]] = deepcopy(setting.value)
    for known in [place for place in tree.places if place[: len(path)] == path]:
        del tree.places[known]
    tree.places[path] = Place(file=setting.source, key=written(path))


def disagreements(files: Tree, overlay: Overlay, found: Configuration | None) -> tuple[Disagreement, ...]:
    """Every key that both set, to values that do not mean the same. `found` is what the two make together."""
    orphans = tuple(_orphans(files, overlay))
    lost = {one.path for one in orphans}
    suspect = [
        path for path, setting in sorted(overlay.items())
        if path not in lost and _says_otherwise(files, path, setting)
    ]  # fmt: skip
    if not suspect:
        return orphans
    by_files, _ = validate(files)
    differ = tuple(
        Disagreement(path=path, file=where(files, path), setting=overlay[path])
        for path in suspect
        if by_files is None or found is None or meaning(by_files, path) != meaning(found, path)
    )
    return (*differ, *orphans)


def where(tree: Tree, path: Path) -> str:
    """Where a tree says a key, or what stands around it: a file and its line, or somebody on screen."""
    return str(tree.place(place_in(tree, path) or CARRIERS))


def source(tree: Tree, path: Path) -> str:
    """Where a key's value comes from; nothing for our default."""
    place = tree.places.get(path) or tree.places.get(place_in(tree, path) or path)
    return str(place) if place is not None else ""


def _orphans(files: Tree, overlay: Overlay) -> Iterator[Disagreement]:
    for path, setting in sorted(overlay.items()):
        gone = gone_from(files, path, setting)
        if gone:
            yield Disagreement(path=path, file=where(files, path), setting=setting, gone=gone)


def _says_otherwise(files: Tree, path: Path, setting: Setting) -> bool:
    at = place_in(files, path)
    return at in files.places and files.value(at) != setting.value


def meaning(found: Configuration, path: Path) -> object:
    """What stands at a path once it is read: `mon-tue` and `mon,tue` mean the same."""
    if is_of_carriers(path) and path != CARRIERS:
        return meaning_of_carriers(found, path)
    here: object = found
    for part in path:
        if isinstance(here, BaseModel):
            here = getattr(here, part, None)
        elif isinstance(here, dict):
            here = here.get(part)
        else:
            return None
    return here
