"""Every topic between site boxes and their centre: what is said there, and the schemas that it keeps to.

They are on the centre's broker. What is said is sealed: one schema is for the message as the broker sees it, another
for what is in it. docs/mqtt.md is written from this, and tests hold what is published against it, opened too.
"""

import json
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from secondring.bus import parcels
from secondring.bus.topics import Topic

PARCEL, PRESENCE, REFUSED = "site-parcel-1.json", "presence-1.json", "site-refused-1.json"
DISPATCH, BEAT, HAND_OVER = "site-dispatch-1.json", "site-beat-1.json", "site-hand-over-1.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteTopic(Topic):
    """One between a box and its centre."""

    inside: str = ""
    """The schema of what is sealed in it. Empty: nothing is, or no more than the message's own `id`."""

    def read_inside(self) -> dict[str, Any]:
        """The schema of what is sealed in it."""
        found: dict[str, Any] = json.loads(
            files("secondring.bus").joinpath("schemas", self.inside).read_text("utf-8")
        )
        return found


def _up(
    what: str, words: str, *, schema: str = PARCEL, inside: str = "", retained: bool = False
) -> SiteTopic:
    pattern = parcels.up("<box>", what)
    return SiteTopic(
        pattern=pattern, schema=schema, inside=inside, retained=retained, by="the box", what=words
    )


def _down(what: str, words: str, *, schema: str = PARCEL, inside: str = "") -> SiteTopic:
    pattern = parcels.down("<box>", what)
    return SiteTopic(
        pattern=pattern, schema=schema, inside=inside, retained=False, by="the centre", what=words
    )


BETWEEN_SITES = (
    _up("urgent", "a dispatch about an urgent caller", inside=DISPATCH),
    _up("live", "a dispatch of the last two minutes", inside=DISPATCH),
    _up("late", "a dispatch that waited in the spool", inside=DISPATCH),
    _up(parcels.BEAT, "every 10 s: how much waits, whether the PBX is heard", inside=BEAT),
    _up(parcels.STATUS, "whether the box is there; last will. Not sealed", schema=PRESENCE, retained=True),
    _down(parcels.TAKEN, "the dispatch of that `id` is in the books"),
    _down(parcels.BEAT, "the beat of that `id` was opened"),
    _down(parcels.REFUSED, "what the box says cannot be opened. Not sealed", schema=REFUSED),
    _down(parcels.HAND_OVER, "an urgent caller to ring for", inside=HAND_OVER),
    _down(parcels.REACHED, "somebody has spoken with the urgent caller of the case `id`"),
)
"""All of them."""


def site_topic_of(name: str) -> SiteTopic | None:
    """What a topic is; None when it is none between sites."""
    return next((topic for topic in BETWEEN_SITES if topic.is_of(name)), None)
