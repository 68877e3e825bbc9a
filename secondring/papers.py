"""Which certificates this configuration serves with, by the name of the listener."""

from secondring.certificates import Certificate
from secondring.wiring import Settings


def papers(settings: Settings) -> dict[str, Certificate]:
    """`web` for staff's pages, `booking` for the patients'; those that serve without TLS are not in it."""
    listeners = {"web": settings.web if settings.web.port is not None else None, "booking": settings.booking}
    return {
        name: Certificate(found.certificate, found.certificate_key)
        for name, found in listeners.items()
        if found is not None and found.certificate is not None and found.certificate_key is not None
    }
