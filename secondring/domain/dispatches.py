"""What a site box tells the centre: calls, wishes of callers, urgent callers. Each counts once, whatever happens to
the line between the two.

A dispatch is kept in the box's spool in the transaction that it belongs to, and leaves it when the centre has said that
it is in its books. Dispatches of one group (one call, one urgent caller) go one after the other.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from secondring.domain.call_events import CallAnswered, CallBegan, CallEnded
from secondring.domain.errors import SecondRingError
from secondring.domain.ids import CallId
from secondring.domain.offer import InCall
from secondring.domain.site_ports import SiteBooks, Spooled
from secondring.domain.urgent_case import UrgentCase


class NotTheirs(SecondRingError):
    """A box told something that is not its to tell."""


LIVE_FOR = timedelta(minutes=2)
"""What was spooled longer ago is old: it goes beside what is live, and never before it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TextAsked:
    """Key 1: the caller was told that a text comes."""

    call: CallId
    heard: InCall
    typed: str = field(default="", repr=False)
    opt_in: bool = False
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TextsDeclined:
    """Key 9: the caller was told that no texts come."""

    call: CallId
    heard: InCall
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Presser:
    """Who pressed 2, as the PBX shows them."""

    call: CallId
    caller: str = field(repr=False)
    did: str = field(repr=False)
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UrgentTold:
    """One step of the ladder that runs at the box: how the case stands now, and what people have to be told of."""

    case: UrgentCase | None
    """None: the site has no ladder, and people work from the red task."""
    presser: Presser | None
    """None: a text began it, and the centre knows of whom."""
    at: datetime
    notes: tuple[tuple[str, str], ...] = ()
    """Action and reason."""
    alarms: tuple[tuple[str, str], ...] = ()
    """Kind and reason."""
    red_tasks: tuple[tuple[str, str], ...] = ()
    """Title, and the message to staff's phones."""
    texts: tuple[str, ...] = ()
    """Templates of texts to the patient."""
    spoken: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmTold:
    """Something went wrong at the box that an administrator must learn of."""

    kind: str
    because: str
    site: str
    at: datetime


Dispatch = CallBegan | CallAnswered | CallEnded | TextAsked | TextsDeclined | UrgentTold | AlarmTold

KINDS: dict[str, type[Dispatch]] = {
    "call-began": CallBegan,
    "call-answered": CallAnswered,
    "call-ended": CallEnded,
    "text-asked": TextAsked,
    "texts-declined": TextsDeclined,
    "urgent": UrgentTold,
    "alarm": AlarmTold,
}
_NAMES = {kind: name for name, kind in KINDS.items()}
OVERTAKEN = ("call-began", "call-answered")
"""What the end of a call tells too."""


def kind_of(dispatch: Dispatch) -> str:
    """Its name on the wire."""
    return _NAMES[type(dispatch)]


def call_of(dispatch: Dispatch) -> CallId | None:
    """The call that it tells of."""
    if isinstance(dispatch, UrgentTold):
        return dispatch.presser.call if dispatch.presser else None
    return None if isinstance(dispatch, AlarmTold) else dispatch.call


def group_of(dispatch: Dispatch) -> str:
    """Those of one group arrive in order."""
    if isinstance(dispatch, AlarmTold):
        return f"alarm {dispatch.kind}"
    if isinstance(dispatch, UrgentTold) and dispatch.case is not None:
        return f"urgent {dispatch.case.id}"
    return f"call {call_of(dispatch)}"


class Spool:
    """Where the use cases of a box put what the centre has to know."""

    def __init__(self, encode: Callable[[Dispatch], str], new_id: Callable[[], str]) -> None:
        """`new_id` gives random names: numbers would begin anew on a box that was restored from its backup."""
        self._encode = encode
        self._new_id = new_id

    def add(self, books: SiteBooks, dispatch: Dispatch, now: datetime) -> None:
        """Keep it for the centre, in this transaction."""
        group = group_of(dispatch)
        if isinstance(dispatch, CallEnded):
            books.drop_overtaken(group, OVERTAKEN)
        books.add_to_spool(
            Spooled(
                id=self._new_id(),
                group=group,
                kind=kind_of(dispatch),
                urgent=isinstance(dispatch, UrgentTold),
                at=now,
                words=self._encode(dispatch),
            )
        )
