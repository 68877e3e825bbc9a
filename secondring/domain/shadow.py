"""Shadow mode: how its episodes end, and what it takes over from live mode.

Whether a text is withheld is decided where texts are written (`episodes.queue_text`): from there on it is
withheld for good. Every function works inside the transaction whose books it is handed.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from secondring.domain import episodes
from secondring.domain.ids import TextId
from secondring.domain.ports import Books
from secondring.domain.records import Episode, Job, Origin, TaskState, Text, TextState
from secondring.domain.rules import FRONT_DESK, Clock, Rules

NEVER_ASKED = "shadow mode: nobody was asked to do it"
FAR = timedelta(days=30)
"""No text is held for longer."""
LEASE = timedelta(minutes=1)
AT_ONCE = 500
"""Jobs claimed at one time."""


def is_withheld(books: Books, episode: Episode) -> bool:
    """True where the caller would have been texted, and was not, because of shadow mode."""
    if episode.origin is not Origin.SHADOW:
        return False
    texts = books.texts_of(episode.id)
    return any(text.state is TextState.WITHHELD and episodes.is_first(text.template) for text in texts)


def close_untouched_tasks(books: Books, episode: Episode, now: datetime) -> None:
    """A week of shadow mode must not end in a list of late rows. What somebody took stays, and so does what is
    urgent, and all that there is for a caller who wrote to us."""
    if episode.replied_at is not None:
        return
    for task in episodes.open_tasks(books, episode.id):
        if task.owner is None and not task.urgent:
            done = replace(task, state=TaskState.DONE, closed_at=now, closed_because=NEVER_ASKED)
            books.save_task(done)


def withhold_waiting(books: Books, rules: Rules, now: datetime) -> int:
    """Shadow mode begins: texts that live mode wrote and has not sent never go. Returns how many.

    A caller who was to get their first text that way is called back by a person instead. A text in doubt, which
    the carrier may have, stays as it is: only the carrier can tell.
    """
    withheld = 0
    in_doubt: list[Job] = []
    while jobs := books.claim_jobs([episodes.SEND_TEXT], now=now + FAR, lease=LEASE, limit=AT_ONCE):
        for job in jobs:
            text = books.text(TextId(job.ref))
            if text is not None and text.state in (TextState.SENDING, TextState.UNKNOWN):
                in_doubt.append(job)
                continue
            books.finish_job(job)
            if text is not None and text.state is TextState.QUEUED:
                _withhold(books, rules, text, now)
                withheld += 1
    for job in in_doubt:
        books.retry_job(job, job.due_at)
    return withheld


def _withhold(books: Books, rules: Rules, text: Text, now: datetime) -> None:
    because = "shadow mode was switched on before it went"
    note = "it was switched on before the text went"
    books.save_text(replace(text, state=TextState.WITHHELD, due_at=min(text.due_at, now), note=note))
    episodes.note(books, now, "withhold", "shadow", because, episode=text.episode, text=text.id)
    episode = books.episode(text.episode)
    if episode is not None and episode.is_open and episodes.is_first(text.template):
        site, title = rules.site(episode.site), f"Call back ({because})"
        episodes.open_task(books, episode, site, FRONT_DESK, Clock.WITHIN_THE_HOUR, title, now=now)
