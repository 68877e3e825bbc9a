"""`tasks`: what people have to do. List, look at one, take, finish."""

import sys
from datetime import datetime, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from secondring import wiring
from secondring.cli.audited import note, seen
from secondring.cli.chosen import command
from secondring.cli.common import Json, Numbers, console, iso, person, print_json, shown, table
from secondring.cli.configured import settings
from secondring.cli.silence import warn_of_silence
from secondring.domain import story
from secondring.domain.deskwork import Finished, Result
from secondring.domain.errors import UnknownThing
from secondring.domain.ids import TaskId
from secondring.domain.ports import Books
from secondring.domain.records import Task, TaskState
from secondring.domain.rules import Rules, Site

LOOK_BACK = timedelta(days=90)
"""How old a call may be to say that it was the last one."""
tasks_app = typer.Typer(invoke_without_command=True, help="What people have to do: list, show, take, finish.")


def register(app: typer.Typer) -> None:
    """Add this group to the application."""
    app.add_typer(tasks_app, name="tasks")


@tasks_app.callback()
def tasks(
    context: typer.Context,
    include_done: Annotated[bool, typer.Option("--all", help="Finished ones too.")] = False,
    json: Json = False,
    numbers: Numbers = False,
) -> None:
    """What people have to do, most urgent first."""
    if context.invoked_subcommand is not None:
        return
    chosen = settings()
    now = wiring.now()
    if numbers:
        seen(chosen, "tasks --numbers")
    with wiring.reading(chosen) as books:
        found = books.tasks(include_done=include_done)
        quiet = "" if found else _last_call(books, chosen.rules, now)
        warn_of_silence(books, chosen.rules.sites[0], now)
    if json:
        print_json(_task_row(task, now, whole=numbers) for task in found)
        return
    if not found:
        console().print(f"Nobody is waiting.{quiet}")
        return
    rows = (_task_line(task, chosen.rules, now, whole=numbers) for task in found)
    console().print(table("", ("due", "task", "queue", "caller", "owner", "what to do"), rows))


def _last_call(books: Books, rules: Rules, now: datetime) -> str:
    last = books.calls(since=now - LOOK_BACK, until=now, limit=1)
    if not last:
        return " No call has been noted yet."
    site, at = rules.site(last[0].site), last[0].started_at
    return f" The last call noted: {story.said_time(at, site)} {_zone(at, site)}."


def _zone(at: datetime, site: Site) -> str:
    """Whose time it is: whoever reads this may sit in another zone than the clinic."""
    return at.astimezone(ZoneInfo(site.hours.zone)).tzname() or site.hours.zone


def _due(at: datetime, now: datetime, site: Site) -> str:
    return f"{story.soon(at, now, site)} {_zone(at, site)}"


def _task_row(task: Task, now: datetime, *, whole: bool) -> dict[str, Any]:
    return {
        "task": task.id,
        "site": task.site,
        "queue": task.queue,
        "title": task.title,
        "said": task.said if whole else None,
        "caller": (task.caller.e164 if whole else task.caller.masked) if task.caller else None,
        "urgent": task.urgent,
        "state": task.state,
        "owner": task.owner,
        "created_at": iso(task.created_at),
        "due_at": iso(task.due_at),
        "late": task.closed_at is None and task.due_at < now,
        "closed_at": iso(task.closed_at),
        "closed_because": task.closed_because,
        "episode": task.episode,
    }


def _task_line(task: Task, rules: Rules, now: datetime, *, whole: bool) -> tuple[str, ...]:
    site = rules.site(task.site)
    due = _due(task.due_at, now, site)
    late = task.closed_at is None and task.due_at < now
    loud = "URGENT: " if task.urgent and "URGENT" not in task.title else ""
    what = loud + task.title + (f": {' · '.join(task.said.splitlines())!r}" if whole and task.said else "")
    return (
        f"LATE {due}" if late else due,
        task.id,
        task.queue,
        shown(task.caller, site.region, whole=whole),
        task.owner or "-",
        what if task.closed_at is None else f"{what} (done: {task.closed_because})",
    )


TaskArgument = Annotated[str, typer.Argument(metavar="TASK", help="Its id, as `secondring tasks` shows it.")]
Who = Annotated[
    str, typer.Option("--by", metavar="NAME", help="Who does it; you, if you have an own account.")
]


def _result(said: str) -> Result:
    """What came of it, as people type it."""
    try:
        return Result(said.strip().lower())
    except ValueError:
        raise typer.BadParameter(
            f"{said!r} is no result. Say spoke (you talked), booked, resolved, or no-contact."
        ) from None


Outcomes = Annotated[
    Result,
    typer.Option(
        parser=_result,
        metavar="RESULT",
        help="What came of it: spoke (you talked), booked, resolved, or no-contact.",
    ),
]
Anyway = Annotated[bool, typer.Option("--anyway", help="Finish it although it is somebody else's.")]


@tasks_app.command()
def show(task: TaskArgument, json: Json = False) -> None:
    """One task: whom to call, what they wrote, what happened so far, and what to do next.

    Shows the whole number and the words of the caller: they are patients' data.
    """
    chosen = settings()
    now = wiring.now()
    with wiring.reading(chosen) as books:
        found = books.task(TaskId(task))
        if found is None:
            raise UnknownThing(f"there is no task {task}. `secondring tasks` lists them.")
        episode = books.episode(found.episode)
        teller = story.Teller(chosen.rules, whole=True)
        lines = teller.of_episode(books, episode) if episode else []
        warn_of_silence(books, chosen.rules.sites[0], now)
    seen(chosen, "tasks show", found.episode)
    if json:
        history = [{"at": iso(line.at), "words": line.words} for line in lines]
        print_json([_task_row(found, now, whole=True) | {"next": story.next_step(found), "history": history}])
        return
    site = chosen.rules.site(found.site)
    due, _, queue, _, owner, what = _task_line(found, chosen.rules, now, whole=False)
    for name, words in (
        ("what", what),
        ("call", shown(found.caller, site.region, whole=True)),
        ("they wrote", " / ".join(found.said.splitlines()) or "-"),
        ("for", f"{queue} at {site.name}"),
        ("due", due),
        ("owner", owner if owner != "-" else f"nobody yet: {command()} tasks take {found.id} --by YOUR-NAME"),
        ("next", story.next_step(found)),
    ):
        sys.stdout.write(f"{name:<11}{words}\n")
    sys.stdout.write(f"\nWhat happened so far, in the time of {site.hours.zone}:\n")
    for at, words in story.clock_time(lines, site):
        sys.stdout.write(f"{at}  {words}\n")


@tasks_app.command()
def take(task: TaskArgument, by: Who = "") -> None:
    """Make a task yours, so that nobody else works on it.

    Example: secondring tasks take T-ab12cd34ef56 --by YOUR-NAME
    """
    who = person(by)
    chosen = settings()
    with wiring.writing(chosen) as books:
        now = wiring.now()
        wiring.deskwork(chosen).take(books, TaskId(task), who, now)
        note(books, now, "change", "tasks take", task, who)
    sys.stdout.write(f"{task} is {who}'s.\n")


@tasks_app.command()
def done(task: TaskArgument, result: Outcomes, by: Who = "", anyway: Anyway = False) -> None:
    """Say what came of a task; all but `no-contact` finish it.

    An urgent task only ends when someone has spoken with the caller.

    A bill or a refill of the same caller stays with its own people.

    Example: secondring tasks done T-ab12cd34ef56 --result spoke --by ana
    """
    who = person(by)
    chosen = settings()
    with wiring.writing(chosen) as books:
        now = wiring.now()
        finished = wiring.deskwork(chosen).done(books, TaskId(task), who, result, now, anyway=anyway)
        note(books, now, "change", f"tasks done: {result}", finished.task.episode, who)
    _tell(finished, result, chosen.rules)


@tasks_app.command()
def reopen(task: TaskArgument, by: Who = "") -> None:
    """Put a finished task back on the list: it closed, and nobody has spoken with the caller.

    Example: you left a message on the caller's voicemail, and the call was long enough to pass for a talk.

    secondring tasks reopen T-ab12cd34ef56 --by YOUR-NAME
    """
    who = person(by)
    chosen = settings()
    with wiring.writing(chosen) as books:
        now = wiring.now()
        again = wiring.deskwork(chosen).reopen(books, TaskId(task), who, now)
        note(books, now, "change", "tasks reopen", again.episode, who)
    sys.stdout.write(f"{again.id} is on the list again: {again.title}.\n")


def _tell(finished: Finished, result: Result, rules: Rules) -> None:
    task = finished.task
    if task.state is not TaskState.DONE:
        due = _due(task.due_at, wiring.now(), rules.site(task.site))
        sys.stdout.write(f"{task.id} stays on the list: somebody tries again by {due}.\n")
        return
    sys.stdout.write(f"{task.id} is done: {result}.\n")
    for words, others in (("also closed", finished.also_closed), ("still open", finished.still_open)):
        for other in others:
            sys.stdout.write(f"{words}: {other.id} ({other.queue}: {other.title})\n")
