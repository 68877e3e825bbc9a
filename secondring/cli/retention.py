"""`retention`: what is kept for how long, what would go now. `forget`: one person's words and number go at once."""

import asyncio
import contextlib
import sys
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any

import typer

from secondring import wiring
from secondring.cli.common import Json, console, count, iso, number_of, person, print_json, table
from secondring.cli.configured import settings
from secondring.domain import retention as keeping
from secondring.domain.phone import PhoneNumber
from secondring.domain.ports import Books, Store
from secondring.domain.retention import Night
from secondring.domain.retention_ports import Forgotten, What
from secondring.retention import NIGHT, NightlyRetention, Parts
from secondring.wiring import Settings
from secondring.writer import Reader, Writer

By = Annotated[
    str, typer.Option("--by", metavar="NAME", help="Who does it; you, if you have an own account.")
]


def register(app: typer.Typer) -> None:
    """Add these commands to the application."""
    app.command()(retention)
    app.command()(forget)


def retention(
    dry_run: Annotated[  # noqa: ARG001 - said for clarity
        bool, typer.Option("--dry-run", help="Only tell, which is what happens anyway.")
    ] = False,
    run: Annotated[
        bool, typer.Option("--run", help="Remove now what would go tonight; calls and texts go on meanwhile.")
    ] = False,
    compact: Annotated[
        bool,
        typer.Option("--compact", help="Make the database's file smaller; the service has to be stopped."),
    ] = False,
    json: Json = False,
) -> None:
    """What of patients is kept for how long, what is old enough to go, and how the last night went.

    The service itself removes it every night.

    secondring retention --dry-run
    """
    chosen = settings()
    now = wiring.now()
    if compact:
        sys.stdout.write(_compact(chosen))
        return
    if run:
        night = _run(chosen)
        sys.stdout.write(f"Removed: {night.in_words}.\n")
        if night.trouble:
            sys.stdout.write(f"It did not come to its end, and goes on next time: {night.trouble}\n")
            raise typer.Exit(1)
        return
    with wiring.reading(chosen) as books:
        due = dict(_due(books, chosen, now))
        last = keeping.last(books)
    rows = [_row(what, chosen, due, now) for what in What]
    if json:
        ran = (
            {"last_run": iso(last.at), "removed": dict(last.removed), "trouble": last.trouble}
            if last
            else None
        )
        print_json([*rows, ran] if ran else rows)
        return
    shown = [(_kept(row["days"]), _number(row), keeping.IN_WORDS[What(row["what"])]) for row in rows]
    console().print(table("", ("kept", "would go now", "what happens"), shown))
    sys.stdout.write(
        f"\nNext: tonight from {NIGHT}:00 on, by the first site's clock, while the service runs.\n"
    )
    sys.stdout.write(_last_in_words(last))


def _due(books: Books, chosen: Settings, now: datetime) -> Iterator[tuple[What, int]]:
    for what, before in chosen.retention.steps(now):
        yield what, books.count_due(what, before=before)


def _row(what: What, chosen: Settings, due: dict[What, int], now: datetime) -> dict[str, Any]:
    age = chosen.retention.age(what)
    return {
        "what": what.value,
        "days": None if age is None else age.days,
        "older_than": None if age is None else iso(now - age),
        "due": due.get(what, 0),
    }


def _number(row: dict[str, Any]) -> str:
    return "-" if row["days"] is None else f"{row['due']:,}"


def _kept(days: int | None) -> str:
    return "for ever" if days is None else f"{days:,} days"


def _last_in_words(last: Night | None) -> str:
    if last is None:
        return "No night has passed yet.\n"
    trouble = f" It did not come to its end: {last.trouble}." if last.trouble else ""
    return f"Last done on {last.at:%Y-%m-%d %H:%M} UTC: {last.in_words}.{trouble}\n"


def _run(chosen: Settings) -> Night:
    store = wiring.open_store(chosen)
    writer = Writer(store)
    parts = Parts(
        policy=chosen.retention,
        zone=chosen.rules.sites[0].hours.zone,
        read=Reader(store),
        write=writer,
        tidy=store.tidy,
        clock=wiring.now,
    )
    try:
        return asyncio.run(NightlyRetention(parts).night())
    finally:
        writer.close()
        store.close()


def forget(
    number: Annotated[
        str, typer.Argument(metavar="NUMBER", help="Whose, as +12025550123 or as you dial it.")
    ],
    by: By = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do it; without this it only tells.")] = False,
    json: Json = False,
) -> None:
    """Take one person's words and number out of all that is over. What they said of texts stays in force.

    What somebody still works on, and what happened within the last day or so, is left and told of: do that first, then
    say it again. Cannot be undone, except from a backup.

    secondring forget +12025550123 --by ana --yes
    """
    chosen = settings()
    who, whose = person(by), number_of(number, chosen.rules.sites[0].region)
    now = wiring.now()
    store = wiring.open_store(chosen)
    try:
        found = _forget(store, whose, who, now, really=yes)
        if yes:
            store.tidy()
    finally:
        store.close()
    if json:
        print_json([{"done": yes, "removed": dict(found.removed.rows), "left": found.left}])
        return
    if not any(found.removed.rows.values()) and not found.left:
        sys.stdout.write("Nothing is kept of this number but what it said of texts, if it did.\n")
        return
    gone = Night(at=now, removed=found.removed.rows).in_words
    sys.stdout.write(f"{'Removed' if yes else 'Would be removed'}: {gone}.\n")
    if found.left:
        sys.stdout.write(
            f"{count(found.left, 'episode')} left: somebody still works on it, or it is a day old or less.\n"
        )
    if not yes:
        sys.stdout.write("Nothing was done. Say it again with --yes to do it.\n")


def _forget(store: Store, whose: PhoneNumber, who: str, now: datetime, *, really: bool) -> Forgotten:
    with contextlib.suppress(_OnlyTold), store.transaction() as books:
        found = books.forget(whose, before=now)
        _undo_unless(really=really)
        gone = Night(at=now, removed=found.removed.rows).in_words
        books.add_audit(keeping.entry(now, f"{who} (terminal)", f"forgot one person: {gone}"))
    return found


class _OnlyTold(Exception):
    """Undoes what was tried."""


def _undo_unless(*, really: bool) -> None:
    if not really:
        raise _OnlyTold


def _compact(chosen: Settings) -> str:
    with wiring.closed(chosen, "retention --compact"):
        store = wiring.open_store(chosen)
        try:
            before = store.size()
            store.compact()
            after = store.size()
        finally:
            store.close()
    return f"{store.where}: {before / 1e6:,.1f} MB before, {after / 1e6:,.1f} MB now.\n"
