"""What follows from a booking: the end of the episode, the text that confirms it, the tasks that it settles."""

from datetime import datetime
from typing import TYPE_CHECKING

from secondring.domain import consent, episodes
from secondring.domain.answers import REPLIES_PER_DAY, TITLES
from secondring.domain.booking import Booking
from secondring.domain.casework import DAY, Wording
from secondring.domain.deskwork import NO_BOOKING, NO_CONTACT_YET
from secondring.domain.ports import Books
from secondring.domain.records import Episode, Intent, Outcome, Task
from secondring.domain.replies import GIVEN_UP
from secondring.domain.rules import FRONT_DESK, Clock, Rules

if TYPE_CHECKING:
    from secondring.domain.booking_desk import Visitor

CALLED_OFF = "Offer another time (we called off what they had booked)"
TELL_THEM = "Tell them their new time (we moved what they had booked)"
CALL_ME = "Call them (asked for it on the booking page)"
_WISHES = (TITLES[intent] for intent in (Intent.BOOK, Intent.RESCHEDULE, Intent.HELP))
_REMARKS = (NO_CONTACT_YET, episodes.SPOKEN_SINCE)
MADE_FOR_BOOKING = frozenset({CALL_ME, CALLED_OFF, TELL_THEM, NO_BOOKING, *_WISHES, *_REMARKS})
"""What a task says, part by part, that a booking settles."""


def booked(
    books: Books,
    rules: Rules,
    wording: Wording,
    episode: Episode,
    booking: Booking,
    now: datetime,
    *,
    moved: bool,
    link: str,
) -> None:
    """They have a time: that is what it was all for. `link` is where they change or cancel it."""
    what = "moved their booking" if moved else "booked a time"
    episode = _still_here(books, episode, now)
    episodes.note(books, now, "booked", "booking-page", f"the caller {what}", episode=episode.id)
    _settle(books, episode, now)
    template = "booking-moved" if moved else "booked"
    _tell(books, rules, wording, template, booking, episode, now, link=link)


def _still_here(books: Books, episode: Episode, now: datetime) -> Episode:
    """Someone whom we had given up, and who books after all, was won back."""
    if episode.is_open or episode.outcome not in GIVEN_UP:
        return episode
    because = "the caller booked after the episode had ended"
    return episodes.reopen(books, episode, now, max(episode.window_ends_at - now, DAY), because)


def _settle(books: Books, episode: Episode, now: datetime) -> None:
    """Close the episode, and the tasks that the booking makes needless. Other wishes stay on their lists.

    Whoever said that it is urgent stays open until somebody has spoken with them: a booked time is no answer.
    """
    because = "the caller booked on the booking page"
    for task in episodes.open_tasks(books, episode.id):
        if _is_settled(task):
            episodes.finish_task(books, task, now, because)
    episodes.drop_timer(books, episodes.LINK_SILENCE, episode.id)
    episodes.drop_timer(books, episodes.REMINDER, episode.id)
    if episode.urgent_at is not None and episode.urgent_reached_at is None:
        because = "booked, but it was urgent and nobody has spoken with them yet: the episode stays open"
        episodes.note(books, now, "stay-open", "urgent", because, episode=episode.id)
        return
    episodes.close(books, episode, Outcome.BOOKED, "booking-page", because, now, keep_tasks=True)


def _is_settled(task: Task) -> bool:
    """The desk's task to call or to book; not one that holds other words of the caller's."""
    if task.urgent or task.queue != FRONT_DESK:
        return False
    return task.said == "" or MADE_FOR_BOOKING.issuperset(task.title.split("; "))


def cancelled(
    books: Books, rules: Rules, wording: Wording, booking: Booking, episode: Episode, now: datetime
) -> None:
    """They gave their time back. Within the episode's window they are once more a caller to win back."""
    because = "the caller cancelled what they had booked"
    episodes.note(books, now, "booking-cancelled", "booking-page", because, episode=episode.id)
    if episode.outcome is Outcome.BOOKED and now < episode.window_ends_at:
        episodes.reopen(books, episode, now, episode.window_ends_at - now, because)
    _tell(books, rules, wording, "booking-cancelled", booking, episode, now)


def called_off(
    books: Books,
    rules: Rules,
    wording: Wording,
    booking: Booking,
    episode: Episode,
    who: str,
    now: datetime,
) -> None:
    """The clinic gave their time back: they are told, and a person offers them another one."""
    because = f"{who} called off what the caller had booked"
    episodes.note(books, now, "booking-cancelled", "person", because, episode=episode.id)
    if not episode.is_open:
        episode = episodes.reopen(books, episode, now, max(episode.window_ends_at - now, DAY), because)
    site = rules.site(booking.site)
    episodes.open_task(books, episode, site, FRONT_DESK, Clock.WITHIN_THE_HOUR, CALLED_OFF, now=now)
    _tell(books, rules, wording, "booking-cancelled", booking, episode, now)


def moved_by_staff(
    books: Books,
    rules: Rules,
    wording: Wording,
    booking: Booking,
    episode: Episode,
    who: str,
    now: datetime,
    *,
    link: str,
) -> None:
    """The clinic moved it: they are told by text where one can go, else a person tells them."""
    because = f"{who} moved what the caller had booked"
    episodes.note(books, now, "booked", "person", because, episode=episode.id)
    site = rules.site(booking.site)
    told = bool(link) and _tell(books, rules, wording, "booking-moved", booking, episode, now, link=link)
    if not told or site.shadow:
        episodes.open_task(books, episode, site, FRONT_DESK, Clock.WITHIN_THE_HOUR, TELL_THEM, now=now)


def call_them(books: Books, rules: Rules, visitor: "Visitor", now: datetime) -> None:
    """A person calls, within the hour of business time."""
    episode = visitor.episode
    if not episode.is_open and episode.outcome in GIVEN_UP:
        because = "the caller asked for a call after the episode had ended"
        episode = episodes.reopen(books, episode, now, max(episode.window_ends_at - now, DAY), because)
    site = rules.site(visitor.site.id)
    episodes.open_task(books, episode, site, FRONT_DESK, Clock.WITHIN_THE_HOUR, CALL_ME, now=now)
    because = "the caller asked to be called"
    episodes.note(books, now, "call-me", "booking-page", because, episode=episode.id)


def _tell(
    books: Books,
    rules: Rules,
    wording: Wording,
    template: str,
    booking: Booking,
    episode: Episode,
    now: datetime,
    *,
    link: str = "",
) -> bool:
    """Say so by text, unless they want none or had too many today; True when a text was written."""
    if episode.caller is None or not consent.standing(books.consent(episode.caller)).may_text:
        return False
    sent = books.count_texts_out(since=now - DAY, to=episode.caller, at_most=REPLIES_PER_DAY)
    if sent >= REPLIES_PER_DAY:
        return False
    site = rules.site(booking.site)
    body = wording.text(
        template,
        site=site,
        language=episode.language,
        now=now,
        link=link,
        visit_at=booking.starts_at,
    )
    episodes.queue_text(books, episode, site, template, body, now=now, due_at=now)
    return True
