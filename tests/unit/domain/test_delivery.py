"""What the clinic does about texts that cannot arrive, and which of its numbers texts come from."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secondring.domain.consent import standing
from secondring.domain.episodes import send_key
from secondring.domain.phone import PhoneNumber
from secondring.domain.records import KnownLine, Line, Text, TextState
from secondring.domain.senders import sender_for
from secondring.domain.texting import Failure, Fault
from tests.support.clinic import ANNA, BEN, CLINIC, MONDAY_TEN, NURSE, Clinic, a_site, some_rules

EAST = PhoneNumber("+12025550101")
WEST = PhoneNumber("+12025550102")


def learns(clinic: Clinic, line: Line, number: PhoneNumber = ANNA) -> None:
    with clinic.store.transaction() as books:
        known = KnownLine(number=number, line=line, source="receipt", at=clinic.now)
        clinic.desk.learned(books, known)


# ---------------------------------------------------------------- textable


@pytest.mark.parametrize("line", [Line.LANDLINE, Line.INVALID])
def test_a_number_known_to_take_no_texts_is_called_back_at_once(line: Line) -> None:
    clinic = Clinic()
    learns(clinic, line)
    ended = clinic.misses()
    assert clinic.rules_that_decided(ended) == ["known-line"]
    assert (clinic.texts, clinic.task.title) == ([], "Call back (known-line)")


@pytest.mark.parametrize("line", [Line.MOBILE, Line.INTERNET])
def test_other_lines_are_texted(line: Line) -> None:
    clinic = Clinic()
    learns(clinic, line)
    clinic.misses()
    clinic.wait(seconds=2).send_due()
    assert clinic.templates == ["first-open"]


def test_after_half_a_year_a_landline_gets_another_chance() -> None:
    clinic = Clinic()
    learns(clinic, Line.LANDLINE)
    clinic.wait(days=181)
    clinic.misses()
    assert clinic.tasks == []


def test_a_text_that_waits_is_called_off_when_the_number_turns_out_a_landline() -> None:
    clinic = Clinic()
    clinic.misses()
    learns(clinic, Line.LANDLINE)
    clinic.wait(seconds=2).send_due()
    assert (clinic.on_phones, clinic.texts[0].state) == ([], TextState.CANCELLED)
    assert clinic.task.title == "Call back (the number is a landline)"


def test_a_landline_is_the_callers_and_nobody_elses() -> None:
    clinic = Clinic()
    learns(clinic, Line.LANDLINE)
    clinic.misses(BEN)
    clinic.wait(seconds=2).send_due()
    assert clinic.templates == ["first-open"]


# ---------------------------------------------------------------- what carriers tell


def test_an_opt_out_told_to_the_carrier_is_one_told_to_us() -> None:
    clinic = Clinic()
    clinic.misses()
    clinic.wait(seconds=2).fails(Fault.OPTED_OUT)
    consent = clinic.consent()
    assert consent is not None
    assert (consent.opted_out, consent.source, consent.words) == (True, "carrier", "")
    assert clinic.task.title == "Call back (they told the carrier to stop texts)"
    assert not standing(consent).may_text


def test_it_cancels_what_waits_at_every_site() -> None:
    south = a_site(id="south", phone=EAST, sender=EAST, dids=(EAST,))
    clinic = Clinic(rules=some_rules(sites=(a_site(), south)))
    clinic.misses()
    clinic.wait(seconds=1)
    clinic.misses(did="2025550101")
    first, second = clinic.texts
    with clinic.store.transaction() as books:
        failed = replace(first, state=TextState.FAILED, settled_at=clinic.now)
        books.save_text(failed)
        failure = Failure(fault=Fault.OPTED_OUT, note="no", code="1")
        clinic.desk.failed_for_good(books, failed, failure, clinic.now)
        assert books.job(send_key(second.id)) is None
    assert {text.id: text.state for text in clinic.texts}[second.id] is TextState.CANCELLED


def test_an_opt_out_that_we_know_of_is_not_written_twice() -> None:
    clinic = Clinic()
    clinic.misses()
    clinic.wait(seconds=2).send_due()
    clinic.writes("STOP")
    before = clinic.consent()
    clinic.fails(Fault.OPTED_OUT)
    assert clinic.consent() == before


@pytest.mark.parametrize(
    ("fault", "title"),
    [
        (Fault.LANDLINE, "the number is a landline"),
        (Fault.BAD_NUMBER, "the carrier says that nobody has this number"),
        (Fault.CONTENT, "our text did not reach them"),
        (Fault.OUTCOME_UNKNOWN, "nobody can tell whether our text reached them"),
    ],
)
def test_the_task_says_why_a_person_has_to_call(fault: Fault, title: str) -> None:
    clinic = Clinic()
    clinic.misses()
    clinic.wait(seconds=2).fails(fault)
    assert clinic.task.title == f"Call back ({title})"


def test_one_text_taken_for_spam_is_bad_luck_and_three_within_an_hour_are_an_alarm() -> None:
    clinic = Clinic()
    for number in range(2):
        clinic.misses(f"+1202555015{number}")
        clinic.wait(seconds=2).fails(Fault.CONTENT)
    assert clinic.alarms == []
    clinic.misses("+12025550155")
    clinic.wait(seconds=2).fails(Fault.CONTENT)
    (alarm,) = clinic.alarms
    assert alarm.kind == "text-filtered"
    assert "registration" in alarm.because


def test_three_taken_for_spam_over_a_day_are_no_alarm() -> None:
    clinic = Clinic()
    for number in range(4):
        clinic.misses(f"+1202555015{number}")
        clinic.wait(seconds=2).fails(Fault.CONTENT)
        clinic.wait(hours=2)
    assert clinic.alarms == []


def test_a_staff_phone_that_cannot_be_texted_is_an_alarm() -> None:
    clinic = Clinic(rules=some_rules(a_site(alert_numbers=(NURSE,))))
    clinic.misses()
    clinic.wait(seconds=2).send_due()
    clinic.writes("URGENT")
    clinic.fails(Fault.OPTED_OUT)
    assert "staff-phone" in [alarm.kind for alarm in clinic.alarms]
    consent = clinic.consent(NURSE)
    assert consent is not None
    assert consent.source == "carrier"


# ---------------------------------------------------------------- senders


def test_the_number_that_was_dialled_texts_back_where_it_can() -> None:
    clinic = Clinic(rules=some_rules(a_site(dids=(CLINIC, EAST, WEST), senders=(EAST,))))
    clinic.misses(did="2025550101")
    assert clinic.texts[0].ours == EAST
    clinic.misses(BEN, did="2025550102")
    assert clinic.texts[1].ours in (CLINIC, EAST), "WEST cannot text"


def test_a_conversation_stays_with_one_number() -> None:
    clinic = Clinic(rules=some_rules(a_site(dids=(CLINIC, EAST), senders=(EAST, WEST))))
    clinic.misses(did="2025550101")
    clinic.wait(seconds=2).send_due()
    clinic.writes("BILLING", to=EAST)
    assert {text.ours for text in clinic.texts} == {EAST}
    clinic.writes("HELP", to=WEST)
    assert clinic.texts[-1].ours == WEST, "the answer goes out where they wrote to"


def test_a_reply_to_any_number_of_a_site_is_the_sites() -> None:
    north = a_site(senders=(WEST,))
    south = a_site(id="south", phone=EAST, sender=EAST, dids=(EAST,))
    clinic = Clinic(rules=some_rules(sites=(south, north)))
    clinic.writes("hello", to=WEST)
    assert clinic.episode.site == "north"


@given(st.integers(0, 99))
def test_without_a_thread_a_patient_always_gets_the_same_number(tail: int) -> None:
    site = a_site(senders=(EAST, WEST))
    patient = PhoneNumber(f"+120255501{tail:02}")
    assert sender_for(site, patient, None, []) == sender_for(site, patient, "", []) in site.texting


def test_patients_are_shared_out_among_the_numbers() -> None:
    site = a_site(senders=(EAST, WEST))
    used = {sender_for(site, PhoneNumber(f"+120255501{n:02}"), None, []) for n in range(50)}
    assert used == {CLINIC, EAST, WEST}


def test_a_number_that_the_site_lost_is_not_stuck_to() -> None:
    site = a_site(senders=(EAST,))
    old = Text(
        id="M-1",  # type: ignore[arg-type]
        episode="E-1",  # type: ignore[arg-type]
        site=site.id,
        outgoing=True,
        patient=ANNA,
        ours=WEST,
        body="x",
        state=TextState.ACCEPTED,
        created_at=MONDAY_TEN,
        due_at=MONDAY_TEN,
    )
    assert sender_for(site, ANNA, None, [old]) in site.texting
    assert (
        sender_for(site, ANNA, None, [replace(old, ours=EAST, created_at=old.created_at + timedelta(1))])
        == EAST
    )
