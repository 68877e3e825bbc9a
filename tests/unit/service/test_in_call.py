"""The keys on their way to the books: in time, in one transaction, and the outbox is told."""

import threading
from datetime import UTC, datetime
from typing import cast

import pytest

from secondring.domain.errors import StoreBusy
from secondring.domain.ids import CallId, Uniqueid
from secondring.domain.offer import InCall, Offers, Promise
from secondring.domain.ports import Books
from secondring.in_call import InCallDesk, Urgent
from secondring.store.memory import MemoryStore
from secondring.writer import Writer
from tests.support.clinic import PlainWording, some_rules

AT = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
CALL = InCall(uniqueid=Uniqueid("1.1"), caller="+12025550123", did="2025550100")


class Counter:
    """Everything a desk needs, and what it did."""

    def __init__(self) -> None:
        self.store = MemoryStore()
        self.rung = 0
        self.writer = Writer(self.store)
        offers = Offers(some_rules(), PlainWording(), "1")
        nobody = cast("Urgent", None)  # no key 2 here
        self.desk = InCallDesk(
            offers, self.writer.within, pbx="lab", clock=lambda: AT, ring=self._ring, urgent=nobody
        )

    def _ring(self) -> None:
        self.rung += 1


def test_a_text_rings_the_outbox_and_a_refusal_does_not() -> None:
    counter = Counter()
    assert counter.desk.text_link(CALL) is Promise.SENT
    assert counter.desk.text_link(CALL) is Promise.ALREADY
    assert counter.rung == 1
    with counter.store.reading() as books:
        call = books.call(CallId("lab", Uniqueid("1.1")))
    assert call
    assert call.episode
    counter.writer.close()


def test_declining_is_kept() -> None:
    counter = Counter()
    counter.desk.decline(CALL)
    with counter.store.reading() as books:
        assert [d.rule for d in books.decisions_about(CallId("lab", Uniqueid("1.1")))] == ["key-9"]
    counter.writer.close()


def test_a_greeting_and_a_typed_number_need_no_books() -> None:
    counter = Counter()
    counter.writer.close()
    assert counter.desk.welcome(CALL).site == "north"
    assert counter.desk.can_be_texted(CALL, "2025550124")


def test_books_that_take_too_long_are_given_up_on_in_time() -> None:
    counter = Counter()
    go_on = threading.Event()

    def slow(_: Books) -> bool:
        return go_on.wait(10)

    with pytest.raises(StoreBusy, match=r"0\.05 s"):
        counter.writer.within(0.05, slow)
    with pytest.raises(StoreBusy):
        counter.writer.within(0.05, lambda books: books.call(CallId("lab", Uniqueid("1.1"))))
    go_on.set()
    assert counter.writer.within(5, lambda _: 1) == 1
    counter.writer.close()
