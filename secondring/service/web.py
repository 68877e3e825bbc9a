"""`web`: staff's pages, and where patients book."""

from collections.abc import Callable
from dataclasses import replace

from secondring import centre, pages
from secondring.booking_part import BookingParts, booking_parts
from secondring.bus.topics import Bell
from secondring.domain import site_health
from secondring.domain.errors import PeerError
from secondring.domain.health import Finding
from secondring.domain.pulse import Service
from secondring.on_screen import Test
from secondring.service.elsewhere import Elsewhere
from secondring.service.frame import Frame, Part
from secondring.service.gateway import Texting
from secondring.service.listen import Listening
from secondring.service.role import Role
from secondring.wiring import now


def beside(frame: Frame, listening: Listening, texting: Texting, test: Test | None) -> Role:
    """The pages in the same process as all that they show and use."""
    booking = _booking(frame)
    links = pages.Links(
        wording=frame.wording,
        listens=listening.link,
        dials=listening.dialling.link,
        carry_out=listening.dialling.carry_out,
        ring=frame.ring,
        carrier=texting.side,
        test=test,
        catch_up=listening.catch_up.finding if listening.catch_up else None,
        company=listening.company.finding,
        ehrs=_asked(frame, booking),
        books=frame.heart.findings,
    )
    return _role(frame, booking, links, {})


def apart(frame: Frame, test: Test | None) -> Role:
    """The pages in a process of their own: they ring phones by a link of theirs, and read in the books of the rest."""
    booking, elsewhere = _booking(frame), Elsewhere(frame.read)
    links, parts = pages.own_link(frame.settings, frame.writer, frame.wording, frame.ring, frame.shout)
    links = replace(
        links,
        test=test,
        ehrs=_asked(frame, booking),
        elsewhere=lambda: elsewhere.findings,
        books=frame.heart.findings,
    )
    return _role(frame, booking, links, parts | {"elsewhere": elsewhere.run})


def _booking(frame: Frame) -> BookingParts:
    return booking_parts(frame.settings, frame.rules, frame.wording, frame.store, frame.writer, frame.ring)


def _role(frame: Frame, booking: BookingParts, links: pages.Links, parts: dict[str, Part]) -> Role:
    screens = pages.parts(frame.settings, frame.store, frame.writer, frame.bell.listen(Bell.WORK), links)
    web = frame.settings.web
    where = f"pages on {web.host} port {web.port}" if web.port is not None else "no pages"
    return Role(service=Service.WEB, parts=parts | booking.parts | screens, status=lambda: where)


def _asked(frame: Frame, booking: BookingParts) -> Callable[[], list[Finding]]:
    return lambda: [*booking.findings(), *_site_boxes(frame)]


def _site_boxes(frame: Frame) -> list[Finding]:
    """How each is doing, as the process that hears them has noted."""
    boxes = centre.boxes(frame.settings)
    if not boxes:
        return []
    try:
        with frame.store.reading() as books:
            return site_health.findings(books, boxes, now())
    except PeerError:
        return []
