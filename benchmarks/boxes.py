"""Many site boxes and one centre: how many calls a second it takes in from one, ten or fifty, and how long each waits.

The centre is a real `secondring gateway` with a real broker and TLS between; boxes are simulated by the product's own
end of the line (certificate, seal, protocol), all in one process: what is measured is the centre. Each box has so many
calls under way, as its spool would, and sends the next when the centre has said that one is in its books.
"""

import asyncio
import os
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from benchmarks import clinic
from benchmarks.carrier import Carrier
from benchmarks.fake_pbx import FakePbx
from benchmarks.gauges import Spread, cpu_seconds, spread
from benchmarks.plots import draw
from benchmarks.streams import strangers
from config.sites import TlsBroker
from lab.ports import free_port
from lab.service import COMMAND, write_clinic
from secondring import dispatching, site_setup, wiring
from secondring.bus import parcels
from secondring.bus.post import Post, parsed
from secondring.bus.seal import Seal
from secondring.domain.call_events import CallEnded, Direction
from secondring.domain.ids import CallId, Uniqueid
from secondring.domain.verdict import Detail, Reason, Verdict
from secondring.site_box import broker_of
from tests.support.site_processes import Broker

COUNTS = (1, 10, 50)
CALLS = 2000
UNDER_WAY = 8
"""Calls that a box has sent and not heard of again."""
PATIENCE = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """One round."""

    boxes: int
    calls: int
    seconds: float
    waits: Spread
    """From sending a call to hearing that it is in the books."""
    cpu: float
    broker_cpu: float
    texted_s: float
    """Until the carrier had the text of the last of them."""
    load: float


def measure(counts: Sequence[int] = COUNTS, calls: int = CALLS) -> list[Taken]:
    """A centre of its own for each number of boxes."""
    return [_round(count, calls) for count in counts]


def _round(count: int, calls: int) -> Taken:
    with _centre(count) as (home, pid, broker_pid, carrier, port):
        load = os.getloadavg()[0]
        used, used_by_broker = cpu_seconds(pid), cpu_seconds(broker_pid)
        began = time.monotonic()
        waits = asyncio.run(_drive(home, port, count, calls))
        seconds = time.monotonic() - began
        carrier.wait_for(calls)
        return Taken(
            boxes=count,
            calls=calls,
            seconds=seconds,
            waits=spread(waits),
            cpu=cpu_seconds(pid) - used,
            broker_cpu=cpu_seconds(broker_pid) - used_by_broker,
            texted_s=time.monotonic() - began,
            load=load,
        )


# ---------------------------------------------------------------- the boxes


async def _drive(home: Path, port: int, count: int, calls: int) -> list[float]:
    numbers = iter(range(calls))
    boxes = [_Box(home, port, place, numbers) for place in range(count)]
    links = [asyncio.create_task(box.post.run()) for box in boxes]
    try:
        async with asyncio.timeout(PATIENCE):
            while not all(box.post.is_up for box in boxes):  # noqa: ASYNC110 - links tell nobody
                await asyncio.sleep(0.02)
            await asyncio.gather(*(box.send() for box in boxes for _ in range(UNDER_WAY)))
    finally:
        for link in links:
            link.cancel()
        await asyncio.gather(*links, return_exceptions=True)
    return [wait for box in boxes for wait in box.waits]


class _Box:
    """A box's end of the line, with calls for a spool."""

    def __init__(self, home: Path, port: int, place: int, numbers: Iterator[int]) -> None:
        self.name, self.waits = _name(place), list[float]()
        papers = home / "sites" / f"for-{self.name}"
        at = TlsBroker(
            host="127.0.0.1",
            port=port,
            ca_file=papers / "ca.pem",
            cert_file=papers / f"{self.name}.pem",
            cert_key_file=papers / f"{self.name}.key",
        )
        self._place, self._numbers = place, numbers
        self._seal = Seal(bytes.fromhex((papers / "seal").read_text().strip()), self.name)
        self._waiting: dict[str, asyncio.Future[None]] = {}
        topics = (f"secondring/{self.name}/{parcels.DOWN}/#",)
        self.post = Post(lambda: broker_of(at, self.name, "centre"), topics, self._heard)

    async def send(self) -> None:
        """One call after the other, while there are any."""
        for number in self._numbers:
            name = f"{number:032x}"
            words = dispatching.encode(self._call(number))
            taken = self._waiting[name] = asyncio.get_running_loop().create_future()
            began = time.monotonic()
            await self.post.publish(
                parcels.up(self.name, "live"), parcels.packed(self._seal, parcels.UP, "live", name, words)
            )
            await taken
            self.waits.append(time.monotonic() - began)

    def _heard(self, topic: str, payload: bytes) -> None:
        parcel = parcels.unpacked(self._seal, topic, parsed(payload) or {})
        if parcel.what == parcels.TAKEN and (taken := self._waiting.pop(parcel.name, None)):
            taken.set_result(None)

    def _call(self, number: int) -> CallEnded:
        now = wiring.now()
        return CallEnded(
            call=CallId(self.name, Uniqueid(f"17.{number}")),
            direction=Direction.INBOUND,
            verdict=Verdict.MISSED,
            reason=Reason.NO_ANSWER,
            detail=Detail.TIMEOUT,
            caller=strangers()[number],
            withheld=False,
            did=_did(self._place),
            queue=None,
            started_at=now - timedelta(seconds=20),
            ended_at=now - timedelta(seconds=1),
            answered_at=None,
        )


def _name(place: int) -> str:
    return f"box{place}"


def _did(place: int) -> str:
    return f"202555{1000 + place}"


# ---------------------------------------------------------------- the centre


@contextmanager
def _centre(count: int) -> Iterator[tuple[Path, int, int, Carrier, int]]:
    with (
        tempfile.TemporaryDirectory(prefix="secondring-bench-", dir="/var/tmp") as folder,
        Carrier() as carrier,
        FakePbx() as pbx,
    ):
        home, port = Path(folder) / "centre", free_port(socket.SOCK_STREAM)
        home.mkdir(mode=0o700)
        write_clinic(home, pbx, _settings(carrier.url, count))
        _ask(home, "migrate")
        where = home / "sites/for-broker"
        _ask(home, "sites", "broker", "--host", "127.0.0.1", "--port", str(port), "--keep-in", str(where))
        for place in range(count):
            site_setup.add_box(home, _name(place), (f"site{place}",), wiring.now())
        broker = Broker(where / "secondring-sites.conf", port)
        broker.start()
        assert broker.pid
        with (home / "log").open("wb") as log:
            gateway = subprocess.Popen([*COMMAND, "--config", str(home), "gateway"], stdout=log, stderr=log)
        try:
            _wait_until_linked(home / "log")
            yield home, gateway.pid, broker.pid, carrier, port
        finally:
            gateway.send_signal(signal.SIGKILL)
            gateway.wait()
            broker.end()


def _settings(carrier: str, count: int) -> dict[str, object]:
    common = clinic.settings(carrier, account="secondring", concurrency=32, brake=clinic.WIDE)
    sites = {
        f"site{place}": {
            "name": f"Clinic {place}",
            "phone": f"+1{_did(place)}",
            "sender": f"+1{_did(place)}",
            "dids": [f"+1{_did(place)}"],
            "zone": "America/New_York",
            "hours": clinic.ALWAYS,
        }
        for place in range(count)
    }
    return {**common, "sites": sites}


def _ask(home: Path, *words: str) -> None:
    subprocess.run([*COMMAND, "--config", str(home), *words], check=True, capture_output=True)


def _wait_until_linked(log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while "linked to the MQTT broker" not in log.read_text():
        if time.monotonic() > deadline:
            raise TimeoutError(log.read_text()[-2000:])
        time.sleep(0.1)


PAGE = """\
## Many site boxes, one centre

`scripts/bench boxes`: {calls:,} missed calls from one, ten and fifty site boxes into one centre (`secondring gateway`,
SQLite, `synchronous=FULL`), by a real broker with TLS and a certificate for each box. Boxes are simulated by the
product's own end of the line and share this machine's two cores with the centre, its broker and its carrier; each has
{under_way} calls under way. A call waits from being sent until the box hears that it is in the centre's books.

| boxes | calls/s | wait p50 | wait p99 | centre's processor time a call | broker's | calls/s a core of it | load |
|---:|---:|---:|---:|---:|---:|---:|---:|
{rows}

{drawing}"""


def page(found: Sequence[Taken], *, drawn: bool = False) -> str:
    """The section of docs/performance.md."""
    rows = "\n".join(
        f"| {t.boxes} | {t.calls / t.seconds:.0f} | {t.waits.p50:.0f} ms | {t.waits.p99:.0f} ms"
        f" | {1000 * t.cpu / t.calls:.2f} ms | {1000 * t.broker_cpu / t.calls:.2f} ms | {t.calls / t.cpu:.0f}"
        f" | {t.load:.1f} |"
        for t in found
    )
    values = [(str(t.boxes), 1000 * t.cpu / t.calls) for t in found]
    title = "Processor time of the centre for a call, by site boxes"
    drawing = draw("boxes", title, "ms", values) if drawn else ""
    return PAGE.format(calls=found[0].calls, under_way=UNDER_WAY, rows=rows, drawing=drawing)
