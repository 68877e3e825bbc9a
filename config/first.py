"""The first configuration of a clinic, as `secondring init` writes it. Nothing is ever overwritten."""

import grp
import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from string import Template

from pydantic_core import PydanticCustomError

from config import zones
from secondring.domain.errors import ConfigError
from secondring.domain.phone import parse_number

TEMPLATE = Path(__file__).with_name("first-site.yaml")
SITE_FILE = Path("conf.d/10-site.yaml")
SERVICE_GROUP = "secondring"
SECRET_BYTES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What `init` asks. The values are checked by the loader afterwards, like everything in the file."""

    clinic: str
    phone: str
    dids: tuple[str, ...] = ()
    """The numbers that ring there; the phone alone when empty."""
    zone: str
    ami_user: str = "secondring"
    site: str = "main"
    places: bool = False
    """Keep the database and all else below the configuration's own directory: a trial beside the real thing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _New:
    """A file to make, and who may read it."""

    path: Path
    text: str
    secret: bool = False


@dataclass(frozen=True, slots=True)
class FirstFiles:
    """What was made, and what was there already and stayed as it was."""

    made: list[Path]
    kept: list[Path]


def write_first_config(directory: Path, answers: Answers, group: str = SERVICE_GROUP) -> FirstFiles:
    """Write `conf.d/10-site.yaml`, `credentials/key` and `credentials/ami-secret` below `directory`.

    Files that exist already stay as they are.
    As root, the service's group may read conf.d; the credentials are for root alone, systemd hands
    them over. Raises ConfigError when it may not write there.
    """
    secret_files = directory / "credentials"
    wanted = (
        _New(path=directory / SITE_FILE, text=first_site(answers, directory.absolute())),
        _New(path=secret_files / "key", text=secrets.token_hex(SECRET_BYTES) + "\n", secret=True),
        _New(path=secret_files / "ami-secret", text=secrets.token_urlsafe(SECRET_BYTES) + "\n", secret=True),
    )
    try:
        made = [new.path for new in wanted if _write_new(new, group)]
        return FirstFiles(made, [new.path for new in wanted if new.path not in made])
    except OSError as error:
        raise ConfigError(
            f"Cannot write the configuration to {directory}: {error.strerror} ({error.filename}). "
            "Run this as root, or name another place with --config."
        ) from error


def first_site(answers: Answers, directory: Path) -> str:
    """The text of the first file. Answers are quoted, so none of them can be taken for YAML."""
    dids = answers.dids or (answers.phone,)
    text = Template(TEMPLATE.read_text("utf-8")).substitute(
        site=_quoted(answers.site),
        clinic=_quoted(answers.clinic),
        phone=_quoted(answers.phone),
        dids=", ".join(_quoted(did) for did in dids),
        zone=_quoted(answers.zone),
        ami_user=_quoted(answers.ami_user),
    )
    return text + (_places(directory / "state") if answers.places else "")


def _places(state: Path) -> str:
    return (
        f"\n# Away from the usual place, so that a trial never touches what a clinic really uses:\n"
        f"database:\n  url: {_quoted(f'sqlite:///{state}/secondring.db')}\nstate_directory: {_quoted(str(state))}\n"
    )


def read_phone(text: str) -> str:
    """A number as `init` takes it, in E.164; raises ConfigError. Ten digits are North American."""
    number = parse_number(text, "US")
    if number is None:
        raise ConfigError(
            f"{text!r} is not a phone number. Write it with + and country code: +1 202 555 0123."
        )
    return number.e164


def read_zone(name: str) -> str:
    """A time zone as `init` takes it; raises ConfigError with the one that may be meant."""
    try:
        return zones.read_zone(name.strip())
    except PydanticCustomError as refused:
        told = refused.context or {}
        raise ConfigError(f"{name!r} {told.get('what')}. {told.get('remedy')}") from None


def machine_zone(link: Path = Path("/etc/localtime")) -> str:
    """The zone this machine is set to; New York's where it is set to none that people live by."""
    name = os.path.realpath(link).partition("/zoneinfo/")[2]
    try:
        return read_zone(name) if "/" in name and not name.startswith("Etc/") else "America/New_York"
    except ConfigError:
        return "America/New_York"


def _quoted(text: str) -> str:
    """A JSON string is a YAML string too."""
    return json.dumps(text, ensure_ascii=False)


def _write_new(new: _New, group: str) -> bool:
    """Create a file that no stranger can read, not even while it is being written. False when it exists."""
    new.path.parent.mkdir(mode=0o700 if new.secret else 0o750, parents=True, exist_ok=True)
    try:
        handle = os.open(new.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600 if new.secret else 0o640)
    except FileExistsError:
        return False
    with os.fdopen(handle, "w", encoding="utf-8", errors="replace") as file:
        file.write(new.text)
        file.flush()
        os.fsync(file.fileno())
    if not new.secret:
        share(new.path.parent, group)
        share(new.path, group)
    return True


def share(path: Path, group: str) -> None:
    """Let the service read what root wrote; on a machine without that group there is nothing to do."""
    try:
        number = grp.getgrnam(group).gr_gid
    except KeyError:
        return
    if os.geteuid() == 0:
        os.chown(path, -1, number)
