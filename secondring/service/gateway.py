"""`gateway`: sends texts and takes replies, runs what is due, tells of alarms, counts and writes the digest."""

import logging
from dataclasses import dataclass, replace

from secondring import digesting, vitals, wiring
from secondring.alarming import Alarms, Teller
from secondring.bus.mqtt import MqttLink
from secondring.bus.topics import Bell
from secondring.centre import Centre
from secondring.channels import MqttBoard
from secondring.disk import DiskWatch
from secondring.domain import shadow as shadow_mode
from secondring.domain.deskwork import Deskwork
from secondring.domain.health import Finding
from secondring.domain.pulse import Service, State
from secondring.domain.sending import ClinicDesk
from secondring.gateway import Gateway
from secondring.lamps import LampKeeper
from secondring.retention import NightlyRetention, Parts
from secondring.service.frame import Frame, Part
from secondring.service.role import Role
from secondring.texting_side import Side, TextingSide
from secondring.timers import Timers
from secondring.weekly import DigestPost, TallyKeeper
from secondring.wiring import now

log = logging.getLogger("secondring")


@dataclass(frozen=True, slots=True)
class Texting:
    """Those who send, and those who do what is due."""

    role: Role
    side: TextingSide


def texting(frame: Frame) -> Texting:
    """Set it up; `withhold_waiting` comes before it runs."""
    side = TextingSide(lambda shadow: texting_side(frame, shadow=shadow), shadow=frame.settings.shadow)
    frame.rules.become(replace(frame.rules, carrier_confirms_opt_out=side.confirms_opt_out))
    timers = Timers(Deskwork(frame.rules, frame.wording), frame.writer, clock=now, ring=frame.ring)
    parts: dict[str, Part] = {"texting": side.run, "timers": timers.run}
    role = Role(
        service=Service.GATEWAY,
        parts=parts | alarms(frame) | _figures(frame) | housekeeping(frame),
        status=lambda: "no carrier answers" if side.is_open else "texts go out",
        findings=lambda: _findings(frame, side),
        close=side.close,
    )
    return Texting(role, side)


def texting_side(frame: Frame, *, shadow: bool) -> Side:
    """Everything that sends or takes in texts, in one mode."""
    gateway = Gateway(replace(frame.settings, shadow=shadow))
    desk = ClinicDesk(frame.rules, frame.wording, wiring.links(frame.rules))
    return Side(gateway, gateway.parts(desk, frame.writer, frame.bell.listen(Bell.WORK), frame.ring))


async def withhold_waiting(frame: Frame) -> None:
    """In shadow mode, what waited to be sent when it was switched on never goes."""
    if not frame.settings.shadow:
        return
    withheld = await frame.writer(lambda books: shadow_mode.withhold_waiting(books, frame.rules, now()))
    if withheld:
        log.warning("%d texts still waited when shadow mode was switched on: they will never go", withheld)


def _findings(frame: Frame, side: TextingSide) -> list[Finding]:
    simulated, shadow = frame.settings.only_simulated, frame.rules.shadow
    told = vitals.of_carriers(is_open=side.is_open, simulated=simulated, shadow=shadow)
    return [told, *vitals.of_each_carrier(side)]


def alarms(frame: Frame) -> dict[str, Part]:
    """Those who tell people of what was raised, and show urgent callers."""
    channels, rules = frame.channels, frame.rules
    parts: dict[str, Part] = {"alarms": Alarms(channels.all, rules, frame.writer, clock=now).run}
    for channel in channels.all:
        parts[f"alarms by {channel.name}"] = Teller(channel, frame.writer, clock=now).run
    if channels.broker is not None:
        lamps = MqttLink(channels.broker)
        sites = [site.id for site in rules.sites]
        board = MqttBoard(lamps, channels.broker)
        parts["MQTT"] = lamps.run
        parts["lamps"] = LampKeeper(sites, frame.store.reading, board, clock=now).run
    return parts


def housekeeping(frame: Frame) -> dict[str, Part]:
    """What every database needs, a site box's too: room on its disk, and that what is old goes."""
    watch = DiskWatch(
        wiring.books_folder(frame.settings),
        frame.settings.warn_free,
        frame.rules,
        frame.writer,
        clock=now,
        shout=frame.shout,
    )
    night = Parts(
        policy=frame.settings.retention,
        zone=frame.rules.sites[0].hours.zone,
        read=frame.read,
        write=frame.writer,
        tidy=frame.store.tidy,
        clock=now,
    )
    return {"disk": watch.run, "retention": NightlyRetention(night).run}


def _figures(frame: Frame) -> dict[str, Part]:
    settings, read = frame.settings, frame.read
    keeper = TallyKeeper(digesting.places(settings), read, frame.writer, clock=now)
    parts: dict[str, Part] = {"tallies": keeper.run}
    if settings.digest.owner is not None:
        parts["digest"] = DigestPost(digesting.delivery(settings), read, frame.writer, clock=now).run
    return parts


def site_boxes(frame: Frame) -> Role | None:
    """The centre's part: it hears calls by its site boxes. None where there are none.

    Without a PBX of our own it says in the books that somebody listens, as long as every box is heard of.
    """
    at = frame.settings.boxes
    if at is None:
        return None
    theirs = Centre(frame.settings, at, frame.rules, frame.wording, frame.writer, ring=frame.ring)
    return Role(
        service=Service.GATEWAY if at.own_pbx else Service.LISTEN,
        parts=theirs.parts(frame.bell.listen(Bell.WORK)),
        status=lambda: theirs.status,
        state=lambda: State.WORKING if at.own_pbx else State.UNLINKED if theirs.silent else State.LISTENING,
    )
