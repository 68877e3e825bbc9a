"""The command line. Each group of commands has a module; this one puts them together.

Exit codes: 0 done · 1 could not be done · 2 wrong usage · 69 Asterisk, carrier or database did not do
its part · 70 a bug of ours · 78 the configuration has to be mended (the last three as in sysexits.h).
"""

import sys
from pathlib import Path
from typing import Annotated

import typer

from secondring.cli import books, pbx, phones, prompts, services, setup, streams, users, versions
from secondring.cli.common import choose_config
from secondring.domain.errors import ConfigError, LoginRefused, PeerError, SecondRingError, blame

EX_UNAVAILABLE, EX_SOFTWARE, EX_CONFIG = 69, 70, 78

app = typer.Typer(
    name="secondring",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
    help="""Catches the calls a clinic's front desk misses and wins every caller back.

    [bold]Start here[/bold]

      secondring demo                     a PBX, phones and the whole loop on this machine
      secondring init                     write a first configuration
      secondring check-config             say what is wrong with it, file and line
      secondring install                  into this Asterisk or FreePBX; `uninstall` takes it out again
      secondring run                      listen, text, route
      secondring doctor                   prove that each link works
      secondring user add ana --role admin   let somebody log in to the pages
      secondring settings list            what was set on the pages, over the files; `rollback` and `drop`

    [bold]Look at what happened[/bold]

      secondring calls --since 2d         what came in, and the verdict on each call
      secondring explain 1715.42          why that call did or did not get a text
      secondring tasks                    what people have to do, most urgent first
      secondring report --since 7d        the five metrics
    """,
)


@app.callback()
def _options(
    config: Annotated[
        Path | None,
        typer.Option(
            "--config", "-c", metavar="DIR", envvar="SECONDRING_CONFIG", help="Where the *.yaml files are."
        ),
    ] = None,
) -> None:
    choose_config(config)


for group in (services, setup, pbx, prompts, books, users, versions, streams, phones):
    group.register(app)


def main() -> None:
    """The console script: turns errors into one message and an exit code, never a traceback."""
    try:
        app()
    except ConfigError as error:
        _complain(error, EX_CONFIG)
    except LoginRefused as error:
        _complain(error, EX_CONFIG)
    except PeerError as error:
        _complain(error, EX_UNAVAILABLE)
    except SecondRingError as error:
        _complain(error, 1)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:  # noqa: BLE001 - a traceback may quote a patient
        _complain_of_ourselves(error)


def _complain_of_ourselves(error: Exception) -> None:
    sys.stderr.write(f"secondring: this is a bug of ours: {blame(error)}. Please report this line.\n")
    sys.exit(EX_SOFTWARE)


def _complain(error: Exception, code: int) -> None:
    sys.stderr.write(f"secondring: {error}\n")
    sys.exit(code)
