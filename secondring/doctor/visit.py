"""One visit: which checks, in which order."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ami_listener.session import AmiAccount
from dialplan.doctor import entries_in
from dialplan.install import find_site
from dialplan.install.site import PbxSite, asterisk_command
from secondring import answering, expected, wiring
from secondring.doctor.alarms import alarm_checks
from secondring.doctor.booking import booking_checks
from secondring.doctor.causes import collapsed
from secondring.doctor.findings import Check, Named, bad, carried_out, split_remedy, unseen
from secondring.doctor.ladder import examine_ladders
from secondring.doctor.machine import LEAST_FREE, file_checks, own_checks
from secondring.doctor.pbx import Place, by_account, by_command, examine_dialling, examine_pbx
from secondring.doctor.records import record_checks
from secondring.doctor.sites import site_checks
from secondring.domain.errors import ConfigError, PeerError, SecondRingError
from secondring.wiring import Settings

ANY_VERSION = "22.1.0"
"""Which entries there are does not depend on it."""
NO_PBX = "none here (boxes.own_pbx: false): nothing that is about one was looked at"


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """What is to be looked at."""

    config: Path | None
    asterisk_conf: Path
    asterisk: tuple[str, ...] = ()
    """How Asterisk is run, when it is not the machine's own."""
    dial: AmiAccount | None = None
    """The account that may place calls, if there is one."""
    least_free: int = LEAST_FREE


def examine(visit: Visit) -> Iterator[Named]:
    """The findings, as they are made. Never raises for what is broken: that is a finding."""
    return collapsed(_examined(visit))


def _examined(visit: Visit) -> Iterator[Named]:
    try:
        settings = wiring.load_settings(visit.config)
    except ConfigError as error:
        what, remedy = split_remedy(error)
        yield Named("configuration", bad(what, remedy))
        return
    except PeerError:  # `database` says why; all else is looked at by the files alone
        settings = wiring.load_files(visit.config)
        yield Named(
            "set on screen",
            unseen("the books cannot be read: the files alone are looked at", "see `database`"),
        )
    yield from map(carried_out, own_checks(settings, least_free=visit.least_free))
    yield from map(carried_out, alarm_checks(settings))
    yield from map(carried_out, booking_checks(settings))
    yield from map(carried_out, site_checks(settings))
    if not expected.has_pbx(settings):
        yield Named("PBX", unseen(NO_PBX, "`secondring doctor` on each site box looks at its PBX"))
        return
    site = _site(visit)
    if isinstance(site, PbxSite):
        yield from map(carried_out, file_checks(settings, site))
        yield from map(carried_out, record_checks(settings, site.log, wiring.now()))
    else:
        yield site
    yield from asyncio.run(_collected(_pbx(settings, visit)))


def _site(visit: Visit) -> PbxSite | Named:
    try:
        return find_site(visit.asterisk_conf)
    except SecondRingError as error:
        return Named("Asterisk's files", unseen(*split_remedy(error)))


async def _pbx(settings: Settings, visit: Visit) -> AsyncIterator[Named]:
    dial = visit.dial or wiring.dial_account(settings)
    if dial is not None:
        yield await examine_dialling(dial)
    async for named in examine_ladders(settings, dial, wiring.now()):
        yield named
    entries = entries_in(answering.render_dialplan(settings, ANY_VERSION))
    asked = examine_pbx(
        wiring.account(settings), _place(visit, dial), wiring.now, entries, offered=not settings.shadow
    )
    async for named in asked:
        yield named


async def _collected(findings: AsyncIterator[Named]) -> list[Named]:
    return [named async for named in findings]


def _place(visit: Visit, dial: AmiAccount | None) -> Place | None:
    if visit.dial is not None:
        return by_account(visit.dial)
    command = visit.asterisk or _of_this_machine()
    if not command or not visit.asterisk_conf.exists():
        return by_account(dial) if dial else None
    return by_command([*command, "-C", str(visit.asterisk_conf)])


def _of_this_machine() -> Sequence[str]:
    found = asterisk_command()
    return (found,) if found else ()


__all__ = ["Check", "Visit", "examine"]
