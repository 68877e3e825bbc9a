"""From a missed call to a decision, and to the text or the task that follows."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import phonenumbers
import pytest

from secondring.domain.hours import OpeningHours
from secondring.domain.ids import SiteId
from secondring.domain.phone import PhoneNumber
from secondring.domain.records import Outcome, TextState
from secondring.domain.rules import Guards
from secondring.domain.texting import Fault
from secondring.domain.verdict import Detail, Reason, Verdict
from tests.support.clinic import ANNA, BEN, CLINIC, WEEK, Clinic, a_site, some_rules

_EXAMPLE = phonenumbers.example_number_for_type("GB", phonenumbers.PhoneNumberType.MOBILE)
BRITISH_MOBILE = f"+{_EXAMPLE.country_code}{_EXAMPLE.national_number}" if _EXAMPLE else ""
"""The numbering plan's own example."""
NEW_YORK = ZoneInfo("America/New_York")


def test_a_missed_call_is_texted_once_the_caller_had_time_to_call_again() -> None:
    clinic = Clinic()
    ended = clinic.misses()
    assert clinic.send_due() == []
    clinic.wait(seconds=2)
    (text,) = clinic.send_due()
    assert (text.patient, text.template) == (ANNA, "first-open")
    assert clinic.rules_that_decided(ended) == ["text-back"]
    assert clinic.episode.texted_at == clinic.now
    assert clinic.call(ended).episode == clinic.episode.id


@pytest.mark.parametrize(
    ("local", "template"),
    [
        (datetime(2026, 3, 2, 12, 30, tzinfo=NEW_YORK), "first-closed"),
        (datetime(2026, 3, 2, 22, 0, tzinfo=NEW_YORK), "first-closed"),
        (datetime(2026, 3, 7, 10, 0, tzinfo=NEW_YORK), "first-closed"),
        (datetime(2026, 12, 25, 10, 0, tzinfo=NEW_YORK), "first-holiday"),
        (datetime(2026, 3, 9, 8, 1, tzinfo=NEW_YORK), "first-open"),
    ],
)
def test_the_text_fits_the_hour(local: datetime, template: str) -> None:
    hours = replace(WEEK, days={date(2026, 12, 25): ()})
    clinic = Clinic(rules=some_rules(a_site(hours=hours)), now=local)
    clinic.misses()
    clinic.wait(seconds=2).send_due()
    assert clinic.templates == [template]


def test_a_caller_who_is_back_and_answered_gets_no_text() -> None:
    clinic = Clinic()
    clinic.misses()
    clinic.wait(seconds=1)
    again = clinic.rings()
    clinic.wait(seconds=5)
    assert clinic.send_due() == []
    clinic.is_answered(again)
    assert clinic.wait(minutes=20).send_due() == []
    assert clinic.episode.outcome is Outcome.REACHED
    assert [text.state for text in clinic.texts] == [TextState.CANCELLED]


def test_a_caller_who_is_back_and_missed_again_gets_one_text() -> None:
    clinic = Clinic()
    clinic.misses()
    clinic.wait(seconds=1)
    second = clinic.misses()
    assert clinic.send_due() == []
    clinic.wait(seconds=2).send_due()
    assert clinic.templates == ["first-open"]
    assert clinic.rules_that_decided(second) == ["one-text-per-window"]
    assert clinic.episode.calls == 2


def test_a_text_held_for_a_caller_on_the_line_goes_at_last() -> None:
    clinic = Clinic()
    clinic.misses()
    clinic.wait(seconds=1).rings()
    clinic.wait(minutes=10, seconds=5).send_due()
    assert clinic.templates == ["first-open"]


def test_a_text_held_while_the_caller_talks_to_another_site_goes_when_they_are_off_the_line() -> None:
    south = a_site(id=SiteId("south"), dids=(PhoneNumber("+12025550150"),))
    clinic = Clinic(rules=replace(some_rules(), sites=(a_site(), south)))
    clinic.misses()
    clinic.wait(seconds=1)
    elsewhere = clinic.rings(did="2025550150")
    clinic.wait(seconds=30).is_answered(elsewhere).wait(seconds=60)
    assert clinic.send_due() == []
    clinic.ends(elsewhere, answered_at=clinic.now - timedelta(seconds=60))
    clinic.wait(seconds=2).send_due()
    assert clinic.templates == ["first-open"]


def test_a_caller_who_calls_again_instead_of_replying_gets_a_person() -> None:
    clinic = Clinic()
    clinic.misses()
    clinic.wait(seconds=2).send_due()
    clinic.wait(hours=1).misses()
    assert clinic.wait(seconds=5).send_due() == []
    assert "called again" in clinic.task.title


def test_after_the_window_a_new_episode_begins() -> None:
    clinic = Clinic()
    clinic.misses()
    clinic.wait(seconds=2).send_due()
    clinic.wait(hours=25).run_timers()
    clinic.misses()
    clinic.wait(seconds=2).send_due()
    assert [episode.outcome for episode in clinic.episodes] == [Outcome.UNRECOVERED, None]
    assert clinic.templates == ["first-open", "first-open"]


def test_told_twice_a_call_is_judged_once() -> None:
    clinic = Clinic()
    began = clinic.rings()
    clinic.wait(seconds=20)
    clinic.ends(began)
    clinic.ends(began)
    assert clinic.episode.calls == 1
    assert len(clinic.texts) == 1


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"withheld": True}, "withheld"),
        ({"caller": "1234"}, "invalid-number"),
        ({"caller": "+19005550123"}, "premium"),
    ],
)
def test_whom_nobody_can_reach_is_counted_and_closed(changes: dict[str, Any], rule: str) -> None:
    clinic = Clinic()
    ended = clinic.misses(**changes)
    assert clinic.rules_that_decided(ended) == [rule]
    assert clinic.episode.outcome is Outcome.UNTEXTABLE
    assert clinic.tasks == []


def test_a_voice_message_without_a_number_is_listened_to() -> None:
    clinic = Clinic()
    clinic.misses(withheld=True, reason=Reason.VOICEMAIL, detail=Detail.MESSAGE_LEFT)
    assert clinic.task.title == "Listen to the voice message"
    assert clinic.episode.is_open


@pytest.mark.parametrize(
    ("caller", "rule"),
    [("+442079460123", "fixed-line"), ("+18005550123", "toll-free-line"), (BRITISH_MOBILE, "foreign")],
)
def test_whom_no_text_reaches_a_person_calls(caller: str, rule: str) -> None:
    clinic = Clinic()
    ended = clinic.misses(caller)
    assert clinic.rules_that_decided(ended) == [rule]
    assert clinic.task.queue == "front-desk"
    assert clinic.wait(minutes=1).send_due() == []


@pytest.mark.parametrize(
    ("guards", "caller", "did", "rule"),
    [
        (Guards(blocked=frozenset({ANNA})), ANNA, "2025550100", "blocked"),
        (Guards(own=frozenset({ANNA})), ANNA, "2025550100", "own-number"),
        (Guards(), CLINIC, "2025550100", "own-number"),
        (Guards(ignored_dids=frozenset({"2025550109"})), ANNA, "2025550109", "ignored-did"),
        (Guards(min_wait=timedelta(seconds=30)), ANNA, "2025550100", "too-short"),
    ],
)
def test_what_is_no_caller_to_win_back_is_excluded_with_its_reason(
    guards: Guards, caller: object, did: str, rule: str
) -> None:
    clinic = Clinic(rules=some_rules(guards=guards))
    ended = clinic.misses(caller, did=did)  # type: ignore[arg-type]
    call = clinic.call(ended)
    assert (call.verdict, call.reason, call.detail) == (Verdict.IGNORED, rule, "no-answer")
    assert clinic.episodes == []


def test_a_call_that_ends_before_it_began_because_a_clock_was_set_is_texted() -> None:
    clinic = Clinic()
    began = clinic.rings()
    ended = clinic.ends(began, ended_at=clinic.now - timedelta(seconds=80))
    assert clinic.rules_that_decided(ended) == ["text-back"]


def test_a_call_that_ended_long_ago_gets_a_person_not_a_text() -> None:
    clinic = Clinic()
    began = clinic.rings()
    ended_at = clinic.now + timedelta(seconds=20)
    clinic.wait(hours=1)
    ended = clinic.ends(began, ended_at=ended_at)
    assert clinic.rules_that_decided(ended) == ["late"]
    assert clinic.call(ended).late
    assert clinic.task.queue == "front-desk"


def test_a_call_whose_end_was_not_seen_gets_a_person() -> None:
    clinic = Clinic()
    ended = clinic.misses(detail=Detail.LOST_TRACK)
    assert clinic.rules_that_decided(ended) == ["not-seen-to-the-end"]
    assert clinic.task.queue == "front-desk"


def test_a_storm_makes_tasks_and_an_alarm_not_texts_to_strangers() -> None:
    clinic = Clinic(rules=some_rules(guards=Guards(all_per_minute=3)))
    for number in range(5):
        began = clinic.rings(f"+120255501{number:02}" if number else ANNA)
        clinic.ends(began)
    clinic.wait(seconds=2).send_due()
    assert len(clinic.on_phones) == 3
    assert len(clinic.tasks) == 2
    assert {alarm.kind for alarm in clinic.alarms} == {"storm-brake"}


def test_a_caller_gets_no_more_texts_than_the_cap() -> None:
    clinic = Clinic(rules=some_rules(guards=Guards(per_number_per_day=2, window=timedelta(minutes=10))))
    for _ in range(3):
        clinic.misses()
        clinic.wait(minutes=11).send_due()
        clinic.run_timers()
    assert len(clinic.on_phones) == 2
    assert clinic.task.title == "Call back (cap-number)"


def test_reasons_can_be_kept_from_texting() -> None:
    clinic = Clinic(rules=some_rules(guards=Guards(no_text_reasons=frozenset({"voicemail"}))))
    ended = clinic.misses(reason=Reason.VOICEMAIL, detail=Detail.NO_MESSAGE)
    assert clinic.rules_that_decided(ended) == ["no-text-reason"]
    assert clinic.task.queue == "front-desk"


def test_two_callers_have_two_episodes() -> None:
    clinic = Clinic()
    clinic.misses(ANNA)
    clinic.misses(BEN)
    clinic.wait(seconds=2).send_due()
    assert sorted(text.patient for text in clinic.on_phones) == [ANNA, BEN]


def test_a_text_that_cannot_be_delivered_becomes_a_call_back() -> None:
    clinic = Clinic()
    clinic.misses()
    clinic.wait(seconds=2).fails(Fault.RECIPIENT)
    assert "did not reach" in clinic.task.title
    assert clinic.alarms == []


def test_a_fault_of_ours_raises_an_alarm_too() -> None:
    clinic = Clinic()
    clinic.misses()
    clinic.wait(seconds=2).fails(Fault.SENDER)
    assert [alarm.kind for alarm in clinic.alarms] == ["text-sender"]


def test_a_call_back_that_is_answered_closes_everything() -> None:
    clinic = Clinic()
    clinic.misses()
    clinic.wait(seconds=2).send_due()
    clinic.wait(hours=1).misses()
    clinic.calls_back(talked=45)
    assert clinic.episode.outcome is Outcome.REACHED
    assert clinic.tasks == []


def test_a_call_back_into_a_mailbox_closes_nothing() -> None:
    clinic = Clinic()
    clinic.misses()
    clinic.wait(seconds=2).send_due()
    clinic.calls_back(talked=4).calls_back(talked=0)
    assert clinic.episode.is_open


def test_a_site_without_hours_is_closed_and_still_texts() -> None:
    clinic = Clinic(rules=some_rules(a_site(hours=OpeningHours(zone="America/New_York", week={}))))
    clinic.misses()
    clinic.wait(seconds=2).send_due()
    assert clinic.templates == ["first-closed"]
