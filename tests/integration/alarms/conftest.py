"""A broker, a mail server, and the words of every log line."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.support.certificates import Certificate, loopback_certificate
from tests.support.mail_server import PASSWORD as MAIL_PASSWORD
from tests.support.mail_server import MailBox
from tests.support.mosquitto import PASSWORD as BROKER_PASSWORD
from tests.support.mosquitto import PROGRAM, Mosquitto, Reader

needs_mosquitto = pytest.mark.skipif(not Path(PROGRAM).exists(), reason="no mosquitto here")


@pytest.fixture
def certificate(tmp_path: Path) -> Certificate:
    return loopback_certificate(tmp_path)


@pytest.fixture
async def mailbox(certificate: Certificate) -> AsyncIterator[MailBox]:
    box = MailBox(certificate)
    await box.start()
    yield box
    await box.stop()


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    with Mosquitto(tmp_path) as running:
        yield running


@pytest.fixture
async def reader(broker: Mosquitto) -> AsyncIterator[Reader]:
    lamp = Reader(broker.port)
    listening = asyncio.create_task(lamp.run())
    yield lamp
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)


class Ear(logging.Handler):
    """Hears everything at DEBUG, with its arguments."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.heard: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.heard.append(f"{self.format(record)} {record.__dict__}")


@pytest.fixture(autouse=True)
def ear() -> Iterator[Ear]:
    """No password in any line of any test."""
    root, listening = logging.getLogger(), Ear()
    before = root.level
    root.setLevel(logging.DEBUG)
    root.addHandler(listening)
    try:
        yield listening
    finally:
        root.removeHandler(listening)
        root.setLevel(before)
    logged = "\n".join(listening.heard)
    assert MAIL_PASSWORD not in logged
    assert BROKER_PASSWORD not in logged
