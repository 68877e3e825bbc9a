"""What goes into the books comes out again, in the promised order, from every kind of store."""

from dataclasses import replace
from datetime import timedelta, timezone

import pytest

from secondring.domain.calls import Direction
from secondring.domain.ids import JobKey, TaskId, TextId, Uniqueid
from secondring.domain.ladder import Target
from secondring.domain.ports import Store
from secondring.domain.records import Intent, Origin, Outcome, TaskState, TextState
from secondring.domain.urgent_case import Attempt, Stage, Trigger
from secondring.domain.verdict import Verdict
from tests.support.books import (
    ANNA,
    BEN,
    CLINIC,
    DAY,
    EAST,
    MAIN,
    MINUTE,
    NOW,
    SECOND,
    a_call,
    a_consent,
    a_decision,
    a_job,
    a_task,
    a_text,
    an_episode,
    an_urgent_case,
    call_id,
    eid,
)

FULL_EPISODE = an_episode(
    1,
    origin=Origin.TEXT,
    calls=3,
    language="es",
    intent=Intent.URGENT,
    texted_at=NOW + SECOND,
    replied_at=NOW + MINUTE,
    booking_asked_at=NOW + MINUTE,
    urgent_at=NOW + 2 * MINUTE,
    urgent_reached_at=NOW + 3 * MINUTE,
    closed_at=NOW + DAY,
    outcome=Outcome.URGENT_CONNECTED,
)
FULL_CALL = a_call(
    1,
    direction=Direction.OUTBOUND,
    queue="600",
    answered_at=NOW + SECOND,
    ended_at=NOW + MINUTE,
    verdict=Verdict.MISSED,
    reason="no-answer",
    detail="timeout",
    caller_note="invalid",
    episode=eid(1),
    partial=True,
    late=True,
)
FULL_TEXT = a_text(
    1,
    body="¿Puedo reservar? 🦷\nGracias\x00",
    settled_at=NOW + SECOND,
    attempts=2,
    carrier="http",
    carrier_id="SM1",
    state=TextState.DELIVERED,
    note="a note",
)
FULL_TASK = a_task(
    1,
    said="it hurts\nstill",
    urgent=True,
    state=TaskState.DONE,
    owner="maria",
    closed_at=NOW + DAY,
    closed_because="spoke with them",
)


NURSE = Attempt(id="U-1.2", target=Target(number="+12025550177", outside=True), started_at=NOW)
FULL_CASE = an_urgent_case(
    1,
    trigger=Trigger.KEY,
    line="PJSIP/trunk-00000001",
    line_id=Uniqueid("1740000000.9"),
    stage=Stage.CALLING,
    round=1,
    step=2,
    turn=3,
    attempts=(Attempt(id="U-1.1", target=Target(number="1001"), started_at=NOW + SECOND), NURSE),
    made=2,
    patient_tries=1,
    accepted_by=NURSE,
    first_ring_at=NOW + SECOND,
    accepted_at=NOW + MINUTE,
    bridged_at=NOW + 2 * MINUTE,
    last_resort_at=NOW + 3 * MINUTE,
    closed_at=NOW + DAY,
)


def test_nothing_is_found_in_empty_books(store: Store) -> None:
    with store.reading() as books:
        assert books.call(call_id(1)) is None
        assert books.episode(eid(1)) is None
        assert books.last_episode(ANNA) is None
        assert books.text(TextId("M-1")) is None
        assert books.text_by_carrier_id("http", "1", outgoing=True) is None
        assert books.task(TaskId("T-1")) is None
        assert books.consent(ANNA) is None
        assert books.job(JobKey("send-1")) is None
        assert books.bookmark("inbox:http") is None
        assert books.tasks() == []
        assert books.urgent_case(FULL_CASE.id) is None
        assert books.open_urgent_cases() == books.urgent_cases_of(eid(1)) == []
        assert books.count_texts_out(since=NOW, at_most=1000) == 0
        assert not books.caller_on_line(ANNA)


def test_every_field_is_kept(store: Store) -> None:
    with store.transaction() as books:
        books.save_episode(FULL_EPISODE)
        books.save_call(FULL_CALL)
        books.save_text(FULL_TEXT)
        books.save_task(FULL_TASK)
        books.save_urgent_case(FULL_CASE)
    with store.reading() as books:
        assert books.episode(eid(1)) == FULL_EPISODE
        assert books.call(FULL_CALL.id) == FULL_CALL
        assert books.text(FULL_TEXT.id) == FULL_TEXT
        assert books.task(FULL_TASK.id) == FULL_TASK
        assert books.urgent_case(FULL_CASE.id) == FULL_CASE
        assert (books.urgent_cases_of(eid(1)), books.open_urgent_cases()) == ([FULL_CASE], [])


def test_what_may_be_missing_may_be_missing(store: Store) -> None:
    episode = an_episode(1, caller=None)
    call, task = a_call(1, caller=None, did=""), a_task(1, caller=None, said="")
    with store.transaction() as books:
        books.save_episode(episode)
        books.save_call(call)
        books.save_task(task)
    with store.reading() as books:
        assert (books.episode(eid(1)), books.call(call.id), books.task(task.id)) == (episode, call, task)


def test_a_time_means_the_same_moment_whatever_its_zone(store: Store) -> None:
    in_boston = NOW.astimezone(timezone(timedelta(hours=-5)))
    with store.transaction() as books:
        books.save_call(a_call(1, started_at=in_boston))
    with store.reading() as books:
        assert books.calls(since=NOW, until=NOW + SECOND, limit=9) == [a_call(1)]


def test_saving_again_replaces(store: Store) -> None:
    with store.transaction() as books:
        books.save_episode(an_episode(1))
        books.save_call(a_call(1))
        books.save_text(a_text(1))
        books.save_task(a_task(1))
    with store.transaction() as books:
        books.save_episode(FULL_EPISODE)
        books.save_call(FULL_CALL)
        books.save_text(FULL_TEXT)
        books.save_task(FULL_TASK)
    with store.reading() as books:
        assert books.episodes(since=NOW, until=NOW + DAY, limit=9) == [FULL_EPISODE]
        assert books.calls_of(eid(1)) == [FULL_CALL]
        assert books.texts_of(eid(1)) == [FULL_TEXT]
        assert books.tasks_of(eid(1)) == [FULL_TASK]


def test_a_number_that_changed_is_found_under_the_new_one_only(store: Store) -> None:
    with store.transaction() as books:
        books.save_episode(an_episode(1))
        books.save_episode(an_episode(1, caller=BEN))
        assert books.open_episodes(ANNA) == []
        assert books.last_episode(BEN) == an_episode(1, caller=BEN)


def test_uniqueids_of_two_pbxs_do_not_mix(store: Store) -> None:
    east = a_call(id=call_id(1, "east"), site=EAST)
    with store.transaction() as books:
        books.save_call(a_call(1))
        books.save_call(east)
    with store.reading() as books:
        assert books.call(call_id(1)) == a_call(1)
        assert books.call(east.id) == east
        assert books.find_calls(call_id(1).uniqueid) == [a_call(1), east]
        assert books.find_calls("1740000000") == []
        assert books.open_calls("east") == [east]


def test_open_calls_are_inbound_without_a_verdict_oldest_first(store: Store) -> None:
    with store.transaction() as books:
        books.save_call(a_call(1, started_at=NOW + SECOND))
        books.save_call(a_call(2))
        books.save_call(a_call(3, verdict=Verdict.ANSWERED))
        books.save_call(a_call(4, direction=Direction.OUTBOUND))
    with store.reading() as books:
        assert [call.id for call in books.open_calls("pbx")] == [call_id(2), call_id(1)]


def test_who_was_answered_since(store: Store) -> None:
    with store.transaction() as books:
        books.save_call(a_call(1, answered_at=NOW, started_at=NOW))
        books.save_call(a_call(2, caller=BEN, started_at=NOW))
        books.save_call(a_call(3, caller=BEN, started_at=NOW, answered_at=NOW, direction=Direction.OUTBOUND))
        assert books.answered_since(ANNA, NOW)
        assert not books.answered_since(ANNA, NOW + timedelta(seconds=1))
        assert not books.answered_since(BEN, NOW)


def test_a_caller_is_on_the_line_until_the_verdict(store: Store) -> None:
    with store.transaction() as books:
        books.save_call(a_call(1))
        assert books.caller_on_line(ANNA)
        assert not books.caller_on_line(BEN)
        books.save_call(a_call(1, verdict=Verdict.MISSED))
        assert not books.caller_on_line(ANNA)
        books.save_call(a_call(2, direction=Direction.OUTBOUND))
        assert not books.caller_on_line(ANNA)


def test_calls_of_a_period_begin_with_the_newest(store: Store) -> None:
    with store.transaction() as books:
        for number in range(5):
            books.save_call(a_call(number, started_at=NOW + number * SECOND))
        books.save_call(a_call(5, started_at=NOW + 3 * SECOND))
    with store.reading() as books:
        found = books.calls(since=NOW + SECOND, until=NOW + 4 * SECOND, limit=9)
        assert [call.id for call in found] == [call_id(n) for n in (5, 3, 2, 1)]
        assert books.calls(since=NOW + SECOND, until=NOW + 4 * SECOND, limit=2) == found[:2]


def test_calls_of_an_episode_begin_with_the_oldest(store: Store) -> None:
    with store.transaction() as books:
        books.save_episode(an_episode(1))
        books.save_call(a_call(2, episode=eid(1), started_at=NOW + MINUTE))
        books.save_call(a_call(1, episode=eid(1)))
        books.save_call(a_call(3))
    with store.reading() as books:
        assert [call.id for call in books.calls_of(eid(1))] == [call_id(1), call_id(2)]


def test_episodes_of_a_caller_begin_with_the_newest(store: Store) -> None:
    with store.transaction() as books:
        books.save_episode(an_episode(1))
        books.save_episode(an_episode(2, opened_at=NOW + DAY, site=EAST))
        books.save_episode(an_episode(3, opened_at=NOW + 2 * DAY, closed_at=NOW + 3 * DAY))
        books.save_episode(an_episode(4, caller=BEN))
    with store.reading() as books:
        assert [episode.id for episode in books.open_episodes(ANNA)] == [eid(2), eid(1)]
        last = books.last_episode(ANNA)
        assert last is not None
        assert last.id == eid(3)
        found = books.episodes(since=NOW, until=NOW + 2 * DAY, limit=9)
        assert [episode.id for episode in found] == [eid(2), eid(4), eid(1)]
        assert books.episodes(since=NOW, until=NOW + 2 * DAY, limit=1) == found[:1]


def test_texts_of_an_episode_begin_with_the_oldest(store: Store) -> None:
    steps = ["first", "book", "reply"]
    with store.transaction() as books:
        books.save_episode(an_episode(1))
        for step in steps:
            books.save_text(a_text(1, step))
        books.save_text(a_text(1, "earlier", created_at=NOW - SECOND))
        books.save_text(a_text(1, "first", attempts=1))
    with store.reading() as books:
        assert [text.template for text in books.texts_of(eid(1))] == ["earlier", *steps]


def test_a_text_is_found_by_the_carriers_name_for_it(store: Store) -> None:
    out = a_text(1, "out", carrier="http", carrier_id="7")
    came_in = a_text(
        1, "in", carrier="http", carrier_id="7", outgoing=False, template="", state=TextState.RECEIVED
    )
    with store.transaction() as books:
        books.save_episode(an_episode(1))
        books.save_text(out)
        books.save_text(came_in)
    with store.reading() as books:
        assert books.text_by_carrier_id("http", "7", outgoing=True) == out
        assert books.text_by_carrier_id("http", "7", outgoing=False) == came_in
        assert books.text_by_carrier_id("other", "7", outgoing=True) is None
        assert books.text_by_carrier_id("http", "8", outgoing=True) is None


def test_texts_are_counted_for_the_caps(store: Store) -> None:
    with store.transaction() as books:
        books.save_episode(an_episode(1))
        books.save_text(a_text(1, "old", created_at=NOW - SECOND))
        books.save_text(a_text(1, "edge"))
        books.save_text(a_text(1, "cancelled", state=TextState.CANCELLED))
        books.save_text(a_text(1, "in", outgoing=False, state=TextState.RECEIVED))
        books.save_text(a_text(1, "failed", state=TextState.FAILED, patient=BEN))
        books.save_text(a_text(1, "east", site=EAST, created_at=NOW + SECOND))
    with store.reading() as books:
        assert books.count_texts_out(since=NOW, at_most=1000) == 3
        assert books.count_texts_out(since=NOW, site=MAIN, at_most=1000) == 2
        assert books.count_texts_out(since=NOW, to=ANNA, at_most=1000) == 2
        assert books.count_texts_out(since=NOW, to=ANNA, site=EAST, at_most=1000) == 1
        assert books.count_texts_out(since=NOW, to=CLINIC, at_most=1000) == 0
        assert books.count_texts_out(since=NOW + SECOND, at_most=1000) == 1


def test_texts_that_shadow_mode_withheld_count_only_where_they_are_asked_for(store: Store) -> None:
    with store.transaction() as books:
        books.save_episode(an_episode(1))
        books.save_text(a_text(1, "first-open", state=TextState.WITHHELD))
        books.save_text(a_text(1, "second"))
    with store.reading() as books:
        for where in ({}, {"to": ANNA}, {"site": MAIN}, {"to": ANNA, "site": MAIN}):
            assert books.count_texts_out(since=NOW, at_most=9, **where) == 2
            assert books.count_texts_out(since=NOW, at_most=9, withheld=False, **where) == 1


def test_tasks_are_listed_urgent_first_then_by_due_time(store: Store) -> None:
    with store.transaction() as books:
        books.save_episode(an_episode(1))
        books.save_task(a_task(1, 1, due_at=NOW + DAY))
        books.save_task(a_task(1, 2, due_at=NOW))
        books.save_task(a_task(1, 3, due_at=NOW + DAY, urgent=True))
        books.save_task(a_task(1, 4, due_at=NOW - DAY, state=TaskState.DONE))
        books.save_task(a_task(1, 5, due_at=NOW + MINUTE, state=TaskState.TAKEN))
    with store.reading() as books:
        wanted = [a_task(1, number).id for number in (3, 2, 5, 1)]
        assert [task.id for task in books.tasks()] == wanted
        assert [task.id for task in books.tasks(limit=2)] == wanted[:2]
        everything = [task.id for task in books.tasks(include_done=True)]
        assert everything == [wanted[0], a_task(1, 4).id, *wanted[1:]]


def test_the_newest_consent_counts_even_when_it_came_first(store: Store) -> None:
    with store.transaction() as books:
        books.add_consent(a_consent(opted_out=True))
        books.add_consent(a_consent(opted_out=False, at=NOW - DAY, source="staff"))
        assert books.consent(ANNA) == a_consent(opted_out=True)
        assert books.consent(BEN) is None


def test_of_two_consents_at_one_time_the_later_entry_counts(store: Store) -> None:
    with store.transaction() as books:
        books.add_consent(a_consent(opted_out=True))
        books.add_consent(a_consent(opted_out=False))
        assert books.consent(ANNA) == a_consent(opted_out=False)


def test_decisions_come_back_in_the_order_they_were_made(store: Store) -> None:
    about = {"episode": eid(1), "call": call_id(1), "text": TextId("M-1")}
    first, second = a_decision("first", **about), a_decision("second", **about)
    late = a_decision("seen late", at=NOW - MINUTE, episode=eid(1))
    with store.transaction() as books:
        for decision in (first, second, late, first):
            books.add_decision(decision)
        books.add_decision(a_decision("another call", call=call_id(1, "east")))
    with store.reading() as books:
        assert books.decisions_of(eid(1)) == [late, first, second, first]
        assert books.decisions_about(call_id(1)) == [first, second, first]
        assert books.decisions_of(eid(2)) == []


def test_a_bookmark_moves(store: Store) -> None:
    with store.transaction() as books:
        books.keep_bookmark("inbox:http", "7")
        books.keep_bookmark("inbox:sim", "a")
        books.keep_bookmark("inbox:http", "8")
    with store.reading() as books:
        assert (books.bookmark("inbox:http"), books.bookmark("inbox:sim")) == ("8", "a")


def test_notes_stand_on_shelves_in_their_order(store: Store) -> None:
    with store.transaction() as books:
        for name, words in (("in:2", "b"), ("in:1", "a"), ("out:1", "x"), ("in:2", "c")):
            books.keep_carrier_note("smpp", name, words, NOW)
        books.keep_carrier_note("gsm", "in:1", "another", NOW)
        books.drop_carrier_note("smpp", "in:9")
    with store.reading() as books:
        assert list(books.carrier_notes("smpp", "in:").items()) == [("in:2", "c"), ("in:1", "a")]
        assert books.carrier_notes("smpp", "in_") == {}
        assert (books.carrier_note("smpp", "out:1"), books.carrier_note("gsm", "out:1")) == ("x", None)


def test_notes_are_dropped_by_name_and_by_age(store: Store) -> None:
    with store.transaction() as books:
        for number in range(3):
            books.keep_carrier_note("smpp", f"out:{number}", "x", NOW + timedelta(minutes=number))
        books.keep_carrier_note("gsm", "out:0", "x", NOW)
        books.keep_carrier_note("smpp", "out:0", "y", NOW + timedelta(minutes=2))
    with store.transaction() as books:
        books.drop_carrier_note("smpp", "out:2")
        books.drop_carrier_notes_before("smpp", NOW + timedelta(minutes=2))
    with store.reading() as books:
        assert (books.carrier_notes("smpp", ""), books.carrier_notes("gsm", "")) == (
            {"out:0": "y"},
            {"out:0": "x"},
        )


def test_numbers_that_look_alike_are_different_numbers(store: Store) -> None:
    almost = replace(ANNA, e164=ANNA.e164[:-1])
    with store.transaction() as books:
        books.save_episode(an_episode(1))
        assert books.open_episodes(almost) == []


def test_a_job_is_planned_once(store: Store) -> None:
    with store.transaction() as books:
        assert books.add_job(a_job())
        assert not books.add_job(a_job())
        assert not books.add_job(a_job(due_at=NOW + DAY))
        assert books.job(JobKey("send-1")) == a_job()


@pytest.mark.parametrize("hostile", ["'; DROP TABLE calls; --", "\x00", "%", "\U0001f9b7" * 500])
def test_hostile_words_are_only_words(store: Store, hostile: str) -> None:
    with store.transaction() as books:
        books.save_episode(an_episode(1))
        books.save_text(a_text(1, body=hostile, carrier=hostile, carrier_id=hostile))
    with store.reading() as books:
        found = books.text_by_carrier_id(hostile, hostile, outgoing=True)
    # PostgreSQL keeps no NUL outside what is sealed: a sign of its own stands for it.
    kept = hostile if "\x00" not in hostile else found and found.carrier
    assert found == a_text(1, body=hostile, carrier=kept, carrier_id=kept)
    assert kept in {hostile, "\ufffd"}


def test_open_urgent_cases_come_oldest_first(store: Store) -> None:
    cases = [an_urgent_case(n, triggered_at=NOW - n * SECOND, caller=None) for n in (1, 2, 3)]
    with store.transaction() as books:
        for number, case in enumerate(cases, 1):
            books.save_episode(an_episode(number))
            books.save_urgent_case(case)
        books.save_urgent_case(replace(cases[1], closed_at=NOW, stage=Stage.LEFT))
    with store.reading() as books:
        assert books.open_urgent_cases() == [cases[2], cases[0]]
