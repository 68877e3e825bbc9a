"""`web`: staff's pages, and where patients book."""

from secondring import pages
from secondring.booking_part import BookingParts, booking_parts
from secondring.service.frame import TEXTS, Frame, Part


def booking(frame: Frame) -> BookingParts:
    """The booking page, unless it is off, and whoever speaks to EHRs."""
    return booking_parts(frame.settings, frame.rules, frame.wording, frame.store, frame.writer, frame.ring)


def screens(frame: Frame, links: pages.Links) -> dict[str, Part]:
    """Staff's pages, unless they are off."""
    return pages.parts(frame.settings, frame.store, frame.writer, frame.bell.listen(TEXTS), links)
