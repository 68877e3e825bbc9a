"""A clinic that is configured right, and a way to say one thing wrong."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from config.loader import EXAMPLE, default_source, parse
from config.problems import Place
from config.secret_files import SecretMissing, SecretReader
from config.settings import Settings
from config.tree import Source

WHERE = Place(file="/etc/secondring/conf.d")
SECRETS = {
    "credential:ami-secret": b"a-secret-of-the-pbx\n",
    "credential:key": b"0123456789abcdef" * 4 + b"\n",
    "credential:carrier-token": b"a-token\n",
}
Configure = Callable[..., Settings]


def configure(*texts: str, secrets: Mapping[str, bytes] = SECRETS) -> Settings:
    """The settings that these files give, laid over the defaults and the example clinic."""
    example = Source(name="10-site.yaml", text=EXAMPLE.read_text("utf-8"))
    files = [Source(name=f"{20 + n}-more.yaml", text=text) for n, text in enumerate(texts)]
    return parse([default_source(), example, *files], _reader({**SECRETS, **secrets}), WHERE)


def _reader(kept: Mapping[str, bytes]) -> SecretReader:
    def read(place: str) -> bytes:
        if place not in kept:
            raise SecretMissing(f"names {place}, which does not exist", "Make it.")
        return kept[place]

    return read


@pytest.fixture
def clinic() -> Configure:
    return configure


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A configuration directory on disk, as `init` leaves it."""
    (tmp_path / "conf.d").mkdir()
    (tmp_path / "credentials").mkdir()
    (tmp_path / "conf.d" / "10-site.yaml").write_text(EXAMPLE.read_text("utf-8"), "utf-8")
    for name in ("ami-secret", "key"):
        secret = tmp_path / "credentials" / name
        secret.write_bytes(SECRETS[f"credential:{name}"])
        secret.chmod(0o600)
    return tmp_path
