"""What people do with tasks, and what happens when nobody does anything."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from secondring.domain import episodes, shadow
from secondring.domain.casework import Wording
from secondring.domain.errors import NotNow, UnknownThing
from secondring.domain.hours import add_business_time
from secondring.domain.ids import EpisodeId, TaskId
from secondring.domain.ports import Books
from secondring.domain.records import Episode, Job, Origin, Outcome, Task, TaskState, TextState
from secondring.domain.rules import FRONT_DESK, Clock, Rules

NO_BOOKING = "Book an appointment (no booking after our link)"


class Result(StrEnum):
    """What came of a task."""

    SPOKE = "spoke"
    BOOKED = "booked"
    RESOLVED = "resolved"
    NO_CONTACT = "no-contact"


NEXT_TRY = timedelta(hours=2)
"""Business time from a call that reached nobody to the next one."""
NO_CONTACT_YET = "tried, not reached"


@dataclass(frozen=True, slots=True)
class Finished:
    """A task that somebody finished, and what that did to the other tasks of the same caller."""

    task: Task
    """Still open where nobody was reached."""
    also_closed: tuple[Task, ...] = ()
    still_open: tuple[Task, ...] = ()


class Deskwork:
    """The use cases of the people's side, and of the timers."""

    def __init__(self, rules: Rules, wording: Wording) -> None:
        self._rules = rules
        self._wording = wording

    def take(self, books: Books, task_id: TaskId, who: str, now: datetime) -> Task:
        """Someone makes a task their own; raises NotNow when it is someone else's or done."""
        task = _open_task(books, task_id)
        if task.owner not in (None, who):
            raise NotNow(f"task {task_id} is already {task.owner}'s. Ask them, or take another one.")
        taken = replace(task, owner=who, state=TaskState.TAKEN)
        books.save_task(taken)
        episodes.note(books, now, "task-taken", "person", f"{who} took {task_id}", episode=task.episode)
        return taken

    def done(
        self, books: Books, task_id: TaskId, who: str, result: Result, now: datetime, *, anyway: bool = False
    ) -> Finished:
        """Someone says what came of a task.

        An urgent one only ends when somebody has spoken with the caller, someone else's only `anyway` (NotNow
        otherwise). Where nobody was reached the task stays, for the next try, until the window is over.
        """
        task = _open_task(books, task_id)
        _require_owner(task, who, anyway=anyway)
        if task.urgent and result not in (Result.SPOKE, Result.BOOKED):
            raise NotNow(
                f"task {task_id} is urgent: it stays until someone has spoken with the caller (spoke)."
            )
        before = episodes.open_tasks(books, task.episode)
        episode = books.episode(task.episode)
        because = f"{who} said what came of {task_id}: {result}"
        episodes.note(books, now, "task-done", "person", because, episode=task.episode)
        if result is Result.NO_CONTACT and episode is not None and now < episode.window_ends_at:
            return Finished(self._try_again(books, task, now))
        finished = replace(
            task,
            state=TaskState.DONE,
            owner=task.owner or who,
            closed_at=now,
            closed_because=f"{result} by {who}",
        )
        books.save_task(finished)
        if episode is not None:
            self._after(books, episode, task, result, now)
        return Finished(finished, *_the_others(books, before, finished))

    def reopen(self, books: Books, task_id: TaskId, who: str, now: datetime) -> Task:
        """A task closed and nobody has spoken with the caller: a voicemail that lasted as long as a talk, a slip.

        It is anybody's again, and its caller counts as not reached. Raises NotNow when it is open.
        """
        task = books.task(task_id)
        if task is None:
            raise UnknownThing(f"there is no task {task_id}. `secondring tasks` lists them.")
        if task.state is not TaskState.DONE:
            raise NotNow(f"task {task_id} is open. Nothing has to be put back.")
        again = replace(
            task,
            state=TaskState.OPEN,
            owner=None,
            closed_at=None,
            closed_because="",
            title=task.title if NO_CONTACT_YET in task.title else f"{task.title}; {NO_CONTACT_YET}",
        )
        books.save_task(again)
        because = f"{who} put {task_id} back on the list: nobody has spoken with the caller"
        episodes.note(books, now, "task-reopened", "person", because, episode=task.episode)
        episode = books.episode(task.episode)
        if episode is not None and not episode.is_open:
            if task.urgent:
                episode = replace(episode, urgent_reached_at=None)
            episodes.reopen(books, episode, now, self._rules.guards.window, because)
        return again

    def _try_again(self, books: Books, task: Task, now: datetime) -> Task:
        """Nobody was reached: the caller still waits, so somebody has to try once more; anybody may."""
        hours = self._rules.site(task.site).hours
        again = replace(
            task,
            state=TaskState.OPEN,
            owner=None,
            due_at=add_business_time(hours, now, NEXT_TRY),
            title=task.title if NO_CONTACT_YET in task.title else f"{task.title}; {NO_CONTACT_YET}",
        )
        books.save_task(again)
        return again

    def _after(self, books: Books, episode: Episode, task: Task, result: Result, now: datetime) -> None:
        if result is Result.BOOKED and not _urgent_still(books, episode):
            episodes.close(books, episode, Outcome.BOOKED, "task-done", "staff booked them", now)
        elif result is Result.SPOKE:
            episodes.spoken_with(books, episode, "task-done", "staff spoke with the caller", now)
        elif episodes.open_tasks(books, episode.id):
            return
        elif result is Result.RESOLVED:
            episodes.close(books, episode, Outcome.RESOLVED, "task-done", f"{task.queue} resolved it", now)
        elif now >= episode.window_ends_at:
            self._give_up(books, episode, "nobody could reach them", now)

    # timers

    def timer(self, books: Books, job: Job, now: datetime) -> None:
        """A timer of an episode ran out."""
        episode = books.episode(EpisodeId(job.ref))
        if episode is None or not episode.is_open:
            return
        if job.kind == episodes.WINDOW:
            self._window_ends(books, episode, now)
        elif job.kind == episodes.LINK_SILENCE:
            self._link_led_nowhere(books, episode, now)
        elif job.kind == episodes.REMINDER:
            self._remind(books, episode, now)

    def _window_ends(self, books: Books, episode: Episode, now: datetime) -> None:
        if episode.origin is Origin.SHADOW:
            shadow.close_untouched_tasks(books, episode, now)
        if not episodes.open_tasks(books, episode.id):
            self._give_up(books, episode, "no response within the window", now)

    @staticmethod
    def _give_up(books: Books, episode: Episode, because: str, now: datetime) -> None:
        if shadow.is_withheld(books, episode):
            because = "shadow mode: their text was withheld, and nobody spoke with them"
            episodes.close(books, episode, Outcome.WITHHELD, "shadow", because, now)
            return
        sent = (TextState.ACCEPTED, TextState.DELIVERED)
        texted = any(text.outgoing and text.state in sent for text in books.texts_of(episode.id))
        outcome = Outcome.UNRECOVERED if texted or episode.replied_at else Outcome.UNTEXTABLE
        episodes.close(books, episode, outcome, "window", because, now)

    def _link_led_nowhere(self, books: Books, episode: Episode, now: datetime) -> None:
        site = self._rules.site(episode.site)
        episodes.open_task(books, episode, site, FRONT_DESK, Clock.WITHIN_THE_HOUR, NO_BOOKING, now=now)

    def _remind(self, books: Books, episode: Episode, now: datetime) -> None:
        if episode.replied_at is not None or episodes.open_tasks(books, episode.id):
            return
        site = self._rules.site(episode.site)
        body = self._wording.text("reminder", site=site, language=episode.language, now=now)
        episodes.queue_text(books, episode, site, "reminder", body, now=now, due_at=now)


def _require_owner(task: Task, who: str, *, anyway: bool) -> None:
    if task.owner not in (None, who) and not anyway:
        raise NotNow(
            f"task {task.id} is {task.owner}'s. Ask them; where they cannot finish it, say --anyway."
        )


def _urgent_still(books: Books, episode: Episode) -> bool:
    """A booking made at the desk does not mean that a nurse has spoken with an urgent caller."""
    return any(task.urgent for task in episodes.open_tasks(books, episode.id))


def _the_others(
    books: Books, before: list[Task], finished: Task
) -> tuple[tuple[Task, ...], tuple[Task, ...]]:
    """The caller's other tasks that were open: those that closed with this one, and those that did not."""
    now = {task.id: task for task in books.tasks_of(finished.episode)}
    others = [now[task.id] for task in before if task.id != finished.id]
    closed = tuple(task for task in others if task.state is TaskState.DONE)
    return closed, tuple(task for task in others if task.state is not TaskState.DONE)


def _open_task(books: Books, task_id: TaskId) -> Task:
    task = books.task(task_id)
    if task is None:
        raise UnknownThing(f"there is no task {task_id}. `secondring tasks` lists them.")
    if task.state is TaskState.DONE:
        raise NotNow(f"task {task_id} is done already ({task.closed_because}).")
    return task
