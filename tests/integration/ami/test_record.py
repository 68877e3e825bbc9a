"""Recordings made from a live link, and TLS."""

import asyncio
import ssl
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from ami_listener import AmiAccount, AmiLink, read_facts, record
from secondring.domain.errors import LoginRefused
from secondring.domain.facts import LinkLost, StockTaken
from tests.integration.ami.conftest import QUICK, Listening, clock
from tests.support.ami_messages import block, hangup, newchannel
from tests.support.fake_ami import SECRET, USER, FakeAmi, until


async def test_a_recording_replays_what_the_link_told(
    account: AmiAccount, ami: FakeAmi, tmp_path: Path
) -> None:
    path = tmp_path / "day.ami"
    path.touch(mode=0o644)
    ami.rows = [block() | {"Duration": "00:00:01", "BridgeId": ""}]
    recording = asyncio.create_task(record(account, path, clock=clock, timing=QUICK))
    live = Listening(AmiLink(account, clock=clock, timing=QUICK))
    running = asyncio.create_task(live.link.run(live.handle))
    await ami.got("CoreShowChannels", 2)
    ami.say(newchannel(Timestamp="1772460001.0"), hangup(Timestamp="1772460002.0"))
    ami.cut(b"Event: Hangup\r\nChannel: PJSIP/tr")
    await ami.got("CoreShowChannels", 4)
    await live.told(StockTaken, 2)
    await until(lambda: path.read_bytes().count(b"CoreShowChannelsComplete") == 2)
    for task in (recording, running):
        task.cancel()
    await asyncio.gather(recording, running, return_exceptions=True)
    replayed = list(read_facts(path))
    assert [type(fact).__name__ for fact in replayed] == live.kinds()
    assert sum(isinstance(fact, LinkLost) for fact in replayed) == 1
    assert path.stat().st_mode & 0o777 == 0o600
    assert SECRET.encode() not in path.read_bytes()


async def test_a_recording_that_may_not_log_in_says_so(account: AmiAccount, tmp_path: Path) -> None:
    with pytest.raises(LoginRefused):
        await record(replace(account, secret="wrong"), tmp_path / "x.ami", clock=clock, timing=QUICK)


async def test_a_full_disk_ends_the_recording(account: AmiAccount, tmp_path: Path) -> None:
    path = tmp_path / "nowhere"
    with pytest.raises(OSError, match="No such file"):
        await record(account, path / "x.ami", clock=clock, timing=QUICK)
    with pytest.raises(OSError, match="No space left"):
        await record(account, Path("/dev/full"), clock=clock, timing=QUICK)


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    path = tmp_path / "pbx.pem"
    made = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    names = ["-days", "1", "-subj", "/CN=pbx", "-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run([*made, *names, "-keyout", path, "-out", f"{path}.crt"], check=True, capture_output=True)
    path.write_text(path.read_text() + Path(f"{path}.crt").read_text())
    return path


async def test_tls_is_verified(certificate: Path, caplog: pytest.LogCaptureFixture) -> None:
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate)
    async with FakeAmi(tls=server) as ami:
        trusting = ssl.create_default_context(cafile=f"{certificate}.crt")
        account = AmiAccount(port=ami.port, user=USER, secret=SECRET, tls=trusting)
        hearing = Listening(AmiLink(account, clock=clock, timing=QUICK))
        running = asyncio.create_task(hearing.link.run(hearing.handle))
        await hearing.told(StockTaken)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

        strict = AmiLink(replace(account, tls=ssl.create_default_context()), clock=clock, timing=QUICK)
        refusing = asyncio.create_task(strict.run(hearing.handle))
        await until(lambda: "its certificate is not trusted" in caplog.text)
        refusing.cancel()
        await asyncio.gather(refusing, return_exceptions=True)
        assert strict.stats.connects == 0
