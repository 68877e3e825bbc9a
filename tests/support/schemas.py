"""Holds what we publish against the schemas that we ship."""

from functools import lru_cache
from typing import Any

from jsonschema import Draft202012Validator

from secondring.bus.topics import Topic, topic_of


@lru_cache
def _validator(topic: Topic) -> Draft202012Validator:
    schema = topic.read_schema()
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def breaches(topic: str, payload: Any, retained: bool = False) -> list[str]:
    """What is wrong with a message; nothing when it is in the catalogue and keeps to its schema."""
    found = topic_of(topic)
    if found is None:
        return [f"{topic} is not in the catalogue"]
    wrong = [f"{topic}: {error.message}" for error in _validator(found).iter_errors(payload)]
    if retained and not found.retained:
        wrong.append(f"{topic} is retained, and the catalogue says that it is not")
    return wrong
