"""Urgent callers in the books: what a text and a key begin, and what is left behind for people."""

from dataclasses import replace
from datetime import timedelta

import pytest

from secondring.domain import episodes
from secondring.domain.call_events import CallBegan
from secondring.domain.deskwork import NO_CONTACT_YET, Result
from secondring.domain.ids import CallId, Uniqueid, UrgentId
from secondring.domain.ladder import Ladder, Step, Target
from secondring.domain.phone import PhoneNumber
from secondring.domain.records import Outcome, TaskState
from secondring.domain.story import of_episode
from secondring.domain.triage_events import (
    Accepted,
    CallbackAsked,
    CallerLeft,
    Deadline,
    Event,
    Failed,
    Joined,
    LastResortEnded,
    PatientEnded,
    Ring,
    StopRinging,
    ToLastResort,
    Why,
)
from secondring.domain.urgent import TITLE, Orders, Triage
from secondring.domain.urgent_begin import JOB, OnLine
from secondring.domain.urgent_case import Stage, Trigger, UrgentCase
from tests.support.clinic import ANNA, NURSE, Clinic, PlainWording, a_site, some_rules

LADDER = Ladder(steps=(Step(targets=(Target(number="1001"),)),), rounds=1)
LINE = CallId("pbx", Uniqueid("9.1"))
SECOND = timedelta(seconds=1)


class UrgentClinic(Clinic):
    """A clinic with a ladder; the PBX is played by the test."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.triage = Triage(self.rules, PlainWording())
        self.orders: list[object] = []
        self.asked: list[UrgentCase] = []

    def presses(self, caller: PhoneNumber | None = ANNA) -> "UrgentClinic":
        who = OnLine(call=LINE, line="PJSIP/trunk-1", caller=caller.e164 if caller else "", did="2025550100")
        with self.store.transaction() as books:
            self._take(self.triage.from_key(books, who, self.now))
        return self.runs_ladder()

    def hears(self, *events: Event) -> "UrgentClinic":
        for event in events:
            with self.store.transaction() as books:
                self._take(self.triage.tell(books, self.case.id, event, self.now))
        return self

    def is_put_through(self) -> "UrgentClinic":
        """The call of whoever pressed the key is answered, as the listener's link tells it."""
        began = CallBegan(call=LINE, at=self.now, caller=ANNA.e164, did="2025550100")
        self._tell(began)
        with self.store.transaction() as books:
            call = books.call(LINE)
            assert call
            books.save_call(replace(call, episode=self.episode.id))
        self.is_answered(began)
        return self

    def runs_ladder(self) -> "UrgentClinic":
        """What is due now."""
        with self.store.transaction() as books:
            for job in books.claim_jobs([JOB], now=self.now, lease=timedelta(minutes=1), limit=10):
                books.finish_job(job)
                self._take(self.triage.due(books, job, self.now, ask=self.asked.append))
        return self

    def _take(self, orders: Orders | None) -> None:
        if orders is not None:
            self.orders += orders.pbx

    @property
    def case(self) -> UrgentCase:
        with self.store.reading() as books:
            return books.urgent_cases_of(self.episode.id)[-1]

    def told(self) -> str:
        with self.store.reading() as books:
            return "\n".join(line.words for line in of_episode(books, self.episode, self.rules))


@pytest.fixture
def clinic() -> UrgentClinic:
    return UrgentClinic(some_rules(a_site(triage=LADDER, alert_numbers=(NURSE,))))


def test_a_text_begins_the_ladder_and_says_so(clinic: UrgentClinic) -> None:
    clinic.writes("URGENT").runs_ladder().send_due()
    (ring,) = clinic.orders
    assert isinstance(ring, Ring)
    assert ring.attempt.target.number == "1001"
    assert sorted(clinic.templates) == ["staff-alert", "urgent-call"]
    assert clinic.task.urgent
    clinic.hears(Accepted(ring.attempt.id), Joined(ring.attempt.id))
    clinic.wait(seconds=30).hears(PatientEnded(ring.attempt.id, 30 * SECOND))
    assert clinic.episode.outcome is Outcome.URGENT_CONNECTED
    assert clinic.tasks == []


def test_without_a_ladder_all_is_as_it_was() -> None:
    clinic = UrgentClinic(some_rules(a_site(alert_numbers=(NURSE,))))
    clinic.writes("URGENT").runs_ladder().send_due()
    assert clinic.orders == []
    assert sorted(clinic.templates) == ["staff-alert", "urgent"]


def test_a_key_without_a_ladder_tells_staff_all_the_same() -> None:
    clinic = UrgentClinic(some_rules(a_site(alert_numbers=(NURSE,))))
    clinic.presses().presses().send_due()
    assert clinic.orders == []
    assert (clinic.task.urgent, clinic.task.queue) == (True, "triage")
    assert clinic.templates == ["staff-alert"], "the same words within a minute are no news"
    clinic.wait(seconds=61).presses().send_due()
    assert clinic.templates == ["staff-alert", "staff-alert"]


def test_who_writes_urgent_twice_is_on_one_ladder(clinic: UrgentClinic) -> None:
    clinic.writes("URGENT").writes("urgent please").runs_ladder()
    assert len(clinic.orders) == 1


def test_one_who_opted_out_is_connected_and_not_texted(clinic: UrgentClinic) -> None:
    clinic.writes("STOP").send_due()
    clinic.writes("URGENT").runs_ladder().send_due()
    assert any(isinstance(order, Ring) for order in clinic.orders)
    assert clinic.templates == ["opt-out", "staff-alert"]


@pytest.mark.parametrize("number", ["+442079460123", "+19005550123"])
def test_foreign_and_premium_numbers_are_never_dialled(clinic: UrgentClinic, number: str) -> None:
    clinic.writes("URGENT", sender=PhoneNumber(number)).runs_ladder()
    assert clinic.orders == []
    assert clinic.task.urgent


def test_a_key_opens_an_episode_with_a_red_task_and_rings_at_once(clinic: UrgentClinic) -> None:
    clinic.presses()
    assert (clinic.case.trigger, clinic.case.line) == (Trigger.KEY, "PJSIP/trunk-1")
    (ring,) = clinic.orders
    assert isinstance(ring, Ring)
    assert clinic.task.urgent
    clinic.wait(seconds=9).hears(Accepted(ring.attempt.id), Joined(ring.attempt.id))
    assert clinic.episode.urgent_reached_at == clinic.now
    with clinic.store.reading() as books:
        far = timedelta(days=1)
        figures = books.figures(since=clinic.now - far, until=clinic.now + far)
    assert figures.seconds_to_accept == (9.0,)
    assert clinic.case.closed_at is not None


def test_a_caller_who_hangs_up_is_texted_and_called(clinic: UrgentClinic) -> None:
    clinic.presses().hears(CallerLeft(LINE.uniqueid)).send_due()
    assert clinic.templates == ["urgent-call"]
    assert clinic.case.stage is Stage.RINGING


def test_a_withheld_caller_who_hangs_up_leaves_a_red_task_and_an_alarm(clinic: UrgentClinic) -> None:
    clinic.presses(None).hears(CallbackAsked(LINE.uniqueid)).send_due()
    assert clinic.task.urgent
    assert clinic.alarms[-1].kind == "urgent-left"
    assert clinic.templates == ["staff-alert-left"]


def test_nobody_takes_it(clinic: UrgentClinic) -> None:
    clinic.presses().hears(Failed(f"{clinic.case.id}.1", Why.NO_ANSWER))
    assert isinstance(clinic.orders[-1], ToLastResort)
    clinic.hears(LastResortEnded(answered=False))
    assert clinic.case.stage is Stage.LEFT
    assert [alarm.kind for alarm in clinic.alarms] == ["urgent-nobody", "urgent-left"]
    assert clinic.task.title == "URGENT: not connected, call now"
    assert "nobody on the ladder took an urgent call" in clinic.told()
    with pytest.raises(Exception, match="until someone has spoken"):
        clinic.finishes(clinic.task, Result.NO_CONTACT)
    clinic.finishes(clinic.task, Result.SPOKE)
    assert clinic.episode.outcome is Outcome.URGENT_CONNECTED


def test_the_title_tells_the_newest_reason_and_the_story_all_of_them(clinic: UrgentClinic) -> None:
    clinic.writes("URGENT")
    assert clinic.task.title == "URGENT: call now"
    clinic.runs_ladder().hears(Failed(f"{clinic.case.id}.1", Why.UNAVAILABLE))
    assert clinic.task.title == "URGENT: nobody took the call, call now"
    while clinic.case.is_open:
        clinic.wait(seconds=60).runs_ladder()
    assert clinic.task.title == "URGENT: not connected, call now"
    assert "nobody on the ladder took an urgent call" in clinic.told()
    assert "Decision triage-left" in clinic.told()


def test_what_else_the_task_says_stays_behind_the_reason(clinic: UrgentClinic) -> None:
    clinic.presses(None).hears(CallbackAsked(LINE.uniqueid))
    with clinic.store.transaction() as books:
        episodes.remark(books, clinic.task, NO_CONTACT_YET)
        clinic.triage.red_task(books, clinic.task.episode, clinic.rules.sites[0], TITLE, clinic.now)
    assert clinic.task.title == f"URGENT: call now; {NO_CONTACT_YET}"


def test_staff_are_told_what_is_new_and_not_three_times_in_a_second(clinic: UrgentClinic) -> None:
    """As when no phone is registered; the ladder goes on for a while."""
    clinic.writes("URGENT").runs_ladder()
    clinic.hears(Failed(f"{clinic.case.id}.1", Why.UNAVAILABLE)).send_due()
    to_staff = [text.template for text in clinic.on_phones if text.patient == NURSE]
    assert to_staff == ["staff-alert"], "says that the caller waits for a call now"
    while clinic.case.is_open:
        clinic.wait(seconds=60).runs_ladder().send_due()
    to_staff = [text.template for text in clinic.on_phones if text.patient == NURSE]
    assert to_staff == ["staff-alert", "staff-alert-left"]


def test_staff_are_told_that_nobody_took_it_when_they_rang_for_minutes(clinic: UrgentClinic) -> None:
    clinic.writes("URGENT").runs_ladder().send_due()
    clinic.wait(minutes=2).hears(Failed(f"{clinic.case.id}.1", Why.NO_ANSWER)).send_due()
    to_staff = [text.template for text in clinic.on_phones if text.patient == NURSE]
    assert to_staff == ["staff-alert", "staff-alert-nobody"]


def test_a_patient_whom_nobody_reached_is_told_so_once(clinic: UrgentClinic) -> None:
    clinic.writes("URGENT").runs_ladder().send_due()
    clinic.hears(Failed(f"{clinic.case.id}.1", Why.NO_ANSWER)).send_due()
    to_patient = [text for text in clinic.on_phones if text.patient == ANNA]
    assert [text.template for text in to_patient] == ["urgent-call", "urgent-left"]
    while clinic.case.is_open:
        clinic.wait(seconds=60).runs_ladder().send_due()
    assert clinic.case.stage is Stage.LEFT
    assert clinic.templates.count("urgent-left") == 1


def test_a_patient_who_did_not_answer_is_told_again_because_something_else_was_said_since(
    clinic: UrgentClinic,
) -> None:
    clinic.writes("URGENT").runs_ladder()
    clinic.hears(Failed(f"{clinic.case.id}.1", Why.NO_ANSWER)).wait(seconds=21).runs_ladder()
    for _ in range(LADDER.patient.tries):
        attempt = clinic.case.attempts[0].id
        clinic.hears(Accepted(attempt), PatientEnded(attempt, 0 * SECOND)).wait(minutes=5).runs_ladder()
    assert clinic.case.stage is Stage.LEFT
    told = [text.template for text in clinic.texts if text.outgoing and text.patient == ANNA]
    tried = ["urgent-tried"] * (LADDER.patient.tries - 1)
    assert told == ["urgent-call", "urgent-left", *tried, "urgent-left"]


def test_one_who_opted_out_is_not_told_that_nobody_was_reached(clinic: UrgentClinic) -> None:
    clinic.writes("STOP").send_due()
    clinic.writes("URGENT").runs_ladder()
    clinic.hears(Failed(f"{clinic.case.id}.1", Why.NO_ANSWER)).send_due()
    assert [text.template for text in clinic.on_phones if text.patient == ANNA] == ["opt-out"]


def test_who_is_reached_by_hand_needs_no_nurse(clinic: UrgentClinic) -> None:
    clinic.writes("URGENT").runs_ladder()
    clinic.finishes(clinic.task, Result.SPOKE)
    clinic.wait(seconds=30).runs_ladder()
    assert isinstance(clinic.orders[-1], StopRinging)
    assert clinic.case.stage is Stage.CONNECTED


def test_a_stage_that_only_the_pbx_can_judge_is_asked_about(clinic: UrgentClinic) -> None:
    clinic.presses().hears(Accepted(f"{clinic.case.id}.1"))
    clinic.wait(seconds=60).runs_ladder()
    assert [case.id for case in clinic.asked] == [clinic.case.id]
    assert clinic.case.stage is Stage.JOINING
    assert clinic.case.due_at > clinic.now


def test_the_deadline_is_a_job_and_goes_with_the_case(clinic: UrgentClinic) -> None:
    clinic.presses()
    with clinic.store.reading() as books:
        assert books.next_due([JOB]) == clinic.case.due_at
    clinic.hears(Deadline(), LastResortEnded(answered=True))
    with clinic.store.reading() as books:
        assert books.next_due([JOB]) is None


def test_what_is_not_there_is_no_error(clinic: UrgentClinic) -> None:
    with clinic.store.transaction() as books:
        assert clinic.triage.tell(books, UrgentId("U-none"), Deadline(), clinic.now) is None
    clinic.presses()
    clinic.triage = Triage(replace(clinic.rules, sites=(a_site(),)), PlainWording())
    clinic.hears(Deadline())
    assert clinic.case.is_open


def test_a_last_resort_that_answers_without_a_key_may_be_a_mailbox(clinic: UrgentClinic) -> None:
    """The caller is put through and the case is over, and the task stays red until a person has spoken."""
    clinic.presses().hears(Failed(f"{clinic.case.id}.1", Why.NO_ANSWER))
    clinic.is_put_through().hears(LastResortEnded(answered=True))
    assert clinic.case.stage is Stage.CONNECTED
    assert clinic.task.state is TaskState.OPEN
    assert clinic.episode.is_open
    clinic.finishes(clinic.task, Result.SPOKE)
    assert clinic.episode.outcome is Outcome.URGENT_CONNECTED


def test_a_caller_who_hangs_up_on_the_last_resort_is_not_rung_again(clinic: UrgentClinic) -> None:
    clinic.presses().hears(Failed(f"{clinic.case.id}.1", Why.NO_ANSWER))
    clinic.is_put_through().hears(CallerLeft(LINE.uniqueid))
    assert clinic.case.stage is Stage.CONNECTED
    assert clinic.task.state is TaskState.OPEN


def test_the_answering_of_a_call_heard_before_the_nurses_key_closes_nothing_yet(
    clinic: UrgentClinic,
) -> None:
    """Two links tell of it, in either order."""
    clinic.presses().is_put_through()
    attempt = f"{clinic.case.id}.1"
    clinic.hears(Accepted(attempt), Joined(attempt))
    assert clinic.case.stage is Stage.CONNECTED
    assert clinic.tasks == []
    assert clinic.episode.outcome is Outcome.URGENT_CONNECTED


def test_the_story_is_told_in_order_and_names_no_nurses_own_phone() -> None:
    cell = Target(number=NURSE.e164, outside=True)
    ladder = Ladder(steps=(Step(targets=(Target(number="1001"),)), Step(targets=(cell,))), rounds=1)
    clinic = UrgentClinic(some_rules(a_site(triage=ladder)))
    clinic.writes("URGENT").runs_ladder().hears(Failed(f"{clinic.case.id}.1", Why.BUSY))
    nurse = f"{clinic.case.id}.2"
    clinic.wait(seconds=3).hears(Accepted(nurse)).wait(seconds=4).hears(Joined(nurse))
    talking = clinic.now
    clinic.wait(seconds=10).runs_ladder()
    told = clinic.told()
    assert clinic.episode.urgent_reached_at == talking
    assert told.index("triage-bridged") < told.index("triage-connected") < told.index("Decision close")
    assert "1001: busy" in told
    assert f"the phone ending {NURSE.e164[-2:]} accepted" in told
    assert NURSE.e164[2:] not in told
