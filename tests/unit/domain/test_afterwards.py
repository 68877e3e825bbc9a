"""Calls that a record tells of afterwards: each once, whoever tells first; and nobody is texted for nothing."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from secondring.domain import afterwards
from secondring.domain.afterwards import Skew, Steady
from secondring.domain.call_events import CallAnswered, CallBegan, CallEnded, CallEvent, Direction
from secondring.domain.rules import Guards
from secondring.domain.verdict import Detail, Reason, Verdict
from tests.support.clinic import ANNA, BEN, MONDAY_TEN, Clinic, some_rules


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
        (Detail.TIMEOUT, (Verdict.MISSED, Reason.BUSY), Reason.BUSY),
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


# ---------------------------------------------------------------- seen in part


def seen_in_part(clinic: Clinic, **changes: object) -> tuple[CallEnded, CallEnded]:
    """What we made of a call of which we saw the end alone, and what a record makes of it."""
    _, record = a_missed_call(
        clinic, minutes_ago=1, reason=Reason.ABANDONED, detail=Detail.TIMEOUT, queue="front"
    )
    live = replace(
        record, late=False, partial=True, reason=Reason.IVR_HANGUP, detail=Detail.IN_MENU, queue=None
    )
    return live, replace(record, **changes)  # type: ignore[arg-type]


def test_the_record_says_why_a_call_was_missed_of_which_only_the_end_was_seen() -> None:
    live, record = seen_in_part(Clinic())
    settled = afterwards.settle(live, replace(record, started_at=live.started_at - timedelta(seconds=40)))
    assert (settled.reason, settled.detail, settled.queue) == ("abandoned", "timeout", "front")
    assert settled.waited == live.waited + timedelta(seconds=40)
    assert not settled.late


def test_how_it_ended_we_saw_ourselves_where_both_name_the_same_reason() -> None:
    live, record = seen_in_part(Clinic())
    live = replace(live, reason=Reason.ABANDONED, detail=Detail.CALLER_CANCEL)
    settled = afterwards.settle(live, record)
    assert (settled.detail, settled.queue) == ("caller-cancel", "front")


@pytest.mark.parametrize(
    "poor", [{"detail": Detail.LOST_TRACK}, {"verdict": Verdict.IGNORED, "reason": "refused"}]
)
def test_a_record_that_knows_no_more_changes_nothing(poor: dict[str, Any]) -> None:
    live, record = seen_in_part(Clinic(), **poor)
    assert afterwards.settle(live, record) == live


def test_a_withheld_number_stays_withheld_whatever_a_record_shows() -> None:
    live, record = seen_in_part(Clinic())
    live = replace(live, withheld=True, caller="")
    assert afterwards.settle(live, record).caller == ""
    unseen = replace(live, detail=Detail.LOST_TRACK)
    assert afterwards.settle(unseen, record).withheld


def test_a_record_that_comes_later_puts_the_reason_right_once() -> None:
    clinic = Clinic()
    live, record = seen_in_part(clinic)
    clinic._tell(live)
    assert tell(clinic, record) == []
    call = clinic.call(live)
    assert (call.reason, call.detail, call.queue, call.partial) == ("abandoned", "timeout", "front", False)
    assert call.episode
    with clinic.store.reading() as books:
        trail = [d.because for d in books.decisions_about(live.call) if d.action == "corrected"]
        episode = books.episode(call.episode)
    assert trail == ["the PBX's own record (cel) says why it was missed: abandoned, not ivr-hangup"]
    assert episode
    assert (episode.reason, episode.queue) == ("abandoned", "front")
    tell(clinic, replace(record, reason=Reason.BUSY))
    assert clinic.call(live).reason == "abandoned"
    assert len(clinic.send_due()) == 1


def test_a_record_that_comes_later_and_knows_an_answer_closes_the_episode() -> None:
    clinic = Clinic()
    live, record = seen_in_part(clinic)
    answered = replace(
        record,
        verdict=Verdict.ANSWERED,
        reason=None,
        detail=None,
        answered_at=record.ended_at - timedelta(seconds=5),
    )
    clinic._tell(live)
    tell(clinic, answered)
    call = clinic.call(live)
    assert (call.verdict, call.reason) == (Verdict.ANSWERED, None)
    assert call.episode
    with clinic.store.reading() as books:
        episode = books.episode(call.episode)
    assert episode
    assert episode.outcome == "reached"
    assert clinic.send_due() == []


def test_what_was_seen_whole_is_never_corrected() -> None:
    clinic = Clinic()
    live, record = seen_in_part(clinic)
    clinic._tell(replace(live, partial=False))
    tell(clinic, record)
    assert clinic.call(live).reason == "ivr-hangup"


# ---------------------------------------------------------------- withheld by a note


def test_where_the_carrier_passes_withheld_numbers_on_a_gap_makes_tasks() -> None:
    clinic = Clinic()
    clinic.misses("", withheld=True, masked=True)
    tell(clinic, *a_missed_call(clinic))
    assert clinic.send_due() == []
    assert [task.title for task in clinic.tasks][-1] == "Call back (may-be-withheld)"


def test_where_it_does_not_they_are_texted() -> None:
    clinic = Clinic()
    clinic.misses("", withheld=True)
    tell(clinic, *a_missed_call(clinic))
    assert len(clinic.send_due()) == 1


def test_a_step_of_the_clock_counts_once_it_has_lasted_a_minute() -> None:
    steady = Steady()

    def says(wall_s: float, ticks: float) -> float:
        return (steady.now(MONDAY_TEN + timedelta(seconds=wall_s), ticks) - MONDAY_TEN).total_seconds()

    assert says(0, 100) == 0
    assert says(35, 105) == 5, "thirty seconds ahead"
    assert says(94, 164) == 64
    assert says(96, 166) == 96, "a minute later it is believed"
    assert says(-3600, 167) == -3600, "set back: what waits waits longer, and nothing is told too early"
