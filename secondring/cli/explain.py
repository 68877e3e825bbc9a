"""`explain`: why a call, an episode or a task went as it did."""

import sys
from typing import Annotated

import typer

from secondring import wiring
from secondring.cli.audited import seen
from secondring.cli.common import Json, Numbers, iso, print_json
from secondring.cli.configured import settings
from secondring.domain import story
from secondring.domain.errors import UnknownThing
from secondring.domain.ids import CallId, EpisodeId, TaskId
from secondring.domain.ports import Books
from secondring.domain.records import Call


def register(app: typer.Typer) -> None:
    """Add this command to the application."""
    app.command()(explain)


def explain(
    what: Annotated[
        str,
        typer.Argument(
            metavar="CALL|EPISODE|TASK",
            help="A call's Uniqueid, PBX/UNIQUEID, an episode E-..., a task T-...",
        ),
    ],
    json: Json = False,
    numbers: Numbers = False,
) -> None:
    """Tell what happened, which rule decided, and why a text did or did not go."""
    chosen = settings()
    if numbers:
        seen(chosen, "explain --numbers", what)
    with wiring.reading(chosen) as books:
        lines = _story(books, what, story.Teller(chosen.rules, whole=numbers))
    if json:
        print_json({"at": iso(line.at), "words": line.words} for line in lines)
        return
    for at, words in story.clock_time(lines, chosen.rules.sites[0]):
        sys.stdout.write(f"{at}  {words}\n")


def _story(books: Books, what: str, teller: story.Teller) -> list[story.Line]:
    if what.startswith("T-"):
        task = books.task(TaskId(what))
        what = task.episode if task else what
    if what.startswith("E-"):
        episode = books.episode(EpisodeId(what))
        if episode is not None:
            return teller.of_episode(books, episode)
    else:
        call = _find_call(books, what)
        if call is not None:
            return teller.of_call(books, call)
    raise UnknownThing(
        f"nothing is known of {what}. `secondring calls`, `episodes` and `tasks` list what is."
    )


def _find_call(books: Books, what: str) -> Call | None:
    if "/" in what:
        return books.call(CallId.parse(what))
    found = books.find_calls(what)
    if len(found) > 1:
        names = ", ".join(str(call.id) for call in found)
        raise UnknownThing(f"{what} is the name of several calls: {names}. Name one of them.")
    return found[0] if found else None
