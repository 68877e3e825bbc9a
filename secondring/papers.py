"""Which certificates this configuration serves with, by the name of the listener."""

from config.settings import BookingSettings
from config.web import WebSettings
from secondring.certificates import Certificate
from secondring.domain.hosts import is_loopback
from secondring.wiring import Settings


def papers(settings: Settings) -> dict[str, Certificate]:
    """`web` for staff's pages, `booking` for the patients'; those that serve without TLS are not in it."""
    return {
        name: Certificate(found.certificate, found.certificate_key)
        for name, found in _listeners(settings).items()
        if found.certificate is not None and found.certificate_key is not None
    }


def only_near(settings: Settings) -> bool:
    """True when no page can be reached but from this machine, by nothing that stands before it either."""
    return all(is_loopback(found.host) and not found.proxies for found in _listeners(settings).values())


def _listeners(settings: Settings) -> dict[str, WebSettings | BookingSettings]:
    found = {"web": settings.web if settings.web.port is not None else None, "booking": settings.booking}
    return {name: there for name, there in found.items() if there is not None}
