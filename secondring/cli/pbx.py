"""`install`, `uninstall`, `doctor`: into the PBX, out of it, and whether it works."""

import shlex
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from dialplan.install import unified_diff
from secondring import installation
from secondring.cli.chosen import command, config_directory, to_type, warn
from secondring.cli.common import Json, count, print_json
from secondring.doctor import Named, Visit, examine
from secondring.domain.errors import ConfigError, PeerError
from secondring.installation import Work

CONF = Path("/etc/asterisk/asterisk.conf")
MARKS = {True: "ok  ", False: "FAIL", None: "-   "}
RELOAD_SECONDS = 30
SOUNDS, SAID_OF_SOUNDS = (".wav", ".sln16"), ("made", "changed", "removed")

Conf = Annotated[
    Path,
    typer.Option(
        "--asterisk-conf",
        metavar="FILE",
        help="The PBX's asterisk.conf.",
        callback=Path.absolute,  # Asterisk does not look for it where we stand
    ),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would change, as a diff, and stop.")]
Reload = Annotated[bool, typer.Option("--reload", help="Have Asterisk read the files; interrupts no call.")]
Command = Annotated[
    str, typer.Option("--asterisk", metavar="COMMAND", help="How Asterisk is run, if not `asterisk`.")
]


def register(app: typer.Typer) -> None:
    """Add these commands to the application."""
    app.command()(install)
    app.command()(uninstall)
    app.command()(doctor)


def install(
    conf: Conf = CONF,
    dry_run: DryRun = False,
    reload: Reload = False,
    asterisk: Command = "",
    asterisk_version: Annotated[
        str | None, typer.Option(help="What `asterisk -V` shows, if it cannot.")
    ] = None,
    prompts: Annotated[
        bool,
        typer.Option(
            help="Have prompts spoken that are not there yet. With --no-prompts none are made: Asterisk's own words"
            " stand in for those that are missing, and there has to be one like each."
        ),
    ] = True,
    broker: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Also let our services into mosquitto on this machine, whose configuration is in this directory:"
            " /etc/mosquitto. Restart mosquitto afterwards. Goes with an Asterisk on this machine; where there is"
            " none, docs/mqtt.md shows what to write by hand.",
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Put the dialplan, the AMI account and the prompts into this PBX. Harmless to repeat.

    Touches two files of the PBX, by one marked line each, and keeps what they held before.
    """
    work = installation.plan_install(
        config_directory(),
        conf,
        asterisk_version,
        prompts=prompts,
        dry_run=dry_run,
        asterisk=shlex.split(asterisk),
        broker=broker,
    )
    _do(work, dry_run=dry_run, json=json)
    reloaded = reload and not dry_run
    if reloaded:
        _reload(asterisk, conf)
    if not json:
        advice = installation.advice(work, command(), reloaded=reloaded)
        sys.stdout.write("\n".join(advice).lstrip("\n") + "\n")
    for caution in work.cautions:
        warn(f"WARNING: {caution}")


def uninstall(
    conf: Conf = CONF,
    dry_run: DryRun = False,
    reload: Reload = False,
    asterisk: Command = "",
    json: Json = False,
) -> None:
    """Take everything out of this PBX again; its files are as they were, byte for byte.

    Records and configuration of Second Ring itself stay where they are. Take the Custom Destinations
    out of FreePBX first: they would lead nowhere.
    """
    _do(installation.plan_uninstall(config_directory(), conf), dry_run=dry_run, json=json)
    if not dry_run and reload:
        _reload(asterisk, conf)


def doctor(conf: Conf = CONF, asterisk: Command = "", json: Json = False) -> None:
    """Prove that each link works, with evidence; what does not comes with its remedy. Exits 1 if any fails.

    Rings no phone and sends no text. As root on the PBX itself it sees most.
    """
    visit = Visit(config=config_directory(), asterisk_conf=conf, asterisk=tuple(shlex.split(asterisk)))
    seen: Counter[bool | None] = Counter()
    for named in examine(visit):
        seen[named.finding.ok] += 1
        show_finding(named, json=json)
    if not json:
        sys.stdout.write(f"{seen[True]} ok, {seen[False]} failed, {seen[None]} not checked\n")
    if seen[False]:
        raise typer.Exit(1)


def show_finding(named: Named, *, json: bool) -> None:
    """One line and its remedy, or one JSON object."""
    finding = named.finding
    if json:
        told = {"evidence": to_type(finding.evidence), "remedy": to_type(finding.remedy)}
        print_json([{"name": named.name, **asdict(finding), **told}])
        return
    colour = {True: typer.colors.GREEN, False: typer.colors.RED, None: None}[finding.ok]
    typer.secho(f"{MARKS[finding.ok]} {named.name}: {to_type(finding.evidence)}", fg=colour)
    if finding.remedy and finding.ok is not True:
        typer.echo(f"       {to_type(finding.remedy)}")


def _do(work: Work, *, dry_run: bool, json: bool) -> None:
    plan = work.plan
    done = [] if dry_run else work.carry_out()
    if json:
        print_json([_as_json(work, done)])
        return
    sys.stdout.write(f"{work.site.flavour} in {work.site.etc}\n")
    if dry_run:
        sys.stdout.write(unified_diff(plan))
        sys.stdout.writelines(f"would make {path}\n" for path in plan.makes)
        sys.stdout.writelines(f"would remove {path}, if empty\n" for path in plan.removes)
    sys.stdout.writelines(f"{line}\n" for line in _without_each_sound(done))
    sys.stdout.writelines(f"note: {note}\n" for note in plan.notes)
    if plan.is_empty:
        sys.stdout.write("Nothing to do.\n")


def _without_each_sound(done: list[str]) -> list[str]:
    """A hundred prompts are one line for each folder: what else was done is not to be lost among them."""
    told: Counter[tuple[str, str]] = Counter()
    for line in done:
        what, _, path = line.partition(" ")
        is_sound = what in SAID_OF_SOUNDS and Path(path).suffix in SOUNDS
        told[(what, str(Path(path).parent)) if is_sound else (line, "")] += 1
    return [
        f"{what} {count(number, 'sound file')} in {folder}" if folder else what
        for (what, folder), number in told.items()
    ]


def _as_json(work: Work, done: list[str]) -> dict[str, object]:
    changes = [
        {"path": str(change.path), "existed": change.old is not None, "exists": change.new is not None}
        for change in work.plan.changes
    ]
    return {
        "flavour": str(work.site.flavour),
        "etc": str(work.site.etc),
        "changes": changes,
        "done": done,
        "notes": list(work.plan.notes),
    }


def _reload(asterisk: str, conf: Path) -> None:
    for words in installation.RELOADS:
        command = [*(shlex.split(asterisk) or ["asterisk"]), "-C", str(conf), "-rx", words]
        for line in _said(command, words):
            sys.stdout.write(f"asterisk: {line}\n")


def _said(command: list[str], words: str) -> Iterator[str]:
    try:
        done = subprocess.run(  # noqa: S603 - our own words and the administrator's command, no shell
            command, capture_output=True, text=True, check=False, timeout=RELOAD_SECONDS
        )
    except FileNotFoundError as error:
        raise ConfigError(
            f"{command[0]} is not here: give --asterisk, or type in Asterisk: {words}"
        ) from error
    except subprocess.TimeoutExpired as error:
        raise PeerError(f"Asterisk did not answer `{words}` in {RELOAD_SECONDS} s") from error
    if done.returncode:
        raise PeerError(f"Asterisk did not take `{words}`: {(done.stderr or done.stdout).strip()}")
    yield from done.stdout.splitlines()
