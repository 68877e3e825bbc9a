"""The part that serves callers in the call, inside `secondring run`, on its own, or as one plain AGI script."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

from agi.desk import CallDesk
from agi.plain import quiet_stderr, run_plain
from agi.request import BadRequest, Request
from agi.runner import run_script
from agi.server import Limits, Server
from agi.wire import Wire, WireBroken
from config.settings import Settings
from dialplan import offer as dialplan
from dialplan import prompts as words
from dialplan.texts import render_texts
from secondring import site_box, vitals, wiring
from secondring.clinic_words import ClinicWording
from secondring.domain import health, pulse
from secondring.domain.health import State
from secondring.domain.ladder import Ladder
from secondring.domain.ports import Books
from secondring.domain.pulse import Service
from secondring.domain.rules import Rules, Site
from secondring.domain.urgent import Orders
from secondring.in_call import InCallDesk, Urgent, Write

log = logging.getLogger("secondring")

T = TypeVar("T")
Part = Callable[[], Awaitable[None]]

TRY_AGAIN_SECONDS = 10
"""How long to wait for a port that somebody else has."""


@dataclass(frozen=True, slots=True)
class Hands:
    """The link that dials, where it is in this process."""

    carry_out: Callable[[Orders], None]
    can_ring: Callable[[Books], bool]


def call_desk(
    settings: Settings,
    rules: Rules,
    wording: ClinicWording,
    write: Write,
    *,
    ring: Callable[[], None],
    hands: Hands | None = None,
) -> InCallDesk:
    """What the scripts ask. Without `hands` the link that dials is another process's, which takes its orders from the
    books.
    """
    urgent = Urgent(
        site_box.triage(settings, rules, wording),
        carry_out=hands.carry_out if hands else None,
        can_ring=hands.can_ring if hands else _somebody_rings,
    )
    offers = site_box.offers(settings, rules, wording)
    return InCallDesk(offers, write, pbx=settings.listening.pbx, clock=wiring.now, ring=ring, urgent=urgent)


class CallServer:
    """FastAGI as a part of a service. A port that is taken costs the offer, never the rest of the service."""

    def __init__(self, settings: Settings, desk: CallDesk) -> None:
        self._where = settings.agi
        self._desk = desk
        self.status = "callers are not served yet"
        """For `systemctl status`."""

    async def run(self) -> None:
        """Serve until cancelled."""
        server = await self._listen()
        server.start()
        self.status = f"callers are served on {self._where.listen} port {server.port}"
        log.info("%s", self.status)
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.to_thread(server.close)

    async def _listen(self) -> Server:
        where = self._where
        while True:
            try:
                return Server(self._serve, where.listen, where.port, Limits(threads=where.threads))
            except OSError as error:
                because = f"agi.port {where.port} of {where.listen} cannot be had ({error.strerror})"
                self.status = f"{because}: callers get no offer"
                log.error("%s; trying again every %d s", self.status, TRY_AGAIN_SECONDS)  # noqa: TRY400
                await asyncio.sleep(TRY_AGAIN_SECONDS)

    def _serve(self, request: Request, wire: Wire) -> None:
        run_script(request, wire, self._desk)


def run_agi_script(settings: Settings, name: str, arguments: Sequence[str] = ()) -> bool:
    """One script for the call on standard input and output; False when it failed."""
    quiet_stderr()
    store = wiring.open_store(settings)

    def write(seconds: float, work: Callable[[Books], T]) -> T:
        del seconds  # a process of its own waits for the books as long as the store does
        with store.transaction() as books:
            return work(books)

    desk = call_desk(
        settings,
        settings.rules,
        wiring.wording(settings),
        write,
        ring=_nobody_to_tell,
    )
    try:
        return run_plain(name, desk, arguments)
    except (BadRequest, WireBroken):
        return False
    finally:
        store.close()


RINGS_WITHIN = timedelta(seconds=15)
"""So old may the last word be of whoever rings nurses: three signs of life. A caller who waits for phones that nobody
rings is worse off than one who goes to the last resort at once."""


def _somebody_rings(books: Books) -> bool:
    """Does the process that dials live, and has it its link?"""
    found, at = pulse.last(books, Service.LISTEN), wiring.now()
    if found is None or at - found.at > RINGS_WITHIN:
        return False
    dialling = health.from_pulse(found, at).get(vitals.DIALLING)
    return dialling is not None and dialling.state is State.OK


def _nobody_to_tell() -> None:
    """The outbox is in another process and looks once a second."""


# ---------------------------------------------------------------- dialplan and prompts


def render_dialplan(settings: Settings, version: str, sounds: Path | None = None) -> str:
    """The contexts of the offer, and of texts by the trunk. With Asterisk's sounds given, stock ones fill the gaps."""
    gone: Collection[str] = ()
    if sounds is not None:
        gone = {prompt.name for prompt in words.missing(site_names(settings), sounds, languages(settings))}
    offer = dialplan.render_dialplan(_offer(settings), version, missing=gone)
    return offer + (f"\n{render_texts()}" if settings.trunks else "")


def render_queues(settings: Settings) -> str:
    """The announcements and keys of the queues. None in shadow mode: what they promise would not come."""
    if settings.shadow:
        return dialplan.render_queues(()) + "\n; Shadow mode: callers who wait are offered nothing.\n"
    return dialplan.render_queues(_offer(settings).queues)


def site_names(settings: Settings) -> dict[str, str]:
    """The sites, to greet by."""
    return {site.id: site.name for site in settings.rules.sites}


def languages(settings: Settings) -> tuple[str, ...]:
    """Those that callers or nurses hear."""
    sites = settings.rules.sites
    nurses = {site.triage.language for site in sites if site.triage}
    return tuple(sorted({site.language for site in sites} | nurses))


def _offer(settings: Settings) -> dialplan.Offer:
    ivr = settings.ivr
    queues = tuple(
        dialplan.Waiting(
            name=queue.name,
            every=max(int(queue.every.total_seconds()), 1),
            from_position=queue.from_position,
            timeout=int(queue.timeout.total_seconds()),
            options=queue.options,
            then=queue.then,
        )
        for queue in ivr.queues
    )
    return dialplan.Offer(
        host="127.0.0.1" if settings.agi.listen in ("0.0.0.0", "::") else settings.agi.listen,  # noqa: S104 - compared
        port=settings.agi.port,
        program=str(settings.agi.program) if settings.agi.program else None,
        queues=queues,
        announcement=ivr.announcement_version,
        ordinary=ivr.ordinary,
        after_text=ivr.after_text,
        mobile_digits=ivr.mobile_digits,
        triage=tuple(_last_resort(site, site.triage) for site in settings.rules.sites if site.triage),
    )


def _last_resort(site: Site, ladder: Ladder) -> dialplan.LastResort:
    target = ladder.last_resort
    return dialplan.LastResort(
        site=site.id,
        dids=tuple(did.e164.lstrip("+")[-10:] for did in site.dids),
        dial=ladder.dial.string(target.number, outside=target.outside) if target else "",
        ring=int(ladder.last_resort_ring.total_seconds()),
    )
