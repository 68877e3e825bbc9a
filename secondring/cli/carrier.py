"""`carrier test`: proves a carrier from end to end, and says what is wrong in plain words."""

import asyncio
import sys
from dataclasses import asdict
from datetime import timedelta
from typing import Annotated

import typer

from secondring import carrier_test, wiring
from secondring.cli.audited import note
from secondring.cli.chosen import warn
from secondring.cli.common import Json, number_of, person, print_json
from secondring.cli.configured import settings
from secondring.domain.errors import NotNow
from secondring.store.sqlstore import SqlStore
from secondring.way_back import Step
from secondring.wiring import Settings

carrier_app = typer.Typer(no_args_is_help=True, help="Whoever takes our texts to the phone networks.")
EX_UNAVAILABLE = 69
MARKS = {True: "ok  ", False: "FAIL", None: "-   "}


def register(app: typer.Typer) -> None:
    """Add these commands to the application."""
    app.add_typer(carrier_app, name="carrier")


@carrier_app.callback()
def _carrier() -> None:
    """Whoever takes our texts to the phone networks."""


@carrier_app.command("test")
def try_it(
    to: Annotated[
        str,
        typer.Option(
            "--to", metavar="NUMBER", help="A phone of the clinic's own; the first of alarms.texts."
        ),
    ] = "",
    carrier: Annotated[str | None, typer.Option(help="Which one, by its name; the preferred one.")] = None,
    wait: Annotated[
        int, typer.Option(metavar="SECONDS", help="How long to wait for the receipt.", min=0, max=3600)
    ] = 60,
    even_in_shadow: Annotated[
        bool, typer.Option("--even-in-shadow", help="Text that one phone although this is shadow mode.")
    ] = False,
    by: Annotated[str, typer.Option("--by", metavar="NAME", help="Who tries it; you by default.")] = "",
    json: Json = False,
) -> None:
    """Text a phone of your own, wait for its receipt, and see that replies find their way back.

    Says what is wrong, what the carrier's code means, and what to do. Exit codes: 0 all is well, 69 something is not.

    Example: secondring carrier test --to +12025550199 --by YOUR-NAME
    """
    chosen = settings()
    who = person(by)
    if chosen.shadow and not even_in_shadow:
        raise NotNow(
            "this is shadow mode: nothing is sent to anybody. --even-in-shadow texts this one phone all the same."
        )
    number = carrier_test.staff_phone(chosen, number_of(to, chosen.rules.sites[0].region) if to else None)
    one = carrier_test.chosen_carrier(chosen, carrier)
    store = wiring.open_store(chosen)
    try:
        carrier_test.refuse_patient(store, number)
        with store.transaction() as books:
            note(books, wiring.now(), "change", f"carrier test {one.name}", "", who)
        if not json:
            sys.stdout.write(f"{one.name} ({one.kind}), to {number.masked}\n")
        found = asyncio.run(_run(chosen, store, one.name, number.e164, wait, quiet=json))
    finally:
        store.close()
    if json:
        print_json({"carrier": one.name, "kind": one.kind} | asdict(step) for step in found)
    if any(step.ok is False for step in found):
        warn("something is wrong with this carrier: what to do stands above")
        raise typer.Exit(EX_UNAVAILABLE)


async def _run(
    chosen: Settings, store: SqlStore, name: str, to: str, wait: int, *, quiet: bool
) -> list[Step]:
    found = []
    one = carrier_test.chosen_carrier(chosen, name)
    number = number_of(to, chosen.rules.sites[0].region)
    async for step in carrier_test.steps(chosen, store, one, number, timedelta(seconds=wait)):
        found.append(step)
        if not quiet:
            _say(step)
    return found


def _say(step: Step) -> None:
    code = f" (code {step.code}: {step.meaning})" if step.code else ""
    sys.stdout.write(f"{MARKS[step.ok]} {step.name:<9}{step.said}{code}\n")
    if step.remedy:
        sys.stdout.write(f"     {'':<9}→ {step.remedy}\n")
    sys.stdout.flush()
