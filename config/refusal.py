"""How the readers of single values say no."""

from collections.abc import Sequence

from pydantic_core import PydanticCustomError

from config.problems import KeyPath


def refusal(what: str, remedy: str, at: KeyPath = ()) -> PydanticCustomError:
    """What a reader raises: what is wrong, and what to write instead."""
    return PydanticCustomError("refused", "{what}", {"what": what, "remedy": remedy, "at": at})


def together(slips: Sequence[PydanticCustomError]) -> PydanticCustomError:
    """Several in one value, told at once: the others travel with the first."""
    first, *others = (dict(slip.context or {}) for slip in slips)
    return PydanticCustomError("refused", "{what}", first | {"also": others})
