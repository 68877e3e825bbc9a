"""The booking page: has it times to offer, does it answer here, and is it ours that answers outside?"""

import asyncio
import http.client
import ssl
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from urllib.parse import urlsplit

from config.ehr import EhrSettings
from secondring import booking_part, wiring
from secondring.doctor.findings import Check, Finding, bad, unseen, well
from secondring.doctor.services import how_to_start
from secondring.domain.errors import ConfigError, PeerError
from secondring.domain.pulse import Service
from secondring.domain.timetable import beginnings
from secondring.wiring import Settings

ANSWER_SECONDS = 10.0
A_WEEK = timedelta(days=7)
HEALTHY = b"ok\n"
MOST = 64
"""Bytes of an answer that are looked at."""


def booking_checks(settings: Settings) -> Iterator[Check]:
    """Nothing is booked, and no link is opened."""
    yield Check("calendars", lambda: _calendars(settings))
    for site, found in settings.ehrs.items():
        yield Check(f"EHR of {site}", partial(_ehr, found))
    yield Check("booking page", lambda: _here(settings))
    yield Check("booking page from outside", lambda: _outside(settings))


def _calendars(settings: Settings) -> Finding:
    now = wiring.now()
    counted = {
        f"{site.id} {visit.id}": sum(1 for _ in beginnings(site.timetable, visit, now))
        for site in settings.rules.sites
        if site.timetable is not None and not site.timetable.elsewhere
        for visit in site.timetable.visits
    }
    if not counted and settings.ehrs:
        return well("EHRs say what is open")
    if not counted:
        return unseen("no site has a calendar", "see docs/booking.md")
    empty = [name for name, count in counted.items() if not count]
    if empty:
        return bad(f"no time at all is open for {', '.join(empty)}", "`secondring calendar check`")
    return well(f"{sum(counted.values())} times for {len(counted)} kinds of visit, if nobody had booked")


def _ehr(found: EhrSettings) -> Finding:
    async def ask() -> int:
        one, now = booking_part.ehr(found), wiring.now()
        try:
            return len(await one.free(now, now + A_WEEK))
        finally:
            await one.close()

    try:
        count = asyncio.run(ask())
    except (PeerError, ConfigError) as error:
        return bad(str(error), "see calendar.ehr of that site; until then patients are called instead")
    return well(f"{count} free Slots in the next 7 days")


def _here(settings: Settings) -> Finding:
    where = settings.booking
    if where is None:
        return unseen("it is off", "set booking.public_url; see docs/booking.md")
    host = "127.0.0.1" if where.host in ("0.0.0.0", "::") else where.host  # noqa: S104 - compared, not bound
    try:
        answer = _ask(_near(host, where.port, encrypted=where.certificate is not None))
    except OSError as error:
        return bad(
            f"nothing answers on {host} port {where.port} ({error.strerror or error})",
            f"start the service: {how_to_start(settings, Service.WEB)}; its journal says when the port is taken",
        )
    if answer != HEALTHY:
        return bad(
            f"something else answers on {host} port {where.port}", "choose another booking.listen.port"
        )
    return well(f"{host} port {where.port} answers")


def _outside(settings: Settings) -> Finding:
    page = settings.rules.booking
    if page is None:
        return unseen("it is off")
    address = urlsplit(page.public_url)
    name = address.hostname or ""
    try:
        answer = _ask(_connection(address.scheme, name, address.port))
    except ssl.SSLError as error:
        return bad(
            f"{page.public_url}: TLS failed ({error.reason})", "renew the certificate of the web server"
        )
    except OSError as error:
        return unseen(
            f"{page.public_url} cannot be reached from here ({error.strerror or error})",
            "open it on a phone that is not in the clinic's network: it must say that the link does not work",
        )
    if answer != HEALTHY:
        return bad(
            f"something else answers at {page.public_url}",
            "let the web server or tunnel pass everything on to booking.listen; see docs/booking.md",
        )
    return well(f"{page.public_url} is ours")


def _connection(scheme: str, host: str, port: int | None) -> http.client.HTTPConnection:
    if scheme == "http":
        return http.client.HTTPConnection(host, port, timeout=ANSWER_SECONDS)
    return http.client.HTTPSConnection(
        host, port, timeout=ANSWER_SECONDS, context=ssl.create_default_context()
    )


def _near(host: str, port: int, *, encrypted: bool) -> http.client.HTTPConnection:
    """To our own listener, on an address that its certificate does not name: who it is for is asked from outside."""
    if not encrypted:
        return http.client.HTTPConnection(host, port, timeout=ANSWER_SECONDS)
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return http.client.HTTPSConnection(host, port, timeout=ANSWER_SECONDS, context=context)


def _ask(connection: http.client.HTTPConnection) -> bytes:
    """The beginning of what is answered to a question after its health; raises OSError."""
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().read(MOST)
    except http.client.HTTPException as error:
        raise OSError(f"no HTTP: {type(error).__name__}") from error
    finally:
        connection.close()
