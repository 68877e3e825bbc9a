"""`gateway`: sends texts and takes replies, runs what is due, tells of alarms, counts and writes the digest."""

import logging
from dataclasses import dataclass, replace

from secondring import digesting, following, wiring
from secondring.alarming import Alarms, Teller
from secondring.centre import Centre
from secondring.channels import MqttBoard
from secondring.domain import shadow as shadow_mode
from secondring.domain.deskwork import Deskwork
from secondring.domain.sending import ClinicDesk
from secondring.gateway import Gateway
from secondring.lamps import LampKeeper
from secondring.service.frame import TEXTS, Frame, Part
from secondring.texting_side import Side, TextingSide
from secondring.timers import Timers
from secondring.weekly import DigestPost, TallyKeeper
from secondring.wiring import now

log = logging.getLogger("secondring")


@dataclass(frozen=True, slots=True)
class Texting:
    """Those who send, and those who do what is due; `side` is to be closed at the end."""

    parts: dict[str, Part]
    side: TextingSide


async def texting(frame: Frame) -> Texting:
    """Set it up. In shadow mode what still waited is withheld here, before anything runs."""
    side = TextingSide(lambda shadow: texting_side(frame, shadow=shadow), shadow=frame.settings.shadow)
    frame.rules.become(replace(frame.rules, carrier_confirms_opt_out=side.confirms_opt_out))
    if frame.settings.shadow:
        await withhold_waiting(frame)
    timers = Timers(Deskwork(frame.rules, frame.wording), frame.writer, clock=now, ring=frame.ring)
    parts: dict[str, Part] = {"texting": side.run, "timers": timers.run}
    parts |= following.parts(frame.settings, frame.wording, frame.store, frame.writer, side)
    return Texting(parts | alarms(frame) | _figures(frame) | _site_boxes(frame), side)


def texting_side(frame: Frame, *, shadow: bool) -> Side:
    """Everything that sends or takes in texts, in one mode."""
    gateway = Gateway(replace(frame.settings, shadow=shadow))
    desk = ClinicDesk(frame.rules, frame.wording, wiring.links(frame.rules))
    return Side(gateway, gateway.parts(desk, frame.writer, frame.bell.listen(TEXTS), frame.ring))


async def withhold_waiting(frame: Frame) -> None:
    """What waited to be sent when shadow mode was switched on never goes."""
    withheld = await frame.writer(lambda books: shadow_mode.withhold_waiting(books, frame.rules, now()))
    if withheld:
        log.warning("%d texts still waited when shadow mode was switched on: they will never go", withheld)


def alarms(frame: Frame) -> dict[str, Part]:
    """Those who tell people of what was raised, and show urgent callers."""
    channels, rules = frame.channels, frame.rules
    parts: dict[str, Part] = {"alarms": Alarms(channels.all, rules, frame.writer, clock=now).run}
    for channel in channels.all:
        parts[f"alarms by {channel.name}"] = Teller(channel, frame.writer, clock=now).run
    if channels.mqtt is not None:
        sites = [site.id for site in rules.sites]
        board = MqttBoard(channels.mqtt.link, channels.mqtt.at)
        parts["lamps"] = LampKeeper(sites, frame.store.reading, board, clock=now).run
    return parts


def _figures(frame: Frame) -> dict[str, Part]:
    settings, read = frame.settings, frame.read
    keeper = TallyKeeper(digesting.places(settings), read, frame.writer, clock=now)
    parts: dict[str, Part] = {"tallies": keeper.run}
    if settings.digest.owner is not None:
        parts["digest"] = DigestPost(digesting.delivery(settings), read, frame.writer, clock=now).run
    return parts


def _site_boxes(frame: Frame) -> dict[str, Part]:
    at = frame.settings.boxes
    if at is None:
        return {}
    theirs = Centre(frame.settings, at, frame.rules, frame.wording, frame.writer, ring=frame.ring)
    return theirs.parts(frame.bell.listen(TEXTS))
