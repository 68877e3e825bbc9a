"""A real Kannel with its own fakesmsc, and the bridge that lets the plain `http` carrier speak with it.

Kannel takes a text as a query (`/cgi-bin/sendsms?to=..`) and hands replies and receipts over as queries. The bridge
turns our JSON into the one, and the other into signed requests to our webhooks. A clinic's own bridge does the same.
"""

import json
import shutil
import socket
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, quote, unquote_to_bytes, urlencode, urlsplit
from urllib.request import urlopen

from tests.support.signed_webhook import SECRET, deliver

FAKESMSC = Path("/usr/lib/kannel/test/fakesmsc")
USER, PASSWORD = "second-ring", "a-password-of-the-tests"
TAKEN_BY_CENTRE = 8
"""Of Kannel's dlr-mask: the message centre has it. fakesmsc knows no phones."""
CONFIG = """
group = core
admin-port = {admin}
admin-password = {password}
smsbox-port = {box}
log-file = "{folder}/bearerbox.log"
box-allow-ip = 127.0.0.1
dlr-storage = internal

group = smsc
smsc = fake
smsc-id = fake
port = {centre}
connect-allow-ip = 127.0.0.1

group = smsbox
bearerbox-host = 127.0.0.1
sendsms-port = {sendsms}
log-file = "{folder}/smsbox.log"
http-request-retry = 20
http-queue-delay = 1

group = sendsms-user
username = {user}
password = {password}
max-messages = 10
concatenation = true

group = sms-service
keyword = default
catch-all = true
max-messages = 0
get-url = "http://127.0.0.1:{bridge}/reply?from=%p&to=%P&text=%b&coding=%c&id=%I"
"""


def installed() -> bool:
    """True when Debian's packages are there."""
    return FAKESMSC.exists() and shutil.which("bearerbox", path="/usr/sbin:/usr/bin") is not None


def _port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Bridge:
    """Between our JSON and Kannel's queries."""

    def __init__(self, sendsms: int) -> None:
        self.ours = 0
        """The port of our webhooks; 0 while nobody listens there."""
        self.answers: list[int] = []
        """What our webhooks answered."""
        self.secret = SECRET
        self._sendsms = sendsms
        self._known: set[str] = set()
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    def close(self) -> None:
        """Stop."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def send(self, letter: dict[str, str]) -> int:
        """A text of ours goes to Kannel, once for each id. Kannel's 202 is acceptance."""
        with self._lock:
            if letter["id"] in self._known:
                return 202
            query = {
                "username": USER,
                "password": PASSWORD,
                "from": letter["from"],
                "to": letter["to"],
                "text": letter["text"],
                "charset": "UTF-8",
                "coding": "2" if any(ord(char) > 127 for char in letter["text"]) else "0",
                "dlr-mask": "31",
                "dlr-url": f"http://127.0.0.1:{self.port}/receipt?id={quote(letter['id'])}&type=%d",
            }
            address = f"http://127.0.0.1:{self._sendsms}/cgi-bin/sendsms?{urlencode(query)}"
            with urlopen(address, timeout=5) as answer:
                status: int = answer.status
            self._known.add(letter["id"])
            return status

    def came(self, path: str, query: dict[str, str]) -> int:
        """A reply or a receipt of Kannel's goes to our webhooks; it comes again unless they take it."""
        if not self.ours:
            return 503
        if path == "/reply":
            words = {"id": query["id"], "from": query["from"], "to": query["to"], "text": query["text"]}
            status = deliver(self.ours, "inbound", words, secret=self.secret)
        else:
            state = "delivered" if query["type"] == "1" else "accepted"
            state = "failed" if query["type"] in ("2", "16") else state
            status = deliver(self.ours, "receipt", {"id": query["id"], "status": state}, secret=self.secret)
        self.answers.append(status)
        return 200 if status == 200 else 503


def _handler(bridge: Bridge) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            letter: dict[str, str] = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            self._answer(bridge.send(letter), {"id": f"kannel-{letter['id']}"})

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            if query.get("coding") == "2":
                raw = next(pair for pair in parts.query.split("&") if pair.startswith("text="))
                words = unquote_to_bytes(raw.removeprefix("text=").replace("+", " "))
                query["text"] = words.decode("utf-16-be")
            try:
                status = bridge.came(parts.path, query)
            except OSError:  # our webhooks are gone: Kannel keeps it and tries again
                status = 503
            self._answer(status, {})

        def _answer(self, status: int, body: dict[str, str]) -> None:
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(body).encode() if body else b"")

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - http.server's signature
            """Say nothing."""

    return Handler


class Kannel:
    """bearerbox, smsbox and fakesmsc, in a folder of their own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._ports = {name: _port() for name in ("admin", "box", "centre", "sendsms")}
        self._processes: list[subprocess.Popen[bytes]] = []
        self.bridge = Bridge(self._ports["sendsms"])

    def __enter__(self) -> Self:
        config = self._folder / "kannel.conf"
        values = {**self._ports, "bridge": self.bridge.port, "folder": self._folder}
        config.write_text(CONFIG.format(user=USER, password=PASSWORD, **values))
        for program, port in (("bearerbox", "box"), ("smsbox", "sendsms")):
            self._run([f"/usr/sbin/{program}", str(config)], program)
            self._wait_for(self._ports[port])
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in reversed(self._processes):
            process.terminate()
        for process in self._processes:
            process.wait(10)
        self.bridge.close()

    def phones(self, *says: str) -> None:
        """Start the message centre; with words, somebody writes `FROM TO text WORDS`."""
        count = ["-m", "1"] if says else ["-m", "0"]
        where = ["-H", "127.0.0.1", "-r", str(self._ports["centre"]), "-i", "0.01"]
        self._run([str(FAKESMSC), *where, *count, *(says or ("1 2 text x",))], "fakesmsc")

    def got(self) -> list[str]:
        """What reached phones: FROM TO kind WORDS, words percent-encoded."""
        log = self._folder / "fakesmsc.out"
        lines = log.read_text(errors="replace").splitlines() if log.exists() else []
        return [line.split("<", 1)[1].rstrip(">") for line in lines if "Got message" in line]

    def _run(self, command: list[str], name: str) -> None:
        with (self._folder / f"{name}.out").open("wb") as out:
            self._processes.append(
                subprocess.Popen(command, cwd=self._folder, stdin=subprocess.DEVNULL, stdout=out, stderr=out)
            )

    def _wait_for(self, port: int) -> None:
        deadline = time.monotonic() + 15
        while time.monotonic() < deadline:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return
            time.sleep(0.02)
        raise AssertionError("Kannel did not start")
