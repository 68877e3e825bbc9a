"""`run`, and the services that it is made of."""

import typer

from secondring import wiring
from secondring.cli.chosen import config_directory
from secondring.cli.configured import settings
from secondring.service import commands
from secondring.service.patience import patiently, tell_people
from secondring.web.settings_port import Found


def register(app: typer.Typer) -> None:
    """Add these commands to the application."""
    app.command()(run)
    app.command()(listen)
    app.command()(agi)
    app.command()(gateway)
    app.command()(web)


def run() -> None:
    """Everything in one process: listen to the PBX, text callers back, route their replies, serve the pages.

    What most clinics run. The same work can be four processes, so that one can be restarted, limited or looked at by
    itself: `secondring listen`, `agi`, `gateway` and `web`. Either this or those: on one database each of them refuses
    to start beside another of its kind, and names it.

    Stops cleanly on SIGTERM and Ctrl-C. Tells systemd when it is ready and that it is alive. A PBX that is not
    there, or does not take our secret, is asked again and again while everything else goes on.

    Exit codes: 0 stopped when asked, 1 something could not be done, 2 wrong usage, 69 a database or another peer did
    not do its part, 70 a bug of ours, 78 a configuration that cannot be used.
    """
    commands.run(_settings(), try_links)


def listen() -> None:
    """Only the side of the PBX: hear calls, catch up from the PBX's records, ring nurses for urgent callers.

    It decides what a missed call gets and writes it down; `secondring gateway` sends it. Without this one nothing is
    noted (and all of it is caught up afterwards where the PBX keeps records), and who presses the key for urgent goes
    to the last resort. Orders of `agi` and of urgent replies reach it by the database, by MQTT without delay.

    Stops cleanly on SIGTERM and Ctrl-C. Exit codes as for `secondring run`.
    """
    commands.run_listen(_settings())


def _settings() -> wiring.Settings:
    """Part of it is in the database: a service waits for that."""
    return patiently(settings, tell_people(lambda: wiring.load_files(config_directory())))


def try_links() -> list[Found]:
    """What `doctor` finds, for the pages. It rings no phone and sends no text."""
    from secondring.cli.links import found  # noqa: PLC0415 - the doctor knows half of the house; few ever ask

    return found()


def agi() -> None:
    """Only callers who are on the line: the FastAGI server that the dialplan asks (`agi.port`, 4583).

    It offers a text or a nurse, and answers within milliseconds. Without this one the dialplan goes on as though Second
    Ring were not installed. It rings nobody: what it decides is in the database, and `secondring listen` rings.

    Stops cleanly on SIGTERM and Ctrl-C. Exit codes as for `secondring run`.
    """
    commands.run_agi(_settings())


def gateway() -> None:
    """Only texts and what is due: send, take replies, run timers, tell of alarms, count, write the weekly digest.

    Without this one texts and alarms wait in the database. One of them to an SQLite database.

    Stops cleanly on SIGTERM and Ctrl-C: a text that is on its way is finished, or asked for at the carrier at the next
    start. Exit codes as for `secondring run`.
    """
    commands.run_gateway(_settings())


def web() -> None:
    """Only pages: staff's (section `web`), and the one where patients book (section `booking`).

    It has a link of its own to the PBX where phones may be rung (`ami_dial`), and reads in the database how the other
    services are. Without this one nobody sees the work list, and everything else goes on.

    Stops cleanly on SIGTERM and Ctrl-C. Exit codes as for `secondring run`.
    """
    commands.run_web(_settings(), try_links)
