"""The command line. Each group of commands has a module, which is loaded when one of them is chosen.

Exit codes: 0 done · 1 could not be done · 2 wrong usage · 69 Asterisk, carrier or database did not do
its part · 70 a bug of ours · 78 the configuration has to be mended (the last three as in sysexits.h).
"""

import sys
from pathlib import Path
from typing import Annotated

import typer

from secondring.cli.chosen import choose_config, warn
from secondring.cli.foot import begin, say_mode
from secondring.cli.late import LateGroup
from secondring.domain.errors import ConfigError, LoginRefused, PeerError, SecondRingError, blame

EX_UNAVAILABLE, EX_SOFTWARE, EX_CONFIG = 69, 70, 78

app = typer.Typer(
    name="secondring",
    cls=LateGroup,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
    help="""Catches the calls a clinic's front desk misses and wins every caller back.

    [bold]Start here[/bold]

      secondring demo                     a PBX, phones and the whole loop
      secondring init                     write a first configuration
      secondring check-config             say what is wrong with it, and where
      secondring install                  into this PBX; `uninstall` takes it out
      secondring run                      listen, text, route
      secondring mode live                from shadow mode to the real thing, and back
      secondring doctor                   prove that each link works
      secondring user add NAME --role admin   let somebody log in to the pages
      secondring settings list            what was set on those pages
      secondring backup FILE              everything in one file; `restore` puts it back
      secondring alarm test               prove that alarms reach people
      secondring carrier test             prove that texts reach phones, and replies us

    [bold]Look at what happened[/bold]

      secondring calls --since 2d         what came in, with a verdict on each
      secondring explain 1715.42          why it did or did not get a text
      secondring audit                    our verdicts beside the PBX's own record
      secondring tasks                    what people have to do, urgent first
      secondring consent show NUMBER      may they be texted, and how do we know
      secondring report --since 7d        the five metrics
      secondring bookings                 what patients booked themselves
      secondring calendar show            the times that they can choose from
      secondring report --by week         week by week; also by hour, site, reason ...
      secondring digest                   the week in words, as its owner gets it
    """,
)


def _say_version(asked: bool) -> None:
    if asked:
        from importlib import metadata  # noqa: PLC0415 - 30 ms that no other command needs

        sys.stdout.write(f"secondring {metadata.version('secondring')}\n")
        raise typer.Exit


@app.callback(result_callback=say_mode)
def _options(
    context: typer.Context,
    config: Annotated[
        Path | None,
        typer.Option(
            "--config", "-c", metavar="DIR", envvar="SECONDRING_CONFIG", help="Where the *.yaml files are."
        ),
    ] = None,
    version: Annotated[  # noqa: ARG001 - it has done its work by now
        bool,
        typer.Option("--version", help="Say which version this is.", callback=_say_version, is_eager=True),
    ] = False,
) -> None:
    choose_config(config)
    begin(context.invoked_subcommand)


def main() -> None:
    """The console script: turns errors into one message and an exit code, never a traceback."""
    try:
        app(prog_name="secondring")
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
    except OSError as error:
        _complain_of_the_system(error)
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:  # noqa: BLE001 - a traceback may quote a patient
        _complain_of_ourselves(error)


def _complain_of_the_system(error: OSError) -> None:
    """A file that may not be read, a full disk, a port in use: somebody can mend it, and it is no bug."""
    where = f"{error.filename}: " if error.filename else ""
    remedy = "Run this as root, or as the user it belongs to." if isinstance(error, PermissionError) else ""
    sys.stderr.write(f"secondring: {where}{error.strerror or type(error).__name__}. {remedy}".rstrip() + "\n")
    sys.exit(1)


def _complain_of_ourselves(error: Exception) -> None:
    sys.stderr.write(f"secondring: this is a bug of ours: {blame(error)}. Please report this line.\n")
    sys.exit(EX_SOFTWARE)


def _complain(error: Exception, code: int) -> None:
    warn(str(error))
    sys.exit(code)
