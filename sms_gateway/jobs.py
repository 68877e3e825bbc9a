"""The job that sends a text."""

from datetime import datetime

from secondring.domain.episodes import SEND_TEXT, send_key
from secondring.domain.ids import TextId
from secondring.domain.ports import Books
from secondring.domain.records import Job


def send_again(books: Books, text: TextId, held: Job | None, due_at: datetime) -> None:
    """Plan to send a text, with the job that we hold for it or without one. May raise StaleLease."""
    if held is not None:
        books.retry_job(held, due_at)
        return
    key = send_key(text)
    if not books.add_job(Job(key=key, kind=SEND_TEXT, ref=text, due_at=due_at)):
        books.move_job(key, due_at)
