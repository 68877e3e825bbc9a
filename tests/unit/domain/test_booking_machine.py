"""Whatever patients do, in any order and at any time: nobody shares a seat, and nobody loses a confirmed time."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from secondring.domain.booking import BookingId, BookingState
from secondring.domain.booking_desk import Result
from secondring.domain.phone import PhoneNumber
from secondring.domain.records import Outcome
from secondring.domain.timetable import grains
from tests.support.booking import TIMETABLE, BookingClinic, booking_rules, booking_site

CAPACITY = 2
SMALL = replace(TIMETABLE, capacity=CAPACITY, horizon=timedelta(days=2), every=timedelta(minutes=15))
CALLERS = [PhoneNumber(f"+120255501{n:02}") for n in range(30, 34)]
callers = st.sampled_from(range(len(CALLERS)))


class Patients(RuleBasedStateMachine):
    """Four callers with a link each, and two seats."""

    def __init__(self) -> None:
        super().__init__()
        self.clinic = BookingClinic(rules=booking_rules(booking_site(timetable=SMALL)))
        self.tokens: list[str] = []
        self.confirmed: dict[int, BookingId] = {}
        """What each caller was told is theirs."""

    @initialize()
    def call(self) -> None:
        self.tokens = [self.clinic.asks_to_book(caller) for caller in CALLERS]

    @rule(who=callers, choice=st.integers(0, 30))
    def hold(self, who: int, choice: int) -> None:
        times = self.clinic.times(self.tokens[who]) if self.clinic.visitor(self.tokens[who]) else []
        if times:
            result = self.clinic.holds(self.tokens[who], times[choice % len(times)])
            tries = len(self.clinic.bookings(self.clinic.there(self.tokens[who]).episode))
            assert result is Result.DONE or tries >= 40

    @rule(who=callers)
    def hold_what_somebody_has(self, who: int) -> None:
        taken = [self.clinic.there(self.tokens[other]).booked for other in self.confirmed if other != who]
        free = set(self.clinic.times(self.tokens[who])) if self.clinic.visitor(self.tokens[who]) else set()
        for booking in taken:
            if booking and self.clinic.visitor(self.tokens[who]) and booking.starts_at not in free:
                before = self.clinic.there(self.tokens[who]).held
                if before is None:
                    assert self.clinic.holds(self.tokens[who], booking.starts_at) is Result.TAKEN
                elif self.clinic.holds(self.tokens[who], booking.starts_at) is Result.TAKEN:
                    assert self.clinic.there(self.tokens[who]).held == before, "a hold was lost"

    @rule(who=callers)
    def confirm(self, who: int) -> None:
        visitor = self.clinic.visitor(self.tokens[who])
        if visitor is None or visitor.held is None:
            return
        assert self.clinic.confirms(self.tokens[who]) is Result.DONE, "a hold was lost"
        self.confirmed[who] = visitor.held.id

    @rule(who=callers, old=st.integers(0, 40))
    def confirm_something_old(self, who: int, old: int) -> None:
        visitor = self.clinic.visitor(self.tokens[who])
        mine = self.clinic.bookings(visitor.episode) if visitor else []
        if mine:
            chosen = mine[old % len(mine)].id
            if self.clinic.confirms(self.tokens[who], chosen) is Result.DONE:
                self.confirmed[who] = chosen

    @rule(who=callers)
    def let_go(self, who: int) -> None:
        if self.clinic.visitor(self.tokens[who]):
            self.clinic.lets_go(self.tokens[who])

    @rule(who=callers)
    def ask_for_a_call(self, who: int) -> None:
        if self.clinic.visitor(self.tokens[who]):
            self.clinic.wants_a_call(self.tokens[who])

    @precondition(lambda self: self.confirmed)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        who = data.draw(st.sampled_from(sorted(self.confirmed)))
        assert self.clinic.cancels(self.tokens[who], self.confirmed[who]) is Result.DONE
        del self.confirmed[who]

    @rule(minutes=st.sampled_from([1, 9, 10, 11]))
    def wait(self, minutes: int) -> None:
        self.clinic.wait(minutes=minutes).run_timers()

    @invariant()
    def nobody_loses_what_they_were_told_is_theirs(self) -> None:
        for who, booking in self.confirmed.items():
            visitor = self.clinic.there(self.tokens[who])
            assert visitor.booked is not None
            assert visitor.booked.id == booking
            assert visitor.episode.outcome is Outcome.BOOKED

    @invariant()
    def nobody_shares_a_seat(self) -> None:
        with self.clinic.store.reading() as books:
            now = self.clinic.now
            standing = books.standing_bookings(
                self.clinic.rules.sites[0].id, since=now - timedelta(days=9), until=now + timedelta(days=9)
            )
        seats = Counter((one.seat, at) for one in standing for at in grains(one.starts_at, one.ends_at))
        assert max(seats.values(), default=0) <= 1
        assert max((seat for seat, _ in seats), default=0) < CAPACITY
        each = Counter((one.episode, one.state) for one in standing)
        assert max(each.values(), default=0) <= 1
        assert {one.state for one in standing} <= {BookingState.HELD, BookingState.CONFIRMED}


Patients.TestCase.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
test_whatever_patients_do = Patients.TestCase
