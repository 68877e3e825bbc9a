"""Several carriers and numbers: who takes over when, and for what never."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from secondring.domain.phone import PhoneNumber
from secondring.domain.records import KnownLine, Line, TextState
from secondring.domain.texting import Fault
from sms_gateway.carriers.port import Driver, Receipt, Refused, TryLater
from sms_gateway.reactions import React, table_of
from sms_gateway.switchboard import Limits, Route, Switchboard
from tests.unit.sms_gateway.fakes import (
    ANNA,
    BARE,
    CLINIC,
    IDEMPOTENT,
    LOOKUP,
    LOST_ANSWER,
    LOST_REQUEST,
    NOON,
    TAKES,
    FakeCarrier,
    Step,
    World,
)

SECOND_NUMBER = PhoneNumber("+12025550101")
BUSY = Step(reaches_phone=False, answer=TryLater(None, "HTTP 429"))


def refusal(code: str) -> Step:
    return Step(reaches_phone=False, answer=Refused(Fault.SENDER, code, "as it said"))


class Two:
    """Twilio's codes at both, so that every reaction can be met."""

    def __init__(self, capabilities: object = LOOKUP) -> None:
        self.main = FakeCarrier(LOOKUP, "main")
        self.spare = FakeCarrier(LOOKUP, "spare")
        self.world = World(carrier=self.main)
        self.world.routes = (
            Route(Driver(carrier=self.main), kind="twilio", breaker=self.world.breaker),
            Route(Driver(carrier=self.spare), kind="twilio"),
        )
        self.world.outbox = self.world.new_outbox()

    def receipt(self, code: str, *, id_: str = "c-M-1", carrier: str = "main") -> bool:
        return self.world.receipt(Receipt(carrier=carrier, id=id_, state=TextState.FAILED, code=code))

    def delivered(self, *, id_: str = "c-M-1", carrier: str = "main") -> bool:
        return self.world.receipt(Receipt(carrier=carrier, id=id_, state=TextState.DELIVERED))

    @property
    def phones(self) -> tuple[list[str], list[str]]:
        return self.main.phone, self.spare.phone


@pytest.fixture
def two() -> Two:
    return Two()


# ---------------------------------------------------------------- before it is taken


async def test_the_first_carrier_is_preferred(two: Two) -> None:
    two.world.queue()
    await two.world.work()
    assert two.phones == (["M-1"], [])


@pytest.mark.parametrize("code", ["20003", "30002", "30034", "21606", "21612", "21408", "30024"])
async def test_what_is_our_fault_or_the_carriers_goes_another_way_at_once(two: Two, code: str) -> None:
    two.world.queue()
    two.main.script = [refusal(code)]
    await two.world.work()
    assert two.phones == ([], ["M-1.2"])
    assert (two.world.text().state, two.world.text().carrier) == (TextState.ACCEPTED, "spare")
    assert two.world.desk.told == [("accepted", "M-1")]
    assert len(two.world.desk.alarms) == 1
    assert [f"(code {code})" in because for because in two.world.desk.again] == [True]


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        ("21610", Fault.OPTED_OUT),
        ("21614", Fault.LANDLINE),
        ("21211", Fault.BAD_NUMBER),
        ("30007", Fault.CONTENT),
        ("30004", Fault.SENDER),
        ("99999", Fault.SENDER),
    ],
)
async def test_what_is_the_recipients_never_goes_to_another_carrier(
    two: Two, code: str, fault: Fault
) -> None:
    two.world.queue()
    two.main.script = [refusal(code)]
    await two.world.work_until_settled()
    assert two.phones == ([], [])
    assert len(two.main.requests) == 1
    assert [failure.fault for failure in two.world.desk.failures] == [fault]
    assert two.world.desk.failures[0].note.startswith("as it said"), "the driver's words, then ours"
    assert two.world.desk.alarms == []


async def test_a_blocked_registration_is_told_with_its_remedy_and_the_number_rests(two: Two) -> None:
    two.world.queue("M-1")
    two.main.script = [refusal("30034")]
    await two.world.work()
    kind, because = two.world.desk.alarms[0]
    assert kind == "carrier-registration"
    assert "your registration is blocked" in because
    assert "10DLC" in because
    two.world.queue("M-2")
    await two.world.work()
    assert (two.main.requests, two.spare.phone) == (["M-1"], ["M-1.2", "M-2"])
    two.world.clock.forward(3601)
    two.world.queue("M-3")
    await two.world.work()
    assert two.main.phone == ["M-3"]


async def test_another_number_of_the_same_carrier_comes_before_another_carrier(two: Two) -> None:
    two.world.desk.pool = (CLINIC, SECOND_NUMBER)
    two.world.queue()
    two.main.script = [refusal("21606")]
    await two.world.work()
    assert two.phones == (["M-1.2"], [])
    assert two.world.text().ours == SECOND_NUMBER


async def test_a_carrier_only_sends_from_its_own_numbers(two: Two) -> None:
    two.world.routes = (
        Route(Driver(carrier=two.main), senders=[SECOND_NUMBER]),
        Route(Driver(carrier=two.spare)),
    )
    two.world.outbox = two.world.new_outbox()
    two.world.queue("M-1")
    await two.world.work()
    assert two.phones == ([], ["M-1"])
    two.world.desk.pool = (SECOND_NUMBER,)
    two.world.queue("M-2")
    await two.world.work()
    assert (two.main.phone, two.world.text("M-2").ours) == (["M-2"], SECOND_NUMBER)


async def test_a_dead_account_is_left_alone_and_nobody_waits_for_it(two: Two) -> None:
    for number in range(5):
        two.world.queue(f"M-{number}")
        two.main.script = [refusal("20003")]
        await two.world.work()
    assert two.main.requests == ["M-0"]
    assert len(two.spare.phone) == 5
    two.world.clock.forward(61)
    two.main.script = []
    two.world.queue("M-9")
    await two.world.work()
    assert two.main.phone == ["M-9"]


async def test_with_no_other_carrier_each_text_tries_a_dead_account_and_is_a_persons_at_once() -> None:
    two = Two()
    two.world.routes = two.world.routes[:1]
    two.world.outbox = two.world.new_outbox()
    two.world.queue("M-1")
    two.main.script = [refusal("20003")]
    await two.world.work()
    two.world.queue("M-2")
    await two.world.work()
    assert [failure.fault for failure in two.world.desk.failures] == [Fault.SENDER]
    assert two.main.phone == ["M-2"], "it works again, and nobody had to wait to find out"


async def test_a_carrier_that_is_busy_is_tried_once_more_and_then_passed_over(two: Two) -> None:
    two.world.queue()
    two.main.script = [BUSY] * 9
    await two.world.work_until_settled()
    assert (len(two.main.requests), two.spare.phone) == (2, ["M-1"])
    assert (two.world.clock() - NOON) < timedelta(seconds=10)


async def test_a_carrier_that_asks_for_minutes_is_passed_over_at_once(two: Two) -> None:
    two.world.queue()
    two.main.script = [Step(reaches_phone=False, answer=TryLater(timedelta(minutes=5), "HTTP 429"))]
    await two.world.work()
    assert two.phones == ([], ["M-1"])


async def test_while_a_carrier_is_down_the_other_one_sends(two: Two) -> None:
    for number in range(9):
        two.world.queue(f"M-{number}")
    two.main.script = [BUSY] * 20
    await two.world.work_until_settled()
    assert sorted(two.spare.phone) == [f"M-{n}" for n in range(9)]
    assert all(two.world.text(f"M-{n}").attempts <= 3 for n in range(9))


# ---------------------------------------------------------------- in doubt


async def test_nothing_goes_another_way_while_nobody_knows_what_became_of_it(two: Two) -> None:
    two.world.queue()
    two.main.script = [LOST_ANSWER]
    two.main.lookup_script = [Step(reaches_phone=False, answer=TryLater(None, "down"))] * 3
    await two.world.work_until_settled()
    assert two.phones == (["M-1"], [])
    assert two.world.desk.told == [("accepted", "M-1")]


async def test_a_text_in_doubt_waits_for_its_carrier_even_while_that_one_is_down(two: Two) -> None:
    two.main.capabilities = IDEMPOTENT
    two.world.queue("M-1")
    two.main.script = [LOST_ANSWER]
    await two.world.work()
    for _ in range(5):
        two.world.breaker.failed(two.world.clock())
    board = Switchboard(two.world.routes)
    assert (board.answers, board.is_open) == ({"main": False, "spare": True}, False)
    two.world.clock.forward(5)
    two.world.queue("M-2")
    await two.world.work()
    assert two.phones == (["M-1"], ["M-2"])
    await two.world.work_until_settled()
    assert two.phones == (["M-1"], ["M-2"])


async def test_a_second_request_in_doubt_that_is_refused_says_nothing_of_the_first(two: Two) -> None:
    two.main.capabilities = IDEMPOTENT
    two.world.queue()
    two.main.script = [LOST_ANSWER, *[refusal("20003")] * 9]
    await two.world.work_until_settled()
    assert two.phones == (["M-1"], [])
    assert [failure.fault for failure in two.world.desk.failures] == [Fault.OUTCOME_UNKNOWN]


async def test_once_it_is_known_that_the_carrier_never_saw_it_another_may_have_it(two: Two) -> None:
    two.world.queue()
    two.main.script = [LOST_REQUEST, refusal("20003")]
    await two.world.work_until_settled()
    assert two.phones == ([], ["M-1.2"])


async def test_a_text_in_doubt_at_a_carrier_that_is_gone_from_the_configuration_waits_for_news(
    two: Two,
) -> None:
    two.world.queue()
    two.main.script = [LOST_ANSWER]
    await two.world.work()
    two.world.routes = two.world.routes[1:]
    two.world.outbox = two.world.new_outbox()
    await two.world.work_until_settled()
    assert two.phones == (["M-1"], [])
    assert [failure.fault for failure in two.world.desk.failures] == [Fault.OUTCOME_UNKNOWN]


# ---------------------------------------------------------------- after it was taken


async def test_a_phone_that_is_off_is_tried_again_after_a_quarter_of_an_hour_as_a_new_text(two: Two) -> None:
    two.world.queue()
    await two.world.work()
    assert two.receipt("30003")
    job = two.world.job()
    assert job is not None
    assert job.due_at == NOON + timedelta(minutes=15)
    assert two.world.text().state is TextState.QUEUED
    two.world.clock.forward(15 * 60)
    await two.world.work()
    assert two.main.phone == ["M-1", "M-1.2"]
    assert two.world.desk.told == [("accepted", "M-1")], "the clock was stopped by the first one"


async def test_a_first_text_that_fails_again_becomes_a_call_and_not_a_text_two_hours_later(two: Two) -> None:
    two.world.queue()
    await two.world.work()
    two.receipt("30003")
    two.world.clock.forward(15 * 60)
    await two.world.work()
    two.receipt("30003", id_="c-M-1.2")
    assert [failure.code for failure in two.world.desk.failures] == ["30003"]
    assert two.world.job() is None


async def test_another_text_is_tried_three_times_in_all(two: Two) -> None:
    two.world.queue(template="book")
    await two.world.work()
    for attempt, wait in (("c-M-1", 15 * 60), ("c-M-1.2", 2 * 3600)):
        two.receipt("30003", id_=attempt)
        two.world.clock.forward(wait)
        await two.world.work()
    two.receipt("30003", id_="c-M-1.3")
    assert two.main.phone == ["M-1", "M-1.2", "M-1.3"]
    assert two.world.desk.told == [("accepted", "M-1"), ("failed", "M-1")]


async def test_a_failure_without_a_reason_is_tried_once_more_and_then_by_the_other_carrier(two: Two) -> None:
    two.world.queue()
    await two.world.work()
    two.receipt("30008")
    two.world.clock.forward(60)
    await two.world.work()
    two.receipt("30008", id_="c-M-1.2")
    await two.world.work()
    assert two.phones == (["M-1", "M-1.2"], ["M-1.3"])


async def test_a_landline_told_by_receipt_is_remembered_and_a_person_calls(two: Two) -> None:
    two.world.queue()
    await two.world.work()
    two.receipt("30006")
    with two.world.store.reading() as books:
        known = books.known_line(ANNA)
    assert known == KnownLine(number=ANNA, line=Line.LANDLINE, source="receipt", at=NOON)
    assert [failure.fault for failure in two.world.desk.failures] == [Fault.LANDLINE]
    assert two.phones == (["M-1"], [])


async def test_a_server_error_told_by_receipt_leaves_the_text_pending(two: Two) -> None:
    two.world.queue()
    await two.world.work()
    assert two.receipt("500")
    assert two.world.text().state is TextState.ACCEPTED


async def test_the_receipt_of_a_failure_twice_is_one_failure(two: Two) -> None:
    two.world.queue(template="book")
    await two.world.work()
    for _ in range(3):
        two.receipt("30003")
    two.world.clock.forward(15 * 60)
    await two.world.work()
    two.receipt("30003")
    assert two.main.phone == ["M-1", "M-1.2"]
    assert two.world.text().state is TextState.ACCEPTED


async def test_delivered_after_all_the_next_try_is_called_off(two: Two) -> None:
    two.world.queue()
    await two.world.work()
    two.receipt("30003")
    two.delivered()
    two.world.clock.forward(15 * 60)
    await two.world.work()
    assert two.main.phone == ["M-1"]
    assert (two.world.text().state, two.world.job()) == (TextState.DELIVERED, None)


async def test_a_crash_before_the_second_try_goes_on_where_it_was(two: Two) -> None:
    two.world.queue()
    two.main.script = [refusal("21606")]
    await two.world.outbox.round()
    await two.world.outbox.settle()
    await two.world.outbox.round()
    two.world.outbox = two.world.new_outbox()
    two.world.clock.forward(60)
    await two.world.work()
    assert two.main.requests == ["M-1"]
    assert len(two.spare.requests) == 1


# ---------------------------------------------------------------- whatever happens

CODES = ["20003", "21606", "30034", "21610", "30007", "30003", "30008", "20429", "12345", "502"]
STEPS = st.sampled_from(
    [TAKES, LOST_ANSWER, LOST_REQUEST, BUSY, *(refusal(code) for code in CODES)],
)
NEWS = st.lists(
    st.tuples(st.sampled_from(["main", "spare"]), st.sampled_from([*CODES, "ok"]), st.integers(1, 4)),
    max_size=8,
)


@settings(max_examples=150, deadline=None)
@given(
    main=st.lists(STEPS, max_size=5),
    spare=st.lists(STEPS, max_size=5),
    capabilities=st.tuples(*[st.sampled_from([LOOKUP, IDEMPOTENT, BARE])] * 2),
    news=NEWS,
)
async def test_no_phone_gets_a_text_again_unless_it_surely_failed_before(
    main: list[Step], spare: list[Step], capabilities: tuple[object, object], news: list[tuple[str, str, int]]
) -> None:
    two = Two()
    two.main.capabilities, two.spare.capabilities = capabilities  # type: ignore[assignment]
    two.main.script, two.spare.script = list(main), list(spare)
    two.world.queue(template="book")
    failed: set[tuple[str, str]] = set()
    for carrier, code, attempt in news:
        await two.world.work()
        id_ = "M-1" if attempt == 1 else f"M-1.{attempt}"
        fake = two.main if carrier == "main" else two.spare
        if id_ not in fake.phone or (carrier, id_) in failed:
            continue
        if code == "ok":
            two.delivered(id_=f"c-{id_}", carrier=carrier)
        else:
            before = two.world.text()
            two.receipt(code, id_=f"c-{id_}", carrier=carrier)
            if table_of("twilio").reaction(code).react is not React.UNCERTAIN and before != two.world.text():
                failed.add((carrier, id_))
        two.world.clock.forward(60)
    await two.world.work_until_settled(hours=24)
    alive = [("main", id_) for id_ in two.main.phone if ("main", id_) not in failed]
    alive += [("spare", id_) for id_ in two.spare.phone if ("spare", id_) not in failed]
    assert len(alive) <= 1, "two that may both have reached the patient"
    told = [word for word, _ in two.world.desk.told]
    assert told.count("accepted") <= 1
    assert told.count("failed") <= 1
    assert told, "it is accounted for"


# ---------------------------------------------------------------- limits


async def test_beyond_the_days_share_the_other_carrier_sends_and_then_people_call(two: Two) -> None:
    two.world.routes = (
        Route(Driver(carrier=two.main), limits=Limits(brand_per_day=3)),
        Route(Driver(carrier=two.spare), limits=Limits(number_per_day=2)),
    )
    two.world.outbox = two.world.new_outbox()
    for number in range(7):
        two.world.queue(f"M-{number}")
        await two.world.work()
    assert (len(two.main.phone), len(two.spare.phone)) == (3, 2)
    assert [failure.note for failure in two.world.desk.failures] == [
        "the day's share of texts is used up"
    ] * 2
    two.world.outbox = two.world.new_outbox()
    two.world.clock.forward(24 * 3600)
    two.world.queue("M-8")
    await two.world.work()
    assert len(two.main.phone) == 4
