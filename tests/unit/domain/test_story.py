"""What `explain` tells."""

from secondring.domain import story
from secondring.domain.records import Call
from secondring.domain.verdict import Detail, Reason
from tests.support.clinic import ANNA, Clinic


def told(clinic: Clinic, call: Call) -> str:
    with clinic.store.reading() as books:
        return "\n".join(line.words for line in story.of_call(books, call, clinic.rules))


def test_a_call_is_told_from_the_ring_to_the_task() -> None:
    clinic = Clinic()
    ended = clinic.misses(reason=Reason.ABANDONED, detail=Detail.CALLER_CANCEL, queue="desk")
    clinic.wait(seconds=2).send_due()
    clinic.writes("BILLING")
    words = told(clinic, clinic.call(ended))
    for part in (
        "called Northside Clinic",
        "Verdict missed: gave up waiting in the queue in queue desk after 20 s",
        "by rule text-back",
        "'first-open' was accepted by the carrier",
        "A text came in from the caller",
        "understood as billing by keyword:billing",
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


def test_every_reason_and_detail_has_plain_words() -> None:
    assert set(story.REASONS) == {str(reason) for reason in Reason}
    assert set(story.DETAILS) == {str(detail) for detail in Detail}
