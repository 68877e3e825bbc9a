"""A booking as a file that a calendar takes. It names the clinic and the place, and nothing about health."""

from datetime import datetime

from secondring.domain.booking import Booking
from secondring.domain.booking_desk import Visitor
from secondring.domain.phone import spoken_form


def calendar_file(visitor: Visitor, booking: Booking, choices: int, now: datetime) -> bytes:
    """RFC 5545. One UID for all bookings of an episode, so that a moved one takes the place of the first.

    `choices` is how many times they chose so far: the number of the version. The link is left out: calendars are
    shared in families and offices, and whoever has the link may cancel.
    """
    from icalendar import Calendar, Event  # noqa: PLC0415 - 10 MB that only those who want the file need

    site = visitor.site
    event = Event()
    event.add("uid", f"{booking.episode}@secondring")
    event.add("sequence", choices)
    event.add("dtstamp", now)
    event.add("dtstart", booking.starts_at)
    event.add("dtend", booking.ends_at)
    event.add("summary", site.name)
    if visitor.timetable.address:
        event.add("location", visitor.timetable.address)
    event.add("description", spoken_form(site.phone, site.region))
    file = Calendar()
    file.add("prodid", "-//Second Ring//Booking//EN")
    file.add("version", "2.0")
    file.add("method", "PUBLISH")
    file.add_component(event)
    return bytes(file.to_ical())
