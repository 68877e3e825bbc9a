"""How the readers of single values say no."""

from pydantic_core import PydanticCustomError

from config.problems import KeyPath


def refusal(what: str, remedy: str, at: KeyPath = ()) -> PydanticCustomError:
    """What a reader raises: what is wrong, and what to write instead."""
    return PydanticCustomError("refused", "{what}", {"what": what, "remedy": remedy, "at": at})
