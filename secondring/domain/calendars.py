"""Which calendar a site has: ours, or that of an EHR."""

from secondring.domain.booking_ports import Calendar, CalendarOf
from secondring.domain.ehr import Copies
from secondring.domain.ehr_calendar import EhrCalendar
from secondring.domain.ids import SiteId
from secondring.domain.own_calendar import OwnCalendar
from secondring.domain.ports import Books
from secondring.domain.timetable import Timetable


def calendars(copies: Copies | None = None) -> CalendarOf:
    """The calendar of each site. Without `copies` of what EHRs have free, their sites have no open times."""
    known = copies or Copies()

    def calendar_of(books: Books, site: SiteId, timetable: Timetable) -> Calendar:
        if timetable.elsewhere:
            return EhrCalendar(books, site, timetable, known)
        return OwnCalendar(books, site, timetable)

    return calendar_of
