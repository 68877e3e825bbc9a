"""Calls that a record tells of afterwards: each once, whoever tells first; and nobody is texted for nothing."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from secondring.domain import afterwards
from secondring.domain.afterwards import Skew
from secondring.domain.call_events import CallAnswered, CallBegan, CallEnded, CallEvent, Direction
from secondring.domain.rules import Guards
from secondring.domain.verdict import Detail, Reason, Verdict
from tests.support.clinic import ANNA, BEN, Clinic, some_rules


def tell(clinic: Clinic, *events: CallEvent) -> list[CallEnded]:
    with clinic.store.transaction() as books:
        return afterwards.tell(books, clinic.casework.tell, "cel", events, clinic.now)


def a_missed_call(
    clinic: Clinic, *, minutes_ago: float = 5, **changes: object
) -> tuple[CallBegan, CallEnded]:
    """As a record tells it, of a call that nobody heard."""
    heard = Clinic(now=clinic.now - timedelta(minutes=minutes_ago))
    heard._counter = 100 + clinic._counter
    clinic._counter += 1
    ended = heard.misses()
    began = CallBegan(call=ended.call, at=ended.started_at, caller=ended.caller, did=ended.did)
    return began, replace(ended, late=True, **changes)  # type: ignore[arg-type]


def test_a_call_that_nobody_heard_gets_its_text_and_is_marked_late() -> None:
    clinic = Clinic()
    (news,) = tell(clinic, *a_missed_call(clinic))
    call = clinic.call(news)
    assert (call.verdict, call.late) == (Verdict.MISSED, True)
    assert [text.template for text in clinic.send_due()] == ["first-open"]
    with clinic.store.reading() as books:
        assert ("caught-up", "record") in [(d.action, d.rule) for d in books.decisions_about(news.call)]


def test_told_twice_it_is_one_call() -> None:
    clinic = Clinic()
    events = a_missed_call(clinic)
    tell(clinic, *events)
    assert tell(clinic, *events) == []
    assert len(clinic.send_due()) == 1


def test_what_was_heard_is_no_news() -> None:
    clinic = Clinic()
    ended = clinic.misses()
    assert tell(clinic, replace(ended, late=True, reason=Reason.BUSY)) == []
    assert (clinic.call(ended).reason, clinic.call(ended).late) == (Reason.NO_ANSWER, False)


def test_a_call_whose_beginning_was_heard_is_settled_but_is_no_news() -> None:
    clinic = Clinic()
    began = clinic.rings()
    clinic.wait(minutes=5)
    ended = replace(Clinic(now=clinic.now).misses(), call=began.call, late=True)
    assert tell(clinic, ended) == []
    assert clinic.call(ended).verdict is Verdict.MISSED


def test_too_old_for_a_text_it_becomes_a_task() -> None:
    clinic = Clinic(rules=some_rules(guards=Guards(late_after=timedelta(minutes=30))))
    tell(clinic, *a_missed_call(clinic, minutes_ago=45))
    assert clinic.send_due() == []
    assert [task.title for task in clinic.tasks] == ["Call back (late)"]


def test_who_reached_somebody_since_needs_nothing_more() -> None:
    clinic = Clinic()
    events = a_missed_call(clinic, minutes_ago=5)
    began = clinic.rings()
    clinic.wait(seconds=3).is_answered(began).wait(minutes=1).ends(began, answered_at=clinic.now)
    tell(clinic, *events)
    assert clinic.send_due() == []
    assert clinic.tasks == []


def test_who_dialled_again_before_the_pbx_had_hung_up_and_was_answered_needs_nothing_more() -> None:
    clinic = Clinic()
    missed, ended = a_missed_call(clinic, minutes_ago=0)
    clinic.now = ended.ended_at - timedelta(milliseconds=3)
    began = clinic.rings()
    clinic.wait(seconds=3).is_answered(began).ends(began, answered_at=clinic.now)
    tell(clinic, missed, ended)
    assert clinic.send_due() == []


def test_somebody_elses_answered_call_changes_nothing() -> None:
    clinic = Clinic()
    events = a_missed_call(clinic, minutes_ago=5)
    began = clinic.rings(BEN)
    clinic.is_answered(began).ends(began, answered_at=clinic.now)
    tell(clinic, *events)
    assert len(clinic.send_due()) == 1


def test_a_caller_who_is_on_the_line_now_is_not_texted_meanwhile() -> None:
    clinic = Clinic()
    events = a_missed_call(clinic)
    began = clinic.rings(ANNA)
    tell(clinic, *events)
    assert clinic.send_due() == []
    clinic.wait(seconds=30).ends(began, answered_at=clinic.now)
    assert clinic.wait(minutes=20).send_due() == []


def test_a_message_that_may_have_been_left_without_a_number_is_listened_for() -> None:
    clinic = Clinic()
    left: dict[str, Any] = {
        "reason": Reason.VOICEMAIL,
        "detail": Detail.MESSAGE_UNKNOWN,
        "withheld": True,
        "caller": "",
    }
    began, ended = a_missed_call(clinic, **left)
    tell(clinic, replace(began, caller=""), ended)
    assert [task.title for task in clinic.tasks] == ["Listen to the voice message"]


LIVE = {"verdict": Verdict.MISSED, "reason": Reason.NO_ANSWER, "partial": True}


@pytest.mark.parametrize(
    ("live", "record", "stands"),
    [
        (Detail.LOST_TRACK, (Verdict.MISSED, Reason.ABANDONED), Reason.ABANDONED),
        (Detail.PBX_STOPPED, (Verdict.ANSWERED, None), None),
        (Detail.TIMEOUT, (Verdict.ANSWERED, None), None),
        (Detail.TIMEOUT, (Verdict.MISSED, Reason.BUSY), Reason.NO_ANSWER),
        (Detail.TIMEOUT, (Verdict.IGNORED, "refused"), Reason.NO_ANSWER),
    ],
)
def test_which_of_two_verdicts_stands(
    live: Detail, record: tuple[Verdict, str | None], stands: str | None
) -> None:
    ours = replace(Clinic().misses(), detail=live, partial=True)
    assert afterwards.is_doubtful(ours)
    theirs = replace(ours, verdict=record[0], reason=record[1], detail=None, partial=False, late=True)
    settled = afterwards.settle(ours, theirs)
    assert (settled.reason, settled.late) == (stands, False)


def test_only_missed_calls_from_outside_that_were_not_seen_whole_are_in_doubt() -> None:
    whole = Clinic().misses()
    assert not afterwards.is_doubtful(whole)
    partial = replace(whole, partial=True)
    assert not afterwards.is_doubtful(replace(partial, verdict=Verdict.ANSWERED))
    assert not afterwards.is_doubtful(replace(partial, direction=Direction.UNKNOWN))


def test_the_answered_are_told_first_then_by_their_ends() -> None:
    clinic = Clinic()
    first = a_missed_call(clinic, minutes_ago=9)
    second = a_missed_call(clinic, minutes_ago=5)
    answered = (second[0], replace(second[1], verdict=Verdict.ANSWERED))
    assert sorted([second, first, answered], key=afterwards.order) == [answered, first, second]


def test_clocks_that_differ_are_learnt_from_calls_that_both_saw() -> None:
    clinic, skew = Clinic(), Skew()
    hour = timedelta(hours=1)
    for _ in range(3):
        ended = clinic.misses()
        with clinic.store.reading() as books:
            skew.learn(books, [replace(ended, ended_at=ended.ended_at + hour)])
    assert skew.ahead == hour
    shifted = afterwards.shifted(replace(ended, ended_at=ended.ended_at + hour), skew.ahead)
    assert isinstance(shifted, CallEnded)
    assert shifted.ended_at == ended.ended_at
    answered = CallAnswered(call=ended.call, at=clinic.now + hour, direction=Direction.INBOUND, far="")
    assert afterwards.shifted(answered, hour) == replace(answered, at=clinic.now)


def test_a_second_more_or_less_is_no_skew() -> None:
    clinic, skew = Clinic(), Skew()
    ended = clinic.misses()
    with clinic.store.reading() as books:
        skew.learn(books, [replace(ended, ended_at=ended.ended_at + timedelta(seconds=1))])
    assert skew.ahead == timedelta(0)
