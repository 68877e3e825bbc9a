"""What can be seen on our own machine: configuration, database, disk, prompts, carrier, the unit."""

import asyncio
import shutil
import socket
import ssl
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from config.settings import CarrierSettings
from dialplan import prompts
from dialplan.install import PbxSite
from secondring import answering, expected, wiring
from secondring.carriers import driver
from secondring.doctor.findings import Check, Finding, bad, unseen, well
from secondring.doctor.services import how_to_start, service_checks
from secondring.domain import health, retention
from secondring.domain.errors import PeerError, SecondRingError
from secondring.domain.health import State
from secondring.domain.pulse import Service
from secondring.wiring import Settings
from sms_gateway.reactions import UNKNOWN_REFUSED, table_of

LEAST_FREE = 200_000_000
"""Bytes. A year of a clinic's calls takes about as much."""
PROBE = "doctor"
"""The bookmark that is written to see whether anything can be."""
CONNECT_SECONDS = 5
ANSWER_SECONDS = 5


def own_checks(settings: Settings, *, least_free: int = LEAST_FREE) -> Iterator[Check]:
    """Everything that needs no PBX."""
    yield Check("configuration", lambda: _configuration(settings))
    yield Check("mode", lambda: _mode(settings))
    yield Check("messages", lambda: _messages(settings))
    yield Check("database", lambda: _database(settings))
    yield Check("retention", lambda: _retention(settings))
    yield Check("disk", lambda: disk(wiring.books_folder(settings), least_free))
    yield from _carriers(settings)
    yield from service_checks(settings)
    if expected.has_pbx(settings):
        yield Check("FastAGI port", lambda: _port(settings))


def file_checks(settings: Settings, site: PbxSite) -> Iterator[Check]:
    """What lies in the PBX's directories."""
    yield Check("prompts", lambda: _prompts(settings, site))


# ---------------------------------------------------------------- ours


def _configuration(settings: Settings) -> Finding:
    sites = settings.rules.sites
    numbers = sum(len(site.dids) for site in sites)
    return well(f"{len(settings.files)} files, {len(sites)} sites, {numbers} numbers")


def _mode(settings: Settings) -> Finding:
    if settings.shadow:
        return unseen("shadow: everything is decided, nothing is sent", "`secondring mode live` ends it")
    return well("live: missed callers are texted")


def _messages(settings: Settings) -> Finding:
    wiring.check_messages(settings)
    return well("every text names the clinic and holds no clinical word")


def _database(settings: Settings) -> Finding:
    store = wiring.open_store(settings)
    try:
        with store.transaction() as books:
            books.keep_bookmark(PROBE, wiring.now().isoformat())
            return well(f"{store.where}: migrated, opens with this key, takes a writer")
    finally:
        store.close()


def _retention(settings: Settings) -> Finding:
    try:
        with wiring.reading(settings) as books:
            found = health.of_retention(retention.last(books), wiring.now())
    except SecondRingError:
        return unseen("the books cannot be read: see `database`")
    if found.state is State.OK:
        return well(found.words)
    return unseen(found.words, found.remedy or "`secondring retention` tells what would go, and when")


def disk(directory: Path, least_free: int = LEAST_FREE) -> Finding:
    """Room for the books."""
    place = next(there for there in (directory, *directory.parents) if there.exists())
    free = shutil.disk_usage(place).free
    if free < least_free:
        return bad(
            f"{place}: {free // 1_000_000} MB free, {least_free // 1_000_000} MB are needed",
            "free some space: with a full disk no text goes out and every caller becomes invisible",
        )
    return well(f"{place}: {free // 1_000_000} MB free")


def _carriers(settings: Settings) -> Iterator[Check]:
    """Each is reached, and told nothing: no text is sent. Trouble of one hides no other's."""
    several = len(settings.carriers) > 1
    for carrier in settings.carriers:
        yield Check(f"carrier {carrier.name}" if several else "carrier", partial(_carrier, carrier, settings))


def _carrier(carrier: CarrierSettings, settings: Settings) -> Finding:
    """Where a carrier can be asked whether it knows our account, that; else whether it is there at all."""
    if carrier.kind == "handset":
        return unseen(
            "handset: simulated phones, no text leaves this machine",
            "choose one under `carriers`: docs/carriers.md",
        )
    greeted = _greeted(carrier.name, carrier.keys.address)
    return asyncio.run(_account(carrier, settings, greeted)) if greeted.ok is not False else greeted


async def _account(carrier: CarrierSettings, settings: Settings, greeted: Finding) -> Finding:
    made = driver(carrier, settings, wiring.now)
    try:
        if made.checks is None:
            return greeted
        found = await made.checks.check()
    except PeerError as error:
        return bad(
            f"{carrier.name}: {error}", f"look at the address and the keys of the carrier {carrier.name}"
        )
    finally:
        await made.carrier.close()
    if found.ok:
        return well(f"{carrier.name}: {found.said}")
    row = table_of(carrier.kind).reaction(found.code or UNKNOWN_REFUSED)
    code = f" (code {found.code}: {row.meaning})" if found.code else ""
    remedy = (
        row.remedy or f"look at the account at the carrier, and at the keys of the carrier {carrier.name}"
    )
    return bad(f"{carrier.name}: {found.said}{code}", remedy)


def _greeted(name: str, url: str | None) -> Finding:
    if url is None:
        return well(f"{name}: try it with `secondring carrier test`")
    address = urlsplit(url)
    host, tls = address.hostname or "", address.scheme == "https"
    port = address.port or (443 if tls else 80)
    try:
        said = _greet(host, port, tls=tls)
    except ssl.SSLError as error:
        return bad(
            f"{host}:{port}: TLS failed ({error.reason})",
            f"see that the address of the carrier {name} names its host, and run: apt-get install ca-certificates",
        )
    except OSError as error:
        return bad(
            f"{host}:{port} cannot be reached ({error.strerror or error})",
            f"look at the address of the carrier {name}, and let this machine out through the firewall to that port",
        )
    return well(f"{host}:{port} answers ({said})")


def _greet(host: str, port: int, *, tls: bool) -> str:
    with socket.create_connection((host, port), CONNECT_SECONDS) as plain:
        if not tls:
            return "TCP"
        with ssl.create_default_context().wrap_socket(plain, server_hostname=host) as secured:
            return secured.version() or "TLS"


def _port(settings: Settings) -> Finding:
    where = settings.agi
    try:
        socket.create_connection((_reachable(where.listen), where.port), CONNECT_SECONDS).close()
    except OSError as error:
        return bad(
            f"nothing serves callers on {where.listen} port {where.port} ({error.strerror or error})",
            f"start the service: {how_to_start(settings, Service.AGI)}; its journal says when the port is taken",
        )
    return well(f"{where.listen} port {where.port} takes connections")


def _reachable(listen: str) -> str:
    return "127.0.0.1" if listen in ("0.0.0.0", "::") else listen  # noqa: S104 - compared, not bound


# ---------------------------------------------------------------- the PBX's directories


def _prompts(settings: Settings, site: PbxSite) -> Finding:
    languages = answering.languages(settings)
    gone = prompts.missing(answering.site_names(settings), site.sounds, languages)
    if gone:
        names = ", ".join(f"{prompt.language}/{prompt.name}" for prompt in gone[:5])
        return bad(
            f"{len(gone)} prompts are missing below {site.sounds}: {names}{', …' if len(gone) > 5 else ''}",
            f"`secondring prompts build --sounds {site.sounds}`, or put your own recordings there",
        )
    return well(f"every prompt in {', '.join(languages)} below {site.sounds}")
