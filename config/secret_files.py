"""Where secrets come from: files, systemd credentials, the environment. Never from the YAML itself.

`credential:NAME` is the file that systemd hands to the service. Commands that an administrator runs
by hand have no such hand-over; for them it is `credentials/NAME` beside `conf.d`, which is the very
file that the unit loads.
"""

import re
import stat
from collections.abc import Callable, Mapping
from pathlib import Path

MAX_BYTES = 65_536
KEY_BYTES = 32
"""AES-256."""
READABLE_BY_ALL = stat.S_IROTH | stat.S_IWOTH

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
    path = Path(handed) / name
    if not path.exists():
        raise SecretRefused(
            f"names the credential {name}, which systemd did not hand over",
            f"Run `systemctl edit secondring` and add, under [Service], LoadCredential={name}:{own}.",
        )
    return read_secret_file(path)


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
        raise SecretMissing(f"names {path}, which does not exist", _create_it()) from None
    except PermissionError:
        raise SecretRefused(f"names {path}, which we may not read", "Run this as root.") from None
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "not a path"
        raise SecretRefused(f"names {path}, which cannot be read ({why})", "Look at the file.") from None


def _create_it() -> str:
    return "Write the secret to it and run chmod 600 on it; `secondring init` makes one for a new clinic."


RESTORE_KEY = (
    "Put the key back from where you keep its copy: without it no number and no text in the database can be read."
    " Only for a new clinic, without a database yet, `secondring init` makes one."
)


def as_password(raw: bytes) -> str:
    """A secret that is one line of text; a line end at its end is not part of it."""
    try:
        text = raw.decode("utf-8").strip("\r\n")
    except UnicodeDecodeError:
        raise SecretRefused("names a secret that is not UTF-8 text", "Write one line of text.") from None
    if not text or not text.isprintable():
        raise SecretRefused("names a secret that is empty or more than one line", "Write one line of text.")
    return text


def as_key(raw: bytes) -> bytes:
    """A key of 32 bytes, written as 64 hexadecimal digits or as the bytes themselves."""
    text = raw.strip()
    if re.fullmatch(rb"[0-9a-fA-F]{64}", text):
        return bytes.fromhex(text.decode("ascii"))
    if len(raw) == KEY_BYTES:
        return raw
    raise SecretRefused(
        "names a key that is not 32 bytes (64 hexadecimal digits)",
        "Put back the key that the database was made with; only for a new database, make one with "
        "`openssl rand -hex 32`.",
    )
