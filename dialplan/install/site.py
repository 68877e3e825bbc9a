"""What kind of PBX this is and where it keeps its files, read from its own asterisk.conf."""

import grp
import os
import pwd
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from secondring.domain.errors import ConfigError

USUAL = Path("/etc/asterisk/asterisk.conf")
MORE_PLACES = ":/usr/sbin:/usr/local/sbin"
"""Where `asterisk` is, beyond the PATH of an ordinary shell."""
ANSWER_SECONDS = 10
UNSET_DIRECTORIES = {
    "astvarlibdir": "/var/lib/asterisk",
    "astlogdir": "/var/log/asterisk",
    "astspooldir": "/var/spool/asterisk",
    "astrundir": "/var/run/asterisk",
}
"""What Asterisk's own build takes when asterisk.conf says nothing."""


class Flavour(StrEnum):
    """Who writes the PBX's dialplan."""

    PLAIN = "plain Asterisk"
    FREEPBX = "FreePBX"


@dataclass(frozen=True, slots=True, kw_only=True)
class PbxSite:
    """One PBX on this machine."""

    conf: Path
    """Its asterisk.conf."""
    flavour: Flavour
    etc: Path
    data: Path
    log: Path
    run: Path
    group: int
    """Group id that Asterisk reads its configuration with."""

    @property
    def own(self) -> Path:
        """Where our configuration files go."""
        return self.etc / "secondring"

    @property
    def sounds(self) -> Path:
        """Where the PBX looks for prompts: `<lang>/` below it."""
        return self.data / "sounds"

    @property
    def dialplan_file(self) -> Path:
        """The file that gets our one line for the dialplan."""
        return self.etc / ("extensions_custom.conf" if self.is_freepbx else "extensions.conf")

    @property
    def manager_file(self) -> Path:
        """The file that gets our one line for the AMI accounts."""
        return self.etc / ("manager_custom.conf" if self.is_freepbx else "manager.conf")

    @property
    def is_freepbx(self) -> bool:
        """True when FreePBX generates the dialplan, and only the `_custom` files are ours to touch."""
        return self.flavour is Flavour.FREEPBX


def find_site(conf: Path = USUAL) -> PbxSite:
    """Read asterisk.conf; raises ConfigError when it is not there or not readable."""
    try:
        text = conf.read_text("utf-8", "replace")
    except OSError as error:
        raise ConfigError(
            f"{conf}: {error.strerror}: is Asterisk installed on this machine? Name its file with"
            " --asterisk-conf, and run this as root"
        ) from error
    said = {**UNSET_DIRECTORIES, "astetcdir": str(conf.parent), **_section(text, "directories")}
    etc = Path(said["astetcdir"])
    return PbxSite(
        conf=conf,
        flavour=_flavour(etc),
        etc=etc,
        data=Path(said.get("astdatadir", said["astvarlibdir"])),
        log=Path(said["astlogdir"]),
        run=Path(said["astrundir"]),
        group=_reading_group(_section(text, "options"), etc),
    )


def asterisk_command() -> str | None:
    """The path of the `asterisk` program; None when this machine has none."""
    return shutil.which("asterisk", path=os.environ.get("PATH", "") + MORE_PLACES)


def asterisk_version(command: Sequence[str]) -> str:
    """What `asterisk -V` says; raises ConfigError when it cannot be asked."""
    said = _said([*command, "-V"]) if command else ""
    if not said:
        raise ConfigError(
            "cannot ask this machine's Asterisk for its version (`asterisk -V`): give --asterisk, or --asterisk-version"
        )
    return said


def freepbx_version() -> str | None:
    """What `fwconsole -V` says, such as 17.0.19; None when there is none."""
    found = re.search(r"\d+\.\d+[\d.]*", _said(["fwconsole", "-V"]))
    return found[0] if found else None


def _said(command: list[str]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=ANSWER_SECONDS)  # noqa: S603 - fixed words, no shell
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip()


def _flavour(etc: Path) -> Flavour:
    """FreePBX leaves /etc/freepbx.conf, and generates extensions_additional.conf."""
    signs = (etc.parent / "freepbx.conf", etc / "freepbx.conf", etc / "extensions_additional.conf")
    return Flavour.FREEPBX if any(sign.exists() for sign in signs) else Flavour.PLAIN


def _section(text: str, wanted: str) -> dict[str, str]:
    return dict(_settings(text, wanted))


def _settings(text: str, wanted: str) -> Iterator[tuple[str, str]]:
    """The settings of one section. `[directories](!)`, as the sample file has it, is a template: it says nothing."""
    here = False
    for raw in text.splitlines():
        line = raw.partition(";")[0].strip()
        header = re.match(r"\[([^\]]+)\]\s*(\([^)]*\))?", line)
        if header:
            here = header[1].strip().lower() == wanted and "!" not in (header[2] or "")
            continue
        key, equals, value = line.partition("=")
        if here and equals and value.strip("> "):
            yield key.strip().lower(), value.lstrip(">").strip()


def _reading_group(options: Mapping[str, str], etc: Path) -> int:
    """The group that Asterisk runs in; where asterisk.conf does not tell, the one its directory belongs to."""
    try:
        if "rungroup" in options:
            return grp.getgrnam(options["rungroup"]).gr_gid
        if "runuser" in options:
            return pwd.getpwnam(options["runuser"]).pw_gid
    except KeyError as error:
        raise ConfigError(f"asterisk.conf, [options]: runuser or rungroup does not exist: {error}") from error
    try:
        owner = etc.stat().st_gid
    except OSError as error:
        raise ConfigError(
            f"{etc}: {error.strerror}: astetcdir of asterisk.conf must be a directory"
        ) from error
    return owner or _group_named("asterisk")


def _group_named(name: str) -> int:
    try:
        return grp.getgrnam(name).gr_gid
    except KeyError:
        return 0
