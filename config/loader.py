"""From files on disk to `Settings`.

Layers, each over the one before: the packaged default.yaml, then `conf.d/*.yaml` in the order of their
names, then what was set on screen. `--config PATH` or SECONDRING_CONFIG names another place than
/etc/secondring; it takes the place of that directory, so a trial never mixes with what the clinic really uses.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from config.build import Secrets, build_settings
from config.check import slips_in_part, validate, warnings
from config.overlay import disagreements, laid_over
from config.problems import Place, Problem, refuse
from config.schema import Configuration
from config.secret_files import SecretReader, secret_reader
from config.settings import Settings
from config.tree import Source, Tree, read_all
from config.unread import trouble_with_secrets
from secondring.domain.errors import ConfigError
from secondring.domain.settings import NOTHING, Disagreement, Overlay

DEFAULTS = Path(__file__).with_name("default.yaml")
EXAMPLE = Path(__file__).parent / "example" / "10-site.yaml"
HOME = Path("/etc/secondring")
VARIABLE = "SECONDRING_CONFIG"
MAX_BYTES = 1_000_000
SHARE = "Run this as root; for the service, run: chgrp -R secondring {parent} && chmod -R g+rX {parent}"


def config_path(option: Path | None, environ: Mapping[str, str]) -> Path:
    """Where the configuration is: the option, else SECONDRING_CONFIG, else /etc/secondring."""
    return option or Path(environ.get(VARIABLE) or HOME)


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A configuration that can be used, all but its secrets."""

    tree: Tree
    files: Tree
    """The same without what is set on screen."""
    found: Configuration
    disagreements: tuple[Disagreement, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Layers:
    """The files as they were when they were read; what is set on screen can be laid over them again and again."""

    sources: tuple[Source, ...]
    where: Place
    """Named for what no source says."""
    files: tuple[Path, ...] = ()

    def checked(self, overlay: Overlay = NOTHING) -> Checked:
        """Read and check, without the secrets. Raises ConfigError that tells of every problem found."""
        return _usable(*self.examined(overlay))

    def examined(self, overlay: Overlay) -> tuple[Checked | None, list[Problem]]:
        """The same for who wants the problems one by one."""
        files, problems = read_all(self.sources, self.where)
        tree = laid_over(files, overlay)
        if problems:
            return None, [*problems, *slips_in_part(tree)]
        found, problems = validate(tree)
        if found is None or problems:
            return None, problems
        differs = disagreements(files, overlay, found)
        return Checked(tree=tree, files=files, found=found, disagreements=differs), []

    def settings(self, read_secret: SecretReader, overlay: Overlay = NOTHING) -> Settings:
        """All that the wiring needs; touches no file but through `read_secret`. Raises ConfigError."""
        checked, problems = self.examined(overlay)
        if problems:
            tree = laid_over(read_all(self.sources, self.where)[0], overlay)
            refuse([*problems, *trouble_with_secrets(tree, read_secret)])
        found = _usable(checked, problems)
        secrets = Secrets(read_secret, found.tree)
        settings = build_settings(found.found, secrets)
        refuse(secrets.problems)
        cautions = tuple(str(problem) for problem in warnings(found.found, found.tree))
        return replace(settings, files=self.files, disagreements=found.disagreements, cautions=cautions)


def _usable(found: Checked | None, problems: Sequence[Problem]) -> Checked:
    refuse(problems)
    if found is None:
        raise AssertionError("neither a configuration nor a problem")
    return found


def load(path: Path, environ: Mapping[str, str], overlay: Overlay = NOTHING) -> Settings:
    """Read everything in `path`: a directory with conf.d, a directory of *.yaml, or one file.

    Raises ConfigError that tells of every problem found, with file, line, value and remedy.
    """
    settings = read_layers(path).settings(secret_reader(home_of(path), environ), overlay)
    return replace(settings, read_from=path)


def read_layers(path: Path) -> Layers:
    """The files in `path`, read and not yet looked into. Raises ConfigError when one cannot be read."""
    files = find_files(path)
    where = Place(file=str(files[-1].parent if len(files) > 1 else files[0]))
    return Layers(sources=(default_source(), *read_files(files)), where=where, files=tuple(files))


def parse(sources: Sequence[Source], read_secret: SecretReader, where: Place) -> Settings:
    """Texts in, settings out; touches no file but through `read_secret`. Raises ConfigError."""
    return Layers(sources=tuple(sources), where=where).settings(read_secret)


# ------------------------------------------------------------------ files


def home_of(path: Path) -> Path:
    """The directory that `credentials/` stands in."""
    return path if path.is_dir() else path.parent


def find_files(path: Path) -> list[Path]:
    """The administrator's files, in the order they are read. Raises ConfigError where there are none."""
    try:
        files = _files_in(path)
    except PermissionError as error:
        folder = Path(error.filename or path)
        refuse([_unreadable(folder, "may not be read by us", SHARE.format(parent=folder))])
    except OSError:
        files = []
    if not files:
        raise ConfigError(
            f"No configuration in {path}: there is no file {path}/conf.d/*.yaml. "
            "Write a first one with `secondring init`, or name another place with --config."
        )
    return files


def _files_in(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    directory = path / "conf.d" if (path / "conf.d").is_dir() else path
    return sorted(f for f in directory.iterdir() if f.suffix in (".yaml", ".yml") and f.is_file())


def default_source() -> Source:
    """What the product ships."""
    return Source(name=str(DEFAULTS), text=DEFAULTS.read_text("utf-8"), is_default=True)


def read_files(files: Sequence[Path]) -> list[Source]:
    """The texts of the files; every one that cannot be read is a problem."""
    sources: list[Source] = []
    problems: list[Problem] = []
    for file in files:
        try:
            if file.stat().st_size > MAX_BYTES:
                problems.append(_unreadable(file, "is larger than a configuration can be"))
            else:
                sources.append(Source(name=str(file), text=file.read_text("utf-8")))
        except UnicodeDecodeError:
            problems.append(_unreadable(file, "is not UTF-8 text"))
        except PermissionError:
            problems.append(_unreadable(file, "may not be read by us", SHARE.format(parent=file.parent)))
        except OSError as error:
            problems.append(_unreadable(file, f"cannot be read: {error.strerror}"))
    refuse(problems)
    return sources


def _unreadable(file: Path, what: str, remedy: str = "Mend the file, or take it out.") -> Problem:
    return Problem(place=Place(file=str(file)), what=what, remedy=remedy)
