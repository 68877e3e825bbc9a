"""The offer on a real Asterisk: what callers press, what they hear, and where they end when we are not there."""

import contextlib
import re
import socket
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from lab import offer
from lab.offer import SPANISH_ABOVE, TONES
from lab.pbx import Pbx
from lab.phones import Line, Phone, State
from lab.service import Service
from secondring.domain.phone import PhoneNumber
from secondring.domain.records import Origin, Outcome
from secondring.domain.verdict import Verdict
from tests.support.onlooker import Onlooker
from tests.support.until import until

LINK = "https://book.northside.example/new"
FAIL_OPEN_SECONDS = 2.0
MOBILE = "+13125550150"
_numbers = iter(range(120, 160))


@pytest.fixture(scope="module")
def desk(pbx: Pbx) -> Iterator[Phone]:
    with Phone.inside(pbx, "1001") as phone:
        yield phone


@pytest.fixture(scope="module")
def clinic(pbx: Pbx, desk: Phone) -> Iterator[Onlooker]:
    with Service(pbx, config=offer.CONFIG) as service, Onlooker(service) as onlooker:
        offer.add_offer(pbx, service)
        yield onlooker


@pytest.fixture
def number() -> str:
    """A caller who never called before."""
    return f"+13125550{next(_numbers)}"


@pytest.fixture(autouse=True)
def _nobody_left(pbx: Pbx) -> Iterator[None]:
    yield
    until(lambda: pbx.channels() == 0, "every call is over")


def press(line: Line, prompt: str, keys: str, *, above: int = 0) -> None:
    """Hear a prompt, then press."""
    line.wait_to_hear(TONES[prompt] + above, 15)
    line.dial(keys)


def ended_call(clinic: Onlooker, number: str) -> Verdict:
    return clinic.wait(
        lambda: next((c.verdict for c in clinic.calls_of(number) if c.verdict), None),
        "the verdict on the call",
    )


def complaints_of(pbx: Pbx) -> list[str]:
    """What Asterisk found wrong with our dialplan, queues and sounds."""
    log = (pbx.home / "log/messages").read_text(errors="replace")
    ours = r"(WARNING|ERROR)\S* (pbx|pbx_config|pbx_variables|app_queue|app_stack|app_read|file|func_\w+)\.c"
    return [line for line in log.splitlines() if re.search(ours, line)]


# ---------------------------------------------------------------- loading


def test_it_is_loaded_without_a_warning(pbx: Pbx, clinic: Onlooker) -> None:
    assert complaints_of(pbx) == []
    for context in ("secondring", "secondring-keys-offered", "secondring-sub-agi", "secondring-sub-leave"):
        assert f"Context '{context}'" in pbx.cli(f"dialplan show {context}")


# ---------------------------------------------------------------- the keys


def test_pressing_1_texts_while_they_are_on_the_line_and_never_again(
    pbx: Pbx, clinic: Onlooker, desk: Phone, number: str
) -> None:
    with Phone.outside(pbx, number) as caller:
        call = caller.call(offer.OFFER)
        press(call, "offer", "1")
        call.wait_to_hear(TONES["text-sent"])
        clinic.wait_for_text(number, "asked-link")
        assert LINK in clinic.inbox(number)[0]
        desk.next_call().wait_for(State.RINGING)  # on the ordinary path
        call.hang_up()
    assert ended_call(clinic, number) is Verdict.MISSED
    clinic.wait(
        lambda: clinic.decisions(number)[-1].rule == "asked-in-the-call", "the decision after the call"
    )
    episode = clinic.episode(number)
    assert episode
    assert (episode.origin, episode.calls) == (Origin.CALL, 1)
    assert clinic.sent(number) == ["asked-link"]


def test_who_stays_and_is_answered_was_reached(pbx: Pbx, clinic: Onlooker, desk: Phone, number: str) -> None:
    with Phone.outside(pbx, number) as caller:
        call = caller.call(offer.OFFER)
        press(call, "offer", "1")
        desk.next_call().wait_for(State.RINGING).answer()
        clinic.wait(lambda: (e := clinic.episode(number)) and e.outcome, "the outcome")
        call.hang_up()
    episode = clinic.episode(number)
    assert episode
    assert (episode.outcome, episode.origin) == (Outcome.REACHED, Origin.OFFER)


def test_pressing_9_is_an_opt_out_and_a_person_calls_back(
    pbx: Pbx, clinic: Onlooker, desk: Phone, number: str
) -> None:
    with Phone.outside(pbx, number) as caller:
        call = caller.call(offer.OFFER)
        press(call, "offer", "9")
        call.wait_to_hear(TONES["declined"])
        desk.next_call().wait_for(State.RINGING)
        call.hang_up()
    clinic.wait_for_task(number)
    entry = clinic.look(lambda books: books.consent(PhoneNumber(number)))
    assert entry
    assert (entry.opted_out, entry.source) == (True, "ivr")
    assert clinic.sent(number) == []


def test_who_opted_out_may_take_it_back_by_a_second_key(
    pbx: Pbx, clinic: Onlooker, desk: Phone, number: str
) -> None:
    with Phone.outside(pbx, number) as caller:
        call = caller.call(offer.OFFER)
        press(call, "offer", "9")
        desk.next_call().wait_for(State.RINGING)
        call.hang_up()
    with Phone.outside(pbx, number) as caller:
        call = caller.call(offer.OFFER)
        press(call, "offer", "1")
        press(call, "opted-out", "1")
        call.wait_to_hear(TONES["text-sent"])
        desk.next_call().wait_for(State.RINGING)
        call.hang_up()
    clinic.wait_for_text(number, "asked-link")


def test_silence_and_a_wrong_key_are_met_once_and_then_it_goes_on(
    pbx: Pbx, clinic: Onlooker, desk: Phone, number: str
) -> None:
    with Phone.outside(pbx, number) as caller:
        call = caller.call(offer.OFFER)
        press(call, "offer", "5")
        call.wait_to_hear(TONES["wrong-key"])
        desk.next_call(15).wait_for(State.RINGING)  # silence the second time
        call.hang_up()
    clinic.wait_for_text(number, "first-open")


def test_after_hours(pbx: Pbx, clinic: Onlooker, desk: Phone, number: str) -> None:
    with Phone.outside(pbx, number) as caller:
        call = caller.call(offer.HOURS)
        press(call, "offer-closed", "1")
        call.wait_to_hear(TONES["text-sent"])
        desk.next_call().wait_for(State.RINGING)
        call.hang_up()
    clinic.wait_for_text(number, "asked-link")


def test_in_spanish(pbx: Pbx, clinic: Onlooker, desk: Phone, number: str) -> None:
    with Phone.outside(pbx, number) as caller:
        call = caller.call(offer.IN_SPANISH)
        press(call, "offer", "1", above=SPANISH_ABOVE)
        call.wait_to_hear(TONES["text-sent"] + SPANISH_ABOVE)
        desk.next_call().wait_for(State.RINGING)
        call.hang_up()
    clinic.wait_for_text(number, "asked-link")
    assert "enlace" in clinic.inbox(number)[0]


def test_who_came_by_goto_goes_on_where_the_configuration_says(
    pbx: Pbx, clinic: Onlooker, number: str
) -> None:
    with Phone.outside(pbx, number) as caller, Phone.inside(pbx, "1002") as desk:
        call = caller.call(offer.BY_GOTO)
        press(call, "offer", "1")
        desk.next_call().wait_for(State.RINGING)
        call.hang_up()
    clinic.wait_for_text(number, "asked-link")


def test_a_withheld_number_is_asked_for_a_mobile(pbx: Pbx, clinic: Onlooker, desk: Phone) -> None:
    with Phone.outside(pbx, None) as caller:
        call = caller.call(offer.LINK)
        press(call, "type-mobile", "1234567890")
        call.wait_to_hear(TONES["not-a-mobile"])
        press(call, "type-mobile", MOBILE[2:])
        press(call, "confirm-mobile", "1")
        call.wait_to_hear(TONES["text-sent"])
        desk.next_call().wait_for(State.RINGING)
        call.hang_up()
    clinic.wait_for_text(MOBILE, "asked-link")
    assert LINK in clinic.inbox(MOBILE)[0]


# ---------------------------------------------------------------- in the queue


def waiting(pbx: Pbx) -> list[str]:
    """The channels that wait in the queue, in order."""
    return re.findall(r"^\s+\d+\. (PJSIP/\S+)", pbx.cli(f"queue show {offer.QUEUE}"), re.MULTILINE)


def test_in_the_queue_they_keep_their_place(pbx: Pbx, clinic: Onlooker, number: str) -> None:
    others = [Phone.outside(pbx, f"+1312555017{n}") for n in range(2)]
    with others[0], others[1], Phone.outside(pbx, number) as caller:
        first = others[0].call(offer.IN_QUEUE)
        until(lambda: len(waiting(pbx)) == 1)
        call = caller.call(offer.IN_QUEUE)
        until(lambda: len(waiting(pbx)) == 2)
        last = others[1].call(offer.IN_QUEUE)
        before = until(lambda: w if len(w := waiting(pbx)) == 3 else None)
        press(call, "offer-queue", "1")
        until(lambda: before[1] not in waiting(pbx), "they left the queue")
        call.wait_to_hear(TONES["text-sent"])
        until(lambda: waiting(pbx) == before, lambda: f"the same order again: {before} is {waiting(pbx)}")
        clinic.wait_for_text(number, "asked-link")
        for line in (first, call, last):
            line.hang_up()
    assert ended_call(clinic, number) is Verdict.MISSED
    assert clinic.sent(number) == ["asked-link"]


def test_in_the_queue_a_text_and_then_an_answer(pbx: Pbx, clinic: Onlooker, desk: Phone, number: str) -> None:
    with Phone.outside(pbx, number) as caller:
        call = caller.call(offer.IN_QUEUE)
        press(call, "offer-queue", "1")
        call.wait_to_hear(TONES["text-sent"])
        pbx.cli(f"queue add member PJSIP/1001 to {offer.QUEUE}")
        try:
            desk.next_call().wait_for(State.RINGING).answer()
            clinic.wait(lambda: (e := clinic.episode(number)) and e.outcome, "the outcome")
            call.hang_up()
        finally:
            pbx.cli(f"queue remove member PJSIP/1001 from {offer.QUEUE}")
    assert ended_call(clinic, number) is Verdict.ANSWERED


# ---------------------------------------------------------------- when we are not there

Misbehaviour = Callable[[socket.socket], None]


def hang(connection: socket.socket) -> None:
    """Take the call, and say nothing."""
    connection.recv(1)
    time.sleep(0)


def talk_nonsense(connection: socket.socket) -> None:
    connection.recv(4096)
    connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n\x00\xff nonsense\n")


def die(connection: socket.socket) -> None:
    """One command, and gone."""
    connection.recv(4096)
    connection.sendall(b'SET VARIABLE "SR_SITE" "northside"\n')
    connection.recv(4096)
    connection.close()


@contextlib.contextmanager
def in_our_place(port: int, behave: Misbehaviour) -> Iterator[None]:
    """Somebody else on our port; connections stay open until the end unless `behave` closes them."""
    taken: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", port)) as server:

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = server.accept()
                    taken.append(connection)
                    behave(connection)

        thread = threading.Thread(target=serve)
        thread.start()
        yield
        server.shutdown(socket.SHUT_RDWR)
        thread.join()
    for connection in taken:
        connection.close()


@pytest.fixture
def gone(clinic: Onlooker) -> Iterator[int]:
    """Second Ring is not running; gives the port that Asterisk asks."""
    clinic.service.stop()
    yield clinic.settings.agi.port
    clinic.service.start()


def seconds_to_the_desk(pbx: Pbx, desk: Phone, number: str) -> float:
    with Phone.outside(pbx, number) as caller:
        begun = time.monotonic()
        call = caller.call(offer.OFFER)
        desk.next_call().wait_for(State.RINGING)
        took = time.monotonic() - begun
        call.hang_up()
    return took


def test_nobody_listens(pbx: Pbx, desk: Phone, gone: int, number: str) -> None:
    assert seconds_to_the_desk(pbx, desk, number) < FAIL_OPEN_SECONDS


@pytest.mark.parametrize("behave", [hang, talk_nonsense, die])
def test_who_listens_is_of_no_use(
    pbx: Pbx, desk: Phone, gone: int, number: str, behave: Misbehaviour
) -> None:
    with in_our_place(gone, behave):
        assert seconds_to_the_desk(pbx, desk, number) < FAIL_OPEN_SECONDS


def test_we_die_in_the_middle_of_the_call(pbx: Pbx, clinic: Onlooker, desk: Phone, number: str) -> None:
    with Phone.outside(pbx, number) as caller:
        call = caller.call(offer.OFFER)
        call.wait_to_hear(TONES["offer"], 15)
        clinic.service.kill()
        try:
            begun = time.monotonic()
            call.dial("1")
            desk.next_call().wait_for(State.RINGING)
            took = time.monotonic() - begun
            call.hang_up()
        finally:
            clinic.service.start()
    assert took < FAIL_OPEN_SECONDS


def test_the_database_is_locked(pbx: Pbx, clinic: Onlooker, desk: Phone, number: str) -> None:
    file = clinic.settings.database_url.removeprefix("sqlite:///")
    lock = sqlite3.connect(file, isolation_level=None)
    with Phone.outside(pbx, number) as caller:
        call = caller.call(offer.OFFER)
        call.wait_to_hear(TONES["offer"], 15)
        lock.execute("BEGIN IMMEDIATE")
        try:
            begun = time.monotonic()
            call.dial("1")
            desk.next_call().wait_for(State.RINGING)
            took = time.monotonic() - begun
        finally:
            lock.execute("ROLLBACK")
            lock.close()
        call.hang_up()
    assert took < FAIL_OPEN_SECONDS
    ended_call(clinic, number)


def test_after_all_these_calls_asterisk_has_nothing_to_complain_about(pbx: Pbx, clinic: Onlooker) -> None:
    assert complaints_of(pbx) == []
