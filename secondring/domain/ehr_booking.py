"""Booking a time that an EHR keeps: before it is asked, and whatever it answers. Each is one transaction.

prepare ──► the EHR is asked ──► booked       it is theirs, here too
                    │       └──► taken        they choose again
                    └──► unsure               a task to call them, and a job that goes on asking
"""

from dataclasses import replace
from datetime import datetime, timedelta

from secondring.domain import booking_effects, ehr, episodes
from secondring.domain.booking import Booking, BookingId, BookingState
from secondring.domain.booking_desk import BookingDesk, Person, Result, Visitor
from secondring.domain.booking_link import Links
from secondring.domain.casework import Wording
from secondring.domain.ehr import GRACE, Copies, Guest
from secondring.domain.ehr_calendar import EhrCalendar
from secondring.domain.ports import Books
from secondring.domain.records import Episode, Job
from secondring.domain.rules import FRONT_DESK, Clock, Rules

PAUSES = tuple(timedelta(minutes=n) for n in (1, 2, 5, 10, 20, 30, 60, 120, 240, 480))
"""Between two tries of a job; when they are used up, a person sees to it."""
GONE = "Offer another time (the one they chose is not free in the EHR)"
NOT_BOOKED = "Book the time they chose (the EHR could not be asked; see the bookings)"
NOT_CANCELLED = "Take a cancelled visit out of the EHR (it could not be asked)"


class EhrBooking:
    """The use cases."""

    def __init__(self, rules: Rules, wording: Wording, links: Links, copies: Copies) -> None:
        self._rules = rules
        self._wording = wording
        self._links = links
        self.copies = copies

    def _calendar(self, books: Books, booking: Booking) -> EhrCalendar | None:
        timetable = self._rules.site(booking.site).timetable
        return EhrCalendar(books, booking.site, timetable, self.copies) if timetable else None

    def guest(self, books: Books, booking: Booking) -> Guest:
        """Whom the EHR's staff are to expect."""
        episode = books.episode(booking.episode)
        caller = episode.caller if episode else None
        return Guest(number=caller, first_name=booking.first_name, born=booking.born)

    def prepare(
        self, books: Books, desk: BookingDesk, visitor: Visitor, chosen: str, person: Person, now: datetime
    ) -> Booking | Result:
        """What the EHR is to be asked for, with a job behind it; or why it need not be asked."""
        booking = desk.chosen(books, visitor, chosen, person)
        if isinstance(booking, Result):
            return booking
        calendar = self._calendar(books, booking)
        kept = calendar.keep(booking, now) if calendar else None
        if kept is None:
            return Result.TAKEN
        named = replace(kept, first_name=person.first_name, born=person.born)
        books.save_booking(named)
        ehr.plan(books, ehr.BOOK, named.id, now + GRACE)
        return named

    def taken(self, books: Books, name: BookingId, now: datetime) -> None:
        """Somebody else has it in the EHR."""
        booking = books.booking(name)
        books.drop_job(ehr.job_key(ehr.BOOK, name))
        calendar = self._calendar(books, booking) if booking else None
        if booking is not None and calendar is not None and booking.state is BookingState.HELD:
            calendar.release(booking, now)

    def unsure(self, books: Books, name: BookingId, now: datetime) -> None:
        """Nobody knows whether it is theirs: a person calls them. The job goes on asking."""
        self._task(books, name, booking_effects.CALL_ME, "the EHR could not be asked", now)

    def booked(self, books: Books, name: BookingId, now: datetime) -> bool:
        """The EHR has it; ours as well from now on. False when it was given up meanwhile: the EHR will be told."""
        booking = books.booking(name)
        episode = books.episode(booking.episode) if booking else None
        calendar = self._calendar(books, booking) if booking else None
        if booking is None or episode is None or calendar is None:
            return False
        if booking.state is BookingState.CONFIRMED:
            return True
        moved = _has_another(books, episode, now)
        confirmed = calendar.confirm(booking, now)
        if confirmed is None:
            return False
        link = self._links.make(books, episode, self._rules.site(booking.site), now)
        booking_effects.booked(
            books, self._rules, self._wording, episode, confirmed, now, moved=moved, link=link
        )
        return True

    # -- what a job found

    def about(self, books: Books, job: Job) -> Booking | None:
        """The booking that a job is about; None when there is nothing (any more) to ask the EHR."""
        booking = books.booking(BookingId(job.ref))
        if booking is None or job.kind == ehr.CANCEL:
            return booking
        if booking.state not in (BookingState.HELD, BookingState.EXPIRED):
            return None
        if _chose_again(books, booking):
            ehr.plan(books, ehr.CANCEL, booking.id, job.due_at)
            return None
        return booking

    def gone(self, books: Books, name: BookingId, now: datetime) -> None:
        """A job heard that it is somebody else's; they are long off the page."""
        self.taken(books, name, now)
        self._task(books, name, GONE, "the time they chose is not free in the EHR", now)

    def again(self, books: Books, job: Job, now: datetime) -> None:
        """The EHR still cannot be asked: later, and in the end a person."""
        if job.attempts <= len(PAUSES):
            books.retry_job(job, now + PAUSES[job.attempts - 1])
            return
        books.finish_job(job)
        title = NOT_CANCELLED if job.kind == ehr.CANCEL else NOT_BOOKED
        self._task(books, BookingId(job.ref), title, "the EHR could not be asked for hours", now)

    def _task(self, books: Books, name: BookingId, title: str, because: str, now: datetime) -> None:
        booking = books.booking(name)
        episode = books.episode(booking.episode) if booking else None
        if booking is None or episode is None:
            return
        site = self._rules.site(booking.site)
        episodes.open_task(books, episode, site, FRONT_DESK, Clock.WITHIN_THE_HOUR, title, now=now)
        episodes.note(books, now, "call-me", "ehr", because, episode=episode.id)


def _has_another(books: Books, episode: Episode, now: datetime) -> bool:
    mine = books.bookings_of(episode.id)
    return any(one.state is BookingState.CONFIRMED and one.starts_at > now for one in mine)


def _chose_again(books: Books, booking: Booking) -> bool:
    """They have another time by now: this one would take its place."""
    mine = books.bookings_of(booking.episode)
    return any(one.stands and one.made_at > booking.made_at for one in mine)
