"""What a command loads: help next to nothing, a service what it is made of, and neither the other commands."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.main import get_group

from secondring import cli
from secondring.carriers import KINDS
from secondring.cli.contents import CONTENTS
from secondring.cli.late import load, module_of

STEPS = """
import json, sys
from importlib import import_module

after = {}
sys.argv = ["secondring", "--help"]
try:
    import_module("secondring.cli").main()
except SystemExit:
    after["help"] = sorted(sys.modules)
for name in ("cli.plain_script", "cli.services", "service.web", "carriers.http"):
    import_module("secondring." + name)
    after[name] = sorted(name for name in sys.modules if sys.modules[name])
sys.stderr.write(json.dumps(after))
"""
CARRIERS = {f"sms_gateway.carriers.{name}" for name in ("bandwidth", "smpp", "twilio", "vonage", "gammu")}
NEVER = {
    "alembic",
    "icalendar",
    "joserfc",
    "psycopg",
    "rich.progress",
    "secondring.doctor",
    "secondring.installation",
}
NOT = {
    "help": {"httpx", "jinja2", "pydantic", "sqlalchemy", "secondring.wiring", "secondring.domain.rules"},
    "cli.plain_script": {
        "httpx",
        "starlette",
        "uvicorn",
        "secondring.gateway",
        "secondring.web",
        *NEVER,
        *CARRIERS,
    },
    "cli.services": {"argon2", "httpx", "svg", "secondring.web.app", *NEVER, *CARRIERS},
    "service.web": {"httpx", "secondring.ehr.fhir", "secondring.oidc.provider", *NEVER, *CARRIERS},
    "carriers.http": {*NEVER, *CARRIERS},
}
"""What must not be there after each step; each comes on top of those before. Rich itself draws the help."""


def test_nothing_is_loaded_that_the_command_does_not_need() -> None:
    done = subprocess.run(
        [sys.executable, "-c", STEPS], capture_output=True, text=True, check=True, stdin=subprocess.DEVNULL
    )
    assert "Everything in one process" in done.stdout
    after = json.loads(done.stderr)
    found = {step: sorted(unwanted & set(after[step])) for step, unwanted in NOT.items()}
    assert not any(found.values()), found
    assert "httpx" in after["carriers.http"], "the names of modules above are no longer those that are loaded"


@pytest.mark.parametrize("name", CONTENTS)
def test_the_line_in_help_is_what_the_command_says_of_itself(name: str) -> None:
    command = load(name)
    first = (command.short_help or command.help).split("\n\n")[0]
    assert (" ".join(first.split()), command.hidden) == (CONTENTS[name].line, CONTENTS[name].hidden)


def test_every_command_of_a_module_is_in_the_table() -> None:
    here = Path(cli.__file__).parent
    modules = {file.stem for file in here.glob("*.py") if "def register(" in file.read_text()}
    assert modules == {entry.module for entry in CONTENTS.values()}
    for module in modules:
        alone = typer.Typer()
        module_of(next(name for name in CONTENTS if CONTENTS[name].module == module)).register(alone)
        assert set(get_group(alone).commands) == {
            n for n, entry in CONTENTS.items() if entry.module == module
        }


@pytest.mark.parametrize("module", sorted(set(KINDS.values())))
def test_every_kind_of_carrier_has_its_maker(module: str) -> None:
    assert callable(__import__(f"secondring.carriers.{module}", fromlist=["make"]).make)
