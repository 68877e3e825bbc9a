"""What has to run on this machine, by its configuration: all four services, or fewer where there are site boxes."""

from secondring.domain.pulse import Service
from secondring.wiring import Settings


def has_pbx(settings: Settings) -> bool:
    """False at a centre that hears calls by its site boxes alone."""
    return settings.boxes is None or settings.boxes.own_pbx


def services(settings: Settings) -> tuple[Service, ...]:
    """A site box leaves texts and pages to its centre; a centre without a PBX leaves calls and callers to its boxes."""
    expected: list[Service] = []
    if has_pbx(settings):
        expected += [Service.LISTEN]
        expected += [Service.AGI] if settings.agi.program is None else []
    if settings.centre is None:
        expected += [Service.GATEWAY]
        expected += [Service.WEB] if settings.web.port is not None else []
    return tuple(expected)
