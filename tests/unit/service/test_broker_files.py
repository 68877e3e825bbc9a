"""The files that let our services into mosquitto: right, made once, and never instead of somebody else's."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secondring.broker_files import BY_WHOM, CONF, LISTS, PASSWORDS, YOURS, broker_files, directory_of, hashed
from secondring.domain.errors import ConfigError
from secondring.wiring import Settings, load_settings
from tests.support.terminal import a_clinic

MQTT = "mqtt: {host: 127.0.0.1, port: 18830, tls: false, user: secondring, password_file: credential:mqtt-password}\n"
SECRET = "planted-broker-password"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return clinic(tmp_path / "clinic", MQTT)


@pytest.fixture
def mosquitto(tmp_path: Path) -> Path:
    folder = tmp_path / "mosquitto"
    (folder / "conf.d").mkdir(parents=True)
    (folder / "mosquitto.conf").write_text("persistence true\n# password_file /a/comment\n")
    return folder


def clinic(folder: Path, mqtt: str) -> Settings:
    folder.mkdir(parents=True)
    a_clinic(folder)
    secret = folder / "credentials/mqtt-password"
    secret.touch(0o600)
    secret.write_text(SECRET)
    (folder / "conf.d/20-mqtt.yaml").write_text(mqtt)
    return load_settings(folder)


def test_three_files_of_ours(settings: Settings, mosquitto: Path) -> None:
    made = {
        file.path.relative_to(mosquitto): file.content.decode() for file in broker_files(settings, mosquitto)
    }
    assert set(made) == {CONF, PASSWORDS, LISTS}
    assert "listener 18830 127.0.0.1\nallow_anonymous false\n" in made[CONF]
    assert f"password_file {mosquitto}/secondring.passwd\nacl_file {mosquitto}/secondring.acl\n" in made[CONF]
    assert made[LISTS].endswith(f"user secondring\ntopic readwrite secondring/pbx/#\n{YOURS}")
    assert made[PASSWORDS].startswith("secondring:$7$")
    assert SECRET not in "".join(made.values())
    assert directory_of(tuple(mosquitto / name for name in made)) == mosquitto


def test_a_second_time_nothing_changes_and_another_password_is_taken_up(
    settings: Settings, mosquitto: Path
) -> None:
    first = broker_files(settings, mosquitto)
    for file in first:
        file.path.write_bytes(file.content)
    assert broker_files(settings, mosquitto) == first
    (mosquitto / PASSWORDS).write_text(f"secondring:{hashed('another', bytes(12))}\n")
    assert broker_files(settings, mosquitto) != first


LAMP = "user lamp\ntopic read secondring/+/+/urgent\n"


def written(settings: Settings, mosquitto: Path) -> dict[Path, str]:
    made = broker_files(settings, mosquitto)
    for file in made:
        file.path.write_bytes(file.content)
    return {file.path.relative_to(mosquitto): file.content.decode() for file in made}


def test_another_reader_stays_whatever_we_change(tmp_path: Path, settings: Settings, mosquitto: Path) -> None:
    written(settings, mosquitto)
    lamp = f"lamp:{hashed('of the lamp', bytes(12))}\n"
    for file, line in ((PASSWORDS, lamp), (LISTS, LAMP)):
        with (mosquitto / file).open("a") as end:
            end.write(line)
    again = written(settings, mosquitto)
    assert (again[PASSWORDS].count("\n"), again[PASSWORDS].endswith(lamp)) == (2, True)
    assert again[LISTS].endswith(f"topic readwrite secondring/pbx/#\n{YOURS}{LAMP}")
    renamed = clinic(tmp_path / "renamed", MQTT.replace("user: secondring", "user: ring2"))
    then = written(renamed, mosquitto)
    assert [line.partition(":")[0] for line in then[PASSWORDS].splitlines()] == ["ring2", "lamp"]
    assert then[LISTS] == f"{BY_WHOM}user ring2\ntopic readwrite secondring/pbx/#\n{YOURS}{LAMP}"


def test_a_reader_in_a_list_of_an_earlier_version_stays(settings: Settings, mosquitto: Path) -> None:
    (mosquitto / LISTS).write_text(f"{BY_WHOM}user secondring\ntopic readwrite secondring/pbx/#\n{LAMP}")
    assert written(settings, mosquitto)[LISTS].endswith(f"secondring/pbx/#\n{YOURS}{LAMP}")


@pytest.mark.parametrize(
    ("file", "line", "says"),
    [
        (
            "mosquitto.conf",
            "password_file /etc/mosquitto/passwd",
            "line 3: password_file is set there already",
        ),
        ("conf.d/own.conf", "acl_file /etc/mosquitto/acl", "line 1: acl_file is set there already"),
        ("conf.d/own.conf", "listener 18830", "line 1: listener is set there already"),
    ],
)
def test_what_is_there_already_is_never_doubled(
    settings: Settings, mosquitto: Path, file: str, line: str, says: str
) -> None:
    with (mosquitto / file).open("a") as conf:
        conf.write(f"{line}\n")
    with pytest.raises(ConfigError, match=says):
        broker_files(settings, mosquitto)


def test_where_each_listener_has_its_own_files_ours_fit_beside_them(
    settings: Settings, mosquitto: Path
) -> None:
    (mosquitto / "conf.d/own.conf").write_text(
        "per_listener_settings true\nlistener 1\npassword_file /etc/x\n"
    )
    assert len(broker_files(settings, mosquitto)) == 3


@pytest.mark.parametrize(
    ("mqtt", "says"),
    [
        ("", "no section `mqtt`"),
        (MQTT.replace("127.0.0.1", "broker.example").replace("false", "true"), "a broker on loopback"),
        (MQTT.replace("tls: false", "tls: true"), "a broker on loopback"),
        ("mqtt: {host: 127.0.0.1, port: 18830, tls: false}\n", "must both be set"),
    ],
)
def test_a_configuration_that_would_not_do_is_refused_with_the_remedy(
    tmp_path: Path, mosquitto: Path, mqtt: str, says: str
) -> None:
    with pytest.raises(ConfigError, match=says):
        broker_files(clinic(tmp_path / "clinic", mqtt), mosquitto)


def test_without_mosquitto_it_is_said(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="install mosquitto first"):
        broker_files(settings, tmp_path / "nowhere")


@given(st.text(max_size=40), st.binary(min_size=12, max_size=12))
def test_the_same_password_and_salt_give_the_same_line(password: str, salt: bytes) -> None:
    once = hashed(password, salt, 10)
    assert once == hashed(password, salt, 10)
    assert "\n" not in once
    assert once != hashed(f"{password}x", salt, 10)
