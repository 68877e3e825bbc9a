"""Orders that one process leaves in the books and another takes: all that is still to be done, and nothing else."""

from datetime import timedelta

import pytest

from secondring.domain.ids import Uniqueid
from secondring.domain.ladder import Ladder, Step, Target
from secondring.domain.triage_events import (
    CallbackAsked,
    CallerIs,
    CallerLeft,
    Event,
    Failed,
    HangUp,
    LastResortEnded,
    Ring,
    ToLastResort,
    Why,
)
from secondring.domain.urgent import Orders, PbxOrder
from secondring.domain.urgent_orders import LEFT, leave, take
from tests.support.clinic import NURSE, a_site, some_rules
from tests.unit.domain.test_urgent import LINE, UrgentClinic

HERE = Uniqueid(LINE.uniqueid)
LADDER = Ladder(steps=tuple(Step(targets=(Target(number=n),)) for n in ("1001", "1002", "1003")), rounds=1)


@pytest.fixture
def clinic() -> UrgentClinic:
    return UrgentClinic(some_rules(a_site(triage=LADDER, alert_numbers=(NURSE,))))


def left(clinic: UrgentClinic, *orders: Orders) -> None:
    with clinic.store.transaction() as books:
        for one in orders:
            leave(books, one, clinic.now)


def told(clinic: UrgentClinic, event: Event) -> Orders:
    with clinic.store.transaction() as books:
        orders = clinic.triage.tell(books, clinic.case.id, event, clinic.now)
    assert orders is not None
    return orders


def taken(clinic: UrgentClinic) -> list[PbxOrder]:
    found: list[PbxOrder] = []
    with clinic.store.transaction() as books:
        for job in books.claim_jobs([LEFT], now=clinic.now, lease=timedelta(minutes=1), limit=10):
            books.finish_job(job)
            orders = take(books, job, clinic.rules)
            found += orders.pbx if orders else ()
    return found


def test_the_next_phone_is_rung_by_whoever_takes_it(clinic: UrgentClinic) -> None:
    clinic.presses()
    (attempt,) = clinic.case.attempts
    orders = told(clinic, Failed(attempt.id, Why.BUSY))
    left(clinic, orders)
    (ring,) = taken(clinic)
    assert isinstance(ring, Ring)
    assert (ring,) == orders.pbx
    assert taken(clinic) == [], "once"


def test_a_phone_whose_turn_is_over_by_then_is_not_rung(clinic: UrgentClinic) -> None:
    clinic.presses()
    (attempt,) = clinic.case.attempts
    left(clinic, told(clinic, Failed(attempt.id, Why.BUSY)))
    clinic.hears(Failed(clinic.case.attempts[0].id, Why.NO_ANSWER))
    assert taken(clinic) == []


def test_who_is_reached_elsewhere_needs_no_phone_that_rings(clinic: UrgentClinic) -> None:
    clinic.presses()
    (attempt,) = clinic.case.attempts
    left(clinic, told(clinic, LastResortEnded(answered=True)))
    assert taken(clinic) == [HangUp((attempt.id,))]


def test_a_caller_who_comes_on_the_line_is_told_to_the_phones_that_ring(clinic: UrgentClinic) -> None:
    clinic.writes("URGENT").runs_ladder().presses()
    (came,) = [order for order in clinic.orders if isinstance(order, CallerIs)]
    left(clinic, Orders(clinic.case, LADDER, clinic.rules.sites[0], (came,)))
    (order,) = taken(clinic)
    assert order == CallerIs(clinic.case.attempts, "PJSIP/trunk-1")
    left(clinic, Orders(clinic.case, LADDER, clinic.rules.sites[0], (came,)))
    clinic.hears(CallerLeft(HERE))
    assert taken(clinic) == [], "they hung up meanwhile"


def test_the_last_resort_is_for_who_still_waits(clinic: UrgentClinic) -> None:
    clinic.presses()
    case, site = clinic.case, clinic.rules.sites[0]
    left(clinic, Orders(case, LADDER, site, (ToLastResort(),)))
    assert taken(clinic) == [], "the ladder still rings"
    while clinic.case.attempts:
        clinic.hears(Failed(clinic.case.attempts[0].id, Why.BUSY))
    left(clinic, Orders(clinic.case, LADDER, site, (ToLastResort(),)))
    assert taken(clinic) == [ToLastResort()]


def test_several_orders_of_one_moment_are_all_kept_and_none_names_a_number(clinic: UrgentClinic) -> None:
    clinic.presses()
    nothing = told(clinic, CallbackAsked(HERE))
    (attempt,) = clinic.case.attempts
    both = told(clinic, Failed(attempt.id, Why.BUSY))
    left(clinic, both, both, nothing)
    with clinic.store.transaction() as books:
        jobs = books.claim_jobs([LEFT], now=clinic.now, lease=timedelta(minutes=1), limit=10)
    assert len(jobs) == 2
    assert not [job for job in jobs if "555" in job.ref or "PJSIP" in job.ref]
