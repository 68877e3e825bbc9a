"""Alarms: kept where they are raised, folded in a storm, texted to supervisors, and never with a patient in them."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secondring.domain.alarms import Alarm, in_words, raise_in, text_supervisors
from secondring.domain.phone import PhoneNumber, hide_numbers
from secondring.domain.records import KeptAlarm
from secondring.domain.rules import AlarmRules
from secondring.domain.texting import Fault
from tests.support.clinic import ANNA, NURSE, Clinic, some_rules

BOSS = PhoneNumber("+12025550178")


def a_clinic(**wishes: object) -> Clinic:
    return Clinic(some_rules(alarms=AlarmRules(texts=(BOSS, NURSE), **wishes)))  # type: ignore[arg-type]


def raises(clinic: Clinic, kind: str = "store", site: str = "north", because: str = "no room") -> None:
    with clinic.store.transaction() as books:
        raise_in(books, Alarm(kind, because, site), clinic.rules, clinic.now)


def due(clinic: Clinic) -> list[KeptAlarm]:
    """What is to be told now; each once."""
    with clinic.store.transaction() as books:
        found = []
        for job in books.claim_jobs(["alarm"], now=clinic.now, lease=timedelta(minutes=1), limit=99):
            books.finish_job(job)
            (kept,) = (alarm for alarm in clinic.alarms if alarm.id == job.ref)
            found.append(kept)
        return found


def test_a_storm_is_told_of_at_once_and_once_more_with_its_count() -> None:
    clinic = a_clinic()
    for _ in range(500):
        raises(clinic)
        clinic.wait(seconds=1)
    assert [alarm.count for alarm in clinic.alarms] == [500]
    assert [alarm.count for alarm in due(clinic)] == [500]
    assert due(clinic) == []
    clinic.wait(minutes=2)
    assert [in_words(alarm) for alarm in due(clinic)] == [
        "store at north: no room (500 times since 15:00 UTC)"
    ]
    raises(clinic)
    assert [in_words(alarm) for alarm in due(clinic)] == ["store at north: no room"]


def test_other_kinds_and_sites_are_alarms_of_their_own() -> None:
    clinic = a_clinic()
    raises(clinic)
    raises(clinic, site="south")
    raises(clinic, kind="storm-brake")
    raises(clinic, site="")
    assert len(due(clinic)) == 4


def test_a_second_urgent_caller_hides_behind_the_first_for_a_minute_at_most() -> None:
    clinic = a_clinic(fold=timedelta(hours=8))
    raises(clinic, "urgent-left")
    clinic.wait(seconds=59)
    raises(clinic, "urgent-left")
    assert len(due(clinic)) == 1
    clinic.wait(seconds=1)
    assert [alarm.count for alarm in due(clinic)] == [2]
    raises(clinic, "urgent-left")
    assert [alarm.count for alarm in due(clinic)] == [1]


def test_without_folding_each_is_told_of() -> None:
    clinic = a_clinic(fold=timedelta(0))
    raises(clinic)
    clinic.wait(seconds=1)
    raises(clinic)
    assert len(due(clinic)) == 2


def test_what_is_rolled_back_raised_no_alarm() -> None:
    clinic = a_clinic()

    def fails() -> None:
        with clinic.store.transaction() as books:
            raise_in(books, Alarm("store", "no room"), clinic.rules, clinic.now)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    assert clinic.alarms == due(clinic) == []


def test_supervisors_are_texted_and_no_patient_is_named() -> None:
    clinic = a_clinic()
    clinic.misses()
    clinic.wait(seconds=3).send_due()
    clinic.writes("URGENT my chest hurts, call +12025550123")
    (alarm,) = clinic.alarms
    with clinic.store.transaction() as books:
        text_supervisors(books, alarm, clinic.rules, clinic.now)
    texts = [text for text in clinic.send_due() if text.template == "alarm"]
    assert {text.patient for text in texts} == {BOSS, NURSE}
    assert {text.body for text in texts} == {
        "Second Ring alarm, Northside Clinic: a caller wrote that it is urgent"
    }
    assert len(clinic.episodes) == 1, "an alarm's texts are on no list of episodes"
    assert clinic.episode.caller == ANNA


def test_an_alarm_text_that_fails_raises_no_alarm_and_no_task() -> None:
    clinic = a_clinic()
    raises(clinic)
    with clinic.store.transaction() as books:
        text_supervisors(books, clinic.alarms[0], clinic.rules, clinic.now)
    clinic.fails(Fault.SENDER)
    assert [alarm.kind for alarm in clinic.alarms] == ["store"]
    assert clinic.tasks == []


def test_a_number_in_a_reason_is_hidden() -> None:
    clinic = a_clinic()
    raises(clinic, because="carrier said: 2025550123 and +1 is no mobile, +12025550123 neither")
    assert clinic.alarms[0].because == "carrier said: +*** and +1 is no mobile, +*** neither"


@pytest.mark.parametrize("words", ["pbx/1740000000.42", "HTTP 401", "2 of 3", "1740000000.1234567890"])
def test_what_is_no_number_stays(words: str) -> None:
    assert hide_numbers(words) == words


@given(st.text(), st.text())
def test_whatever_stands_around_a_number_it_is_hidden(before: str, after: str) -> None:
    assert ANNA.e164 not in hide_numbers(before + ANNA.e164 + after)


@given(st.lists(st.tuples(st.sampled_from(["store", "urgent-left"]), st.integers(0, 400)), max_size=40))
def test_none_is_lost_and_all_are_told(raised: list[tuple[str, int]]) -> None:
    """However they come, every raising is in some alarm's count, and the last telling has all of it."""
    clinic = a_clinic()
    told: dict[str, KeptAlarm] = {}
    for kind, pause in raised:
        clinic.wait(seconds=pause)
        told |= {alarm.id: alarm for alarm in due(clinic)}
        raises(clinic, kind)
    clinic.wait(minutes=10)
    told |= {alarm.id: alarm for alarm in due(clinic)}
    assert sum(alarm.count for alarm in told.values()) == len(raised)
    assert list(told.values()) == [replace(alarm) for alarm in clinic.alarms if alarm.id in told]
