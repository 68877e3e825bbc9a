"""`secondring run` itself: an alarm in its books reaches a phone, a mailbox and a lamp, whatever dies meanwhile."""

import asyncio
import signal
import socket
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from config.settings import Settings
from lab.ports import free_port
from lab.service import COMMAND
from secondring import wiring
from secondring.cli import app
from secondring.domain.alarms import Alarm, raise_in
from secondring.domain.episodes import open_task
from secondring.domain.ids import EpisodeId, JobKey
from secondring.domain.phone import PhoneNumber
from secondring.domain.records import Episode, TaskState
from secondring.domain.rules import TRIAGE, Clock
from tests.integration.alarms.conftest import needs_mosquitto
from tests.support.fake_ami import until
from tests.support.mail_server import PASSWORD as MAIL_PASSWORD
from tests.support.mail_server import USER, MailBox
from tests.support.mosquitto import PASSWORD as BROKER_PASSWORD
from tests.support.mosquitto import PUBLISHER, Mosquitto, Reader
from tests.support.schemas import breaches

pytestmark = needs_mosquitto
runner = CliRunner()
BOSS, ANNA = PhoneNumber("+12025550178"), PhoneNumber("+12025550123")
WORDS = "planted words of a patient"
LAMP = "secondring/pbx/main/urgent"
LINKED = "linked to the MQTT broker"
START_SECONDS = 100
CONFIG = """
mode: live
database: {{url: "sqlite:///{folder}/books.db"}}
state_directory: {folder}
ami: {{port: {nowhere}}}
agi: {{port: {agi}}}
web: {{port: {web}}}
log: {{level: debug}}
alarms: {{texts: ["{boss}"], mail: [boss@clinic.example], fold: 1h}}
mail:
  host: 127.0.0.1
  port: {mail}
  ca_file: {ca}
  user: {user}
  password_file: credential:mail-password
  sender: {user}
mqtt: {{host: 127.0.0.1, port: {mqtt}, tls: false, user: {publisher}, password_file: credential:mqtt-password}}
"""


class Service:
    """`secondring run` as a process."""

    def __init__(self, folder: Path, box: MailBox, broker: Mosquitto) -> None:
        self.folder = folder
        self.log_file = folder / "service.log"
        begin = ["--config", str(folder)]
        init = [
            "init",
            "--clinic",
            "Northside Clinic",
            "--phone",
            "+12025550100",
            "--zone",
            "America/New_York",
        ]
        assert runner.invoke(app, [*begin, *init]).exit_code == 0
        ports = {"nowhere": free_port(socket.SOCK_STREAM), "agi": free_port(socket.SOCK_STREAM)}
        ports["web"] = free_port(socket.SOCK_STREAM)
        more = CONFIG.format(
            folder=folder, boss=BOSS.e164, mail=box.port, ca=box.certificate.cert, user=USER,
            mqtt=broker.port, publisher=PUBLISHER, **ports,
        )  # fmt: skip
        (folder / "conf.d/20-alarms.yaml").write_text(more)
        for name, secret in (("mail-password", MAIL_PASSWORD), ("mqtt-password", BROKER_PASSWORD)):
            file = folder / "credentials" / name
            file.touch(0o600)
            file.write_text(secret)
        assert runner.invoke(app, [*begin, "migrate"]).exit_code == 0
        self.begin = begin
        self.settings: Settings = wiring.load_settings(folder)
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start it, and return when both its links to the broker are there: on a busy machine that takes a while."""
        before = self.log.count(LINKED) if self.log_file.exists() else 0
        with self.log_file.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *COMMAND, *self.begin, "run", stdout=log, stderr=log
            )
        async with asyncio.timeout(START_SECONDS):
            while self.log.count(LINKED) < before + 2:  # noqa: ASYNC110 - evidence in another process
                await asyncio.sleep(0.05)

    async def end(self, how: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(how)
            await self._process.wait()
            self._process = None

    @property
    def log(self) -> str:
        return self.log_file.read_text()

    def raises(self, kind: str, because: str, site: str = "main") -> None:
        with wiring.writing(self.settings) as books:
            raise_in(books, Alarm(kind, because, site), self.settings.rules, datetime.now(UTC))

    def red_task(self) -> None:
        """Somebody wrote that it is urgent, and there is no ladder."""
        site, now = self.settings.rules.sites[0], datetime.now(UTC)
        episode = Episode(id=EpisodeId("E-red"), site=site.id, caller=ANNA, opened_at=now, window_ends_at=now)
        with wiring.writing(self.settings) as books:
            books.save_episode(episode)
            open_task(books, episode, site, TRIAGE, Clock.NOW, "URGENT", now=now, said=WORDS, urgent=True)

    def spoke(self) -> None:
        with wiring.writing(self.settings) as books:
            for task in books.tasks():
                books.save_task(replace(task, state=TaskState.DONE))

    def rests(self) -> bool:
        """The mail waits for its next try, and all else is done."""
        with wiring.reading(self.settings) as books:
            (alarm,) = books.alarms(since=datetime.now(UTC) - timedelta(hours=1), limit=2)
            mail = books.job(JobKey(f"mail:alarm:{alarm.id}"))
            is_done = books.next_due(["alarm", "alarm-mqtt", "send-text"]) is None
        return is_done and mail is not None and mail.leased_until is None

    def texts(self) -> list[str]:
        return [line.body for line in wiring.handset(self.settings).inbox(BOSS)]


@pytest.fixture
async def service(
    tmp_path: Path, mailbox: MailBox, broker: Mosquitto, reader: Reader
) -> AsyncIterator[Service]:
    (tmp_path / "home").mkdir()
    running = Service(tmp_path / "home", mailbox, broker)
    await running.start()
    yield running
    await running.end(signal.SIGTERM)
    said = running.log
    assert "Traceback" not in said
    assert [wrong for line in reader.heard for wrong in breaches(*line)] == []
    for planted in (MAIL_PASSWORD, BROKER_PASSWORD, BOSS.e164, ANNA.e164[1:], WORDS):
        assert planted not in said


def said_by(box: MailBox, reader: Reader) -> str:
    mails = [f"{mail.as_string()} {mail.get_content()}" for mail in box.taken]
    return "\n".join([*mails, *reader.raw])


async def test_an_alarm_reaches_a_phone_a_mailbox_and_the_broker_and_a_storm_is_one(
    service: Service, mailbox: MailBox, reader: Reader
) -> None:
    for _ in range(30):
        service.raises("text-sender", "HTTP 401, said of +12025550123")
    topic = "secondring/pbx/main/alarm"
    await until(lambda: bool(service.texts() and mailbox.taken and reader.on(topic)), "the alarm")
    (mail,), (text,), (event,) = mailbox.taken, service.texts(), reader.on(topic)
    assert mail["Subject"] == "Second Ring alarm: text-sender at main"
    assert text.startswith("Second Ring alarm, Northside Clinic: HTTP 401, said of +***")
    assert (event["v"], event["kind"], event["site"]) == (1, "text-sender", "main")
    assert service.log.count("ALARM text-sender at main: HTTP 401, said of +***") == 1
    assert not [n for n in (ANNA.e164[1:], BOSS.e164[1:]) if n in said_by(mailbox, reader)]


async def test_a_lamp_is_red_until_somebody_has_spoken_to_the_caller_and_names_nobody(
    service: Service, mailbox: MailBox, reader: Reader, broker: Mosquitto
) -> None:
    await until(lambda: reader.last(LAMP).get("state") == "idle", "a lamp")
    service.red_task()
    await until(lambda: reader.last(LAMP).get("state") == "left", "a red lamp")
    broker.kill()
    service.spoke()
    reader.heard.clear()
    broker.start()
    await until(lambda: reader.last(LAMP).get("state") == "idle", "a lamp that is out")
    assert not [word for word in (ANNA.e164[1:], WORDS, "Northside") if word in said_by(mailbox, reader)]


async def test_a_mail_server_that_is_down_and_a_service_that_is_killed_cost_no_alarm(
    service: Service, mailbox: MailBox, reader: Reader
) -> None:
    await mailbox.stop()
    service.raises("urgent-left", "an urgent caller was not connected")
    await until(lambda: "not told by mail, again in 5 s" in service.log, "a try")
    await until(lambda: reader.on("secondring/pbx/main/alarm") != [], "another channel")
    await until(service.rests, "both to be noted")
    await service.end(signal.SIGKILL)
    await until(lambda: reader.last("secondring/pbx/status").get("state") == "offline", "the last will")
    await mailbox.start()
    await service.start()
    await until(lambda: mailbox.taken != [], "the mail")
    await until(lambda: "ALARM urgent-left" in service.log and service.texts() != [])
    assert [mail["Subject"] for mail in mailbox.taken] == ["Second Ring alarm: urgent-left at main"]
    assert len(service.texts()) == 1
    assert len(reader.on("secondring/pbx/main/alarm")) == 1


async def test_alarm_test_tells_what_works_and_what_mends_the_rest(
    service: Service, mailbox: MailBox, reader: Reader, broker: Mosquitto
) -> None:
    told = await asyncio.to_thread(runner.invoke, app, [*service.begin, "alarm", "test"])
    assert told.exit_code == 0, told.output
    assert [line[:5] for line in told.output.splitlines()] == ["ok   "] * 3
    await until(lambda: reader.on("secondring/pbx/alarm") != [])
    assert mailbox.taken[0]["Subject"] == "Second Ring alarm: test"
    await mailbox.stop()
    broker.kill()
    told = await asyncio.to_thread(runner.invoke, app, [*service.begin, "alarm", "test"])
    assert told.exit_code == 1
    assert "cannot be reached" in told.output
    assert "look at mail.host and mail.port" in told.output
    assert "look at mqtt.host, mqtt.port and mqtt.tls" in told.output
    assert BOSS.e164 not in told.output
    listed = runner.invoke(app, [*service.begin, "alarm", "list", "--json"])
    assert (listed.exit_code, listed.output) == (0, "")
