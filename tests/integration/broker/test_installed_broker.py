"""`secondring install --broker` beside a real mosquitto, and its end: no byte is left."""

import asyncio
import socket
import subprocess
from pathlib import Path

import pytest

from dialplan import prompts
from lab.ports import free_port
from secondring.bus.client import Broker, heard, once
from secondring.domain.errors import PeerError
from tests.integration.alarms.conftest import needs_mosquitto
from tests.support.mosquitto import PROGRAM
from tests.support.terminal import a_clinic, run
from tests.support.until import until

pytestmark = needs_mosquitto
SECRET = "planted-broker-password"


def snapshot(folder: Path) -> dict[str, tuple[int, bytes]]:
    return {
        str(file.relative_to(folder)): (file.stat().st_mode, file.read_bytes() if file.is_file() else b"")
        for file in sorted(folder.rglob("*"))
    }


@pytest.fixture
def pbx(tmp_path: Path) -> Path:
    """Where an Asterisk's configuration would be."""
    etc = tmp_path / "asterisk"
    etc.mkdir()
    (etc / "extensions.conf").write_text("[from-pstn]\n")
    (etc / "manager.conf").write_text("[general]\nenabled = yes\n")
    (etc / "asterisk.conf").write_text(
        f"[directories]\nastetcdir => {etc}\nastdatadir => {tmp_path / 'data'}\n"
    )
    for prompt in prompts.prompts({"main": "Northside Clinic"}):
        file = prompt.place(tmp_path / "data/sounds").with_suffix(".wav")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    return etc / "asterisk.conf"


def test_our_services_get_in_and_nobody_else(tmp_path: Path, pbx: Path) -> None:
    port = free_port(socket.SOCK_STREAM)
    home, etc = tmp_path / "clinic", tmp_path / "mosquitto"
    home.mkdir()
    (etc / "conf.d").mkdir(parents=True)
    (etc / "mosquitto.conf").write_text(
        f"persistence false\nuser root\nlog_dest stdout\ninclude_dir {etc}/conf.d\n"
    )
    begin = a_clinic(home)
    (home / "credentials/mqtt-password").touch(0o600)
    (home / "credentials/mqtt-password").write_text(SECRET)
    (home / "conf.d/20-mqtt.yaml").write_text(
        f"mqtt: {{host: 127.0.0.1, port: {port}, tls: false, user: secondring,"
        " password_file: credential:mqtt-password}\n"
    )
    before = snapshot(tmp_path / "mosquitto"), snapshot(tmp_path / "asterisk")
    install = [*begin, "install", "--asterisk-conf", str(pbx), "--asterisk-version", "22.5.2", "--no-prompts"]
    said = run(*install, "--broker", str(etc))
    assert f"made {etc}/conf.d/secondring.conf" in said
    assert SECRET not in said
    assert "systemctl restart mosquitto" in said
    again = run(*install)
    assert "Nothing to do." in again, "it is remembered, and kept up to date without being named"
    assert "mosquitto" not in again, "nothing changed that it would have to read"
    subprocess.run(["mosquitto_passwd", "-b", etc / "secondring.passwd", "lamp", "of-the-lamp"], check=True)
    with (etc / "secondring.acl").open("a") as lists:
        lists.write("user lamp\ntopic read secondring/+/+/urgent\n")
    run(*install)
    with subprocess.Popen([PROGRAM, "-c", str(etc / "mosquitto.conf")], stdout=subprocess.DEVNULL) as broker:
        try:
            until(lambda: _listens(port), "mosquitto")
            ours = Broker(host="127.0.0.1", port=port, pbx="pbx", user="secondring", password=SECRET)
            asyncio.run(heard(ours, ours.topic("bell", "work"), {"from": "doctor"}))
            asyncio.run(
                once(Broker(host="127.0.0.1", port=port, pbx="pbx", user="lamp", password="of-the-lamp"))
            )
            stranger = Broker(host="127.0.0.1", port=port, pbx="pbx", user="secondring", password="guessed")
            with pytest.raises(PeerError, match="refused our login"):
                asyncio.run(once(stranger))
            with pytest.raises(PeerError, match="refused our login"):
                asyncio.run(once(Broker(host="127.0.0.1", port=port, pbx="pbx")))
        finally:
            broker.terminate()
    run(*begin, "uninstall", "--asterisk-conf", str(pbx))
    assert (snapshot(tmp_path / "mosquitto"), snapshot(tmp_path / "asterisk")) == before


def test_a_list_that_lets_us_ring_but_not_hear_is_found(tmp_path: Path) -> None:
    port = free_port(socket.SOCK_STREAM)
    (tmp_path / "acl").write_text("topic write secondring/#\n")
    conf = tmp_path / "mosquitto.conf"
    conf.write_text(
        f"listener {port} 127.0.0.1\nallow_anonymous true\nacl_file {tmp_path}/acl\npersistence false\nuser root\n"
    )
    with subprocess.Popen([PROGRAM, "-c", str(conf)], stderr=subprocess.DEVNULL) as broker:
        try:
            until(lambda: _listens(port), "mosquitto")
            ours = Broker(host="127.0.0.1", port=port, pbx="pbx")
            with pytest.raises(PeerError, match="access list"):
                asyncio.run(heard(ours, ours.topic("bell", "work"), {"from": "doctor"}))
        finally:
            broker.terminate()


def _listens(port: int) -> bool:
    with socket.socket() as link:
        return link.connect_ex(("127.0.0.1", port)) == 0
