"""`prompts`: what callers hear."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from dialplan import prompts
from dialplan.install.site import USUAL, find_site
from secondring.answering import languages, site_names
from secondring.cli.common import Json, console, print_json, table
from secondring.cli.configured import settings
from secondring.cli.pbx import Conf
from secondring.domain.errors import ConfigError

Sounds = Annotated[
    Path | None,
    typer.Option(help="Where Asterisk keeps its sounds; what its asterisk.conf says if not said."),
]
SOUNDS = Path("/usr/share/asterisk/sounds")
"""Where Debian's packages keep them, for a machine without an asterisk.conf."""

group = typer.Typer(no_args_is_help=True, help="What callers hear: list it, make it, see what is missing.")


def register(app: typer.Typer) -> None:
    """Add this group to the application."""
    app.add_typer(group, name="prompts")


@group.command("list")
def list_(sounds: Sounds = None, conf: Conf = USUAL, json: Json = False) -> None:
    """Every prompt, its words, and the files that are there."""
    place = _place(sounds, conf)
    rows = list(prompts.prompts(site_names(settings())))
    if json:
        print_json(
            {
                "name": prompt.name,
                "language": prompt.language,
                "words": prompt.words,
                "files": [str(file) for file in prompt.found(place)],
            }
            for prompt in rows
        )
        return
    lines = ((p.language, p.name, "yes" if p.found(place) else "no", p.words) for p in rows)
    console().print(table("", ("language", "prompt", "there", "words"), lines))


@group.command()
def build(sounds: Sounds = None, conf: Conf = USUAL) -> None:
    """Make what is missing with a voice of Debian's; recordings of your own stay as they are."""
    place = _place(sounds, conf)
    made = [file for p in prompts.prompts(site_names(settings())) for file in prompts.build(p, place)]
    sys.stdout.write(f"{len(made)} files made below {place}\n")


@group.command()
def check(sounds: Sounds = None, conf: Conf = USUAL) -> None:
    """Say what is missing in the languages that your sites speak; exits with 78 when anything is."""
    chosen, place = settings(), _place(sounds, conf)
    gone = prompts.missing(site_names(chosen), place, languages(chosen))
    if gone:
        names = "\n".join(f"  {prompt.place(place)}.wav" for prompt in gone)
        raise ConfigError(
            f"{len(gone)} prompts are missing:\n{names}\nRun `secondring prompts build`, or record them."
        )
    sys.stdout.write(f"Every prompt in {', '.join(languages(chosen))} is there, below {place}.\n")


def _place(sounds: Path | None, conf: Path) -> Path:
    """Where this machine's Asterisk looks, and `install` puts them."""
    try:
        return sounds or find_site(conf).sounds
    except ConfigError:
        return SOUNDS
