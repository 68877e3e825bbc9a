"""Lays what is set on screen over what the files say, and tells where the two disagree."""

from copy import deepcopy
from dataclasses import replace

from pydantic import BaseModel

from config.check import validate
from config.problems import Place
from config.schema import Configuration
from config.tree import Tree
from secondring.domain.settings import Disagreement, Overlay, Path, Setting, written


def laid_over(files: Tree, overlay: Overlay) -> Tree:
    """A tree in which the overlay's keys take the place of all that the files say there."""
    tree = replace(files, values=deepcopy(files.values), places=dict(files.places))
    for path, setting in sorted(overlay.items()):
        _set(tree, path, setting)
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
    suspect = [
        path for path, setting in sorted(overlay.items())
        if path in files.places and files.value(path) != setting.value
    ]  # fmt: skip
    if not suspect:
        return ()
    by_files, _ = validate(files)
    return tuple(
        Disagreement(path=path, file=str(files.place(path)), setting=overlay[path])
        for path in suspect
        if by_files is None or found is None or meaning(by_files, path) != meaning(found, path)
    )


def meaning(found: Configuration, path: Path) -> object:
    """What stands at a path once it is read: `mon-tue` and `mon,tue` mean the same."""
    here: object = found
    for part in path:
        if isinstance(here, BaseModel):
            here = getattr(here, part, None)
        elif isinstance(here, dict):
            here = here.get(part)
        else:
            return None
    return here
