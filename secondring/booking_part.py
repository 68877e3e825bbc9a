"""Where patients book, as parts of a service: the page, and the EHRs that keep some of the appointments."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from config.ehr import EhrSettings
from config.settings import Settings
from secondring import wiring
from secondring.booking_web.app import application
from secondring.booking_web.shop import Shop
from secondring.domain.booking_desk import BookingDesk
from secondring.domain.calendars import calendars
from secondring.domain.casework import Wording
from secondring.domain.ehr import Copies
from secondring.domain.ehr_booking import EhrBooking
from secondring.domain.errors import ConfigError
from secondring.domain.health import Finding
from secondring.domain.ids import SiteId
from secondring.domain.ports import Store
from secondring.domain.rules import Rules
from secondring.ehr.asking import Asking
from secondring.listening import InStore
from secondring.papers import papers
from secondring.serving import Listen, serve

if TYPE_CHECKING:
    from secondring.ehr.fhir import FhirEhr

MOST_AT_ONCE = 500
"""Connections: the page is open to everybody."""

Part = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class BookingParts:
    """What has to run so that patients can book."""

    parts: dict[str, Part]
    findings: Callable[[], list[Finding]]
    """How the EHRs are."""


def booking_parts(
    settings: Settings,
    rules: Rules,
    wording: Wording,
    store: Store,
    in_store: InStore,
    ring: Callable[[], Awaitable[None]],
) -> BookingParts:
    """The page, unless it is off, and whoever speaks to EHRs, where there are any."""
    copies = Copies()
    booking = EhrBooking(rules, wording, wiring.links(rules), copies)
    ehrs = {site: ehr(found) for site, found in settings.ehrs.items()}
    asking = Asking(ehrs, booking, in_store, clock=wiring.now, ring=ring)
    parts: dict[str, Part] = {"EHR": lambda: _ask(asking, ehrs)} if ehrs else {}
    where = settings.booking
    if where is not None:
        shop = Shop(
            desk=BookingDesk(rules, wording, calendars(copies)),
            rules=rules,
            store=store,
            in_store=in_store,
            clock=wiring.now,
            ring=ring,
            per_minute=where.per_minute,
            elsewhere=asking,
        )
        listen = Listen(
            name="booking.listen",
            host=where.host,
            port=where.port,
            certificate=papers(settings).get("booking"),
            proxies=where.proxies,
            connections=MOST_AT_ONCE,
        )
        parts["booking page"] = lambda: serve(application(shop), listen)
    return BookingParts(parts, asking.findings)


def ehr(found: EhrSettings) -> "FhirEhr":
    """The EHR of a site. Raises ConfigError when its certificates cannot be read."""
    from secondring.ehr.fhir import FhirEhr, FhirSettings  # noqa: PLC0415 - httpx, for clinics that have one

    settings = FhirSettings(
        url=found.url,
        schedules=found.schedules,
        token=found.token.get_secret_value() if found.token else None,
        timeout=found.timeout,
        ca_file=str(found.ca_file) if found.ca_file else None,
    )
    try:
        return FhirEhr(settings)
    except OSError as error:
        why = error.strerror or "they are no certificates"
        raise ConfigError(f"calendar.ehr.ca_file: {found.ca_file} cannot be read: {why}") from None


async def _ask(asking: Asking, ehrs: "Mapping[SiteId, FhirEhr]") -> None:
    try:
        await asking.run()
    finally:
        for one in ehrs.values():
            await one.close()
