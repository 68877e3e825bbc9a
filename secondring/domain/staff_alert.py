"""Texts to the nurses' and supervisors' own phones about an urgent caller: each says what is new.

Several things may happen within one second, as when no phone is registered: nobody may be called, and the ladder is
over. Three texts of the same words then say less than one.
"""

from datetime import datetime, timedelta

from secondring.domain import episodes
from secondring.domain.casework import Wording
from secondring.domain.ports import Books
from secondring.domain.records import Episode, Task, TextState
from secondring.domain.rules import Site

FOLD = timedelta(minutes=1)
"""Within this after an alert about the same caller, the same words, and that nobody has taken it yet, are no news."""
_LOST = (TextState.FAILED, TextState.CANCELLED)


def alert_staff(
    books: Books, episode: Episode, site: Site, template: str, wording: Wording, task: Task, now: datetime
) -> None:
    """Text the site's alert numbers, unless they have just been told. That the ladder is over is always told."""
    if _told_just_now(books, episode, template, now):
        return
    body = wording.text(template, site=site, language=site.language, now=now, task=task.id)
    for phone in site.alert_numbers:
        episodes.queue_text(books, episode, site, template, body, now=now, due_at=now, to=phone)


def _told_just_now(books: Books, episode: Episode, template: str, now: datetime) -> bool:
    told = {
        text.template
        for text in books.texts_of(episode.id)
        if text.outgoing and text.state not in _LOST and now - text.created_at < FOLD
    }
    if template == episodes.ALERT_NOBODY:
        return not told.isdisjoint(episodes.STAFF_ALERTS)
    return template in told
