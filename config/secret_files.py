"""Where secrets come from: files, systemd credentials, the environment. Never from the YAML itself.

`credential:NAME` is the file that systemd hands to the service. Commands that an administrator runs
by hand have no such hand-over; for them it is `credentials/NAME` beside `conf.d`. The unit loads that
whole directory, which makes each file `secondring_NAME`; a unit's own line for one NAME goes first.
"""

import re
import stat
from collections.abc import Callable, Mapping
from pathlib import Path

MAX_BYTES = 65_536
KEY_BYTES = 32
"""AES-256."""
READABLE_BY_ALL = stat.S_IROTH | stat.S_IWOTH

UNIT_PREFIX = "secondring"
"""The ID that the unit loads its directory of secrets by; systemd puts it before every file's name."""
OWN_SECRETS = ("ami-secret", "ami-dial-secret")
"""Nobody else gives these out: `init` makes those that are missing."""

SecretReader = Callable[[str], bytes]
"""Takes a place as the configuration writes it; raises SecretRefused."""


class SecretRefused(Exception):
    """A secret cannot be had from where it should be."""

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(f"{what}. {remedy}")
        self.what = what
        self.remedy = remedy


class SecretMissing(SecretRefused):
    """There is no file where the secret should be."""


def secret_reader(root: Path, environ: Mapping[str, str]) -> SecretReader:
    """Read secrets for the configuration in `root`."""

    def read(place: str) -> bytes:
        kind, _, name = place.partition(":")
        if kind == "env":
            return _from_environment(name, environ)
        if kind == "credential":
            return _from_credential(name, root, environ)
        return read_secret_file(Path(place))

    return read


def _from_environment(name: str, environ: Mapping[str, str]) -> bytes:
    value = environ.get(name, "")
    if not value:
        raise SecretRefused(f"names the environment variable {name}, which is not set", "Set it.")
    return value.encode("utf-8", "surrogateescape")


def _from_credential(name: str, root: Path, environ: Mapping[str, str]) -> bytes:
    own = root / "credentials" / name
    handed = environ.get("CREDENTIALS_DIRECTORY")
    if handed is None:
        return read_secret_file(own)
    for file in (name, f"{UNIT_PREFIX}_{name}"):
        if (path := Path(handed) / file).exists():
            return read_secret_file(path)
    raise SecretMissing(
        f"names the credential {name}, which systemd did not hand over",
        f"{_create_it(own)} Where {own} is there already, the unit is an older one: put the new"
        " secondring.service in its place and run systemctl daemon-reload.",
    )


def read_secret_file(path: Path) -> bytes:
    """The bytes of a file that not everybody can read."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode) or status.st_size > MAX_BYTES:
            raise SecretRefused(f"names {path}, which is no small plain file", "Name the file of the secret.")
        if status.st_mode & READABLE_BY_ALL:
            raise SecretRefused(f"names {path}, which everybody can read", f"Run: chmod 600 {path}")
        return path.read_bytes()
    except FileNotFoundError:
        raise SecretMissing(f"names {path}, which does not exist", _create_it(path)) from None
    except PermissionError:
        raise SecretRefused(f"names {path}, which we may not read", "Run this as root.") from None
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "not a path"
        raise SecretRefused(f"names {path}, which cannot be read ({why})", "Look at the file.") from None


def _create_it(path: Path) -> str:
    if path.name in OWN_SECRETS:
        return f"Run `secondring init`: it makes {path.name}, asks nothing and changes nothing else."
    return f"Run `install -m 600 /dev/null {path}` and write the secret into that file."


RESTORE_KEY = (
    "Put the key back from where you keep its copy: without it no number and no text in the database can be read."
    " Only for a new clinic, without a database yet, `secondring init` makes one."
)
RESTORE_SEAL = (
    "A box and its centre share it, so make none here: copy it from the other one (credentials/seal on the box,"
    " credentials/seal-BOX at the centre), or take the file `seal` that `sites add` writes at the centre."
)

MEND_KEY = "Put back the key that the database was made with; only for a new one, make a key: `openssl rand -hex 32`."
PEM = "-----BEGIN "
"""How private keys begin that programs exchange (RFC 7468): the one secret that has several lines."""


def as_password(raw: bytes) -> str:
    """A secret that is one line of text, or a private key in PEM form; a line end at its end is not part of it."""
    try:
        text = raw.decode("utf-8").strip("\r\n")
    except UnicodeDecodeError:
        raise SecretRefused("names a secret that is not UTF-8 text", "Write one line of text.") from None
    if text.startswith(PEM) and all(line.isprintable() for line in text.splitlines()):
        return text
    if not text or not text.isprintable():
        raise SecretRefused("names a secret that is empty or more than one line", "Write one line of text.")
    return text


def as_key(raw: bytes, remedy: str) -> bytes:
    """A key of 32 bytes, written as 64 hexadecimal digits or as the bytes themselves. `remedy` is for what is none."""
    text = raw.strip()
    if re.fullmatch(rb"[0-9a-fA-F]{64}", text):
        return bytes.fromhex(text.decode("ascii"))
    if len(raw) == KEY_BYTES:
        return raw
    raise SecretRefused("names a key that is not 32 bytes (64 hexadecimal digits)", remedy)
