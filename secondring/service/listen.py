"""`listen`: hears the PBX, catches up, compares with its records, and rings nurses' phones."""

import logging
import socket
from collections.abc import Callable, Coroutine
from dataclasses import dataclass

from ami_listener.connection import AmiLink
from ami_listener.originate import Dialler
from secondring import recorded, refused, site_box, vitals, wiring
from secondring.bus.topics import Bell
from secondring.catching_up import CatchUp
from secondring.company import Company, company_of
from secondring.domain import health
from secondring.domain.calls import CallTracker
from secondring.domain.errors import blame
from secondring.domain.health import Finding
from secondring.domain.pulse import Service, State
from secondring.domain.urgent import Orders
from secondring.listening import CallKeeper
from secondring.rehearsal import Undone, rehearse
from secondring.service.frame import Frame, Part
from secondring.service.role import Role
from secondring.urgent import UrgentRunner
from secondring.wiring import now

log = logging.getLogger("secondring")


@dataclass(frozen=True, slots=True, kw_only=True)
class Listening:
    """Those who hear of calls, at once or afterwards, and those who place some."""

    role: Role
    link: AmiLink
    """The one that listens."""
    dialling: "Dialling"
    company: Company
    """Who else listens to this PBX."""
    catch_up: CatchUp | None


async def listening(frame: Frame) -> Listening:
    """Set it up; calls that were going on when the service last stopped are taken up here."""
    settings = frame.settings
    await _warm_up(frame)
    link = AmiLink(
        wiring.account(settings),
        clock=now,
        timing=wiring.timing(settings),
        on_refusal=_refusals(frame, refused.LISTENING),
    )
    casework = site_box.casework(settings, frame.rules, frame.wording)
    keeper = CallKeeper(
        CallTracker(settings.listening),
        casework,
        frame.writer,
        clock=now,
        ring=frame.ring,
        raise_alarm=frame.shout,
        spool=wiring.emergency_spool(settings),
    )
    recovered = await keeper.recover()
    if recovered:
        log.warning("%d events of calls are told that an earlier process could not store", recovered)
    adopted = await keeper.adopt_open_calls(settings.listening.pbx)
    if adopted:
        log.info("%d calls were going on when the service last stopped", adopted)
    dialling = _dialling(frame)
    pbx, host = settings.listening.pbx, socket.gethostname()
    company = await company_of(
        link,
        keeper,
        casework,
        frame.writer,
        pbx=pbx,
        host=host,
        clock=now,
        spool=wiring.laid_aside(settings),
    )
    parts: dict[str, Part] = {
        "AMI listener": lambda: link.run(keeper.handle),
        "call clean-up": keeper.tick,
        "company": company.run,
    }
    catch_up = recorded.catching_up(settings, keeper, casework, frame.writer, frame.ring)
    if catch_up is not None:
        parts["catch-up"] = catch_up.run
    parts |= dialling.parts | recorded.audits(settings, frame.read, frame.writer)
    role = Role(
        service=Service.LISTEN,
        parts=parts,
        status=lambda: _status(link, keeper, company),
        state=lambda: State.LISTENING if link.is_up else State.UNLINKED,
        findings=lambda: _findings(frame, link, dialling, company, catch_up),
    )
    return Listening(role=role, link=link, dialling=dialling, company=company, catch_up=catch_up)


def _refusals(frame: Frame, kind: str) -> refused.Refusals:
    return refused.Refusals(
        kind, frame.rules, frame.writer, clock=now, ring=frame.ring, raise_alarm=frame.shout
    )


async def _warm_up(frame: Frame) -> None:
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


def _status(link: AmiLink, keeper: CallKeeper, company: Company) -> str:
    gone = "no link to the PBX, trying again"
    if link.refused_account:
        account = link.refused_account
        gone = f"THE PBX REFUSES our account {account!r}, trying again: compare its secret with manager.conf"
    state = "listening" if link.is_up else gone
    last = keeper.last_call_at
    seen = f"; last call at {last:%H:%M:%S} UTC" if last else ""
    unstored = f"; {keeper.waiting} events of calls wait for the database" if keeper.waiting else ""
    return f"{state}{company.status()}{seen}; {link.stats.backlog} events waiting{unstored}"


def _findings(
    frame: Frame, link: AmiLink, dialling: "Dialling", company: Company, catch_up: CatchUp | None
) -> list[Finding]:
    return [
        vitals.of_link(link),
        company.finding(),
        vitals.of_dialling(dialling.link, may_dial=frame.settings.dial is not None),
        catch_up.finding() if catch_up else health.no_catch_up(),
    ]


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
    link = AmiLink(
        account,
        clock=now,
        timing=wiring.timing(frame.settings),
        on_refusal=_refusals(frame, refused.DIALLING),
    )
    runner = UrgentRunner(
        site_box.triage(frame.settings, frame.rules, frame.wording),
        Dialler(link),
        link,
        frame.writer,
        clock=now,
        bell=frame.bell.listen(Bell.WORK),
        ring=frame.ring,
        raise_alarm=frame.shout,
    )
    parts: dict[str, Part] = {"AMI dialler": lambda: link.run(runner.handle), "triage": runner.run}
    return Dialling(link, runner.carry_out, parts)


async def _nobody_dials(orders: Orders) -> None:
    """No account may dial."""
