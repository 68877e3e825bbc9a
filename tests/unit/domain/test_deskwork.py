"""What finishing a task does: to the caller's other tasks, to their episode, and for the next person."""

from datetime import timedelta

import pytest

from secondring.domain.deskwork import Result
from secondring.domain.errors import NotNow
from secondring.domain.records import Outcome, Task, TaskState
from tests.support.clinic import Clinic


def wrote(*texts: str) -> Clinic:
    """A clinic whose missed caller was texted, and wrote back."""
    clinic = Clinic()
    clinic.misses()
    clinic.wait(seconds=2).send_due()
    for text in texts:
        clinic.wait(minutes=1).writes(text).send_due()
    return clinic


def of(clinic: Clinic, queue: str) -> Task:
    (only,) = [task for task in clinic.tasks if task.queue == queue]
    return only


def queues(tasks: tuple[Task, ...] | list[Task]) -> set[str]:
    return {task.queue for task in tasks}


def test_speaking_with_an_urgent_caller_leaves_the_bill_and_the_refill_to_their_people() -> None:
    clinic = wrote("BILLING", "REFILL", "URGENT")
    finished = clinic.finishes(of(clinic, "triage"), Result.SPOKE)
    assert queues(clinic.tasks) == {"billing", "care-team"}
    assert queues(finished.still_open) == {"billing", "care-team"}
    assert finished.also_closed == ()
    assert all("spoken with since" in task.title for task in clinic.tasks)
    assert clinic.episode.outcome is Outcome.URGENT_CONNECTED


def test_a_conversation_closes_what_only_waited_for_one_and_says_so() -> None:
    clinic = wrote("did I leave my umbrella?", "BILLING", "URGENT")
    finished = clinic.finishes(of(clinic, "triage"), Result.SPOKE)
    assert (queues(finished.also_closed), queues(finished.still_open)) == ({"front-desk"}, {"billing"})


def test_a_call_back_that_got_through_leaves_the_refill_open_too() -> None:
    clinic = wrote("REFILL", "URGENT").calls_back(talked=60)
    assert queues(clinic.tasks) == {"care-team"}
    finished = clinic.finishes(clinic.task, Result.RESOLVED)
    assert finished.still_open == ()
    assert clinic.tasks == []
    assert clinic.episode.outcome is Outcome.URGENT_CONNECTED


def test_a_booking_at_the_desk_does_not_take_an_urgent_caller_off_the_nurses_list() -> None:
    clinic = wrote("did I leave my umbrella?", "URGENT")
    finished = clinic.finishes(of(clinic, "front-desk"), Result.BOOKED)
    assert queues(finished.still_open) == {"triage"}
    assert clinic.episode.is_open
    clinic.finishes(clinic.task, Result.SPOKE)
    assert clinic.episode.outcome is Outcome.URGENT_CONNECTED


def test_nobody_reached_means_that_somebody_tries_again() -> None:
    clinic = wrote("where do I park?")
    clinic.takes(clinic.task, "ana")
    finished = clinic.finishes(clinic.task, Result.NO_CONTACT)
    assert finished.task.state is TaskState.OPEN
    assert (clinic.task.owner, clinic.task.due_at) == (
        None,
        clinic.now + timedelta(hours=3),
    )  # lunch is no business time
    assert "tried, not reached" in clinic.task.title
    clinic.finishes(clinic.task, Result.NO_CONTACT, "bea")
    assert clinic.task.title.count("tried") == 1


def test_after_the_window_nobody_reached_is_the_end() -> None:
    clinic = wrote("where do I park?").wait(hours=25).run_timers()
    assert clinic.episode.is_open
    assert clinic.finishes(clinic.task, Result.NO_CONTACT).task.state is TaskState.DONE
    assert clinic.episode.outcome is Outcome.UNRECOVERED


def test_somebody_elses_task_is_theirs_unless_one_insists() -> None:
    clinic = wrote("BILLING")
    clinic.takes(clinic.task, "ana")
    with pytest.raises(NotNow, match=r"ana's.*--anyway"):
        clinic.finishes(clinic.task, Result.RESOLVED, "bea")
    finished = clinic.finishes(clinic.task, Result.RESOLVED, "bea", anyway=True)
    assert (finished.task.owner, finished.task.closed_because) == ("ana", "resolved by bea")


@pytest.mark.parametrize("texts", [("URGENT", "STOP"), ("urgent, and stop texting me",)])
def test_whoever_has_an_urgent_caller_sees_that_they_get_no_texts(texts: tuple[str, ...]) -> None:
    clinic = wrote(*texts)
    assert clinic.task.urgent
    assert clinic.task.title.count("wrote STOP") == 1


def test_what_is_put_back_is_not_reached_and_can_be_finished_again() -> None:
    clinic = wrote("URGENT").calls_back(talked=30)
    before = clinic.episode
    assert before.urgent_reached_at is not None
    with clinic.store.transaction() as books:
        (task,) = books.tasks(include_done=True)
        clinic.deskwork.reopen(books, task.id, "ana", clinic.now)
        with pytest.raises(NotNow, match="is open"):
            clinic.deskwork.reopen(books, task.id, "ana", clinic.now)
    assert (clinic.episode.is_open, clinic.episode.outcome) == (True, None)
    assert clinic.episode.urgent_reached_at is None
    clinic.wait(hours=30).run_timers()
    assert clinic.episode.is_open, "the red task keeps it open"
    clinic.finishes(clinic.task, Result.SPOKE)
    assert clinic.episode.outcome is Outcome.URGENT_CONNECTED
