"""`secondring run` with the booking page on: a text in, a link out, a time booked, a text that says so."""

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from secondring import wiring
from secondring.domain.records import Outcome
from sms_gateway.carriers.spool import Spool
from tests.support.booking_page import free_port
from tests.support.books import ANNA, CLINIC
from tests.support.terminal import a_clinic
from tests.support.until import until

BOOKING = """
mode: live
booking:
  public_url: https://book.example
  listen: {{port: {port}, proxies: [127.0.0.1]}}
agi: {{port: {agi}}}
ami: {{port: {ami}}}
sites:
  {site}:
    calendar:
      hours: {{mon-sun: ["00:00-24:00"]}}
      lead: 1h
      visits: {{checkup: {{name: {{en: Check-up, es: Consulta}}, length: 1h}}}}
"""


@dataclass
class Running:
    folder: Path
    port: int
    log: Path

    @property
    def spool(self) -> Spool:
        return Spool(wiring.load_settings(self.folder).state_directory / "handset")

    def texts(self) -> list[str]:
        return [line.body for line in self.spool.inbox(ANNA)]

    def last_text(self, count: int) -> str:
        return until(lambda: self.texts()[count - 1 : count], f"text {count}; {self.log.read_text()}")[0]


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Running]:
    begin = a_clinic(tmp_path)
    (only,) = wiring.load_settings(tmp_path).rules.sites
    port = free_port()
    more = BOOKING.format(port=port, agi=free_port(), ami=free_port(), site=only.id)
    (tmp_path / "conf.d/20-booking.yaml").write_text(more)
    log = tmp_path / "log"
    with log.open("w") as out:
        running = subprocess.Popen(
            [sys.executable, "-c", "from secondring.cli import main; main()", *begin, "run"],
            stdout=out,
            stderr=out,
        )
        yield Running(tmp_path, port, log)
        running.terminate()
        assert running.wait(20) == 0, log.read_text()


def test_a_text_becomes_a_booking(service: Running) -> None:
    until(lambda: "booking.listen: listening" in service.log.read_text(), "the page")
    service.spool.reply(ANNA, "BOOK", at=wiring.now(), to=CLINIC)
    link = re.search(r"https://book\.example/b/([\w-]{22})(?= )", service.last_text(1))
    assert link, service.texts()
    with httpx.Client(base_url=f"http://127.0.0.1:{service.port}", follow_redirects=True) as web:
        page = web.get(f"/b/{link[1]}").text
        time = re.findall(r'name="time" value="(\d+)"', page)[0]
        page = web.post(f"/b/{link[1]}/hold", data={"visit": "checkup", "time": time}).text
        booking = re.findall(r'name="booking" value="([^"]+)"', page)[0]
        page = web.post(f"/b/{link[1]}/confirm", data={"booking": booking}).text
    assert "You are booked" in page
    assert link[0] in service.last_text(2)
    assert ": booked for " in service.last_text(2)
    with wiring.reading(wiring.load_settings(service.folder)) as books:
        (episode,) = [books.last_episode(ANNA)]
    assert episode is not None
    assert episode.outcome is Outcome.BOOKED
    log = service.log.read_text()
    assert link[1] not in log
    assert "5550123" not in log
