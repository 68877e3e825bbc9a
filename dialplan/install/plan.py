"""What would have to change: computed from what is there, before anything is touched."""

import hashlib
import json
import stat
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dialplan.install.block import with_block, without_block
from dialplan.install.site import PbxSite
from secondring.domain.errors import ConfigError

OWN_MODE = 0o640
"""Root writes, Asterisk reads, nobody else: the AMI secret is in one of them."""
SOUND_MODE = 0o644
TOUCHED = ("extensions_custom.conf", "extensions.conf", "manager_custom.conf", "manager.conf")
"""Where our lines may be: a PBX can have become a FreePBX since."""
RECORD = "installed.json"
"""In our directory: which files and directories we made, and what was in them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnFile:
    """A file of ours outside the PBX's directories: whole, so that taking it away leaves no trace."""

    path: Path
    content: bytes
    mode: int
    group: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Pieces:
    """What is to be installed."""

    dialplan: str
    manager: str
    sounds: Mapping[str, Path] = field(default_factory=dict)
    """Language (`en`, `es`) to the directory that holds its prompts."""
    beside: tuple[OwnFile, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One file, before and after; None means that it does not exist."""

    path: Path
    old: bytes | None
    new: bytes | None
    mode: int | None = None
    """None: as the file is, or 0644 of root and its directory's group for one that others write too."""
    group: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Everything, in the order in which it is safe to do it and to be interrupted."""

    makes: tuple[Path, ...] = ()
    """Directories that do not exist, outermost first."""
    changes: tuple[Change, ...] = ()
    removes: tuple[Path, ...] = ()
    """Directories that were made by us, innermost first; they go if they are empty."""
    notes: tuple[str, ...] = ()
    group: int = 0
    private: Path | None = None
    """The one directory that strangers may not look into."""

    @property
    def is_empty(self) -> bool:
        """True when all is as it should be."""
        return not (self.makes or self.changes or self.removes)


@dataclass(frozen=True, slots=True)
class _Record:
    """What we remember of an installation."""

    files: Mapping[str, str] = field(default_factory=dict)
    directories: tuple[str, ...] = ()


def install_plan(site: PbxSite, pieces: Pieces) -> Plan:
    """What puts the pieces in. Our own files come first, the lines that name them last.

    Raises ConfigError when a file cannot be read, or our lines in it were damaged by hand.
    """
    record = _read_record(site)
    own = {
        site.own / "extensions.conf": pieces.dialplan.encode(),
        site.own / "manager.conf": pieces.manager.encode(),
    }
    sounds = dict(_wanted_sounds(site, pieces.sounds))
    kept = {path for path, wanted in sounds.items() if _is_theirs(path, wanted, record)}
    beside = {file.path: file.content for file in pieces.beside}
    ours = own | beside | {path: content for path, content in sounds.items() if path not in kept}
    makes = tuple(_missing_directories(ours))
    changes = [
        *(_own_change(path, content, site.group) for path, content in own.items()),
        *(_sound_change(path, ours[path]) for path in sounds if path not in kept),
        *(_change_beside(file) for file in pieces.beside),
        *_outdated(record, ours),
        _record_change(site, ours, (*record.directories, *map(str, makes))),
        _line(site.manager_file, site.own / "manager.conf"),
        _line(site.dialplan_file, site.own / "extensions.conf"),
    ]
    return Plan(
        makes=makes,
        changes=tuple(change for change in changes if _does_something(change)),
        notes=(*(f"kept your own recording {path}" for path in sorted(kept)), *_manager_notes(site)),
        group=site.group,
        private=site.own,
    )


def uninstall_plan(site: PbxSite) -> Plan:
    """What takes everything out again: first the lines that name our files, then the files.

    A file that was changed since we wrote it goes as well when it is ours alone, and stays when it is a
    recording: that one is the clinic's own by now.
    """
    record = _read_record(site)
    changes = [_unline(site.etc / name) for name in TOUCHED]
    files = {Path(name): checksum for name, checksum in record.files.items()}
    files |= {site.own / name: "" for name in ("extensions.conf", "manager.conf")}
    kept = {path for path, checksum in files.items() if _is_a_sound(path, site) and _differs(path, checksum)}
    gone = [*(path for path in files if path not in kept), site.own / RECORD]
    changes += [Change(path=path, old=_read(path), new=None) for path in gone]
    directories = {*map(Path, record.directories), site.own}
    return Plan(
        changes=tuple(change for change in changes if _does_something(change)),
        removes=tuple(sorted((d for d in directories if d.is_dir()), key=_depth, reverse=True)),
        notes=tuple(f"left your own recording {path}" for path in sorted(kept)),
        group=site.group,
    )


# ---------------------------------------------------------------- single changes


def _own_change(path: Path, content: bytes, group: int) -> Change:
    return Change(path=path, old=_read(path), new=content, mode=OWN_MODE, group=group)


def _sound_change(path: Path, content: bytes) -> Change:
    return Change(path=path, old=_read(path), new=content, mode=SOUND_MODE)


def _change_beside(file: OwnFile) -> Change:
    return Change(path=file.path, old=_read(file.path), new=file.content, mode=file.mode, group=file.group)


def installed_files(site: PbxSite) -> tuple[Path, ...]:
    """What an earlier installation put there and remembers."""
    return tuple(map(Path, _read_record(site).files))


def _is_a_sound(path: Path, site: PbxSite) -> bool:
    return path.is_relative_to(site.sounds)


def _line(path: Path, target: Path) -> Change:
    old = _read(path)
    try:
        return Change(path=path, old=old, new=with_block(old, str(target)))
    except ConfigError as error:
        raise ConfigError(f"{path}, {error}") from error


def _unline(path: Path) -> Change:
    old = _read(path)
    try:
        return Change(path=path, old=old, new=None if old is None else without_block(old))
    except ConfigError as error:
        raise ConfigError(f"{path}, {error}") from error


def _does_something(change: Change) -> bool:
    """A new content, or a file of ours that strangers may read."""
    if change.old != change.new:
        return True
    return change.mode == OWN_MODE and change.new is not None and _is_open_to_all(change.path)


def _is_open_to_all(path: Path) -> bool:
    return bool(path.stat().st_mode & stat.S_IRWXO)


def _manager_notes(site: PbxSite) -> Iterator[str]:
    """FreePBX has AMI on; a plain Asterisk has it off until somebody says so."""
    if site.is_freepbx:
        return
    said = (_read(site.etc / "manager.conf") or b"").decode("utf-8", "replace")
    settings = [line.partition(";")[0].replace(" ", "").lower() for line in said.splitlines()]
    if not any(line in {"enabled=yes", "enabled=true", "enabled=1", "enabled=on"} for line in settings):
        yield (
            f"{site.manager_file} does not switch the manager interface on: under [general] say"
            " enabled = yes and bindaddr = 127.0.0.1"
        )


# ---------------------------------------------------------------- sounds and our memory


def _wanted_sounds(site: PbxSite, sounds: Mapping[str, Path]) -> Iterator[tuple[Path, bytes]]:
    for language, directory in sorted(sounds.items()):
        for source in sorted(directory.rglob("*")):
            content = _read(source) if source.is_file() else None
            if content is not None:
                yield site.sounds / language / "secondring" / source.relative_to(directory), content


def _is_theirs(path: Path, wanted: bytes, record: _Record) -> bool:
    """A prompt that the clinic recorded itself, under the name of one of ours."""
    found = _read(path)
    return found is not None and found != wanted and record.files.get(str(path)) != _checksum(found)


def _outdated(record: _Record, ours: Iterable[Path]) -> Iterator[Change]:
    """Prompts of an earlier version that nothing plays any more, unless the clinic made them its own."""
    for name in sorted(record.files.keys() - set(map(str, ours))):
        path = Path(name)
        if not _differs(path, record.files[name]):
            yield Change(path=path, old=_read(path), new=None)


def _record_change(site: PbxSite, files: Mapping[Path, bytes], directories: Iterable[str]) -> Change:
    said = {
        "files": {str(path): _checksum(content) for path, content in sorted(files.items())},
        "directories": sorted(set(directories)),
    }
    path = site.own / RECORD
    return _own_change(path, (json.dumps(said, indent=1) + "\n").encode(), site.group)


def _read_record(site: PbxSite) -> _Record:
    path = site.own / RECORD
    text = _read(path)
    if text is None:
        return _Record()
    try:
        said = json.loads(text)
        return _Record(
            {str(k): str(v) for k, v in said["files"].items()}, tuple(map(str, said["directories"]))
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigError(
            f"{path} is damaged: put back the copy that the last back-up holds, or delete it (then prompts"
            f" that we installed stay where they are) [{type(error).__name__}]"
        ) from error


def _missing_directories(files: Iterable[Path]) -> Iterator[Path]:
    missing = {parent for path in files for parent in path.parents if not parent.exists()}
    yield from sorted(missing, key=_depth)


def _depth(path: Path) -> tuple[int, str]:
    return len(path.parts), str(path)


def _differs(path: Path, checksum: str) -> bool:
    found = _read(path)
    return found is not None and _checksum(found) != checksum


def _checksum(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}: run this as root") from error
