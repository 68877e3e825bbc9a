"""`secondring run`: everything in one process, joined by the in-process doorbell."""

import asyncio
import logging
import os
import socket
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, replace
from datetime import timedelta

from ami_listener.connection import AmiLink
from ami_listener.originate import Dialler
from secondring import digesting, following, ladders, pages, recorded, wiring
from secondring.alarming import Alarms, Channel, Shout, Teller
from secondring.answering import CallServer, call_desk
from secondring.booking_part import booking_parts
from secondring.bus.memory import Doorbell
from secondring.bus.mqtt import MqttLink
from secondring.channels import MqttBoard, MqttChannel, broker, mail_channel
from secondring.company import Company, company_of
from secondring.domain import pulse, shadow
from secondring.domain.calls import CallTracker
from secondring.domain.casework import Casework
from secondring.domain.deskwork import Deskwork
from secondring.domain.errors import PeerError, blame
from secondring.domain.health import Finding
from secondring.domain.pulse import State
from secondring.domain.rules import Rules
from secondring.domain.sending import ClinicDesk
from secondring.domain.urgent import Orders, Triage
from secondring.gateway import Gateway
from secondring.lamps import LampKeeper
from secondring.listening import CallKeeper
from secondring.on_screen import Test
from secondring.rehearsal import Undone, rehearse
from secondring.running import run_together
from secondring.sdnotify import Notifier, watchdog_interval
from secondring.store.sqlstore import SqlStore
from secondring.texting_side import Side, TextingSide
from secondring.timers import Timers
from secondring.urgent import UrgentRunner
from secondring.weekly import DigestPost, TallyKeeper
from secondring.wiring import ClinicWording, Settings, now
from secondring.writer import Reader, Writer

log = logging.getLogger("secondring")

TEXTS = "texts"
"""The doorbell that tells the outbox to look."""

Part = Callable[[], Awaitable[None]]


def run(settings: Settings, test: Test | None = None) -> None:
    """Listen, text and route until told to stop. Raises ConfigError or LoginRefused when it cannot start.

    `test` is what the pages offer for trying the links.
    """
    wiring.start_logging(settings)
    wiring.check_messages(settings)
    wiring.tell_disagreements(settings)
    if settings.only_simulated:
        log.warning(
            "the carrier is 'handset': texts go to simulated phones, and nobody outside this machine gets one"
        )
    for caution in ladders.cautions(settings, now()):
        log.warning("%s", caution)
    if settings.shadow:
        log.warning("SHADOW MODE: everything is decided and explained, nothing is sent to anybody")
    store = wiring.open_store(settings)
    try:
        with wiring.alone(settings):
            asyncio.run(_serve(settings, store, test))
    finally:
        store.close()


@dataclass(frozen=True, slots=True)
class _Frame:
    """What every part needs."""

    settings: Settings
    rules: Rules
    wording: ClinicWording
    writer: Writer
    bell: Doorbell
    link: AmiLink
    """The one that listens."""
    raise_alarm: Shout
    """For what no transaction can keep; all other alarms are kept where they are raised."""

    async def ring(self) -> None:
        await self.bell.ring(TEXTS)


async def _serve(settings: Settings, store: SqlStore, test: Test | None) -> None:
    writer = Writer(store)
    rules = replace(settings.rules)
    settings = replace(settings, rules=rules)
    alarms = _alarms(settings, rules, writer, store)
    link = AmiLink(wiring.account(settings), clock=now, timing=wiring.timing(settings))
    frame = _Frame(settings, rules, wiring.wording(settings), writer, Doorbell(), link, alarms.shout)
    texting = TextingSide(lambda shadow: _texting(frame, shadow=shadow), shadow=settings.shadow)
    rules.become(replace(rules, carrier_confirms_opt_out=texting.confirms_opt_out))
    notifier = Notifier.from_environ(os.environ)
    try:
        if settings.shadow:
            await _withhold_waiting(frame)
        await _warm_up(frame)
        listening = await _listening(frame, notifier)
        parts = listening.parts | alarms.parts
        parts["texting"] = texting.run
        urgent = _urgent(frame)
        parts |= urgent.parts
        if frame.settings.agi.program is None:
            parts["FastAGI"] = _callers(frame, urgent, asyncio.get_running_loop())
        booking = booking_parts(settings, rules, frame.wording, store, writer, frame.ring)
        parts |= booking.parts
        parts |= pages.parts(
            settings,
            store,
            writer,
            frame.bell.listen(TEXTS),
            pages.Links(
                wording=frame.wording,
                listens=frame.link,
                dials=urgent.link,
                carry_out=urgent.carry_out,
                ring=frame.ring,
                carrier=texting,
                test=test,
                catch_up=listening.catch_up,
                company=listening.company,
                ehrs=booking.findings,
            ),
        )
        parts |= following.parts(settings, frame.wording, store, writer, texting)
        parts["timers"] = Timers(Deskwork(rules, frame.wording), writer, clock=now, ring=frame.ring).run
        parts |= _figures(frame, Reader(store)) | recorded.audits(settings, Reader(store), writer)
        await run_together(parts, lambda: notifier.ready("starting"))
    finally:
        notifier.stopping()
        await _beat(writer, State.STOPPED)
        await texting.close()
        writer.close()


async def _withhold_waiting(frame: _Frame) -> None:
    withheld = await frame.writer(lambda books: shadow.withhold_waiting(books, frame.rules, now()))
    if withheld:
        log.warning("%d texts still waited when shadow mode was switched on: they will never go", withheld)


async def _warm_up(frame: _Frame) -> None:
    """Let the first of everything be nobody's. Whatever goes wrong here will say so again when it matters."""
    play = rehearse(frame.rules, frame.wording, wiring.links(frame.rules))
    try:
        await frame.writer(lambda books: play(books, now()))
    except Undone:
        return
    except Exception as error:  # noqa: BLE001 - a rehearsal must not keep the service from starting
        log.warning(
            "the rehearsal at the start failed, which costs the first caller some ms: %s", blame(error)
        )


# ---------------------------------------------------------------- alarms


@dataclass(frozen=True, slots=True)
class _Alarms:
    """Those who tell people."""

    shout: Shout
    parts: dict[str, Part]


def _alarms(settings: Settings, rules: Rules, writer: Writer, store: SqlStore) -> _Alarms:
    channels: list[Channel] = mail_channel(settings)
    parts: dict[str, Part] = {}
    if settings.mqtt is not None:
        at = broker(settings.mqtt, settings.listening.pbx)
        link = MqttLink(at)
        channels.append(MqttChannel(link, at))
        sites = [site.id for site in rules.sites]
        parts["MQTT"] = link.run
        parts["lamps"] = LampKeeper(sites, store.reading, MqttBoard(link, at), clock=now).run
    shout = Shout(channels, rules, clock=now)
    parts |= {"alarms": Alarms(channels, rules, writer, clock=now).run, "shouts": shout.run}
    for channel in channels:
        parts[f"alarms by {channel.name}"] = Teller(channel, writer, clock=now).run
    return _Alarms(shout, parts)


# ---------------------------------------------------------------- figures


def _figures(frame: _Frame, read: Reader) -> dict[str, Part]:
    settings = frame.settings
    keeper = TallyKeeper(digesting.places(settings), read, frame.writer, clock=now)
    parts: dict[str, Part] = {"tallies": keeper.run}
    if settings.digest.owner is not None:
        parts["digest"] = DigestPost(digesting.delivery(settings), read, frame.writer, clock=now).run
    return parts


# ---------------------------------------------------------------- callers in the call


def _callers(frame: _Frame, urgent: "_Urgent", loop: asyncio.AbstractEventLoop) -> Part:
    def ring() -> None:
        asyncio.run_coroutine_threadsafe(frame.ring(), loop)

    def carry_out(orders: Orders) -> None:
        asyncio.run_coroutine_threadsafe(urgent.carry_out(orders), loop)

    desk = call_desk(
        frame.settings,
        frame.rules,
        frame.wording,
        frame.writer.within,
        ring=ring,
        carry_out=carry_out,
        can_ring=lambda: urgent.link is not None and urgent.link.is_up,
    )
    return CallServer(frame.settings, desk).run


# ---------------------------------------------------------------- urgent callers


@dataclass(frozen=True, slots=True)
class _Urgent:
    """The ladder, where a second account may dial."""

    link: AmiLink | None
    carry_out: Callable[[Orders], Coroutine[None, None, None]]
    parts: dict[str, Part]


def _urgent(frame: _Frame) -> _Urgent:
    account = wiring.dial_account(frame.settings)
    if account is None:
        return _Urgent(None, _nobody_dials, {})
    link = AmiLink(account, clock=now, timing=wiring.timing(frame.settings))
    runner = UrgentRunner(
        Triage(frame.rules, frame.wording),
        Dialler(link),
        link,
        frame.writer,
        clock=now,
        bell=frame.bell.listen(TEXTS),
        ring=frame.ring,
        raise_alarm=frame.raise_alarm,
    )
    parts: dict[str, Part] = {"AMI dialler": lambda: link.run(runner.handle), "triage": runner.run}
    return _Urgent(link, runner.carry_out, parts)


async def _nobody_dials(orders: Orders) -> None:
    """No account may dial."""


# ---------------------------------------------------------------- the listening side


@dataclass(frozen=True, slots=True)
class _Listening:
    """Those who hear of calls, at once or afterwards."""

    parts: dict[str, Part]
    catch_up: Callable[[], Finding] | None
    company: Callable[[], Finding]


async def _listening(frame: _Frame, notifier: Notifier) -> _Listening:
    settings = frame.settings
    casework = Casework(frame.rules, frame.wording)
    keeper = CallKeeper(
        CallTracker(settings.listening),
        casework,
        frame.writer,
        clock=now,
        ring=frame.ring,
        raise_alarm=frame.raise_alarm,
    )
    adopted = await keeper.adopt_open_calls(settings.listening.pbx)
    if adopted:
        log.info("%d calls were going on when the service last stopped", adopted)
    link = frame.link
    company = await company_of(link, keeper, casework, frame.writer, host=socket.gethostname(), clock=now)

    async def alive() -> None:
        await _tell_alive(link, keeper, notifier, frame.rules, company)

    async def beat() -> None:
        await _keep_beating(frame.writer, link)

    parts: dict[str, Part] = {
        "AMI listener": lambda: link.run(keeper.handle),
        "call clean-up": keeper.tick,
        "company": company.run,
        "watchdog": alive,
        "pulse": beat,
    }
    catch_up = recorded.catching_up(settings, keeper, casework, frame.writer, frame.ring)
    if catch_up is None:
        return _Listening(parts, None, company.finding)
    return _Listening(parts | {"catch-up": catch_up.run}, catch_up.finding, company.finding)


async def _tell_alive(
    link: AmiLink, keeper: CallKeeper, notifier: Notifier, rules: Rules, company: Company
) -> None:
    """Pet the watchdog and say how things stand, in which mode, for `systemctl status`."""
    every = watchdog_interval(os.environ) or timedelta(seconds=10)
    while True:
        state = "listening" if link.is_up else "no link to the PBX, trying again"
        last = keeper.last_call_at
        seen = f"; last call at {last:%H:%M:%S} UTC" if last else ""
        mode = "; SHADOW MODE: nothing is sent" if rules.shadow else ""
        notifier.alive()
        notifier.status(f"{state}{company.status()}{mode}{seen}; {link.stats.backlog} events waiting")
        await asyncio.sleep(every.total_seconds())


async def _keep_beating(writer: Writer, link: AmiLink) -> None:
    """Note for `secondring tasks` and its kin that somebody listens."""
    while True:
        await _beat(writer, State.LISTENING if link.is_up else State.UNLINKED)
        await asyncio.sleep(pulse.EVERY.total_seconds())


async def _beat(writer: Writer, state: State) -> None:
    try:
        await writer(lambda books: pulse.keep(books, state, now()))
    except PeerError as error:
        log.warning("no sign of life could be noted: %s", error)


# ---------------------------------------------------------------- the texting side


def _texting(frame: _Frame, *, shadow: bool) -> Side:
    """Everything that sends or takes in texts, in one mode."""
    gateway = Gateway(replace(frame.settings, shadow=shadow))
    desk = ClinicDesk(frame.rules, frame.wording, wiring.links(frame.rules))
    return Side(gateway, gateway.parts(desk, frame.writer, frame.bell.listen(TEXTS), frame.ring))
