"""`secondring user`: the first administrator, lost phones and passwords; no password ever on a command line."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from secondring import wiring
from secondring.cli import app
from secondring.domain.errors import UnknownThing
from secondring.domain.staff import User
from tests.unit.config.conftest import SECRETS

WORDS = "four plain little words"
Run = Callable[..., str]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A configuration and an empty database."""
    for folder in ("conf.d", "credentials", "state"):
        (tmp_path / folder).mkdir()
    example = Path(__file__).parents[3] / "config/example/10-site.yaml"
    (tmp_path / "conf.d/10-site.yaml").write_text(example.read_text())
    (tmp_path / "conf.d/20-here.yaml").write_text(
        f"database: {{url: 'sqlite:///{tmp_path}/state/db'}}\nstate_directory: {tmp_path}/state\n"
    )
    for name in ("ami-secret", "key"):
        file = tmp_path / "credentials" / name
        file.write_bytes(SECRETS[f"credential:{name}"])
        file.chmod(0o600)
    return tmp_path


@pytest.fixture
def run(home: Path) -> Run:
    def command(*words: str, stdin: str = "") -> str:
        done = CliRunner().invoke(app, ["--config", str(home), *words], input=stdin)
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        assert done.exit_code == 0, done.output
        return done.output

    command("migrate")
    return command


def user(home: Path, name: str = "ana") -> User:
    with wiring.reading(wiring.load_settings(home)) as books:
        found = books.user_named(name)
    assert found is not None
    return found


def test_add_and_list(home: Path, run: Run) -> None:
    assert "Nobody yet" in run("user", "list")
    run(
        "user",
        "add",
        "Ana",
        "--role",
        "front-desk",
        "--role",
        "billing",
        "--phone",
        "1001",
        stdin=f"{WORDS}\n",
    )
    assert "ana" in run("user", "list")
    (row,) = [json.loads(line) for line in run("user", "list", "--json").splitlines()]
    assert (row["name"], row["roles"], row["sites"], row["phone"]) == (
        "ana",
        ["billing", "front-desk"],
        None,
        "1001",
    )
    kept = user(home)
    assert kept.must_change
    assert kept.password.startswith("$argon2id$")
    assert WORDS not in repr(kept)


@pytest.mark.parametrize(
    ("options", "warned"),
    [
        (("--role", "nurse"), True),
        (("--role", "admin", "--role", "front-desk"), True),
        (("--role", "front-desk", "--phone", "1001"), False),
        (("--role", "manager"), False),
    ],
)
def test_whoever_calls_patients_and_has_no_phone_is_warned_of_with_the_command(
    home: Path, run: Run, options: tuple[str, ...], warned: bool
) -> None:
    said = run("user", "add", "ana", *options, stdin=f"{WORDS}\n")
    assert (f"`secondring --config {home} user phone ana 1001`" in said) is warned


@pytest.mark.parametrize(
    ("options", "password", "told"),
    [
        (("--role", "admin"), "short", "at least 12"),
        (("--role", "admin"), "", "at least 12"),
        (("--role", "admin", "--site", "nowhere"), WORDS, "no site 'nowhere'"),
        (("--role", "admin", "--phone", "10 01;x"), WORDS, "digits only"),
    ],
)
def test_what_cannot_be_added(
    home: Path, run: Run, options: tuple[str, ...], password: str, told: str
) -> None:
    with pytest.raises(UnknownThing, match=told):
        run("user", "add", "ana", *options, stdin=f"{password}\n")
    assert "Nobody yet" in run("user", "list")


def test_nobody_is_added_twice(run: Run) -> None:
    run("user", "add", "ana", "--role", "admin", stdin=f"{WORDS}\n")
    with pytest.raises(UnknownThing, match="already"):
        run("user", "add", "ANA", "--role", "admin", stdin=f"{WORDS}\n")


def test_disable_reset_and_phone(home: Path, run: Run) -> None:
    run("user", "add", "ana", "--role", "admin", "--site", "maple-street", stdin=f"{WORDS}\n")
    first = user(home)
    run("user", "disable", "ana")
    assert not user(home).is_active
    run("user", "reset", "ana", stdin="five other plain little words\n")
    again = user(home)
    assert again.is_active
    assert again.password != first.password
    run("user", "phone", "ana", "1002")
    assert user(home).phone == "1002"
    run("user", "reset", "ana", "--keep-password", "--second-factor")
    assert (user(home).totp, user(home).password) == (None, again.password)
    assert "not signed in" in run("user", "sessions", "ana")
    assert "ended 0" in run("user", "sessions", "ana", "--end")
    with wiring.reading(wiring.load_settings(home)) as books:
        assert [entry.what.split()[0] for entry in books.audit(limit=9)][::-1] == [
            "added",
            "disabled",
            "reset",
            "set",
            "reset",
            "ended",
        ]


def test_somebody_who_is_not_there(run: Run) -> None:
    for words in (("disable", "nobody"), ("phone", "nobody", "1"), ("sessions", "nobody")):
        with pytest.raises(UnknownThing, match="no user"):
            run("user", *words)
