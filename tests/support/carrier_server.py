"""A text carrier on loopback, as seen from the clinic's side: takes texts, can misbehave, sends replies.

    with CarrierServer() as carrier:
        carrier.then(Status(500), Silence(take=True))      # the next two requests; then it accepts again
        ...
        carrier.reply("+13125550123", "+12025550100", "BOOK", to_port)

It remembers every POST. Like a carrier that knows ids, it sends one text however often an id comes.
"""

import json
import socket
import threading
import time
import uuid
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.support.signed_webhook import SECRET, deliver

TOKEN = "a-token-of-the-tests"


@dataclass(frozen=True, slots=True)
class Accept:
    """Take the text and say so, after so many seconds."""

    after: float = 0.0


@dataclass(frozen=True, slots=True)
class Status:
    """Answer with this status and do not take the text."""

    code: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b"{}"


@dataclass(frozen=True, slots=True)
class Garbage:
    """Take the text and answer 200 with bytes that are no JSON."""

    body: bytes = b"\x00\xff<html>"


@dataclass(frozen=True, slots=True)
class Silence:
    """Never answer; `take` says whether the text goes out all the same."""

    take: bool


@dataclass(frozen=True, slots=True)
class Noise:
    """Take the text and answer with something that is no HTTP."""


Answer = Accept | Status | Garbage | Silence | Noise


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """One request to send a text."""

    id: str
    to: str
    sender: str
    text: str
    authorization: str | None
    at: float
    """Seconds on the monotonic clock."""


class CarrierServer:
    """One carrier. Everything it is asked can be read back at any time."""

    def __init__(self) -> None:
        self.otherwise: Answer = Accept()
        """What it does when nothing is planned."""
        self.posts: list[Post] = []
        self.lookups: list[str] = []
        self.taken: dict[str, Post] = {}
        """What patients got: each id once."""
        self._plans: dict[str | None, list[Answer]] = {}
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None
        self.port = 0
        self.open()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.refuse_connections()

    @property
    def url(self) -> str:
        """Where texts are posted to."""
        return f"http://127.0.0.1:{self.port}/texts"

    def config(self, inbound_port: int | None = None, **more: object) -> dict[str, Any]:
        """What a clinic writes into `carrier:` to use it; `move_in` provides the secrets."""
        http: dict[str, Any] = {
            "url": self.url,
            "lookup_url": f"{self.url}/{{id}}",
            "token_file": "credential:carrier-token",
            **more,
        }
        if inbound_port is not None:
            http["inbound"] = {
                "host": "127.0.0.1",
                "port": inbound_port,
                "secret_file": "credential:carrier-webhook",
            }
        return {"kind": "http", "http": http}

    @staticmethod
    def move_in(home: Path) -> Path:
        """Write the secrets that `config` names into a service's folder, before it is started there."""
        folder = home / "credentials"
        folder.mkdir(mode=0o700, exist_ok=True)
        for name, secret in (("carrier-token", TOKEN), ("carrier-webhook", SECRET)):
            file = folder / name
            file.touch(mode=0o600)
            file.write_text(secret)
        return home

    # -- what it does next ----------------------------------------------------------------------------

    def then(self, *answers: Answer, to: str | None = None) -> None:
        """Plan its next answers, one a POST; with `to`, those about texts to this number."""
        with self._lock:
            self._plans.setdefault(to, []).extend(answers)

    def refuse_connections(self) -> None:
        """Stop listening; `open` begins again on the same port."""
        self._closing.set()
        if self._server and self._thread:
            self._server.shutdown()
            self._thread.join()
            self._server.server_close()
        self._server = self._thread = None

    def open(self) -> None:
        """Listen."""
        self._closing = threading.Event()
        self._server = _Server(self, self.port)
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, name="carrier"
        )
        self._thread.start()

    # -- what patients see -------------------------------------------------------------------------------

    def texts_to(self, number: str) -> list[Post]:
        """The texts that reached a phone, in order."""
        with self._lock:
            return [post for post in self.taken.values() if post.to == number]

    def posts_to(self, number: str) -> list[Post]:
        """Every request to text a phone, repeated and refused ones too."""
        with self._lock:
            return [post for post in self.posts if post.to == number]

    def reply(self, sender: str, to: str, text: str, port: int, *, id_: str | None = None) -> int:
        """Deliver a patient's text to the clinic's webhook; gives the HTTP status of its answer."""
        letter = {"id": id_ or f"C-{uuid.uuid4().hex[:12]}", "from": sender, "to": to, "text": text}
        return deliver(port, "inbound", letter)

    def receipt(self, id_: str, status: str, port: int) -> int:
        """Tell the clinic's webhook what became of a text; gives the HTTP status of its answer."""
        return deliver(port, "receipt", {"id": id_, "status": status})

    # -- called by requests ------------------------------------------------------------------------------

    def received(self, letter: dict[str, str], authorization: str | None) -> Answer:
        post = Post(
            id=letter["id"],
            to=letter["to"],
            sender=letter["from"],
            text=letter["text"],
            authorization=authorization,
            at=time.monotonic(),
        )
        with self._lock:
            self.posts.append(post)
            plan = self._plans.get(post.to) or self._plans.get(None)
            answer = plan.pop(0) if plan else self.otherwise
            if not isinstance(answer, Status) and answer != Silence(take=False):
                self.taken.setdefault(post.id, post)
        return answer

    def looked_up(self, id_: str) -> bool:
        with self._lock:
            self.lookups.append(id_)
            return id_ in self.taken

    def pause(self, seconds: float | None) -> None:
        """Let time pass, or all time until the server is closed."""
        self._closing.wait(seconds)


class _Server(ThreadingHTTPServer):
    daemon_threads = False
    allow_reuse_address = True

    def __init__(self, carrier: CarrierServer, port: int) -> None:
        self.carrier = carrier
        self._open: set[socket.socket] = set()
        super().__init__(("127.0.0.1", port), _Handler)

    def shutdown(self) -> None:
        """Hang up on everybody as well: kept-alive connections would outlive the server."""
        super().shutdown()
        for connection in list(self._open):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Whoever was killed in the middle of a request is no news here."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_POST(self) -> None:
        letter = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        answer = self.server.carrier.received(letter, self.headers.get("Authorization"))
        match answer:
            case Accept(after=seconds):
                if seconds:
                    self.server.carrier.pause(seconds)
                self._say(200, json.dumps({"id": f"carrier-{letter['id']}"}).encode())
            case Status(code=code, headers=headers, body=body):
                self._say(code, body, headers)
            case Garbage(body=body):
                self._say(200, body)
            case Silence():
                self.server.carrier.pause(None)
                self.close_connection = True
            case Noise():
                self.wfile.write(b"\x16\x03\x01 what?\r\n\r\n")
                self.close_connection = True

    def do_GET(self) -> None:
        id_ = self.path.rpartition("/")[2]
        known = self.path == f"/texts/{id_}" and self.server.carrier.looked_up(id_)
        self._say(200 if known else 404, json.dumps({"id": f"carrier-{id_}"}).encode())

    def _say(self, code: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(code)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it
        """Say nothing: pytest's output is for the tests."""
