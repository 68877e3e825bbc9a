"""Into a real Asterisk and out again: it loads what was installed without a word, and its files come back whole."""

import hashlib
import shlex
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.pbx import Pbx
from lab.service import Service
from tests.support.until import until


@pytest.fixture(params=["clinic", "freepbx"])
def box(request: pytest.FixtureRequest) -> Iterator[Pbx]:
    with Pbx(name="site", shape=request.param) as box:
        if box.shape == "freepbx":
            _include_custom_files(box)
        yield box


def _include_custom_files(box: Pbx) -> None:
    """What FreePBX's own files do: they name the ones that are the administrator's, last of all."""
    (box.home / "etc/extensions_additional.conf").write_text("; generated\n")
    for name in ("extensions", "manager"):
        (box.home / f"etc/{name}_custom.conf").write_text("; yours\n")
        with (box.home / f"etc/{name}.conf").open("a") as file:
            file.write(f"#include {name}_custom.conf\n")
    box.reload()


def checksums(directory: Path) -> dict[str, tuple[int, str]]:
    return {
        str(path.relative_to(directory)): (
            stat.S_IMODE(path.stat().st_mode),
            "" if path.is_dir() else hashlib.sha256(path.read_bytes()).hexdigest(),
        )
        for path in sorted(directory.rglob("*"))
    }


def tree(box: Pbx) -> dict[str, tuple[int, str]]:
    """The configuration and the sounds."""
    places = ("etc", "data/sounds")
    found = {place: checksums(box.home / place) for place in places}
    return {f"{place}/{name}": what for place in places for name, what in found[place].items()}


def log_of(box: Pbx) -> list[str]:
    return (box.home / "log/messages").read_text(errors="replace").splitlines()


def test_install_loads_without_a_word_and_uninstall_leaves_no_trace(box: Pbx) -> None:
    conf = f"{box.home}/etc/asterisk.conf"
    where = ("--asterisk-conf", conf, "--asterisk", shlex.join(box.asterisk.command), "--reload")
    with Service(box) as service:
        before = tree(box)
        said = len(log_of(box))
        service.ask("install", *where, "--asterisk-version", box.asterisk.version)
        until(lambda: "secondring-doctor" in box.cli("dialplan show secondring-doctor"), "our contexts")
        assert tree(box) != before
        again = service.ask("install", *where[:2], "--asterisk-version", box.asterisk.version)
        assert "Nothing to do." in again
        service.ask("uninstall", *where)
        assert tree(box) == before
        assert "no existence" in box.cli("dialplan show secondring-doctor")
        assert log_of(box)[said:] == []
