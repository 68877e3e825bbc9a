"""`calls`, `episodes`, `tasks`, `explain`: what happened, and what people have to do."""

import getpass
import sys
from datetime import datetime
from typing import Annotated, Any

import typer

from secondring import wiring
from secondring.cli.common import (
    Json,
    Numbers,
    Since,
    console,
    iso,
    moment,
    print_json,
    settings,
    shown,
    table,
)
from secondring.domain import story
from secondring.domain.deskwork import Result
from secondring.domain.errors import UnknownThing
from secondring.domain.ids import CallId, EpisodeId, TaskId
from secondring.domain.ports import Books
from secondring.domain.records import Call, Episode, Task
from secondring.domain.rules import Rules

Limit = Annotated[int, typer.Option(help="At most so many, the newest.")]
tasks_app = typer.Typer(invoke_without_command=True, help="What people have to do: list, take, finish.")


def register(app: typer.Typer) -> None:
    """Add these commands to the application."""
    app.command()(calls)
    app.command()(episodes)
    app.add_typer(tasks_app, name="tasks")
    app.command()(explain)


def calls(since: Since = "1d", limit: Limit = 50, json: Json = False, numbers: Numbers = False) -> None:
    """Calls that came in, newest first, with the verdict on each."""
    chosen = settings()
    now = wiring.now()
    with wiring.reading(chosen) as books:
        found = books.calls(since=moment(since, now), until=now, limit=limit)
    if json:
        print_json(_call_row(call, whole=numbers) for call in found)
        return
    rows = (_call_line(call, chosen.rules, whole=numbers) for call in found)
    columns = ("when", "call", "caller", "waited", "verdict", "reason")
    console().print(table("", columns, rows) if found else _nothing("No calls", since))


def _nothing(what: str, since: str) -> str:
    return f"{what} in the last {since}. `--since 30d` looks further back."


def _call_row(call: Call, *, whole: bool) -> dict[str, Any]:
    return {
        "call": str(call.id),
        "site": call.site,
        "direction": call.direction,
        "verdict": call.verdict,
        "reason": call.reason,
        "detail": call.detail,
        "caller": (call.caller.e164 if whole else call.caller.masked) if call.caller else None,
        "caller_note": call.caller_note,
        "did": call.did,
        "queue": call.queue,
        "started_at": iso(call.started_at),
        "answered_at": iso(call.answered_at),
        "ended_at": iso(call.ended_at),
        "episode": call.episode,
        "late": call.late,
        "partial": call.partial,
    }


def _call_line(call: Call, rules: Rules, *, whole: bool) -> tuple[str, ...]:
    site = rules.site(call.site)
    until = call.answered_at or call.ended_at
    waited = f"{(until - call.started_at).total_seconds():.0f} s" if until else "-"
    reason = " ".join(part for part in (call.reason, call.detail and f"({call.detail})") if part)
    return (
        story.said_time(call.started_at, site),
        call.id.uniqueid,
        shown(call.caller, site.region, whole=whole) if call.caller else call.caller_note or "-",
        waited,
        call.verdict or "going on",
        reason,
    )


def episodes(since: Since = "1d", limit: Limit = 50, json: Json = False, numbers: Numbers = False) -> None:
    """Callers to win back, newest first, and how each episode stands or ended."""
    chosen = settings()
    now = wiring.now()
    with wiring.reading(chosen) as books:
        found = books.episodes(since=moment(since, now), until=now, limit=limit)
    if json:
        print_json(_episode_row(episode, whole=numbers) for episode in found)
        return
    rows = (_episode_line(episode, chosen.rules, whole=numbers) for episode in found)
    columns = ("when", "episode", "caller", "calls", "texted", "wants", "outcome")
    console().print(table("", columns, rows) if found else _nothing("No missed calls", since))


def _episode_row(episode: Episode, *, whole: bool) -> dict[str, Any]:
    return {
        "episode": episode.id,
        "site": episode.site,
        "origin": episode.origin,
        "caller": (episode.caller.e164 if whole else episode.caller.masked) if episode.caller else None,
        "calls": episode.calls,
        "opened_at": iso(episode.opened_at),
        "texted_at": iso(episode.texted_at),
        "replied_at": iso(episode.replied_at),
        "intent": episode.intent,
        "language": episode.language,
        "urgent_at": iso(episode.urgent_at),
        "urgent_reached_at": iso(episode.urgent_reached_at),
        "closed_at": iso(episode.closed_at),
        "outcome": episode.outcome,
    }


def _episode_line(episode: Episode, rules: Rules, *, whole: bool) -> tuple[str, ...]:
    site = rules.site(episode.site)
    texted = episode.texted_at
    return (
        story.said_time(episode.opened_at, site),
        episode.id,
        shown(episode.caller, site.region, whole=whole),
        str(episode.calls),
        f"after {(texted - episode.opened_at).total_seconds():.1f} s" if texted else "-",
        episode.intent or "-",
        episode.outcome or "open",
    )


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
    with wiring.reading(chosen) as books:
        found = books.tasks(include_done=include_done)
    now = wiring.now()
    if json:
        print_json(_task_row(task, now, whole=numbers) for task in found)
        return
    if not found:
        console().print("Nobody is waiting.")
        return
    rows = (_task_line(task, chosen.rules, now, whole=numbers) for task in found)
    console().print(table("", ("due", "task", "queue", "caller", "owner", "what to do"), rows))


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
    due = story.said_time(task.due_at, site)
    late = task.closed_at is None and task.due_at < now
    what = (
        ("URGENT  " if task.urgent else "") + task.title + (f": {task.said!r}" if whole and task.said else "")
    )
    return (
        f"LATE {due}" if late else due,
        task.id,
        task.queue,
        shown(task.caller, site.region, whole=whole),
        task.owner or "-",
        what if task.closed_at is None else f"{what} (done: {task.closed_because})",
    )


TaskArgument = Annotated[str, typer.Argument(metavar="TASK", help="Its id, as `secondring tasks` shows it.")]
Who = Annotated[str, typer.Option("--by", help="Who does it.", default_factory=getpass.getuser)]


@tasks_app.command()
def take(task: TaskArgument, by: Who) -> None:
    """Make a task yours, so that nobody else works on it."""
    chosen = settings()
    with wiring.writing(chosen) as books:
        wiring.deskwork(chosen).take(books, TaskId(task), by, wiring.now())
    sys.stdout.write(f"{task} is {by}'s.\n")


@tasks_app.command()
def done(
    task: TaskArgument,
    by: Who,
    result: Annotated[Result, typer.Option(help="What came of it.")] = Result.RESOLVED,
) -> None:
    """Finish a task: `--result spoke` when you talked, `booked`, `resolved`, or `no-contact`.

    An urgent task only ends when someone has spoken with the caller.
    """
    chosen = settings()
    with wiring.writing(chosen) as books:
        wiring.deskwork(chosen).done(books, TaskId(task), by, result, wiring.now())
    sys.stdout.write(f"{task} is done: {result}.\n")


def explain(
    what: Annotated[
        str, typer.Argument(metavar="CALL|EPISODE", help="A call's Uniqueid, PBX/UNIQUEID, or E-...")
    ],
    json: Json = False,
) -> None:
    """Tell what happened to a call or an episode, which rule decided, and why a text did or did not go."""
    chosen = settings()
    with wiring.reading(chosen) as books:
        lines = _story(books, what, chosen.rules)
    if json:
        print_json({"at": iso(line.at), "words": line.words} for line in lines)
        return
    for at, words in story.clock_time(lines, chosen.rules.sites[0]):
        sys.stdout.write(f"{at}  {words}\n")


def _story(books: Books, what: str, rules: Rules) -> list[story.Line]:
    if what.startswith("E-"):
        episode = books.episode(EpisodeId(what))
        if episode is not None:
            return story.of_episode(books, episode, rules)
    else:
        call = _find_call(books, what)
        if call is not None:
            return story.of_call(books, call, rules)
    raise UnknownThing(
        f"nothing is known of {what}. `secondring calls` and `secondring episodes` list what is."
    )


def _find_call(books: Books, what: str) -> Call | None:
    if "/" in what:
        return books.call(CallId.parse(what))
    found = books.find_calls(what)
    if len(found) > 1:
        names = ", ".join(str(call.id) for call in found)
        raise UnknownThing(f"{what} is the name of several calls: {names}. Name one of them.")
    return found[0] if found else None
