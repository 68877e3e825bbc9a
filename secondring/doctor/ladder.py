"""Would an urgent caller reach anybody: who is on duty, and whether the PBX knows and reaches their phones.

Nothing is rung: the PBX is asked what it knows of each phone, through the very account that would ring it.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import datetime

from ami_listener.probe import Probe
from ami_listener.session import AmiAccount
from secondring import ladders
from secondring.doctor.findings import Finding, Named, bad, split_remedy, unseen, well
from secondring.domain.errors import PeerError
from secondring.domain.ladder import Ladder, Target, first_gap
from secondring.domain.rules import Site
from secondring.wiring import Settings

StateOf = Callable[[str], Awaitable[str]]
"""What the PBX says of a device: NOT_INUSE, UNAVAILABLE, INVALID and the like; empty when it does not tell."""

BY_PEER = ("PJSIP", "SIP", "IAX2")
"""Channel technologies whose devices are named by the PBX's own peers, behind an @ or before a /."""
NO_SUCH, AWAY, UNTOLD = "INVALID", "UNAVAILABLE", ("", "UNKNOWN")
AWAY_WORDS = "not registered, so it cannot ring"
ALL_AWAY = (
    "switch them on; if they are on, it is the PBX or the network: `asterisk -rx 'pjsip show contacts'`"
)
HINTS = "ext-local"
"""The context that FreePBX keeps the states of its extensions in."""


def device_of(dial: str) -> str | None:
    """The device behind a dial string, as DEVICE_STATE() takes it; None where the PBX keeps none (a DAHDI group)."""
    tech, _, rest = dial.partition("/")
    if tech == "Local":
        return dial.removesuffix("/n")
    if tech not in BY_PEER:
        return None
    peer = rest.rpartition("@")[2] if "@" in rest else rest
    return f"{tech}/{peer.partition('/')[0]}"


async def examine_ladders(
    settings: Settings, account: AmiAccount | None, now: datetime
) -> AsyncIterator[Named]:
    """Everything about the ladders of all sites; nothing where there is none."""
    sites = [site for site in settings.rules.sites if site.triage]
    for site in sites:
        for named in _duty(settings, site, now):
            yield named
    if account is None or not sites:
        return
    try:
        async with Probe(account) as probe:

            async def state_of(function: str) -> str:
                reply = await probe.action({"Action": "Getvar", "Variable": function})
                return reply.response.get("Value") if reply.ok else ""

            for site in sites:
                async for named in examine_phones(site, state_of, now):
                    yield named
    except PeerError as error:
        what, _ = split_remedy(error)
        yield Named("ladder phones", unseen(f"not asked: {what}", "see `AMI dialling`"))


def _duty(settings: Settings, site: Site, now: datetime) -> Iterator[Named]:
    ladder = site.triage or Ladder(steps=())
    here = dict.fromkeys(target for step in ladder.steps for target in step.on_duty(now))
    gap = first_gap(ladder.steps, now, ladders.WEEK)
    yield Named(f"on duty at {site.id}", _on_duty(site, [target.number for target in here], gap))
    warned = any(f"sites.{site.id}.triage.last_resort:" in caution for caution in settings.cautions)
    if ladder.last_resort is not None:
        found = well(f"{ladder.last_resort.number}, also when Second Ring is down")
    elif warned:
        found = bad(
            "none: with no nurse, or with Second Ring down, an urgent caller reaches NOBODY",
            f"name a phone in sites.{site.id}.triage.last_resort, or write `last_resort: none`",
        )
    else:
        found = unseen("none, as the configuration says on purpose")
    yield Named(f"last resort of {site.id}", found)


def _on_duty(site: Site, here: list[str], gap: datetime | None) -> Finding:
    fill = "fill the gap in `on_call`, or name a phone in `ring`"
    if not here:
        return bad("nobody now: urgent callers reach no nurse", fill)
    if gap is not None:
        told = f"{', '.join(here)} now, but nobody from {ladders.said(gap, site)} on"
        if site.triage is not None and site.triage.last_resort is not None:
            return well(f"{told}: then only the last resort is rung")
        return bad(told, fill)
    return well(f"{', '.join(here)} now, and somebody at any hour of the coming week")


async def examine_phones(site: Site, ask: StateOf, now: datetime) -> AsyncIterator[Named]:
    """Each phone of a site's ladder, and the trunk that patients are called by. `ask` gives a function's value."""
    ladder = site.triage
    if ladder is None:
        return
    here = {target for step in ladder.steps for target in step.on_duty(now)}
    rota = (shift.target for step in ladder.steps for shift in step.rota)
    rung = (target for step in ladder.steps for target in step.targets)
    last = [ladder.last_resort] if ladder.last_resort else []
    found: dict[str, Finding] = {}
    for target in dict.fromkeys([*rung, *rota, *last]):
        if not target.outside:
            needed = target in here or target in last
            found[target.number] = await _phone(ladder, target, ask, needed=needed)
    if len(found) > 1 and all(AWAY_WORDS in finding.evidence for finding in found.values()):
        yield Named(
            f"phones of {site.id}", bad(f"{', '.join(found)}: {AWAY_WORDS}, not one of them", ALL_AWAY)
        )
    else:
        for number, finding in found.items():
            yield Named(f"phone {number}", finding)
    yield Named(f"trunk for {site.id}", await _trunk(ladder, site, ask))


async def _phone(ladder: Ladder, target: Target, ask: StateOf, *, needed: bool) -> Finding:
    dial = ladder.dial.string(target.number, outside=False)
    device = device_of(dial)
    if device is None:
        return unseen(f"{dial}: the PBX keeps no state of it")
    state = await ask(f"DEVICE_STATE({device})")
    if dial.startswith("Local/") and state not in (NO_SUCH, *UNTOLD):
        hint = await ask(f"EXTENSION_STATE({target.number}@{HINTS})")
        state = UNTOLD[0] if hint == NO_SUCH else hint
    if state == NO_SUCH:
        return bad(
            f"{dial}: the PBX has no such phone",
            "look at the number in `steps`, and at `internal`: how the PBX dials an extension",
        )
    if state == AWAY and needed:
        return bad(f"{dial}: {AWAY_WORDS}", "switch the phone on, or take it out")
    if state in UNTOLD:
        return unseen(f"{dial}: the PBX keeps no state of it, as of a ring group", "call it once, to be sure")
    return well(f"{dial}: {'not registered, and not on duty now' if state == AWAY else state.lower()}")


async def _trunk(ladder: Ladder, site: Site, ask: StateOf) -> Finding:
    device = device_of(ladder.dial.string(site.phone.e164, outside=True))
    template = ladder.dial.outside
    if device is None:
        return unseen(f"{template}: the PBX keeps no state of it")
    state = await ask(f"DEVICE_STATE({device})")
    if state == NO_SUCH:
        return bad(
            f"{template}: the PBX has no {device}, so neither outside nurses nor patients can be called",
            "write your trunk's name in `outside`; `pjsip show endpoints` lists them",
        )
    if state == AWAY:
        return bad(f"{template}: {device} is not reachable", "look at the trunk: `pjsip show endpoints`")
    if not state:
        return unseen(f"{template}: the PBX does not tell the state of {device}")
    return well(f"{template}: {device} is there")
