"""What each page shows a visitor: plain values for the templates."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

from secondring.booking_web import spoken
from secondring.booking_web.drawing import contact
from secondring.booking_web.forms import NAME_LENGTH
from secondring.booking_web.words import LANGUAGES, OTHER, WORDS
from secondring.domain.booking import Booking
from secondring.domain.booking_desk import Visitor
from secondring.domain.rules import Ask, BookingRules
from secondring.domain.timetable import Slot, VisitType

SOONEST = 3
"""Times that stand on the first page as large buttons."""
NOTES = ("taken", "changed")
"""What a page may say on top, by the address."""


@dataclass(frozen=True, slots=True)
class Look:
    """One visitor's look at a page: who, in which language, and when."""

    visitor: Visitor
    language: str
    now: datetime
    note: str = ""

    @property
    def zone(self) -> str:
        return self.visitor.timetable.zone

    @property
    def today(self) -> date:
        return spoken.local(self.now, self.zone).date()

    def path(self, step: str = "", **query: str) -> str:
        """The address of a step, in the visitor's language."""
        given = {"lang": self.language} | {name: value for name, value in query.items() if value}
        return f"/b/{self.visitor.token}{'/' if step else ''}{step}?{urlencode(given)}"

    def common(self, step: str = "", **query: str) -> dict[str, Any]:
        """What every page has. `step` is the page itself, to say it in the other language."""
        other = {"lang": OTHER[self.language]} | {name: value for name, value in query.items() if value}
        return {
            "sites": [contact(self.visitor.site)],
            "here": f"/b/{self.visitor.token}{'/' if step else ''}{step}?{urlencode(other)}",
            "note": WORDS[self.language][self.note] if self.note in NOTES else "",
            "start": self.path(),
            "call_me": self.path("call-me"),
        }


def language_of(asked: str, otherwise: str) -> str:
    """The language that was asked for by the address, else the one that the caller wrote in."""
    wanted = asked or otherwise
    return wanted if wanted in LANGUAGES else LANGUAGES[0]


def choose_visit(look: Look) -> dict[str, Any]:
    """What is it for?"""
    rows = [
        {
            "name": visit.name(look.language),
            "length": _minutes(look, visit),
            "path": look.path("times", visit=visit.id),
        }
        for visit in look.visitor.timetable.visits
    ]
    return look.common("times") | {"visits": rows}


def _minutes(look: Look, visit: VisitType) -> str:
    return WORDS[look.language]["minutes"].format(count=int(visit.length.total_seconds()) // 60)


def pick(look: Look, visit: VisitType, slots: list[Slot], day: date | None) -> dict[str, Any]:
    """The soonest times and the days; or, with a day, all times of that day."""
    words, booked = WORDS[look.language], look.visitor.booked
    shown = [slot for slot in slots if day is not None and _day(look, slot) == day]
    chosen = shown if day is not None else slots[:SOONEST]
    return look.common("times", visit=visit.id, day=day.isoformat() if day else "") | {
        "title": words["pick_new"] if booked else words["pick"],
        "yours": words["yours_until"].format(when=_whole(look, booked.starts_at)) if booked else "",
        "visit": visit,
        "visit_name": visit.name(look.language) if len(look.visitor.timetable.visits) > 1 else "",
        "heading": spoken.near_day(day, look.today, look.language) if day else words["soonest"],
        "slots": [_button(look, slot, with_day=day is None) for slot in chosen],
        "days": [] if day is not None else _days(look, visit, slots),
        "all_days": look.path("times", visit=visit.id) if day is not None else "",
        "nothing": _nothing(look, day) if not chosen else "",
        "hold": look.path("hold"),
        "keep": look.path() if booked else "",
    }


def _nothing(look: Look, day: date | None) -> str:
    words = WORDS[look.language]
    return (
        words["no_times_day"] if day else words["no_times"].format(days=look.visitor.timetable.horizon.days)
    )


def _day(look: Look, slot: Slot) -> date:
    return spoken.local(slot.starts_at, look.zone).date()


def _button(look: Look, slot: Slot, *, with_day: bool) -> dict[str, str]:
    return {
        "value": str(int(slot.starts_at.timestamp())),
        "soon": spoken.soon(_day(look, slot), look.today, look.language) if with_day else "",
        "day": spoken.day(_day(look, slot), look.language) if with_day else "",
        "clock": spoken.clock(slot.starts_at, look.zone, look.language),
    }


def _days(look: Look, visit: VisitType, slots: list[Slot]) -> list[dict[str, str]]:
    words = WORDS[look.language]
    counted = Counter(_day(look, slot) for slot in slots)
    return [
        {
            "name": spoken.near_day(day, look.today, look.language),
            "count": words["one_time"] if count == 1 else words["times"].format(count=count),
            "path": look.path("times", visit=visit.id, day=day.isoformat()),
        }
        for day, count in counted.items()
    ]


def _whole(look: Look, at: datetime) -> str:
    return spoken.whole(at, look.zone, look.language)


def _facts(look: Look, booking: Booking) -> dict[str, Any]:
    """Day, time and place, in words."""
    visit = look.visitor.timetable.visit(booking.visit)
    several = len(look.visitor.timetable.visits) > 1
    return {
        "booking": booking.id,
        "what": visit.name(look.language) if visit and several else "",
        "when": _whole(look, booking.starts_at),
        "clinic": look.visitor.site.name,
        "address": look.visitor.timetable.address,
    }


def confirm(
    look: Look,
    held: Booking,
    page: BookingRules,
    form: dict[str, str] | None = None,
    wrong: frozenset[str] = frozenset(),
) -> dict[str, Any]:
    """Is this right? `form` is what they wrote before, when something in it is wrong."""
    words = WORDS[look.language]
    written = form or {}
    clock = spoken.clock(held.held_until, look.zone, look.language)
    return (
        look.common()
        | _facts(look, held)
        | {
            "kept": words["kept_until"].format(clock=clock),
            "ask_name": page.ask_name,
            "ask_born": page.ask_birth_date,
            "ask": Ask,
            "first_name": written.get("first_name", ""),
            "born": written.get("born", ""),
            "wrong_name": words["need_name"].format(most=NAME_LENGTH) if "first_name" in wrong else "",
            "wrong_born": words["need_born"] if "born" in wrong else "",
            "confirm": look.path("confirm"),
            "let_go": look.path("let-go"),
        }
    )


def booked(look: Look, booking: Booking) -> dict[str, Any]:
    """You are booked."""
    return (
        look.common()
        | _facts(look, booking)
        | {
            "follows": WORDS[look.language]["text_follows" if look.visitor.gets_texts else "keep_text"],
            "file": look.path("visit.ics"),
            "change": look.path("times", visit=booking.visit),
            "cancel": look.path("cancel"),
        }
    )


def cancel(look: Look, booking: Booking) -> dict[str, Any]:
    """Are you sure?"""
    return look.common("cancel") | _facts(look, booking) | {"cancel": look.path("cancel")}


def done(look: Look, title: str, text: str, *, way_on: str = "") -> dict[str, Any]:
    """Something was done; `way_on` leads to a new time."""
    return look.common() | {"title": title, "text": text, "way_on": way_on}


def cancelled_text(look: Look, booking: Booking) -> str:
    """What they do not have any more."""
    return WORDS[look.language]["cancelled_text"].format(when=_whole(look, booking.starts_at))
