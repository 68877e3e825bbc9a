"""Files, directories and secrets on disk."""

import os
from pathlib import Path

import pytest

from config.first import write_missing_secrets
from config.loader import HOME, config_path, load
from config.secret_files import SecretRefused, secret_reader
from secondring.domain.errors import ConfigError


def refused(home: Path, environ: dict[str, str] | None = None) -> str:
    with pytest.raises(ConfigError) as raised:
        load(home, environ or {})
    return str(raised.value)


def test_files_are_read_in_the_order_of_their_names(home: Path) -> None:
    (home / "conf.d" / "30-c.yaml").write_text("log: {level: debug}", "utf-8")
    (home / "conf.d" / "20-b.yml").write_text("log: {level: error}", "utf-8")
    (home / "conf.d" / "40-d.yaml.bak").write_text("log: {level: loud}", "utf-8")
    settings = load(home, {})
    assert settings.log_level == "debug"
    assert [f.name for f in settings.files] == ["10-site.yaml", "20-b.yml", "30-c.yaml"]


def test_one_file_and_a_plain_directory_will_do(home: Path) -> None:
    alone = home / "conf.d" / "10-site.yaml"
    alone = alone.rename(home / "clinic.yaml")
    (home / "conf.d").rmdir()
    assert load(alone, {}).rules == load(home, {}).rules


def test_the_option_wins_over_the_environment_and_that_over_the_default() -> None:
    assert config_path(Path("/a"), {"SECONDRING_CONFIG": "/b"}) == Path("/a")
    assert config_path(None, {"SECONDRING_CONFIG": "/b"}) == Path("/b")
    assert config_path(None, {}) == HOME


def test_no_configuration_says_how_to_get_one(tmp_path: Path) -> None:
    message = refused(tmp_path / "nowhere")
    assert "secondring init" in message
    assert str(tmp_path / "nowhere") in message


def test_a_directory_of_empty_files_asks_for_a_site(home: Path) -> None:
    (home / "conf.d" / "10-site.yaml").write_text("", "utf-8")
    assert "sites: needs at least one entry" in refused(home)


def test_a_file_that_is_not_text(home: Path) -> None:
    (home / "conf.d" / "20-b.yaml").write_bytes(b"\xff\xfe")
    assert "20-b.yaml: is not UTF-8 text" in refused(home)


def test_a_file_too_large(home: Path) -> None:
    (home / "conf.d" / "20-b.yaml").write_text("#" * 1_000_001, "utf-8")
    assert "20-b.yaml: is larger" in refused(home)


# ------------------------------------------------------------------ secrets


def test_a_secret_that_everybody_can_read(home: Path) -> None:
    (home / "credentials" / "ami-secret").chmod(0o644)
    message = refused(home)
    assert "ami.secret_file: names" in message
    assert f"chmod 600 {home}/credentials/ami-secret" in message


def test_all_secrets_that_are_missing_are_told_at_once(home: Path) -> None:
    for file in (home / "credentials").iterdir():
        file.unlink()
    message = refused(home)
    assert "2 problems" in message
    assert "secondring init" in message


def test_systemd_hands_the_secrets_over(home: Path, tmp_path: Path) -> None:
    handed = tmp_path / "run"
    (home / "credentials").rename(handed)
    settings = load(home, {"CREDENTIALS_DIRECTORY": str(handed)})
    assert settings.ami.secret.get_secret_value() == "a-secret-of-the-pbx"


def test_a_credential_not_handed_over_is_told_with_what_mends_it(home: Path, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    message = refused(home, {"CREDENTIALS_DIRECTORY": str(tmp_path / "run")})
    assert f"Where {home}/credentials/ami-secret is there already, the unit is an older one" in message
    assert "Put the key back" in message


def test_the_unit_hands_over_the_whole_directory(home: Path, tmp_path: Path) -> None:
    """systemd puts the unit's ID before each file's name; a unit's own line for one name goes first."""
    handed = tmp_path / "run"
    handed.mkdir()
    for file in (home / "credentials").iterdir():
        file.rename(handed / f"secondring_{file.name}")
    settings = load(home, {"CREDENTIALS_DIRECTORY": str(handed)})
    assert settings.ami.secret.get_secret_value() == "a-secret-of-the-pbx"
    (handed / "ami-secret").write_bytes(b"a-secret-of-its-own")
    (handed / "ami-secret").chmod(0o600)
    settings = load(home, {"CREDENTIALS_DIRECTORY": str(handed)})
    assert settings.ami.secret.get_secret_value() == "a-secret-of-its-own"


@pytest.mark.parametrize("by_systemd", [False, True])
def test_the_remedy_for_a_secret_of_ours_makes_it(home: Path, by_systemd: bool) -> None:
    handed = {"CREDENTIALS_DIRECTORY": str(home / "run")} if by_systemd else {}
    (home / "run").mkdir()
    for name in ("ami-secret", "key"):
        secret = home / "run" / f"secondring_{name}"
        secret.write_bytes((home / "credentials" / name).read_bytes())
        secret.chmod(0o600)
    (home / "conf.d" / "20.yaml").write_text("ami_dial: {secret_file: 'credential:ami-dial-secret'}", "utf-8")
    message = refused(home, handed)
    assert "ami_dial.secret_file" in message
    assert "Run `secondring init`: it makes ami-dial-secret" in message
    made = [file.name for file in write_missing_secrets(home).made]
    assert made == ["ami-dial-secret"]
    load(home, {})


def test_the_remedy_for_a_secret_that_somebody_gave_you_names_the_file(home: Path) -> None:
    (home / "conf.d" / "20.yaml").write_text("ami_dial: {secret_file: 'credential:given'}", "utf-8")
    message = refused(home)
    assert f"install -m 600 /dev/null {home}/credentials/given" in message
    assert "secondring init" not in message


def test_a_secret_from_the_environment(home: Path) -> None:
    (home / "conf.d" / "20.yaml").write_text("ami: {secret_file: env:PBX_SECRET}", "utf-8")
    assert load(home, {"PBX_SECRET": "xyzzy"}).ami.secret.get_secret_value() == "xyzzy"
    assert "PBX_SECRET, which is not set" in refused(home)


@pytest.mark.parametrize("secret", [b"", b"\n", b"two\nlines", b"\xff", b"a\x00b", b"a\r\nAction: Originate"])
def test_a_secret_that_could_not_be_sent(home: Path, secret: bytes) -> None:
    (home / "credentials" / "ami-secret").write_bytes(secret)
    assert "ami.secret_file: names a secret that is" in refused(home)


@pytest.mark.parametrize("key", [b"", b"short", b"0" * 63, b"g" * 64, b"x" * 33])
def test_a_key_of_the_wrong_size(home: Path, key: bytes) -> None:
    (home / "credentials" / "key").write_bytes(key)
    message = refused(home)
    assert "database.key_file: names a key that is not 32 bytes" in message
    assert "Put back the key" in message


def test_a_key_may_be_raw_bytes(home: Path) -> None:
    raw = bytes(range(32))
    (home / "credentials" / "key").write_bytes(raw)
    assert load(home, {}).key.get_secret_value() == raw


def test_a_secret_place_that_is_no_plain_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe", 0o600)
    read = secret_reader(tmp_path, {})
    for place in (str(tmp_path), str(tmp_path / "pipe"), "/dev/zero"):
        with pytest.raises(SecretRefused, match="no small plain file"):
            read(place)
