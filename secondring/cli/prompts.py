"""`prompts`: what callers hear."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from dialplan import prompts
from secondring.answering import site_names
from secondring.cli.common import Json, console, print_json, settings, table
from secondring.domain.errors import ConfigError

Sounds = Annotated[Path, typer.Option(help="Where Asterisk keeps its sounds.")]
SOUNDS = Path("/usr/share/asterisk/sounds")

group = typer.Typer(no_args_is_help=True, help="What callers hear: list it, make it, see what is missing.")


def register(app: typer.Typer) -> None:
    """Add this group to the application."""
    app.add_typer(group, name="prompts")


@group.command("list")
def list_(sounds: Sounds = SOUNDS, json: Json = False) -> None:
    """Every prompt, its words, and the files that are there."""
    rows = list(prompts.prompts(site_names(settings())))
    if json:
        print_json(
            {
                "name": prompt.name,
                "language": prompt.language,
                "words": prompt.words,
                "files": [str(file) for file in prompt.found(sounds)],
            }
            for prompt in rows
        )
        return
    lines = ((p.language, p.name, "yes" if p.found(sounds) else "no", p.words) for p in rows)
    console().print(table("", ("language", "prompt", "there", "words"), lines))


@group.command()
def build(sounds: Sounds = SOUNDS) -> None:
    """Make what is missing with a voice of Debian's; recordings of your own stay as they are."""
    made = [file for p in prompts.prompts(site_names(settings())) for file in prompts.build(p, sounds)]
    sys.stdout.write(f"{len(made)} files made below {sounds}\n")


@group.command()
def check(sounds: Sounds = SOUNDS) -> None:
    """Say what is missing, by language; exits with 78 when anything is."""
    gone = prompts.missing(site_names(settings()), sounds)
    if gone:
        names = "\n".join(f"  {prompt.place(sounds)}.wav" for prompt in gone)
        raise ConfigError(
            f"{len(gone)} prompts are missing:\n{names}\nRun `secondring prompts build`, or record them."
        )
    sys.stdout.write("Every prompt is there.\n")
