"""The use cases of the centre: what its site boxes tell becomes casework, each dispatch once, in one transaction with
the note that it was taken.

A box speaks for its own PBX and its own sites. Whatever it says of others is refused, so that a stolen box harms no
more than its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from secondring.domain import promised
from secondring.domain.alarms import Alarm, raise_in
from secondring.domain.booking_link import Links
from secondring.domain.call_events import CallEnded, CallEvent
from secondring.domain.casework import Casework, Wording
from secondring.domain.centre_urgent import CentreTriage
from secondring.domain.dispatches import (
    LIVE_FOR,
    AlarmTold,
    Dispatch,
    NotTheirs,
    TextAsked,
    TextsDeclined,
    UrgentTold,
    call_of,
)
from secondring.domain.ids import SiteId
from secondring.domain.offer import Offers
from secondring.domain.ports import Books
from secondring.domain.rules import Rules


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A site box, as the centre knows it."""

    name: str
    """That of its PBX: its place in the topics, and in the ids of its calls."""
    sites: tuple[SiteId, ...]
    """Whose calls it hears and whose ladders it rings. The first takes calls to numbers that are none's."""


def rules_for(rules: Rules, box: Box) -> Rules:
    """The clinic's wishes as far as they are about this box's sites."""
    sites = tuple(site for site in rules.sites if site.id in box.sites)
    if not sites:
        raise NotTheirs(
            f"box {box.name} has no site of the configuration: look at boxes.known.{box.name}.sites"
        )
    others = {number for site in rules.sites for number in (site.phone, *site.texting, *site.dids)}
    return replace(rules, sites=sites, guards=replace(rules.guards, own=rules.guards.own | others))


class CentreDesk:
    """Takes in dispatches. `rules` may become others between two transactions."""

    def __init__(self, rules: Rules, wording: Wording, links: Links, announcement: str) -> None:
        self.rules = rules
        self._wording = wording
        self._links = links
        self._announcement = announcement

    def take(self, books: Books, box: Box, name: str, dispatch: Dispatch, now: datetime) -> bool:
        """Take in one dispatch, whose name is `name`. False when it is in the books already.

        Raises NotTheirs when it is about somebody else's calls.
        """
        if not books.take_dispatch(box.name, name, now):
            return False
        call = call_of(dispatch)
        if call is not None and call.pbx != box.name:
            raise NotTheirs(f"box {box.name} told of a call of another PBX")
        rules = rules_for(self.rules, box)
        if isinstance(dispatch, TextAsked):
            offers = Offers(rules, self._wording, self._announcement, self._links)
            promised.text(books, offers, rules, dispatch, now)
        elif isinstance(dispatch, TextsDeclined):
            offers = Offers(rules, self._wording, self._announcement, self._links)
            promised.no_texts(books, offers, rules, dispatch)
        elif isinstance(dispatch, UrgentTold):
            CentreTriage(rules, self._wording).take(books, dispatch, now)
        elif isinstance(dispatch, AlarmTold):
            site = dispatch.site if dispatch.site in box.sites else ""
            raise_in(books, Alarm(dispatch.kind, f"box {box.name}: {dispatch.because}", site), rules, now)
        else:
            Casework(rules, self._wording).tell(books, [_dated(dispatch, now)], now)
        return True

    def leave_to_people(
        self, books: Books, box: Box, name: str, dispatch: Dispatch, why: str, now: datetime
    ) -> None:
        """Our code fails on it: people are told, and it counts as taken."""
        books.take_dispatch(box.name, name, now)
        call = call_of(dispatch)
        what = (
            f"call {call}" if call else "an urgent caller" if isinstance(dispatch, UrgentTold) else "an alarm"
        )
        because = f"a person has to look after {what} of box {box.name}: {why}"
        raise_in(books, Alarm("call-not-handled", because), self.rules, now)
        if not isinstance(dispatch, TextAsked | TextsDeclined | UrgentTold | AlarmTold):
            rules = rules_for(self.rules, box)
            Casework(rules, self._wording).leave_to_a_person(books, dispatch, now)


def _dated(event: CallEvent, now: datetime) -> CallEvent:
    """A call that ended a while ago is late, whatever kept it: who was missed then may have been answered since."""
    if isinstance(event, CallEnded) and now - event.ended_at > LIVE_FOR:
        return replace(event, late=True)
    return event


def box_of(boxes: Sequence[Box], site: SiteId) -> Box | None:
    """The box that rings a site's phones; None when our own PBX does."""
    return next((box for box in boxes if site in box.sites), None)
