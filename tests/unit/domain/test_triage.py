"""The triage ladder: each path of it told as a story, then what holds in every order of events."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from secondring.domain.ids import EpisodeId, SiteId, Uniqueid, UrgentId
from secondring.domain.ladder import Ladder, Order, PatientPlan, Step, Target
from secondring.domain.phone import PhoneNumber
from secondring.domain.triage import TABLE, step
from secondring.domain.triage_events import (
    Accepted,
    CallbackAsked,
    CallerCame,
    CallerLeft,
    Deadline,
    Effect,
    Event,
    Failed,
    Joined,
    LastResortEnded,
    Looked,
    PatientEnded,
    PutThrough,
    RaiseAlarm,
    Reached,
    RedTask,
    Ring,
    RingPatient,
    Spoken,
    Started,
    StopRinging,
    TextPatient,
    ToLastResort,
    Volunteered,
    Why,
)
from secondring.domain.triage_ringing import bound
from secondring.domain.urgent_case import FINAL, Attempt, Stage, Trigger, UrgentCase

NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
ANNA = PhoneNumber("+12025550123")
LINE = Uniqueid("1740000000.7")
ONE, TWO, THREE = (Target(number=number) for number in ("1001", "1002", "1003"))
FOUR = Target(number="1004")
DOCTOR = Target(number="+12025550177", outside=True)
SECOND = timedelta(seconds=1)
LADDER = Ladder(
    steps=(Step(targets=(ONE,)), Step(targets=(TWO, THREE))),
    rounds=2,
    last_resort=DOCTOR,
    patient=PatientPlan(tries=2),
)


def a_case(**changes: object) -> UrgentCase:
    case = UrgentCase(
        id=UrgentId("U-1"),
        episode=EpisodeId("E-1"),
        site=SiteId("north"),
        trigger=Trigger.TEXT,
        caller=ANNA,
        due_at=NOW,
        give_up_at=NOW + bound(LADDER),
        triggered_at=NOW,
    )
    return replace(case, **changes)  # type: ignore[arg-type]


class Story:
    """A case, what happens to it, and what that led to."""

    def __init__(self, ladder: Ladder = LADDER, **changes: object) -> None:
        self.ladder = ladder
        self.case = a_case(**changes)
        self.now = NOW
        self.effects: list[Effect] = []
        self.last: Sequence[Effect] = ()

    def tell(self, *events: Event) -> "Story":
        for event in events:
            self.case, self.last = step(self.case, event, self.ladder, self.now)
            self.effects += self.last
        return self

    def wait(self) -> "Story":
        """Until the stage's time is over."""
        self.now = max(self.now, self.case.due_at)
        return self.tell(Deadline())

    def did(self, kind: type[Effect]) -> list[Effect]:
        return [effect for effect in self.last if isinstance(effect, kind)]

    @property
    def rung(self) -> list[str]:
        return [effect.attempt.target.number for effect in self.last if isinstance(effect, Ring)]

    @property
    def stage(self) -> Stage:
        return self.case.stage

    @property
    def live(self) -> list[str]:
        return [attempt.id for attempt in self.case.attempts]


def on_line(ladder: Ladder = LADDER) -> Story:
    return Story(ladder, trigger=Trigger.KEY, line="PJSIP/trunk-1", line_id=LINE)


def test_a_caller_on_the_line_is_put_through_to_the_first_who_accepts() -> None:
    story = on_line().tell(Started())
    assert story.rung == ["1001"]
    story.tell(Accepted("U-1.1"))
    assert story.did(PutThrough)
    assert story.stage is Stage.JOINING
    story.tell(Joined("U-1.1"))
    assert story.did(Spoken)
    assert (story.stage, story.case.bridged_at) == (Stage.CONNECTED, NOW)


def test_refused_busy_and_voicemail_pass_on_at_once() -> None:
    for why in Why:
        story = Story().tell(Started(), Failed("U-1.1", why))
        assert story.rung == ["1002", "1003"], why


def test_of_phones_that_ring_together_the_last_failure_passes_on() -> None:
    story = Story().tell(Started(), Failed("U-1.1", Why.BUSY), Failed("U-1.2", Why.BUSY))
    assert story.live == ["U-1.3"]
    story.tell(Failed("U-1.3", Why.UNAVAILABLE))
    assert story.stage is Stage.PAUSED
    assert story.wait().rung == ["1001"]


def test_one_by_one_rings_one_phone_at_a_time() -> None:
    ladder = replace(LADDER, steps=(Step(targets=(ONE, TWO, THREE), order=Order.ONE_BY_ONE),), rounds=1)
    story = Story(ladder).tell(Started())
    assert story.rung == ["1001"]
    assert story.tell(Failed("U-1.1", Why.BUSY)).rung == ["1002"]
    assert story.wait().rung == ["1003"]
    assert story.did(StopRinging)


def test_the_others_stop_ringing_and_a_later_accept_is_refused() -> None:
    story = Story().tell(Started(), Failed("U-1.1", Why.NO_ANSWER), Accepted("U-1.3"))
    (stop,) = story.did(StopRinging)
    assert isinstance(stop, StopRinging)
    assert [attempt.id for attempt in stop.attempts] == ["U-1.2"]
    before = story.case
    story.tell(Accepted("U-1.2"))
    assert (story.case, story.last) == (before, ())


def test_a_text_rings_the_nurse_and_then_the_patient() -> None:
    story = Story().tell(Started(), Accepted("U-1.1"))
    assert story.did(RingPatient)
    story.tell(Joined("U-1.1"))
    assert story.stage is Stage.TALKING
    story.tell(PatientEnded("U-1.1", 11 * SECOND))
    assert (story.stage, bool(story.did(Spoken))) == (Stage.CONNECTED, True)


def test_who_talks_for_ten_seconds_is_a_person() -> None:
    story = Story().tell(Started(), Accepted("U-1.1"), Joined("U-1.1")).wait()
    assert story.stage is Stage.CONNECTED


def test_a_mailbox_is_no_patient_and_is_tried_again_until_the_plan_ends() -> None:
    story = Story().tell(Started(), Accepted("U-1.1"), Joined("U-1.1"), PatientEnded("U-1.1", 4 * SECOND))
    assert story.did(TextPatient) == [TextPatient("urgent-tried")]
    assert story.wait().rung == ["1001"]
    story.tell(Accepted(story.live[0]), PatientEnded(story.live[0], 0 * SECOND))
    assert story.stage is Stage.LEFT
    assert story.did(TextPatient) == [TextPatient("urgent-left")]
    assert story.did(RedTask)
    assert story.did(RaiseAlarm)


def test_a_caller_who_hangs_up_is_called_by_the_same_ladder() -> None:
    story = on_line().tell(Started(), CallerLeft(LINE))
    assert story.did(TextPatient) == [TextPatient("urgent-call")]
    story.tell(CallerLeft(LINE))
    assert story.last == ()
    assert story.tell(Accepted("U-1.1")).did(RingPatient)


def test_a_caller_who_hangs_up_while_being_put_through_is_called() -> None:
    assert on_line().tell(Started(), Accepted("U-1.1"), CallerLeft(LINE)).did(RingPatient)


def test_a_caller_without_a_number_who_hangs_up_leaves_a_red_task() -> None:
    story = on_line()
    story.case = replace(story.case, caller=None)
    story.tell(Started(), CallbackAsked(LINE))
    assert story.stage is Stage.LEFT
    assert story.did(TextPatient) == []
    assert story.did(StopRinging)
    assert story.did(RedTask)


def test_a_caller_who_wrote_and_then_calls_is_put_through() -> None:
    story = Story().tell(Started(), CallerCame("PJSIP/trunk-9", LINE), Accepted("U-1.1"))
    assert story.did(PutThrough)


def test_a_caller_who_comes_between_two_tries_rings_the_nurse_at_once() -> None:
    story = Story().tell(Started(), Accepted("U-1.1"), PatientEnded("U-1.1", 0 * SECOND))
    assert story.tell(CallerCame("PJSIP/trunk-9", LINE)).rung == ["1001"]


def test_nobody_takes_it() -> None:
    story = Story(replace(LADDER, rounds=1)).tell(Started()).wait().wait()
    assert story.rung == ["+12025550177"]
    assert story.did(RedTask)
    assert story.did(RaiseAlarm)
    story.tell(Accepted(story.live[0]))
    assert story.did(RingPatient)


def test_phones_that_cannot_be_reached_are_tried_again_and_people_are_told_once() -> None:
    """As right after the PBX was restarted: everybody fails within a moment."""
    ladder = replace(LADDER, steps=(Step(targets=(ONE,)),), rounds=1, keep_trying=61 * SECOND)
    story = Story(ladder).tell(Started())
    loud = 0
    for _ in range(3):
        story.tell(Failed(story.live[0], Why.UNAVAILABLE))
        loud += len(story.did(RaiseAlarm))
        story.tell(Failed(story.live[0], Why.UNAVAILABLE))
        assert (story.stage, story.case.due_at - story.now) == (Stage.PAUSED, ladder.pause)
        assert story.wait().rung == ["1001"]
    assert (loud, story.now - NOW) == (1, 60 * SECOND)
    story.tell(Failed(story.live[0], Why.UNAVAILABLE)).tell(Failed(story.live[0], Why.UNAVAILABLE))
    assert story.stage is Stage.LEFT


def test_who_hangs_up_where_there_is_no_last_resort_is_not_told_that_they_are_being_called() -> None:
    ladder = replace(LADDER, rounds=1, last_resort=None)
    story = on_line(ladder).tell(Started()).wait().wait().tell(CallerLeft(LINE))
    assert story.did(TextPatient) == [TextPatient("urgent-left")]
    story = on_line(replace(LADDER, rounds=1)).tell(Started()).wait().wait().tell(CallerLeft(LINE))
    assert story.did(TextPatient) == [TextPatient("urgent-call")]


def test_nobody_takes_it_and_the_caller_waits() -> None:
    story = on_line(replace(LADDER, rounds=1)).tell(Started()).wait().wait()
    assert story.did(ToLastResort)
    assert story.tell(LastResortEnded(answered=True)).case.stage is Stage.CONNECTED


def test_a_ladder_without_anybody_goes_to_the_last_resort_at_once() -> None:
    story = on_line(Ladder(steps=(Step(), Step()), rounds=1)).tell(Started())
    assert story.did(ToLastResort)
    assert story.now == NOW


def test_after_a_crash_what_rings_goes_on_and_what_does_not_rings_again() -> None:
    story = Story().tell(Started(), Failed("U-1.1", Why.BUSY))
    story.tell(Looked(alive=frozenset({"U-1.2"})))
    assert (story.live, story.rung) == (["U-1.2"], [])
    story.tell(Looked(alive=frozenset()))
    assert story.rung == ["1002", "1003"]


def test_after_a_crash_a_nurse_who_accepted_meanwhile_is_not_rung_again() -> None:
    one = frozenset({"U-1.1"})
    story = on_line().tell(Started(), Looked(alive=one, accepted=one, joined=one, caller_here=True))
    assert story.stage is Stage.CONNECTED
    story = Story().tell(Started(), Looked(alive=one, accepted=one))
    assert story.stage is Stage.CALLING
    assert story.rung == []


def test_after_a_crash_the_patient_is_not_rung_beside_a_call_that_lives() -> None:
    one = frozenset({"U-1.1"})
    story = Story().tell(Started(), Accepted("U-1.1"), Looked(alive=one, accepted=one))
    assert (story.stage, story.last) == (Stage.CALLING, ())
    story.tell(Looked(alive=frozenset()))
    assert story.stage is Stage.RETRY


# ---------------------------------------------------------------- whatever happens


def attempts_of(case: UrgentCase) -> list[str]:
    nurse = [case.accepted_by.id] if case.accepted_by else []
    return [attempt.id for attempt in case.attempts] + nurse + ["U-1.1", "U-9.9"]


@st.composite
def an_event(draw: st.DrawFn, case: UrgentCase) -> Event:
    attempt = draw(st.sampled_from(attempts_of(case)))
    alive = draw(st.frozensets(st.sampled_from(attempts_of(case))))
    accepted = frozenset(name for name in sorted(alive) if draw(st.booleans()))
    joined = frozenset(name for name in sorted(accepted) if draw(st.booleans()))
    choices: list[st.SearchStrategy[Event]] = [
        st.just(Started()),
        st.builds(Failed, st.just(attempt), st.sampled_from(Why)),
        st.just(Accepted(attempt)),
        st.just(Joined(attempt)),
        st.builds(PatientEnded, st.just(attempt), st.sampled_from([0, 3, 60]).map(lambda n: n * SECOND)),
        st.builds(LastResortEnded, st.booleans()),
        st.just(CallerLeft(LINE)),
        st.just(CallbackAsked(LINE)),
        st.just(CallerCame("PJSIP/trunk-1", LINE)),
        st.builds(Looked, st.just(alive), st.just(accepted), st.just(joined), st.booleans()),
        st.just(Reached()),
        st.sampled_from([ONE, FOUR]).map(lambda phone: Volunteered(phone, "bo")),
    ]
    return draw(st.one_of(choices))


ladders = st.builds(
    Ladder,
    steps=st.lists(
        st.builds(
            Step,
            targets=st.lists(st.sampled_from([ONE, TWO, THREE]), max_size=3).map(tuple),
            order=st.sampled_from(Order),
        ),
        max_size=3,
    ).map(tuple),
    rounds=st.integers(1, 3),
    last_resort=st.sampled_from([None, DOCTOR]),
    patient=st.builds(PatientPlan, tries=st.integers(1, 3)),
)


@settings(max_examples=150, deadline=None)
@given(st.data(), ladders, st.booleans(), st.booleans())
def test_every_sequence_ends_with_a_person_or_a_red_task(
    data: st.DataObject, ladder: Ladder, on_the_line: bool, known: bool
) -> None:
    story = Story(ladder, give_up_at=NOW + bound(ladder), caller=ANNA if known else None)
    if on_the_line or not known:
        story.case = replace(story.case, line="PJSIP/trunk-1", line_id=LINE)
    patient: Attempt | None = None
    for _ in range(data.draw(st.integers(0, 25))):
        ringing = {attempt.id for attempt in story.case.attempts}
        before = story.case
        event = data.draw(an_event(story.case))
        story.tell(event)
        patient = only_one_patient_call(story, before, patient)
        if isinstance(event, Accepted) and event.attempt not in ringing:
            assert story.last == ()
        story.now += data.draw(st.sampled_from([0, 1, 30])) * SECOND
    came = max(story.now, story.case.triggered_at)
    nobody_does_anything(story)
    assert story.stage in FINAL
    assert story.now - came <= 2 * bound(ladder) + 60 * SECOND
    if story.stage is Stage.LEFT and not story.case.on_line and known:
        texts = [effect for effect in story.effects if isinstance(effect, TextPatient)]
        assert texts[-1] == TextPatient("urgent-left"), "the last word is never that somebody is calling"
    kinds = {type(effect) for effect in story.effects}
    assert Spoken in kinds if story.stage is Stage.CONNECTED else {RedTask, RaiseAlarm} <= kinds
    assert story.case.closed_at is not None


def only_one_patient_call(story: Story, before: UrgentCase, patient: Attempt | None) -> Attempt | None:
    """A patient's phone is rung for the nurse who accepted, and again only once that was over."""
    for effect in story.last:
        if isinstance(effect, RingPatient):
            assert story.case.accepted_by == effect.attempt
            assert before.stage not in (Stage.CALLING, Stage.TALKING)
            patient = effect.attempt
    return patient


def nobody_does_anything(story: Story) -> None:
    """Nothing but time passes, and a PBX on which nothing is alive is asked when a stage is overdue."""
    story.tell(Started())
    for _ in range(200):
        if story.stage in FINAL:
            return
        story.now = max(story.now, story.case.due_at)
        asked = Deadline not in TABLE[story.case.stage]
        story.tell(Looked(alive=frozenset()) if asked else Deadline())
        if story.case.is_open:
            assert story.case.due_at >= story.now, "the caller always has a next step"


@given(st.data(), st.sampled_from(Stage))
def test_an_event_that_a_stage_does_not_list_changes_nothing(data: st.DataObject, stage: Stage) -> None:
    nurse = Attempt(id="U-1.1", target=ONE, started_at=NOW)
    case = a_case(stage=stage, attempts=(nurse,), accepted_by=nurse)
    event = data.draw(an_event(case))
    if type(event) not in TABLE[stage]:
        assert step(case, event, LADDER, NOW) == (case, ())


def test_somebody_at_the_board_takes_it_while_others_ring() -> None:
    story = on_line().tell(Started(), Volunteered(FOUR, "bo"))
    assert story.rung == ["1004"]
    assert story.live == ["U-1.1", "U-1.2"]
    story.tell(Failed("U-1.1", Why.NO_ANSWER), Accepted("U-1.2"))
    assert story.did(PutThrough)


def test_a_volunteer_who_does_not_answer_costs_the_ladder_nothing_but_their_ring() -> None:
    story = on_line().tell(Started(), Volunteered(FOUR, "bo"), Failed("U-1.1", Why.BUSY))
    story.tell(Failed("U-1.2", Why.NO_ANSWER))
    assert story.rung == ["1002", "1003"]


def test_between_rounds_and_before_the_next_try_a_volunteer_rings_at_once() -> None:
    for stage in (Stage.PAUSED, Stage.RETRY):
        story = Story(stage=stage, step=1, due_at=NOW + 60 * SECOND)
        assert story.tell(Volunteered(FOUR, "bo")).rung == ["1004"]
        assert story.stage is Stage.RINGING


def test_nobody_rings_twice_on_one_phone_or_past_the_end() -> None:
    assert on_line().tell(Started(), Volunteered(ONE, "bo")).rung == []
    assert on_line().tell(Started()).case.attempts
    assert Story(stage=Stage.PAUSED, give_up_at=NOW + 5 * SECOND).tell(Volunteered(FOUR, "bo")).rung == []
