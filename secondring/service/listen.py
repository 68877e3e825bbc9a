"""`listen`: hears the PBX, catches up, compares with its records, and rings nurses' phones."""

import logging
from collections.abc import Callable, Coroutine
from dataclasses import dataclass

from ami_listener.connection import AmiLink
from ami_listener.originate import Dialler
from secondring import recorded, site_box, wiring
from secondring.domain.calls import CallTracker
from secondring.domain.health import Finding
from secondring.domain.urgent import Orders
from secondring.listening import CallKeeper
from secondring.service.frame import TEXTS, Frame, Part
from secondring.urgent import UrgentRunner
from secondring.wiring import now

log = logging.getLogger("secondring")


@dataclass(frozen=True, slots=True, kw_only=True)
class Listening:
    """Those who hear of calls, at once or afterwards, and those who place some."""

    parts: dict[str, Part]
    link: AmiLink
    """The one that listens."""
    keeper: CallKeeper
    dialling: "Dialling"
    catch_up: Callable[[], Finding] | None


async def listening(frame: Frame) -> Listening:
    """Set it up; calls that were going on when the service last stopped are taken up here."""
    settings = frame.settings
    link = AmiLink(wiring.account(settings), clock=now, timing=wiring.timing(settings))
    casework = site_box.casework(settings, frame.rules, frame.wording)
    keeper = CallKeeper(
        CallTracker(settings.listening),
        casework,
        frame.writer,
        clock=now,
        ring=frame.ring,
        raise_alarm=frame.shout,
    )
    adopted = await keeper.adopt_open_calls(settings.listening.pbx)
    if adopted:
        log.info("%d calls were going on when the service last stopped", adopted)
    dialling = _dialling(frame)
    parts: dict[str, Part] = {"AMI listener": lambda: link.run(keeper.handle), "call clean-up": keeper.tick}
    catch_up = recorded.catching_up(settings, keeper, casework, frame.writer, frame.ring)
    if catch_up is not None:
        parts["catch-up"] = catch_up.run
    return Listening(
        parts=parts | dialling.parts | recorded.audits(settings, frame.read, frame.writer),
        link=link,
        keeper=keeper,
        dialling=dialling,
        catch_up=catch_up.finding if catch_up else None,
    )


# ---------------------------------------------------------------- urgent callers


@dataclass(frozen=True, slots=True)
class Dialling:
    """The ladder, where a second account may dial."""

    link: AmiLink | None
    carry_out: Callable[[Orders], Coroutine[None, None, None]]
    parts: dict[str, Part]


def _dialling(frame: Frame) -> Dialling:
    account = wiring.dial_account(frame.settings)
    if account is None:
        return Dialling(None, _nobody_dials, {})
    link = AmiLink(account, clock=now, timing=wiring.timing(frame.settings))
    triage = site_box.triage(frame.settings, frame.rules, frame.wording)
    runner = UrgentRunner(
        triage,
        Dialler(link),
        link,
        frame.writer,
        clock=now,
        bell=frame.bell.listen(TEXTS),
        ring=frame.ring,
        raise_alarm=frame.shout,
    )
    parts: dict[str, Part] = {"AMI dialler": lambda: link.run(runner.handle), "triage": runner.run}
    return Dialling(link, runner.carry_out, parts)


async def _nobody_dials(orders: Orders) -> None:
    """No account may dial."""
