"""What people are told of a clinic's ladders, by `check-config`, at the start, and by `doctor`."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from secondring.domain.ladder import Ladder, Target, first_gap
from secondring.domain.rules import Site
from secondring.wiring import Settings

WEEK = timedelta(days=7)


def cautions(settings: Settings, now: datetime) -> Iterator[str]:
    """What is allowed and should be known before it matters: what stands in the files, and what time brings."""
    yield from settings.cautions
    for site in settings.rules.sites:
        gap = site.triage and first_gap(site.triage.steps, now, WEEK)
        if gap:
            yield (
                f"site {site.id}: nobody is on call from {said(gap, site)} on: an urgent caller would reach"
                f" {'only the last resort' if site.triage and site.triage.last_resort else 'NOBODY'}."
                " Fill the gap in `on_call`, or name a phone in `ring`."
            )


def on_freepbx(settings: Settings) -> Iterator[str]:
    """What works elsewhere, and fails callers where FreePBX writes the dialplan."""
    if settings.ivr.ordinary is None:
        yield (
            "ivr.ordinary is missing: FreePBX sends callers to us by Goto, so whoever stays on the line is HUNG UP"
            " ON. Write where they go on, for example a queue: `ivr: {ordinary: 'ext-queues,400,1'}`."
        )
    for site in settings.rules.sites:
        if site.triage is not None and not site.triage.dial.internal.startswith("Local/"):
            yield (
                f"sites.{site.id}.triage.internal is {site.triage.dial.internal!r}: on FreePBX that rings no ring"
                " group, no follow-me and only one phone of an extension."
                f" Write `internal: {FREEPBX_INTERNAL}`."
            )


FREEPBX_INTERNAL = "Local/{number}@originate-skipvm/n"
"""FreePBX's own way to ring an extension or a ring group without their mailboxes."""


def said(at: datetime, site: Site) -> str:
    """`Sat 2026-12-26 00:00`, by the clinic's own clock."""
    return at.astimezone(ZoneInfo(site.hours.zone)).strftime("%a %Y-%m-%d %H:%M")


def summary(ladder: Ladder) -> str:
    """One line on how long an urgent caller may wait, and for whom."""
    steps, rounds = len(ladder.steps), ladder.rounds
    return (
        f"{steps} {'step' if steps == 1 else 'steps'}, {rounds} {'round' if rounds == 1 else 'rounds'},"
        f" at most {span(ladder.longest_search)}, last resort {shown(ladder.last_resort)}"
    )


def shown(target: Target | None) -> str:
    """Staff's own numbers, so they may be shown."""
    return target.number if target else "none"


def span(length: timedelta) -> str:
    """`2 min 10 s`."""
    minutes, seconds = divmod(round(length.total_seconds()), 60)
    parts = [f"{minutes} min" if minutes else "", f"{seconds} s" if seconds or not minutes else ""]
    return " ".join(part for part in parts if part)
