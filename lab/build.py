"""Where the lab's Asterisk comes from.

The host's own is taken when it is good enough. Otherwise one is unpacked from Debian packages into a cache
directory, once: no root, no chroot and no mount, because it is started through the dynamic linker that was
unpacked beside it. `python -m lab.build` does it ahead of time.
"""

import contextlib
import fcntl
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lab.errors import LabError

RELEASE = "forky"
PACKAGES = ("asterisk", "asterisk-core-sounds-en-gsm")
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
DEFAULT_MIRROR = "http://deb.debian.org/debian"
OLDEST = 18
RECIPE = f"{RELEASE}-1"  # another number means: what is cached no longer fits

NEEDED_MODULES = ("chan_pjsip.so", "app_queue.so", "app_voicemail.so", "app_confbridge.so", "app_followme.so")
MODULE_PLACES = ("/usr/lib/*/asterisk/modules", "/usr/lib/asterisk/modules", "/usr/lib64/asterisk/modules")
DATA_PLACES = ("/usr/share/asterisk", "/var/lib/asterisk")


@dataclass(frozen=True, kw_only=True)
class Asterisk:
    """An Asterisk that can be started: the command, and where its modules, documentation and sounds are."""

    command: tuple[str, ...]
    modules: Path
    data: Path
    version: str

    @property
    def major_minor(self) -> tuple[int, int]:
        """The version as numbers, to choose what a configuration may say."""
        found = re.search(r"(\d+)\.(\d+)", self.version)
        return (int(found[1]), int(found[2])) if found else (0, 0)


def find_or_build() -> Asterisk:
    """Give the host's Asterisk, else our own, built now if it is not there yet."""
    return _of_the_host() or _unpacked(_build_once())


def cache_dir() -> Path:
    """The directory that keeps what was built: outside the source tree, shared by every run."""
    if chosen := os.environ.get("SECONDRING_LAB_DIR"):
        return Path(chosen)
    if os.geteuid() == 0:
        return Path("/var/cache/secondring-lab")
    return Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "secondring-lab"


def _of_the_host() -> Asterisk | None:
    binary = shutil.which("asterisk", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
    modules = _first(MODULE_PLACES, Path("/"))
    data = _first(DATA_PLACES, Path("/"))
    if not (binary and modules and data):
        return None
    found = Asterisk(command=(binary,), modules=modules, data=data, version=_version((binary,)))
    has_all = all((modules / name).exists() for name in NEEDED_MODULES)
    return found if has_all and found.major_minor[0] >= OLDEST else None


def _unpacked(root: Path) -> Asterisk:
    """Describe the unpacked Asterisk; its own linker finds its own libraries, the host's are not touched."""
    modules = _first(MODULE_PLACES, root)
    linker = _first(("/usr/lib/*/ld-linux*.so.*", "/usr/lib/ld-linux*.so.*"), root)
    if modules is None or linker is None:
        raise LabError(f"the Asterisk in {root} is incomplete: remove that directory and try again")
    libraries = f"{modules.parent.parent}:{modules.parent}"
    command = (str(linker), "--library-path", libraries, str(root / "usr/sbin/asterisk"))
    return Asterisk(
        command=command, modules=modules, data=root / "usr/share/asterisk", version=_version(command)
    )


def _first(patterns: tuple[str, ...], root: Path) -> Path | None:
    found = (path for pattern in patterns for path in sorted(root.glob(pattern.lstrip("/"))))
    return next(found, None)


def _version(command: tuple[str, ...]) -> str:
    said = subprocess.run([*command, "-V"], capture_output=True, text=True, check=False, timeout=30)
    return said.stdout.strip().removeprefix("Asterisk ")


def _build_once() -> Path:
    """Build under a lock, move into place in one step: interrupted, it leaves nothing half-done."""
    cache = cache_dir()
    cache.mkdir(parents=True, exist_ok=True)
    finished = cache / f"asterisk-{RECIPE}"
    if finished.exists():
        return finished
    with _locked(cache / "lock"):
        if not finished.exists():
            for leftover in cache.glob("building-*"):
                shutil.rmtree(leftover, ignore_errors=True)
            work = Path(tempfile.mkdtemp(prefix="building-", dir=cache))
            try:
                _unpack_packages(work)
                (work / "root").rename(finished)
            finally:
                shutil.rmtree(work, ignore_errors=True)
    return finished


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _unpack_packages(work: Path) -> None:
    _require_tools()
    apt = _apt(work)
    print(f"lab: fetching Asterisk from {_mirror()} {RELEASE} (once, about 100 MB)", flush=True)
    _run([*apt, "update"])
    _run([*apt, "install", "--download-only", *PACKAGES])
    root = work / "root"
    root.mkdir()
    archives = sorted((work / "cache/archives").glob("*.deb"))
    print(f"lab: unpacking {len(archives)} packages", flush=True)
    for archive in archives:
        _run(["dpkg-deb", "-x", str(archive), str(root)])
    _settle(root)
    print(f"lab: {_unpacked(root).version} is ready", flush=True)


def _settle(root: Path) -> None:
    """Name the English sounds: the one thing we need of what the packages' install scripts do."""
    (root / "usr/share/asterisk/sounds/en").symlink_to("en_US_f_Allison")


def _require_tools() -> None:
    missing = [tool for tool in ("apt-get", "dpkg-deb") if shutil.which(tool) is None]
    if missing:
        raise LabError(
            f"no Asterisk >= {OLDEST} here and no {' or '.join(missing)} to fetch one:"
            " install Asterisk with your package manager"
        )
    if not KEYRING.exists():
        raise LabError(f"{KEYRING} is missing: apt-get install debian-archive-keyring")


def _apt(work: Path) -> list[str]:
    """Give an apt-get with only our release and our directories; the host's proxy settings still hold."""
    for place in ("state/lists/partial", "cache/archives/partial"):
        (work / place).mkdir(parents=True)
    status = work / "state/status"
    status.touch()
    sources = work / "sources.list"
    sources.write_text(f"deb [signed-by={KEYRING}] {_mirror()} {RELEASE} main\n")
    options = {
        "Dir::State": work / "state",
        "Dir::State::status": status,
        "Dir::Cache": work / "cache",
        "Dir::Etc::sourcelist": sources,
        "Dir::Etc::sourceparts": "/dev/null",
        "Dir::Etc::preferences": "/dev/null",
        "Dir::Etc::preferencesparts": "/dev/null",
        "APT::Install-Recommends": "false",
        "APT::Sandbox::User": "",
        "APT::Update::Post-Invoke": "",
        "Acquire::Languages": "none",
        "Acquire::Retries": "3",
        "Acquire::Check-Valid-Until": "false",  # a mirror may lag; the signature is still checked
    }
    return ["apt-get", "-qq", "-y", *(f"-o{name}={value}" for name, value in options.items())]


def _mirror() -> str:
    """The Debian mirror that the host itself uses: it is the one known to be reachable."""
    sources = [Path("/etc/apt/sources.list"), *sorted(Path("/etc/apt/sources.list.d").glob("*"))]
    text = "\n".join(path.read_text(errors="replace") for path in sources if path.is_file())
    found = re.search(r"^(?:URIs:|deb(?: \[[^\]]*\])?)\s+(https?://\S+/debian)/?\s", text, re.MULTILINE)
    return found[1] if found else DEFAULT_MIRROR


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise LabError(f"{command[0]} failed: {(done.stderr or done.stdout).strip()[-2000:]}")


if __name__ == "__main__":
    print(f"lab: Asterisk {find_or_build().version}")
