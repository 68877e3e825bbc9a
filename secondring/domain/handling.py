"""What people do with a row of the work list, beside taking and finishing it (`deskwork`).

Every change says which row it was meant for, as its screen showed it: two people never share one unknowingly.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from secondring.domain import episodes
from secondring.domain.errors import NotNow, UnknownThing
from secondring.domain.hours import OpeningHours, next_opening
from secondring.domain.ids import EpisodeId, TaskId, UrgentId
from secondring.domain.ports import Books
from secondring.domain.records import Task, TaskState
from secondring.domain.rules import QUEUES, TRIAGE
from secondring.domain.staff import StaffNote
from secondring.domain.urgent_case import UrgentCase

SNOOZES: Mapping[str, timedelta | None] = {
    "15-minutes": timedelta(minutes=15),
    "1-hour": timedelta(hours=1),
    "next-opening": None,
}
"""For how long a row may be put off; None: until the clinic opens next on another day."""
LONGEST_NOTE = 1000
"""Characters."""


class MovedOn(NotNow):
    """Somebody else has done something with the row since it was shown."""


def mark(task: Task) -> str:
    """What a screen shows of who works on a row, to be sent back with what is done to it."""
    return f"{task.state}:{task.queue}:{task.owner or ''}"


def as_seen(books: Books, task_id: TaskId, seen: str, names: Mapping[str, str]) -> Task:
    """The task, when it is still as it was shown; raises MovedOn with who has it, by `names`."""
    task = books.task(task_id)
    if task is None:
        raise UnknownThing("This row is not there any more.")
    if mark(task) == seen:
        return task
    if task.state is TaskState.DONE:
        raise MovedOn(f"This is done already ({task.closed_because}).")
    if task.owner is not None:
        raise MovedOn(f"{names.get(task.owner, task.owner)} has it. Ask them, or take another one.")
    raise MovedOn("Somebody has changed this row in the meantime. Look again.")


def release(books: Books, task: Task, who: str, now: datetime) -> Task:
    """Give a row back, for anybody to take."""
    if task.owner != who:
        raise MovedOn("This row is not yours.")
    free = replace(task, owner=None, state=TaskState.OPEN)
    books.save_task(free)
    episodes.note(books, now, "task-released", "person", f"{who} gave {task.id} back", episode=task.episode)
    return free


def reassign(books: Books, task: Task, who: str, now: datetime, *, queue: str, owner: str | None) -> Task:
    """Give a row to another queue, to a colleague, or both. What is urgent stays with triage."""
    if queue not in QUEUES:
        raise UnknownThing("There is no such queue.")
    if task.urgent and queue != TRIAGE:
        raise NotNow("This is urgent: it stays with triage until someone has spoken with the caller.")
    state = TaskState.TAKEN if owner else TaskState.OPEN
    moved = replace(task, queue=queue, owner=owner, state=state)
    books.save_task(moved)
    to = f"{queue}, {owner}" if owner else queue
    episodes.note(
        books, now, "task-reassigned", "person", f"{who} gave {task.id} to {to}", episode=task.episode
    )
    return moved


def snooze(books: Books, task: Task, who: str, now: datetime, *, until: datetime) -> Task:
    """Put a row off: it waits at the bottom of the list. Its due time stays, and what is urgent cannot be put off."""
    if task.urgent:
        raise NotNow("This is urgent: it cannot be put off.")
    if task.owner not in (None, who):
        raise MovedOn("This row is somebody else's.")
    put_off = replace(task, snoozed_until=until)
    books.save_task(put_off)
    because = f"{who} put {task.id} off until {until:%Y-%m-%d %H:%M} UTC"
    episodes.note(books, now, "task-snoozed", "person", because, episode=task.episode)
    return put_off


def snooze_end(hours: OpeningHours, choice: str, now: datetime) -> datetime:
    """When a row that is put off comes back. Raises UnknownThing for a choice that there is not."""
    if choice not in SNOOZES:
        raise UnknownThing("There is no such time to put it off to.")
    span = SNOOZES[choice]
    if span is not None:
        return now + span
    tomorrow = now + timedelta(hours=12)
    return next_opening(hours, tomorrow) or now + timedelta(days=1)


def write_note(
    books: Books, episode: EpisodeId, task: TaskId | None, who: str, words: str, now: datetime
) -> None:
    """Write something down about a caller, for colleagues."""
    words = words.strip()
    if not words:
        raise NotNow("The note is empty.")
    if len(words) > LONGEST_NOTE:
        raise NotNow(f"A note may have {LONGEST_NOTE} characters.")
    books.add_note(StaffNote(at=now, episode=episode, task=task, by=who, words=words))


def sign(books: Books, case_id: UrgentId, who: str, now: datetime) -> UrgentCase:
    """Somebody says that they know of an urgent caller whom nobody took: the alarm is over. The red task is not."""
    case = books.urgent_case(case_id)
    if case is None or case.last_resort_at is None:
        raise UnknownThing("There is no such alarm.")
    if case.signed_at is not None:
        raise MovedOn(f"{case.signed_by or 'Somebody'} has signed for it already.")
    signed = replace(case, signed_at=now, signed_by=who)
    books.save_urgent_case(signed)
    episodes.note(books, now, "alarm-signed", "person", f"{who} signed for the alarm", episode=case.episode)
    return signed
