"""The server, on real sockets: what it serves, and who cannot hold it up."""

import contextlib
import select
import socket
import threading
from collections.abc import Iterator

import pytest

from agi.request import Request
from agi.runner import run_script
from agi.server import Limits, Server
from agi.wire import Wire
from secondring.domain.errors import StoreBusy
from secondring.domain.ids import SiteId
from secondring.domain.offer import InCall, Promise, Welcome
from secondring.domain.urgent_begin import Waiting
from tests.support.fake_asterisk import FakeAsterisk, head
from tests.support.until import until


class Desk:
    """A clinic that says yes, and remembers whom to."""

    def __init__(self) -> None:
        self.texted: list[tuple[str, str, bool]] = []
        self.declined: list[str] = []
        self.waiting: list[tuple[str, str]] = []
        self.trouble: Exception | None = None
        self.shadow = False

    def welcome(self, call: InCall) -> Welcome:
        offered = not self.shadow
        return Welcome(site=SiteId("north"), language=call.language[:2], is_open=True, is_offered=offered)

    def can_be_texted(self, call: InCall, typed: str) -> bool:
        return len(typed) == 10 and typed not in call.caller

    def text_link(self, call: InCall, typed: str = "", *, opt_in: bool = False) -> Promise:
        if self.trouble:
            raise self.trouble
        self.texted.append((call.caller, typed, opt_in))
        return Promise.SENT

    def decline(self, call: InCall) -> None:
        self.declined.append(call.caller)

    def urgent(self, call: InCall, line: str) -> Waiting:
        self.waiting.append((call.caller, line))
        return Waiting(site=SiteId("north"), language="en", seconds=90, is_shadow=self.shadow)

    def urgent_callback(self, call: InCall) -> None:
        """Not asked for here."""

    def urgent_ended(self, call: InCall, *, answered: bool) -> None:
        """Not asked for here."""


def run_nothing(request: Request, wire: Wire) -> None:
    """A handler that is never called."""


@pytest.fixture
def desk() -> Desk:
    return Desk()


@contextlib.contextmanager
def serving(desk: Desk, limits: Limits | None = None) -> Iterator[Server]:
    server = Server(lambda request, wire: run_script(request, wire, desk), "127.0.0.1", 0, limits)
    server.start()
    try:
        yield server
    finally:
        server.close()


@pytest.fixture
def server(desk: Desk) -> Iterator[Server]:
    with serving(desk) as server:
        yield server


def connect(server: Server) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.port), timeout=10)


def asked(server: Server, script: str, **changes: str) -> dict[str, str]:
    with FakeAsterisk.calls(server.port, network_script=script, **changes) as asterisk:
        return asterisk.play()


# what it does


def test_an_offer(server: Server) -> None:
    assert asked(server, "offer") == {
        "SR_SITE": "north", "SR_LANGUAGE": "en", "SR_OK": "1"
    }  # fmt: skip


def test_in_shadow_mode_there_is_no_offer_and_no_promise_of_a_call_back(server: Server, desk: Desk) -> None:
    desk.shadow = True
    assert asked(server, "offer")["SR_OK"] == "0"
    assert asked(server, "urgent")["SR_SHADOW"] == "1"
    desk.shadow = False
    assert "SR_SHADOW" not in asked(server, "urgent")


def test_a_text(server: Server, desk: Desk) -> None:
    assert asked(server, "text_link", arg_1="", arg_2="", arg_3="2025550124", arg_4="opt-in") == {
        "SR_PROMISE": "sent"
    }
    assert desk.texted == [("+12025550123", "2025550124", True)]


def test_no_more_texts(server: Server, desk: Desk) -> None:
    assert asked(server, "decline") == {"SR_DECLINED": "1"}
    assert desk.declined == ["+12025550123"]


def test_a_nurse_is_looked_for(server: Server, desk: Desk) -> None:
    assert asked(server, "urgent") == {"SR_SITE": "north", "SR_LANGUAGE": "en", "SR_LADDER": "90"}
    (caller, line), *others = desk.waiting
    assert (caller, bool(line), others) == ("+12025550123", True, [])


def test_a_number_is_looked_at(server: Server) -> None:
    assert asked(server, "can_be_texted", arg_3="2025550124", arg_1="", arg_2="") == {"SR_USABLE": "1"}
    assert asked(server, "can_be_texted", arg_1="", arg_2="", arg_3="1") == {"SR_USABLE": "0"}


@pytest.mark.parametrize("script", ["nothing", "../../etc/passwd", "__init__"])
def test_what_is_no_script_is_not_run(server: Server, script: str) -> None:
    assert asked(server, script) == {}


@pytest.mark.parametrize("trouble", [StoreBusy("busy"), RuntimeError("a bug")])
def test_trouble_ends_the_request_and_no_more(
    server: Server, desk: Desk, trouble: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    desk.trouble = trouble
    assert asked(server, "text_link") == {}
    assert "text_link" in caplog.text
    assert "2025550123" not in caplog.text
    desk.trouble = None
    assert asked(server, "text_link") == {"SR_PROMISE": "sent"}


# who cannot hold it up


def test_500_slow_connections_do_not_hold_up_the_next(server: Server) -> None:
    slow = [connect(server) for _ in range(500)]
    for connection in slow:
        connection.sendall(b"agi_network: y")
    try:
        assert asked(server, "offer")["SR_OK"] == "1"
    finally:
        for connection in slow:
            connection.close()


def test_when_too_many_wait_the_oldest_goes(desk: Desk) -> None:
    with serving(desk, Limits(waiting=3, head_seconds=60)) as server:
        slow = [connect(server) for _ in range(5)]
        assert slow[0].recv(1) == b""
        assert slow[1].recv(1) == b""
        until(lambda: server.waiting == 3)
        assert asked(server, "offer")["SR_OK"] == "1"
        for connection in slow:
            connection.close()


def test_a_slow_head_is_let_go(desk: Desk) -> None:
    with serving(desk, Limits(head_seconds=0.05)) as server, connect(server) as connection:
        connection.sendall(b"agi_network: yes\n")
        assert connection.recv(1) == b""
        until(lambda: server.waiting == 0)


def test_a_head_that_never_ends_is_let_go(desk: Desk) -> None:
    with serving(desk, Limits(head_bytes=1000)) as server, connect(server) as connection:
        with contextlib.suppress(ConnectionError):
            connection.sendall(b"agi_x: " + b"y" * 100_000)
            assert connection.recv(1) == b""
        until(lambda: server.waiting == 0)


@pytest.mark.parametrize("noise", [b"", b"GET / HTTP/1.0\r\n\r\n", b"\x16\x03\x01\x02\n\n", b"\n\n"])
def test_a_port_scan_is_let_go(server: Server, noise: bytes) -> None:
    with connect(server) as connection:
        connection.sendall(noise)
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(1) == b""
    assert asked(server, "offer")["SR_OK"] == "1"


def test_a_head_may_come_in_pieces(server: Server) -> None:
    with FakeAsterisk(connect(server)) as asterisk:
        for byte in head():
            asterisk.send(bytes([byte]))
        assert asterisk.play()["SR_OK"] == "1"


def test_more_than_it_can_serve_is_turned_away_at_once(desk: Desk) -> None:
    go_on = threading.Event()
    begun: list[Request] = []

    def slow_script(request: Request, _: Wire) -> None:
        begun.append(request)
        go_on.wait(10)

    server = Server(slow_script, "127.0.0.1", 0, Limits(threads=1, queued=1))
    server.start()
    first = FakeAsterisk.calls(server.port)
    until(lambda: begun)
    second, third = FakeAsterisk.calls(server.port), FakeAsterisk.calls(server.port)
    gone = select.select([second, third], [], [], 10)[0]  # whose request was whole first is not for us to say
    assert len(gone) == 1
    assert len(begun) == 1
    go_on.set()
    assert [fake.next_command() for fake in (first, second, third)] == [None, None, None]
    assert len(begun) == 2
    for fake in (first, second, third):
        fake.close()
    server.close()


def test_a_hang_up_in_the_middle_frees_the_thread(desk: Desk) -> None:
    with serving(desk, Limits(threads=1)) as server:
        with FakeAsterisk.calls(server.port) as asterisk:
            assert asterisk.next_command()
            asterisk.send(b"HANGUP\n")
            asterisk.wait_for_the_end()
        assert asked(server, "offer")["SR_OK"] == "1"


def test_closing_lets_go_of_whoever_is_being_served(desk: Desk) -> None:
    with serving(desk) as server:
        asterisk = FakeAsterisk.calls(server.port)
        assert asterisk.next_command()
    asterisk.wait_for_the_end()
    asterisk.close()


def test_a_port_that_is_taken_says_so(server: Server, desk: Desk) -> None:
    with pytest.raises(OSError, match="in use"):
        Server(run_nothing, "127.0.0.1", server.port)
