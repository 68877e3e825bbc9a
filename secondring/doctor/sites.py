"""The line between a site box and its centre: papers, broker, spool, and who is heard of."""

import asyncio
from collections.abc import Iterator
from datetime import datetime

from config.sites import CENTRE, TlsBroker
from secondring import centre, wiring
from secondring.bus.client import once
from secondring.certificates import ends_at
from secondring.doctor.findings import Check, Finding, bad, unseen, well
from secondring.domain import centre_health, health, site_health
from secondring.domain.centre_desk import Box
from secondring.domain.errors import ConfigError
from secondring.site_box import broker_of
from secondring.wiring import Settings

ADD = "at the centre, `sites add` makes it anew"
"""No whole command: it would be shown with the `--config` of this machine, and is for another."""


def site_checks(settings: Settings) -> Iterator[Check]:
    """Nothing where there is one PBX alone."""
    if settings.centre is not None:
        at, name = settings.centre.broker, settings.listening.pbx
        yield Check("papers of this site box", lambda: _papers(at, wiring.now(), ADD))
        yield Check("the centre's broker", lambda: _broker(at, name, "centre"))
        yield Check("the centre", lambda: _centre(settings))
        yield Check("spool", lambda: _spool(settings))
    if settings.boxes is not None:
        ours = settings.boxes.broker
        yield Check(
            "papers of this centre", lambda: _papers(ours, wiring.now(), "`secondring sites broker` makes it")
        )
        yield Check("the site boxes' broker", lambda: _broker(ours, CENTRE, "boxes"))
        for box in centre.boxes(settings):
            yield Check(f"site box {box.name}", lambda box=box: _box(settings, box))  # type: ignore[misc]


def _papers(at: TlsBroker, now: datetime, remedy: str) -> Finding:
    try:
        days = health.days_left(ends_at(at.cert_file), now)
    except ConfigError as error:
        return bad(str(error), remedy)
    if days < health.CERTIFICATE_SOON.days:
        return bad(f"the certificate runs out in {days} days", remedy)
    return well(f"good for {days} days")


def _broker(at: TlsBroker, name: str, section: str) -> Finding:
    asyncio.run(once(broker_of(at, name, section), section=section))
    return well(f"{at.host}:{at.port} lets us in by our certificate")


def _centre(settings: Settings) -> Finding:
    with wiring.reading(settings) as books:
        found = centre_health.finding(centre_health.last(books), books.spool_state(), wiring.now())
    if found.state is health.State.UNKNOWN:
        return unseen(found.words, found.remedy)
    return well(found.words) if found.state is health.State.OK else bad(found.words, found.remedy)


def _spool(settings: Settings) -> Finding:
    with wiring.reading(settings) as books:
        state = books.spool_state()
    if state.waiting == 0 or state.oldest_at is None:
        return well("empty: the centre has everything")
    waited = wiring.now() - state.oldest_at
    words = f"{state.waiting} waiting, the oldest for {site_health.span(waited)}"
    if waited > site_health.SPOOL_OLDEST:
        return bad(words, "look at the line above, and at the centre at `sites list` and its log")
    return well(words)


def _box(settings: Settings, box: Box) -> Finding:
    with wiring.reading(settings) as books:
        (found,) = site_health.findings(books, [box], wiring.now())
    if found.state is health.State.UNKNOWN:
        return unseen(found.words, found.remedy)
    return well(found.words) if found.state is health.State.OK else bad(found.words, found.remedy)
