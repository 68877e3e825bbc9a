"""Names of things, as types of their own.

`Uniqueid` names one channel; `Linkedid` names a group of channels and changes when calls merge.
Both are strings on the wire, and mixing them up is the classic bug of this field, so they are
different types here and nothing converts between them silently.
"""

import base64
import hashlib
from dataclasses import dataclass
from typing import NewType

Uniqueid = NewType("Uniqueid", str)
Linkedid = NewType("Linkedid", str)
SiteId = NewType("SiteId", str)
EpisodeId = NewType("EpisodeId", str)
TextId = NewType("TextId", str)
TaskId = NewType("TaskId", str)
JobKey = NewType("JobKey", str)
UrgentId = NewType("UrgentId", str)
AlarmId = NewType("AlarmId", str)


@dataclass(frozen=True, slots=True, order=True)
class CallId:
    """A call, named by the PBX it came in on and the Uniqueid of its inbound channel."""

    pbx: str
    uniqueid: Uniqueid

    def __str__(self) -> str:
        return f"{self.pbx}/{self.uniqueid}"

    @staticmethod
    def parse(text: str) -> "CallId":
        """Read back what `str()` wrote; raises ValueError when there is no `/`."""
        pbx, sep, uniqueid = text.partition("/")
        if not (pbx and sep and uniqueid):
            raise ValueError(f"not a call id: {text!r} (expected PBX/UNIQUEID)")
        return CallId(pbx, Uniqueid(uniqueid))


def derived_id(prefix: str, *parts: str) -> str:
    """A short id made from its parts, so that making the same thing twice gives the same id.

    60 bits of BLAKE2b: at ten million rows the chance of any collision is below 1 in 20,000.
    """
    digest = hashlib.blake2b("\x1f".join(parts).encode(), digest_size=10).digest()
    return f"{prefix}-{base64.b32encode(digest).decode().lower()[:12]}"


def episode_id(first_call: CallId) -> EpisodeId:
    """The episode that this missed call opens."""
    return EpisodeId(derived_id("E", str(first_call)))


def text_id(episode: EpisodeId, step: str) -> TextId:
    """The text of one step of an episode (`first`, `book-2`, ...)."""
    return TextId(derived_id("M", episode, step))


def task_id(episode: EpisodeId, queue: str, number: int) -> TaskId:
    """The n-th task of an episode in a queue."""
    return TaskId(derived_id("T", episode, queue, str(number)))


def urgent_id(episode: EpisodeId, number: int) -> UrgentId:
    """The n-th time that an episode became urgent."""
    return UrgentId(derived_id("U", episode, str(number)))
