"""What `explain` tells."""

from datetime import timedelta

import pytest

from secondring.domain import story
from secondring.domain.records import Call, Intent
from secondring.domain.verdict import Detail, Reason
from tests.support.clinic import ANNA, MONDAY_TEN, Clinic, a_site


def told(clinic: Clinic, call: Call, *, whole: bool = False) -> str:
    with clinic.store.reading() as books:
        teller = story.Teller(clinic.rules, whole=whole)
        return "\n".join(line.words for line in teller.of_call(books, call))


def test_a_call_is_told_from_the_ring_to_the_task() -> None:
    clinic = Clinic()
    ended = clinic.misses(reason=Reason.ABANDONED, detail=Detail.CALLER_CANCEL, queue="desk")
    clinic.wait(seconds=2).send_due()
    clinic.writes("BILLING")
    words = told(clinic, clinic.call(ended))
    for part in (
        "called Northside Clinic",
        "Verdict missed: gave up waiting in queue desk after 20 s",
        "by rule text-back",
        "'first-open' was accepted by the carrier",
        "A text came in from the caller",
        "Understood as billing by keyword:billing",
        "Task for billing",
    ):
        assert part in words


def test_a_call_without_a_text_says_why() -> None:
    clinic = Clinic()
    ended = clinic.misses(withheld=True)
    assert "the caller withheld the number" in told(clinic, clinic.call(ended))


def test_a_call_that_is_not_over_says_so() -> None:
    clinic = Clinic()
    began = clinic.rings()
    with clinic.store.reading() as books:
        call = books.call(began.call)
    assert call is not None
    assert "not over yet" in told(clinic, call)


def test_neither_number_nor_words_are_told() -> None:
    clinic = Clinic()
    ended = clinic.misses()
    clinic.wait(seconds=2).send_due()
    clinic.writes("my secret words")
    words = told(clinic, clinic.call(ended))
    assert ANNA.e164 not in words
    assert "secret words" not in words


def test_whoever_asks_for_them_is_told_both() -> None:
    clinic = Clinic()
    ended = clinic.misses()
    clinic.wait(seconds=2).send_due()
    clinic.writes("my secret words")
    words = told(clinic, clinic.call(ended), whole=True)
    assert "(202) 555-0123 called Northside Clinic" in words
    assert "'my secret words'" in words


def test_a_call_of_ours_is_told_as_one() -> None:
    clinic = Clinic()
    ended = clinic.misses()
    clinic.wait(minutes=1).calls_back(talked=0).calls_back(talked=42)
    words = told(clinic, clinic.call(ended))
    assert f"Northside Clinic called {ANNA}: nobody answered." in words
    assert f"Northside Clinic called {ANNA}: answered, for 42 s." in words


def test_all_wishes_of_a_caller_are_told_in_their_order() -> None:
    clinic = Clinic()
    clinic.misses()
    for text in ("BILLING", "REFILL", "BILLING"):
        clinic.writes(text)
    with clinic.store.reading() as books:
        assert story.wishes(books, clinic.episode) == [Intent.BILLING, Intent.REFILL]


def test_every_reason_and_detail_has_plain_words() -> None:
    assert set(story.REASONS) == {str(reason) for reason in Reason}
    assert set(story.DETAILS) == {str(detail) for detail in Detail}


@pytest.mark.parametrize(
    ("wait", "said"),
    [
        ({"hours": 2}, "12:00 PM"),
        ({"days": 1}, "Tue 10:00 AM"),
        ({"days": 9}, "Mar 11, 11:00 AM"),
        ({"days": -1}, "Mar 1, 10:00 AM"),
    ],
)
def test_a_time_is_said_as_short_as_it_can_be(wait: dict[str, float], said: str) -> None:
    assert story.soon(MONDAY_TEN + timedelta(**wait), MONDAY_TEN, a_site()) == said


@pytest.mark.parametrize(
    ("hours", "said"),
    [
        (5.5, "3:30 PM"),
        (14, "today, end of day"),
        (38, "Tue, end of day"),
        (23, "Tue 9:00 AM"),
        (13 + 24 * 8, "Mar 10, end of day"),
    ],
)
def test_midnight_ends_a_day(hours: float, said: str) -> None:
    assert story.soon(MONDAY_TEN + timedelta(hours=hours), MONDAY_TEN, a_site()) == said
