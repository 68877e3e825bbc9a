"""What mosquitto on this machine needs to let our services in, and nobody else: three files of ours.

An administrator may let more readers in, a lamp or a wallboard: their lines in the password file and the access list
stay.

The password file is written by us and not by `mosquitto_passwd`, which takes a password on its command line or asks.
"""

import base64
import grp
import hashlib
import hmac
import os
import re
from collections.abc import Iterator
from pathlib import Path

from config.settings import MqttSettings
from dialplan.install import OwnFile
from secondring.domain.errors import ConfigError
from secondring.domain.hosts import is_loopback
from secondring.wiring import Settings

CONF, PASSWORDS, LISTS = Path("conf.d/secondring.conf"), Path("secondring.passwd"), Path("secondring.acl")
MODE = 0o640
GROUP = "mosquitto"
ROUNDS, SALT_BYTES, HASH_BYTES = 10_000, 12, 64
"""mosquitto's own number of rounds is 101; it takes any."""
HASHED = re.compile(r"\$7\$(\d{1,8})\$([A-Za-z0-9+/=]+)\$([A-Za-z0-9+/=]+)")
TAKEN = ("password_file", "acl_file")
"""What mosquitto takes once only, unless each listener has its own."""
BY_WHOM = "# Written by `secondring install --broker`; `secondring uninstall` takes it away again.\n"
YOURS = (
    "# Readers of your own go below this line; `secondring install` leaves them as they are (docs/mqtt.md).\n"
)
OUR_LINES = 3
"""Of a list that an earlier version wrote, which had no such line: by whom, our user, our topics."""


def broker_files(settings: Settings, directory: Path) -> tuple[OwnFile, ...]:
    """Our files below mosquitto's directory. Raises ConfigError when they would not do, with the remedy."""
    mqtt = _usable(settings.mqtt)
    if not (directory / "conf.d").is_dir():
        raise ConfigError(
            f"{directory}/conf.d is not there: install mosquitto first (apt-get install mosquitto)"
        )
    _refuse_conflicts(directory, mqtt.port)
    user, password = mqtt.user or "", mqtt.password.get_secret_value() if mqtt.password else ""
    lists = _known(directory / LISTS)
    ours = f"{BY_WHOM}user {user}\ntopic readwrite secondring/{settings.listening.pbx}/#\n{YOURS}"
    contents = {
        directory / PASSWORDS: _passwords(directory / PASSWORDS, user, password, before=_our_user(lists)),
        directory / LISTS: ours + _readers(lists),
        directory / CONF: _conf(directory, mqtt),
    }
    group = _group(directory)
    return tuple(
        OwnFile(path=path, content=content.encode(), mode=MODE, group=group)
        for path, content in contents.items()
    )


def directory_of(files: Iterator[Path] | tuple[Path, ...]) -> Path | None:
    """Which mosquitto's an earlier installation was for; None when it was for none."""
    return next((path.parents[1] for path in files if path.parts[-2:] == CONF.parts), None)


def _usable(mqtt: MqttSettings | None) -> MqttSettings:
    if mqtt is None:
        raise ConfigError("there is no section `mqtt` in the configuration: docs/mqtt.md shows one")
    if mqtt.user is None or mqtt.password is None:
        raise ConfigError(
            "mqtt.user and mqtt.password_file must both be set: the broker lets in nobody without"
        )
    if not re.fullmatch(r"[A-Za-z0-9._-]+", mqtt.user):
        raise ConfigError(f"mqtt.user {mqtt.user!r}: use letters, digits, dots, dashes and underscores")
    if mqtt.tls or not is_loopback(mqtt.host):
        raise ConfigError(
            f"mqtt.host {mqtt.host}{' with mqtt.tls' if mqtt.tls else ''}: what is set up here is a broker on loopback."
            " Set mqtt.host to 127.0.0.1 and mqtt.tls to false, or set up that broker by hand: docs/mqtt.md"
        )
    return mqtt


def _known(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not text"
        raise ConfigError(
            f"{file} cannot be read ({why}): run this as root, or move that file away"
        ) from error


def _our_user(lists: str) -> str:
    """The user that our part of a list names; nobody where it is not one of ours."""
    found = re.match(re.escape(BY_WHOM) + r"user (\S+)\n", lists)
    return found[1] if found else ""


def _readers(lists: str) -> str:
    """What an administrator added to our list; all of a list that somebody else wrote."""
    if YOURS in lists:
        return lists.partition(YOURS)[2]
    return "".join(lists.splitlines(keepends=True)[OUR_LINES:]) if lists.startswith(BY_WHOM) else lists


def _conf(directory: Path, mqtt: MqttSettings) -> str:
    host = "127.0.0.1" if mqtt.host == "localhost" else mqtt.host
    return (
        f"{BY_WHOM}listener {mqtt.port} {host}\nallow_anonymous false\n"
        f"password_file {directory / PASSWORDS}\nacl_file {directory / LISTS}\n"
    )


def _refuse_conflicts(directory: Path, port: int) -> None:
    """mosquitto does not start with two of these, so we do not write the second one."""
    lines = list(_theirs(directory))
    own_each = any(words[:2] == ["per_listener_settings", "true"] for _, _, words in lines)
    for file, number, words in lines:
        same_port = words[0] in ("listener", "port") and words[1:2] == [str(port)]
        if same_port or (words[0] in TAKEN and not own_each):
            raise ConfigError(
                f"{file}, line {number}: {words[0]} is set there already, and mosquitto takes no second one. Nothing"
                " was written; add our user and our topics to yours by hand: docs/mqtt.md"
            )


def _theirs(directory: Path) -> Iterator[tuple[Path, int, list[str]]]:
    ours = directory / CONF
    for file in (directory / "mosquitto.conf", *sorted((directory / "conf.d").glob("*.conf"))):
        if file == ours or not file.is_file():
            continue
        for number, line in enumerate(file.read_text("utf-8", "replace").splitlines(), 1):
            words = line.split()
            if words and not words[0].startswith("#"):
                yield file, number, words


def _group(directory: Path) -> int:
    try:
        return grp.getgrnam(GROUP).gr_gid
    except KeyError:  # another distribution, or a test: whoever owns the directory reads what is in it
        return directory.stat().st_gid


# ---------------------------------------------------------------- passwords


def _passwords(file: Path, user: str, password: str, before: str) -> str:
    """Our line first, then those of other readers. `before` is who we were when it was written last."""
    known = [line for line in _known(file).splitlines() if line.strip()]
    ours = next((line for line in known if line.startswith(f"{user}:")), "")
    others = [line for line in known if line.partition(":")[0] not in (user, before)]
    # Of the same password the line that is there: a new salt each time would be a change each time.
    if not _fits(ours.removeprefix(f"{user}:").strip(), password):
        ours = f"{user}:{hashed(password, os.urandom(SALT_BYTES))}"
    return "".join(f"{line}\n" for line in (ours, *others))


def hashed(password: str, salt: bytes, rounds: int = ROUNDS) -> str:
    """As mosquitto keeps it: PBKDF2 of SHA-512."""
    made = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, rounds, HASH_BYTES)
    return f"$7${rounds}${base64.b64encode(salt).decode()}${base64.b64encode(made).decode()}"


def _fits(line: str, password: str) -> bool:
    found = HASHED.fullmatch(line)
    if found is None:
        return False
    try:
        salt = base64.b64decode(found[2], validate=True)
    except ValueError:
        return False
    return hmac.compare_digest(hashed(password, salt, int(found[1])), line)
