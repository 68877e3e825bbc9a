"""What every `Calendar` must do: the embedded one, and whatever an EHR's adapter brings.

Subclass it, give it `opened` and `visit`, and let pytest collect the subclass.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from secondring.domain.booking import Booking, BookingState, booking_id
from secondring.domain.booking_ports import Calendar
from secondring.domain.ids import EpisodeId, SiteId
from secondring.domain.timetable import VisitType

HOLD = timedelta(minutes=10)
ANNA, BEN = EpisodeId("E-anna"), EpisodeId("E-ben")


@dataclass
class Opened:
    """A calendar inside a transaction, and the moment."""

    calendar: Calendar
    now: datetime


class CalendarContract:
    """At `now` the calendar has at least three open times of `visit`, one seat each, and Anna and Ben exist."""

    now: datetime
    site: SiteId
    visit: VisitType

    def opened(self) -> AbstractContextManager[Calendar]:
        """The calendar in a new transaction."""
        raise NotImplementedError

    @contextmanager
    def at(self, minutes: float = 0) -> Iterator[Opened]:
        now = self.now + timedelta(minutes=minutes)
        with self.opened() as calendar:
            yield Opened(calendar, now)

    def wish(self, who: EpisodeId, starts_at: datetime, choice: int = 0, minutes: float = 0) -> Booking:
        now = self.now + timedelta(minutes=minutes)
        return Booking(
            id=booking_id(who, choice),
            episode=who,
            site=self.site,
            visit=self.visit.id,
            starts_at=starts_at,
            ends_at=starts_at + self.visit.length,
            seat=0,
            held_until=now + HOLD,
            made_at=now,
        )

    def starts(self, minutes: float = 0) -> list[datetime]:
        with self.at(minutes) as there:
            return [slot.starts_at for slot in there.calendar.open_times(self.visit, there.now)]

    def hold(
        self, who: EpisodeId, starts_at: datetime, choice: int = 0, minutes: float = 0
    ) -> Booking | None:
        with self.at(minutes) as there:
            return there.calendar.hold(self.wish(who, starts_at, choice, minutes), there.now)

    def confirm(self, booking: Booking, minutes: float = 0) -> Booking | None:
        with self.at(minutes) as there:
            return there.calendar.confirm(booking, there.now)

    def release(self, booking: Booking, minutes: float = 0) -> Booking:
        with self.at(minutes) as there:
            return there.calendar.release(booking, there.now)

    # the contract

    def test_times_come_soonest_first(self) -> None:
        starts = self.starts()
        assert len(starts) >= 3
        assert starts == sorted(set(starts))
        assert starts[0] >= self.now

    def test_a_held_time_is_nobody_elses(self) -> None:
        first = self.starts()[0]
        held = self.hold(ANNA, first)
        assert held is not None
        assert (held.state, held.starts_at) == (BookingState.HELD, first)
        assert first not in self.starts()
        assert self.hold(BEN, first) is None

    def test_a_hold_runs_out(self) -> None:
        first = self.starts()[0]
        assert self.hold(ANNA, first) is not None
        late = HOLD.total_seconds() / 60
        assert first in self.starts(late)
        assert self.hold(BEN, first, minutes=late) is not None

    def test_a_confirmed_time_does_not_run_out(self) -> None:
        first = self.starts()[0]
        held = self.hold(ANNA, first)
        assert held is not None
        confirmed = self.confirm(held, 1)
        assert confirmed is not None
        assert confirmed.state is BookingState.CONFIRMED
        assert self.hold(BEN, first, minutes=11) is None

    def test_a_hold_that_ran_out_is_confirmed_while_nobody_else_has_it(self) -> None:
        first = self.starts()[0]
        held = self.hold(ANNA, first)
        assert held is not None
        assert self.confirm(held, 11) is not None

    def test_a_hold_that_somebody_else_took_over_is_gone(self) -> None:
        first = self.starts()[0]
        held = self.hold(ANNA, first)
        assert held is not None
        assert self.hold(BEN, first, minutes=11) is not None
        assert self.confirm(held, 12) is None

    def test_another_choice_gives_the_first_back(self) -> None:
        first, second = self.starts()[:2]
        self.hold(ANNA, first)
        assert self.hold(ANNA, second, 1) is not None
        assert first in self.starts()
        assert second not in self.starts()

    def test_a_choice_that_fails_leaves_the_first_held(self) -> None:
        first, second = self.starts()[:2]
        held = self.hold(ANNA, first)
        assert held is not None
        assert self.hold(BEN, second) is not None
        assert self.hold(ANNA, second, 1) is None
        assert first not in self.starts()
        assert self.confirm(held) is not None

    def test_moving_gives_the_old_time_back_only_when_the_new_one_is_sure(self) -> None:
        first, second = self.starts()[:2]
        held = self.hold(ANNA, first)
        assert held is not None
        self.confirm(held)
        new = self.hold(ANNA, second, 1)
        assert new is not None
        assert first not in self.starts()
        assert self.confirm(new) is not None
        assert first in self.starts()
        assert second not in self.starts()

    def test_what_is_released_is_open_again(self) -> None:
        first = self.starts()[0]
        held = self.hold(ANNA, first)
        assert held is not None
        assert self.release(held).state is BookingState.RELEASED
        assert first in self.starts()
        again = self.hold(ANNA, first, 1)
        assert again is not None
        confirmed = self.confirm(again)
        assert confirmed is not None
        assert self.release(confirmed).state is BookingState.CANCELLED
        assert first in self.starts()

    def test_a_released_hold_cannot_be_confirmed(self) -> None:
        held = self.hold(ANNA, self.starts()[0])
        assert held is not None
        self.release(held)
        assert self.confirm(held) is None

    def test_a_time_that_is_not_offered_is_not_held(self) -> None:
        first = self.starts()[0]
        assert self.hold(ANNA, first + timedelta(minutes=1)) is None
        assert self.hold(ANNA, self.now - timedelta(days=1)) is None

    def test_a_visit_that_does_not_exist_is_not_held(self) -> None:
        wish = replace(self.wish(ANNA, self.starts()[0]), visit="no-such")
        with self.at() as there:
            assert there.calendar.hold(wish, there.now) is None
