"""Holds what we publish against the schemas that we ship."""

import json
from functools import lru_cache
from typing import Any

from jsonschema import Draft202012Validator

from secondring.bus import parcels
from secondring.bus.seal import Seal
from secondring.bus.site_topics import SiteTopic, site_topic_of
from secondring.bus.topics import Topic, topic_of


@lru_cache
def _validator(topic: Topic) -> Draft202012Validator:
    return _of(topic.read_schema())


@lru_cache
def _inside(topic: SiteTopic) -> Draft202012Validator:
    return _of(topic.read_inside())


def _of(schema: dict[str, Any]) -> Draft202012Validator:
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def breaches(topic: str, payload: Any, retained: bool = False) -> list[str]:
    """What is wrong with a message; nothing when it is in the catalogue and keeps to its schema."""
    return _breaches(topic_of(topic), topic, payload, retained)


def site_breaches(topic: str, payload: Any, seal: Seal, retained: bool = False) -> list[str]:
    """The same, of a message between a site box and its centre, and of what is sealed in it."""
    found = site_topic_of(topic)
    wrong = _breaches(found, topic, payload, retained)
    if wrong or found is None or "sealed" not in payload:
        return wrong
    words = parcels.unpacked(seal, topic, payload).words
    if not found.inside:
        return [] if words == payload["id"] else [f"{topic}: more is sealed than the id"]
    return [f"{topic}, sealed: {error.message}" for error in _inside(found).iter_errors(json.loads(words))]


def _breaches(found: Topic | None, topic: str, payload: Any, retained: bool) -> list[str]:
    if found is None:
        return [f"{topic} is not in the catalogue"]
    wrong = [f"{topic}: {error.message}" for error in _validator(found).iter_errors(payload)]
    if retained and not found.retained:
        wrong.append(f"{topic} is retained, and the catalogue says that it is not")
    return wrong
