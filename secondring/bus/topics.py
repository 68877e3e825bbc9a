"""Every topic of ours: what is said there, who says it, and the schema that each message keeps to.

docs/mqtt.md is written from this, and tests hold every message that is published against its schema.
"""

import json
from dataclasses import dataclass
from enum import StrEnum
from importlib.resources import files
from typing import Any


class Bell(StrEnum):
    """The doorbells between services."""

    WORK = "work"
    """There is something new in the books."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """Where messages of one kind go. `<...>` stands for one level of the topic."""

    pattern: str
    schema: str
    """The file with its schema; its number is the `v` of the messages."""
    retained: bool
    by: str
    """Which services publish there."""
    what: str

    def is_of(self, topic: str) -> bool:
        """True when a message on that topic is one of these."""
        ours, theirs = self.pattern.split("/"), topic.split("/")
        return len(ours) == len(theirs) and all(
            mine.startswith("<") or mine == other for mine, other in zip(ours, theirs, strict=True)
        )

    def read_schema(self) -> dict[str, Any]:
        """The schema, as JSON Schema 2020-12."""
        text = files("secondring.bus").joinpath("schemas", self.schema).read_text("utf-8")
        found: dict[str, Any] = json.loads(text)
        return found


CATALOGUE = (
    Topic(
        pattern="secondring/<pbx>/status",
        schema="presence-1.json",
        retained=True,
        by="gateway, run",
        what="whether lamps and alarms are kept up to date; last will",
    ),
    Topic(
        pattern="secondring/<pbx>/services/<service>",
        schema="presence-1.json",
        retained=True,
        by="each service",
        what="whether a service is there: `listen`, `agi`, `gateway`, `web` or `run`; last will",
    ),
    Topic(
        pattern="secondring/<pbx>/bell/<name>",
        schema="bell-1.json",
        retained=False,
        by="each service",
        what="the doorbell between services; `work`: there is something new in the books",
    ),
    Topic(
        pattern="secondring/<pbx>/<site>/urgent",
        schema="lamp-1.json",
        retained=True,
        by="gateway, run",
        what="how things stand with a site's urgent callers: for a lamp",
    ),
    Topic(
        pattern="secondring/<pbx>/<site>/urgent/event",
        schema="urgent-event-1.json",
        retained=False,
        by="gateway, run",
        what="what happened to an urgent caller",
    ),
    Topic(
        pattern="secondring/<pbx>/<site>/alarm",
        schema="alarm-1.json",
        retained=False,
        by="gateway, run; each service where the database fails",
        what="an alarm of one site",
    ),
    Topic(
        pattern="secondring/<pbx>/alarm",
        schema="alarm-1.json",
        retained=False,
        by="gateway, run; each service where the database fails",
        what="an alarm that is about no single site",
    ),
)
"""All of them."""


def topic_of(name: str) -> Topic | None:
    """What a topic is; None when it is none of ours."""
    return next((topic for topic in CATALOGUE if topic.is_of(name)), None)
