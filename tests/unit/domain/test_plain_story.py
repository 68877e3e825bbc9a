"""What the page of a conversation tells staff: sentences, without the machine's names for things."""

import re
from collections.abc import Callable

import pytest

from secondring.domain import plain_story
from secondring.domain.deskwork import Result
from secondring.domain.records import DecisionRecord, Intent
from secondring.domain.rules import QUEUES
from secondring.domain.story import Line
from secondring.domain.triage_events import Why
from secondring.domain.verdict import Detail, Reason
from tests.support.clinic import ANNA, MONDAY_TEN, Clinic, some_rules

NAMES = {"ana": "Ana A."}
MACHINE = re.compile(
    r"Verdict|Decision|by rule|keyword|not-understood|text-back|triage-|T-\w|\bladder\b|front-desk"
)


def told(clinic: Clinic) -> list[Line]:
    with clinic.store.reading() as books:
        return plain_story.PlainTeller(clinic.rules, NAMES).of_episode(books, clinic.episode)


def words(clinic: Clinic) -> list[str]:
    return [line.words for line in told(clinic)]


def decided(action: str, rule: str, because: str) -> Line:
    record = DecisionRecord(at=MONDAY_TEN, action=action, rule=rule, because=because)
    return plain_story.PlainTeller(some_rules(), NAMES).decided(record)


def test_a_missed_call_is_told_in_sentences_and_keeps_its_reasons() -> None:
    clinic = Clinic()
    clinic.misses()
    clinic.wait(seconds=4).send_due()
    clinic.writes("hmm well")
    lines = told(clinic)
    assert [line.words for line in lines] == [
        "They called Northside Clinic.",
        "The call was missed: nobody picked up.",
        "We answer by text.",
        "We did not understand the reply; a person reads it.",
        "For the front desk: Read and call back, due 11:00 AM.",
    ]
    whys = [line.why for line in lines]
    assert whys[1].startswith("Verdict missed: rang and nobody answered after")
    assert whys[2].startswith("Decision text by rule text-back")
    assert whys[3] == "Understood as unknown by not-understood."


def _talk(clinic: Clinic) -> None:
    clinic.calls_back(talked=0).calls_back(talked=42)


def _finish(clinic: Clinic) -> None:
    clinic.takes(clinic.task, "ana").finishes(clinic.task, Result.SPOKE, "ana")


def _put_back(clinic: Clinic) -> None:
    _talk(clinic)
    with clinic.store.transaction() as books:
        (task,) = books.tasks(include_done=True)
        clinic.deskwork.reopen(books, task.id, "ana", clinic.now)


@pytest.mark.parametrize(
    ("text", "then", "said"),
    [
        ("BILLING", _finish, "They have a question about a bill."),
        ("BILLING", _finish, "Ana A. took the task."),
        ("BILLING", _finish, "Ana A. spoke with them."),
        ("BILLING", _finish, "Done for billing: Ana A. spoke with them."),
        ("URGENT", _talk, "They say that it is urgent."),
        ("URGENT", _talk, "We called them: nobody answered."),
        ("URGENT", _talk, "We called them: answered, for 42 s."),
        ("URGENT", _talk, "Closed: staff called back and spoke with the caller."),
        ("URGENT", _put_back, "Ana A. put the task back on the list: nobody has spoken with the caller."),
        ("URGENT", _put_back, "This is open again."),
    ],
)
def test_what_people_do_is_told_by_their_names(text: str, then: Callable[[Clinic], None], said: str) -> None:
    clinic = Clinic()
    clinic.misses()
    clinic.wait(seconds=4).send_due()
    clinic.writes(text)
    then(clinic)
    found = words(clinic)
    assert said in found
    assert not [line for line in found if MACHINE.search(line)]
    assert not [line for line in found if ANNA.masked in line]


@pytest.mark.parametrize(
    ("action", "rule", "because", "said"),
    [
        ("triage", "text", "the ladder begins", "The nurses' phones begin to ring."),
        ("triage-ring", "ladder", "round 1, step 2: 1002 and ••88 ring", "1002 and ••88 ring."),
        ("triage-ring", "ladder", "last resort: ••88 rings", "The last resort: ••88 rings."),
        ("triage-result", "ladder", "1002: unavailable", "1002 could not be reached."),
        ("triage-result", "ladder", "1002: no-answer", "1002 did not answer."),
        ("triage-result", "ladder", "no word from 1002 in time", "No word from 1002 in time."),
        ("triage-accept", "ladder", "1002 accepted", "1002 takes it."),
        (
            "triage-pause",
            "ladder",
            "the patient did not answer; the ladder begins again",
            "The patient did not answer; the nurses' phones ring again in a while.",
        ),
        ("triage-nobody", "ladder", "nobody on the ladder took an urgent call", "No nurse took the call."),
        ("text-failed", "recipient", "text failed: recipient 30003", "A text did not go through."),
        (
            "task-reassigned",
            "person",
            "ana gave T-ab12 to front-desk, ben",
            "Ana A. gave the task to the front desk, ben.",
        ),
        (
            "task-snoozed",
            "person",
            "ana put T-ab12 off until 2026-03-02 15:00 UTC",
            "Ana A. put the task off.",
        ),
        (
            "task",
            "opted-out",
            "the caller asked for no texts, so a person calls back",
            "The caller asked for no texts, so a person calls back.",
        ),
        ("cancel-text", "cancelled", "staff booked them", "A text was not sent: staff booked them."),
    ],
)
def test_decisions_in_plain_words(action: str, rule: str, because: str, said: str) -> None:
    line = decided(action, rule, because)
    assert line.words == said
    assert because.lower() in line.why.lower()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("hmm well", "We did not understand the reply; a person reads it."),
        ("please cancel my appointment", "They want to cancel an appointment; a person reads it."),
        (
            "I have a question about my bill and need a refill",
            "The reply may mean several things; a person reads it.",
        ),
        ("BOOK", "They want an appointment."),
    ],
)
def test_a_reply_is_told_by_what_it_asks(text: str, said: str) -> None:
    clinic = Clinic()
    clinic.misses()
    clinic.writes(text)
    assert said in words(clinic)


def test_a_voice_message_is_told() -> None:
    clinic = Clinic()
    clinic.misses(reason=Reason.VOICEMAIL, detail=Detail.MESSAGE_LEFT)
    assert "The call was missed: only the voicemail answered. They left a voice message." in words(clinic)


def test_every_value_has_its_sentence() -> None:
    assert set(plain_story.MISSED) == set(Reason)
    assert set(plain_story.WISHES) == set(Intent)
    assert set(plain_story.FAILED) == set(Why)
    assert set(plain_story.RESULTS) == set(Result)
    assert set(plain_story.QUEUES) == set(QUEUES)
