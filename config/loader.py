"""From files on disk to `Settings`.

Layers, each over the one before: the packaged default.yaml, then `conf.d/*.yaml` in the order of their
names. `--config PATH` or SECONDRING_CONFIG names another place than /etc/secondring; it takes the place
of that directory, so a trial never mixes with what the clinic really uses.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from config.build import Secrets, build_settings
from config.check import validate, warnings
from config.problems import Place, Problem, refuse
from config.schema import Configuration
from config.secret_files import SecretReader, secret_reader
from config.settings import Settings
from config.tree import Source, Tree, read_all
from secondring.domain.errors import ConfigError

DEFAULTS = Path(__file__).with_name("default.yaml")
EXAMPLE = Path(__file__).parent / "example" / "10-site.yaml"
HOME = Path("/etc/secondring")
VARIABLE = "SECONDRING_CONFIG"
MAX_BYTES = 1_000_000
SHARE = "Run this as root; for the service, run: chgrp -R secondring {parent} && chmod -R g+rX {parent}"


def config_path(option: Path | None, environ: Mapping[str, str]) -> Path:
    """Where the configuration is: the option, else SECONDRING_CONFIG, else /etc/secondring."""
    return option or Path(environ.get(VARIABLE) or HOME)


def load(path: Path, environ: Mapping[str, str]) -> Settings:
    """Read everything in `path`: a directory with conf.d, a directory of *.yaml, or one file.

    Raises ConfigError that tells of every problem found, with file, line, value and remedy.
    """
    files = find_files(path)
    root = home_of(path)
    sources = [default_source(), *read_files(files)]
    where = Place(file=str(files[-1].parent if len(files) > 1 else files[0]))
    settings = parse(sources, secret_reader(root, environ), where)
    return replace(settings, files=tuple(files))


def parse(sources: Sequence[Source], read_secret: SecretReader, where: Place) -> Settings:
    """Texts in, settings out; touches no file but through `read_secret`. Raises ConfigError.

    `where` is named for what no source says.
    """
    tree, found = checked(sources, where)
    secrets = Secrets(read_secret, tree)
    settings = build_settings(found, secrets)
    refuse(secrets.problems)
    return replace(settings, cautions=tuple(str(problem) for problem in warnings(found, tree)))


def checked(sources: Sequence[Source], where: Place) -> tuple[Tree, Configuration]:
    """Read and check, without the secrets. Raises ConfigError."""
    tree, problems = read_all(sources, where)
    refuse(problems)
    found, problems = validate(tree)
    refuse(problems)
    if found is None:
        raise AssertionError("neither a configuration nor a problem")
    return tree, found


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
