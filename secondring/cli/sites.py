"""`sites`: site boxes of a clinic with several PBXs: their papers, and how they are doing."""

import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from secondring import centre, site_setup, wiring
from secondring.cli.chosen import config_directory, to_type
from secondring.cli.common import Json, console, iso, print_json, table
from secondring.cli.configured import settings
from secondring.domain import centre_health, site_health
from secondring.domain.centre_desk import Box
from secondring.domain.ports import Books
from secondring.domain.site_health import Heard, span

sites = typer.Typer(
    no_args_is_help=True, help="Several PBXs, one centre: site boxes, their papers, and how they are doing."
)


def register(app: typer.Typer) -> None:
    """Add these commands to the application."""
    app.add_typer(sites, name="sites")


@sites.command()
def broker(
    host: Annotated[
        list[str],
        typer.Option("--host", help="How boxes find the broker: a name or an address; may be repeated."),
    ],
    port: Annotated[int, typer.Option(help="Its port for the boxes.")] = 8883,
    keep_in: Annotated[
        Path, typer.Option("--keep-in", help="Where the broker's machine keeps its files.")
    ] = site_setup.BROKER_PLACE,
) -> None:
    """Make this machine the centre: an authority, the broker's certificate, mosquitto's files, and our own part."""
    told = site_setup.make_broker(config_directory(), tuple(host), port, keep_in, wiring.now())
    sys.stdout.write(told)


@sites.command()
def add(
    name: Annotated[str, typer.Argument(metavar="BOX", help="The `pbx.name` of that box's configuration.")],
    site: Annotated[list[str], typer.Option("--site", help="A site whose calls it hears; may be repeated.")],
) -> None:
    """Make the papers of a site box, or make its certificate anew, and say what to copy where.

    For a box that there is already, the sites given take the place of those it has.

    Example: secondring sites add north-box --site north
    """
    sys.stdout.write(site_setup.add_box(config_directory(), name, tuple(site), wiring.now()))


@sites.command()
def remove(
    name: Annotated[
        str, typer.Argument(metavar="BOX", help="The box to take out, as `sites list` shows it.")
    ],
) -> None:
    """Take a site box out: its entry, its papers, its key. Its certificates are called back, its calls stay.

    Says what to do on the box and on the broker.

    Example: secondring sites remove north-box
    """
    sys.stdout.write(site_setup.remove_box(config_directory(), name, wiring.now()))


@sites.command("list")
def show(json: Json = False) -> None:
    """How every site box is doing: when it was last heard of, and what waits there.

    "not heard of yet" (JSON: `"silent": null`): it had no time to be, for the service here runs for less than a minute.

    On a site box: how its centre is doing.
    """
    chosen, at = settings(), wiring.now()
    if chosen.centre is not None:
        _show_centre(chosen, chosen.centre.broker.host, at, json=json)
        return
    boxes = centre.boxes(chosen)
    with wiring.reading(chosen) as books:
        known = [_stands(books, box, at) for box in boxes]
    if json:
        print_json(
            {
                "box": box.name,
                "sites": list(box.sites),
                "heard_at": iso(heard.at) if heard else None,
                "silent": silent,
                "waiting": heard.beat.waiting if heard and heard.beat else None,
                "oldest_at": iso(heard.beat.oldest_at) if heard and heard.beat else None,
                "hears_its_pbx": heard.beat.listening if heard and heard.beat else None,
            }
            for box, heard, silent in known
        )
    elif not boxes:
        sys.stdout.write("There are no site boxes. `secondring sites broker` begins; see docs/sites.md.\n")
    else:
        rows = []
        for box, heard, silent in known:
            beat = heard.beat if heard else None
            said = "never" if heard is None else f"{span(at - heard.at)} ago"
            state = site_health.NOT_YET if silent is None else "SILENT" if silent else "linked"
            if silent is None and heard is None:
                said = "-"
            rows.append((box.name, " ".join(box.sites), state, said, str(beat.waiting) if beat else "-"))
        console().print(table("", ("box", "sites", "", "heard of", "waiting"), rows))


def _show_centre(chosen: wiring.Settings, host: str, at: datetime, *, json: bool) -> None:
    with wiring.reading(chosen) as books:
        stands, spool = centre_health.last(books), books.spool_state()
    found = centre_health.finding(stands, spool, at)
    if json:
        print_json(
            [
                {
                    "centre": host,
                    "state": found.state,
                    "answered_at": iso(stands.answered_at) if stands else None,
                    "taken_at": iso(stands.taken_at) if stands else None,
                    "refused": stands.refusal if stands else None,
                    "waiting": spool.waiting,
                    "oldest_at": iso(spool.oldest_at),
                }
            ]
        )
        return
    remedy = f"\n  {to_type(found.remedy)}" if found.remedy else ""
    sys.stdout.write(f"This machine is a site box; its centre, {host}: {found.words}.{remedy}\n")


def _stands(books: Books, box: Box, at: datetime) -> tuple[Box, Heard | None, bool | None]:
    """A box, what was heard of it, and whether it is silent; None while it had no time to be heard of."""
    heard = site_health.last(books, box.name)
    early = site_health.is_early(books, heard, at)
    return box, heard, None if early else heard is None or heard.is_silent(at)
