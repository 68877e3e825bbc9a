"""What is set on screen for the carriers of the files' list: found by their names, never by their places in it.

An edit of the files moves entries about; a name stays. What is set for a name that the files do not have any more is
left alone and told: it keeps nobody from starting.
"""

from collections.abc import Iterable
from copy import deepcopy

from config.problems import KeyPath, Place
from config.schema import Configuration
from config.tree import Tree, Value
from secondring.domain.settings import CARRIER_ORDER, CARRIERS, Overlay, Path, Setting, written


def is_of_carriers(path: Path) -> bool:
    """True for a key of the list of carriers."""
    return path[: len(CARRIERS)] == CARRIERS


def lay_over_carriers(tree: Tree, overlay: Overlay) -> None:
    """Change a tree's carriers and their order to what is set on screen."""
    order = overlay.get(CARRIER_ORDER)
    if order is not None:
        _put_in_order(tree, names_in(order.value))
        tree.places[CARRIER_ORDER] = Place(file=order.source, key=written(CARRIER_ORDER))
    for path, setting in sorted(overlay.items()):
        place = _place_of(tree, path)
        if place is not None:
            _set(tree, place, path, setting)


def place_in(tree: Tree, path: Path) -> KeyPath | None:
    """Where a key of the screen stands in a tree; None for one of a carrier that it does not have."""
    if not is_of_carriers(path) or path == CARRIERS:
        return path
    if path == CARRIER_ORDER:
        return CARRIERS
    place = _place_of(tree, path)
    return None if place is None else (*CARRIERS, place, *path[2:])


def _place_of(tree: Tree, path: Path) -> int | None:
    """The place in the list of the carrier that a key is of; None for no key of one, or of one that is not there."""
    if not is_of_carriers(path) or path in (CARRIERS, CARRIER_ORDER):
        return None
    names = _names(tree)
    return names.index(path[1]) if path[1] in names else None


def gone_from(tree: Tree, path: Path, setting: Setting) -> tuple[str, ...]:
    """The carriers that something is set for and that a tree does not have."""
    if not is_of_carriers(path):
        return ()
    wanted = names_in(setting.value) if path == CARRIER_ORDER else path[1:2]
    known = _names(tree)
    return tuple(name for name in wanted if name not in known)


def meaning_of_carriers(found: Configuration, path: Path) -> object:
    """What stands at a key of the list once it is read."""
    if path == CARRIER_ORDER:
        return tuple(keys.name for keys in found.carriers)
    keys = next((keys for keys in found.carriers if keys.name == path[1]), None)
    said = getattr(keys, path[2], None)
    return bool(said) if path[2] == "confirms_opt_out" else said  # left out and `false` mean the same


def names_in(value: Value) -> tuple[str, ...]:
    """The names of an order."""
    return tuple(name for name in value if isinstance(name, str)) if isinstance(value, list) else ()


def _entries(tree: Tree) -> list[Value]:
    found = tree.values.get(CARRIERS[0])
    return found if isinstance(found, list) else []


def _names(tree: Tree) -> list[Value]:
    return [entry.get("name") if isinstance(entry, dict) else None for entry in _entries(tree)]


def _put_in_order(tree: Tree, wanted: Iterable[str]) -> None:
    """Those that are named first, in that order; then the others, as the files have them."""
    entries, names = _entries(tree), _names(tree)
    if not entries:  # nor is a slip in the files to be covered up, where they have something else than a list
        return
    named = [names.index(name) for name in dict.fromkeys(wanted) if name in names]
    order = [*named, *(n for n in range(len(entries)) if n not in named)]
    tree.values[CARRIERS[0]] = [entries[former] for former in order]
    now_at = {former: now for now, former in enumerate(order)}
    tree.places = {_moved(at, now_at): place for at, place in tree.places.items()}


def _moved(at: KeyPath, now_at: dict[int, int]) -> KeyPath:
    former = at[1] if at[:1] == CARRIERS and len(at) > 1 else None
    return (at[0], now_at.get(former, former), *at[2:]) if isinstance(former, int) else at


def _set(tree: Tree, place: int, path: Path, setting: Setting) -> None:
    entry, key = _entries(tree)[place], path[2:]
    if not isinstance(entry, dict) or len(key) != 1:
        return
    entry[key[0]] = deepcopy(setting.value)
    whole: KeyPath = (*CARRIERS, place)
    at: KeyPath = (*whole, *key)
    for known in [below for below in tree.places if below[: len(at)] == at]:
        del tree.places[known]
    tree.places[at] = Place(file=setting.source, key=written(path))
    both = tree.place(whole)
    if not both.key:  # what is wrong with the two together has to name both, and what takes ours back
        tree.places[whole] = Place(file=f"{both} with what was {setting.source}", key=written(path[:2]))
