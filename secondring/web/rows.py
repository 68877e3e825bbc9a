"""What is done with a row: take it, give it back, finish it, put it back, note, hand over, put off, call.

Each form brings back what its screen showed of the row (`seen`); whoever comes second is told who was first.
"""

from collections.abc import Callable
from dataclasses import replace

from starlette.responses import JSONResponse, Response

from secondring.domain import episodes, handling
from secondring.domain.deskwork import Result
from secondring.domain.errors import NotNow, PeerError, UnknownThing
from secondring.domain.ids import TaskId
from secondring.domain.phone import PhoneNumber
from secondring.domain.plain_story import QUEUES
from secondring.domain.ports import Books
from secondring.domain.records import Task
from secondring.domain.rules import Site
from secondring.domain.staff import User
from secondring.domain.triage_events import Why
from secondring.domain.urgent_begin import may_be_called
from secondring.domain.worklist import may_see
from secondring.web.dial_yourself import dial_yourself
from secondring.web.entrance import QUICK
from secondring.web.sayings import SAYINGS
from secondring.web.screens import Refused, Visit, action, not_here
from secondring.web.work import WORKERS, names_of

WHY_NOT = {
    Why.BUSY: "your phone is busy",
    Why.NO_ANSWER: "your phone was not picked up",
    Why.UNAVAILABLE: "the PBX cannot reach your phone",
}
SOON = 1.0
"""So many seconds a form waits for its phone to fail: one that is switched off fails in a moment."""
NOT_FROM_HERE = (
    "This number is not called from here: it is withheld, abroad or blocked. Call from your phone if you can: the"
    " row closes all the same."
)

Change = Callable[[Books, Task], None]


async def _do(visit: Visit, what: str, said: str, change: Change) -> Response:
    """Change a row of theirs that is still as they saw it, and write that down with it."""

    def work(books: Books) -> None:
        task = _as_they_saw_it(books, visit)
        change(books, task)
        books.add_audit(visit.entry("change", what, about=task.episode, site=task.site))

    await visit.write(work)
    return answer(visit, said)


def _as_they_saw_it(books: Books, visit: Visit) -> Task:
    """The row of the form; raises NotNow with who was first when it has changed since."""
    task = visible_task(books, visit, TaskId(visit.request.path_params["task"]))
    return handling.as_seen(books, task.id, visit.form.get("seen", ""), names_of(books))


def visible_task(books: Books, visit: Visit, task_id: TaskId) -> Task:
    """The row, when it is one of theirs; otherwise there is nothing here."""
    task = books.task(task_id)
    if task is None or not may_see(visit.user, task):
        not_here()
    return task


def answer(visit: Visit, said: str) -> Response:
    """Back to where they were; a form that a script sent gets the sentence alone."""
    if QUICK in visit.request.headers:
        return JSONResponse({"words": SAYINGS[said]})
    back = visit.form.get("back", "")
    return visit.go(back if back.startswith(("/work", "/conversation/", "/urgent")) else "/work", said)


async def take(visit: Visit) -> Response:
    """Make it mine."""
    deskwork, who, now = visit.desk.deskwork, visit.user.name, visit.now
    return await _do(visit, "took a task", "taken", lambda b, t: _none(deskwork.take(b, t.id, who, now)))


async def release(visit: Visit) -> Response:
    """Give it back."""
    return await _do(
        visit,
        "gave a task back",
        "released",
        lambda b, t: _none(handling.release(b, t, visit.user.name, visit.now)),
    )


async def finish(visit: Visit) -> Response:
    """It is done."""
    wanted = visit.form.get("result", "")
    if wanted not in set(Result):
        raise Refused(400, "Say what came of it.")
    words = visit.form.get("note", "")

    def change(books: Books, task: Task) -> None:
        if words.strip():
            handling.write_note(books, task.episode, task.id, visit.user.name, words, visit.now)
        visit.desk.deskwork.done(books, task.id, visit.user.name, Result(wanted), visit.now)

    return await _do(visit, f"finished a task: {wanted}", "finished", change)


async def reopen(visit: Visit) -> Response:
    """It closed, and nobody has spoken with them: put it back."""
    deskwork, who, now = visit.desk.deskwork, visit.user.name, visit.now
    return await _do(
        visit, "put a task back", "put-back", lambda b, t: _none(deskwork.reopen(b, t.id, who, now))
    )


async def note(visit: Visit) -> Response:
    """Write something down for colleagues; it changes nobody's row, so it needs no look at who has it."""
    task_id = TaskId(visit.request.path_params["task"])
    words = visit.form.get("note", "")

    def work(books: Books) -> None:
        task = visible_task(books, visit, task_id)
        handling.write_note(books, task.episode, task.id, visit.user.name, words, visit.now)
        books.add_audit(visit.entry("change", "wrote a note", about=task.episode, site=task.site))

    await visit.write(work)
    return answer(visit, "noted")


async def reassign(visit: Visit) -> Response:
    """Give it to another queue or to a colleague."""
    queue = visit.form.get("queue", "")
    name = visit.form.get("owner", "").strip()

    def change(books: Books, task: Task) -> None:
        moved = replace(task, queue=queue or task.queue)
        owner = _colleague(books, moved, name) if name else None
        handling.reassign(
            books,
            task,
            visit.user.name,
            visit.now,
            queue=moved.queue,
            owner=owner.name if owner else None,
        )

    return await _do(visit, "gave a task to somebody", "given", change)


def _colleague(books: Books, task: Task, name: str) -> User:
    user = books.user_named(name)
    if user is None or not user.is_active or not user.sees(task.site) or not user.may(WORKERS):
        raise UnknownThing("Nobody of that name works at this site.")
    if not may_see(user, task):
        raise NotNow(
            f"{user.shown} does not see the rows of {QUEUES.get(task.queue, task.queue)}: it would be on nobody's"
            " list. Choose another colleague, or give it to another queue."
        )
    return user


async def snooze(visit: Visit) -> Response:
    """Put it off."""
    choice = visit.form.get("until", "")

    def change(books: Books, task: Task) -> None:
        until = handling.snooze_end(visit.desk.rules.site(task.site).hours, choice, visit.now)
        handling.snooze(books, task, visit.user.name, visit.now, until=until)

    return await _do(visit, "put a task off", "put-off", change)


# ---------------------------------------------------------------- calling back


async def call(visit: Visit) -> Response:
    """Take it, and ring my phone and then the patient's. A phone that cannot ring is told of at once."""
    desk, user = visit.desk, visit.user
    if desk.telephone is None:
        raise Refused(
            409, "Calling from here is not set up. Call from your phone: the row closes all the same."
        )
    if not user.phone:
        return await dial_yourself(visit, lambda books: _as_they_saw_it(books, visit))
    if not desk.telephone.is_up:
        raise Refused(
            503, "The PBX cannot be reached just now. Call from your phone: the row closes all the same."
        )
    called: list[tuple[Task, PhoneNumber]] = []

    def change(books: Books, task: Task) -> None:
        if task.caller is None or not may_be_called(task.caller, desk.rules):
            raise NotNow(NOT_FROM_HERE)
        desk.deskwork.take(books, task.id, user.name, visit.now)
        because = f"{user.name} calls back from phone {user.phone}"
        episodes.note(books, visit.now, "call-back", "person", because, episode=task.episode)
        called.append((task, task.caller))

    said = await _do(visit, "called back", "calling", change)
    for task, number in called:
        site = desk.rules.site(task.site)
        failed: list[str] = []
        errand = ring(visit, task, number, site, failed)
        await desk.errands.send(errand, name=f"call back for {task.id}", wait=SOON)
        if failed:
            words = f"Your phone {user.phone} does not ring: {failed[0]}. The row is yours all the same."
            return await dial_yourself(visit, _the(task), words)
    return said


async def ring(visit: Visit, task: Task, number: PhoneNumber, site: Site, failed: list[str]) -> None:
    """Place the call; what went wrong on the way to the clerk's own phone stands in the story, and in `failed`."""
    desk = visit.desk
    if desk.telephone is None:
        return
    try:
        why = await desk.telephone.call_back(phone=visit.user.phone, patient=number, site=site)
    except (PeerError, ValueError) as error:
        because = str(error)
        failed.append(because)
    else:
        if why is None:
            return
        failed.append(WHY_NOT.get(why, "the PBX could not place the call"))
        because = f"not called: {failed[0]}"
    at = desk.clock()
    await desk.write(
        lambda books: episodes.note(books, at, "call-back-tried", "person", because, episode=task.episode)
    )


def _the(task: Task) -> Callable[[Books], Task]:
    return lambda _books: task


def _none(_: object) -> None:
    """What a function gives back is of no interest here."""


SCREENS = (
    action("/work/{task}/take", take, WORKERS),
    action("/work/{task}/release", release, WORKERS),
    action("/work/{task}/done", finish, WORKERS),
    action("/work/{task}/reopen", reopen, WORKERS),
    action("/work/{task}/note", note, WORKERS),
    action("/work/{task}/reassign", reassign, WORKERS),
    action("/work/{task}/snooze", snooze, WORKERS),
    action("/work/{task}/call", call, WORKERS),
)
