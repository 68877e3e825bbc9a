"""`alarm test` and `alarm list`: do alarms reach people, and which ones were there."""

from dataclasses import asdict
from typing import Any

import typer

from secondring import wiring
from secondring.cli.common import Json, Since, console, iso, moment, print_json, table
from secondring.cli.configured import settings
from secondring.cli.pbx import show_finding
from secondring.doctor.alarms import alarm_trials
from secondring.doctor.findings import carried_out
from secondring.domain.alarms import in_words
from secondring.domain.records import KeptAlarm

SHOWN = 200


def register(app: typer.Typer) -> None:
    """Add these commands to the application."""
    group = typer.Typer(
        no_args_is_help=True, help="Alarms: try whether they reach people; see which there were."
    )
    group.command("test")(try_out)
    group.command("list")(listed)
    app.add_typer(group, name="alarm")


def try_out(json: Json = False) -> None:
    """Send one test alarm through every configured channel. Exits 1 when any of them failed, or there is none.

    Texts and e-mails really go out; they say that nothing is wrong.
    """
    chosen = settings()
    findings = []
    for trial in alarm_trials(chosen, wiring.now()):
        named = carried_out(trial)
        findings.append(named.finding.ok)
        show_finding(named, json=json)
    if not findings:
        typer.echo("No channel is configured: alarms stand in the journal alone.", err=True)
        typer.echo(
            "Name people in alarms.texts or alarms.mail, or a broker in mqtt.host: docs/alarms.md", err=True
        )
    if not findings or not all(findings):
        raise typer.Exit(1)


def listed(since: Since = "7d", json: Json = False) -> None:
    """The alarms that were raised, newest first."""
    with wiring.reading(settings()) as books:
        found = books.alarms(since=moment(since, wiring.now()), limit=SHOWN)
    if json:
        print_json(_as_json(alarm) for alarm in found)
        return
    rows = [(f"{alarm.raised_at:%Y-%m-%d %H:%M:%S}", in_words(alarm)) for alarm in found]
    console().print(table("Alarms (times in UTC)", ("raised", "what"), rows))


def _as_json(alarm: KeptAlarm) -> dict[str, Any]:
    return asdict(alarm) | {"raised_at": iso(alarm.raised_at), "last_at": iso(alarm.last_at)}
