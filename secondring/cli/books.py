"""`calls` and `episodes`: what happened."""

from typing import Annotated, Any

import typer

from secondring import wiring
from secondring.cli.audited import seen
from secondring.cli.common import Json, Numbers, Since, console, iso, moment, print_json, shown, table
from secondring.cli.configured import settings
from secondring.cli.silence import warn_of_silence
from secondring.domain import story
from secondring.domain.call_events import Direction
from secondring.domain.records import Call, Episode, Intent, Origin
from secondring.domain.rules import Rules

Limit = Annotated[int, typer.Option(help="At most so many, the newest.")]


def register(app: typer.Typer) -> None:
    """Add these commands to the application."""
    app.command()(calls)
    app.command()(episodes)


def calls(since: Since = "1d", limit: Limit = 50, json: Json = False, numbers: Numbers = False) -> None:
    """Calls that came in, newest first, with the verdict on each."""
    chosen = settings()
    now = wiring.now()
    if numbers:
        seen(chosen, "calls --numbers")
    with wiring.reading(chosen) as books:
        found = books.calls(since=moment(since, now), until=now, limit=limit)
        warn_of_silence(books, chosen.rules.sites[0], now)
    if json:
        print_json(_call_row(call, whole=numbers) for call in found)
        return
    rows = (_call_line(call, chosen.rules, whole=numbers) for call in found)
    columns = ("when", "call", "caller", "waited", "verdict", "reason")
    console().print(table("", columns, rows) if found else _nothing("No calls", since))


def _nothing(what: str, since: str) -> str:
    return f"{what} in the last {since}. `--since 30d` looks further back."


def _call_row(call: Call, *, whole: bool) -> dict[str, Any]:
    return {
        "call": str(call.id),
        "site": call.site,
        "direction": call.direction,
        "verdict": call.verdict,
        "reason": call.reason,
        "detail": call.detail,
        "caller": (call.caller.e164 if whole else call.caller.masked) if call.caller else None,
        "caller_note": call.caller_note,
        "did": call.did,
        "queue": call.queue,
        "started_at": iso(call.started_at),
        "answered_at": iso(call.answered_at),
        "ended_at": iso(call.ended_at),
        "episode": call.episode,
        "late": call.late,
        "partial": call.partial,
    }


def _call_line(call: Call, rules: Rules, *, whole: bool) -> tuple[str, ...]:
    site = rules.site(call.site)
    until = call.answered_at or call.ended_at
    waited = f"{(until - call.started_at).total_seconds():.0f} s" if until else "-"
    reason = " ".join(part for part in (call.reason, call.detail and f"({call.detail})") if part)
    ours = call.direction is Direction.OUTBOUND
    return (
        story.said_time(call.started_at, site),
        call.id.uniqueid,
        shown(call.caller, site.region, whole=whole) if call.caller else call.caller_note or "-",
        "-" if ours else waited,
        "we called" if ours else call.verdict or "going on",
        story.talked(call) if ours else reason,
    )


def episodes(since: Since = "1d", limit: Limit = 50, json: Json = False, numbers: Numbers = False) -> None:
    """Callers to win back, newest first, and how each episode stands or ended."""
    chosen = settings()
    now = wiring.now()
    if numbers:
        seen(chosen, "episodes --numbers")
    with wiring.reading(chosen) as books:
        found = books.episodes(since=moment(since, now), until=now, limit=limit)
        wishes = {episode.id: story.wishes(books, episode) for episode in found}
        warn_of_silence(books, chosen.rules.sites[0], now)
    if json:
        print_json(_episode_row(episode, wishes[episode.id], whole=numbers) for episode in found)
        return
    rows = (_episode_line(episode, wishes[episode.id], chosen.rules, whole=numbers) for episode in found)
    columns = ("when", "episode", "caller", "calls", "texted", "wants", "outcome")
    console().print(table("", columns, rows) if found else _nothing("No missed calls", since))


def _episode_row(episode: Episode, wishes: list[Intent], *, whole: bool) -> dict[str, Any]:
    return {
        "episode": episode.id,
        "site": episode.site,
        "origin": episode.origin,
        "caller": (episode.caller.e164 if whole else episode.caller.masked) if episode.caller else None,
        "calls": episode.calls,
        "opened_at": iso(episode.opened_at),
        "texted_at": iso(episode.texted_at),
        "replied_at": iso(episode.replied_at),
        "intent": episode.intent,
        "intents": wishes,
        "language": episode.language,
        "urgent_at": iso(episode.urgent_at),
        "urgent_reached_at": iso(episode.urgent_reached_at),
        "closed_at": iso(episode.closed_at),
        "outcome": episode.outcome,
    }


def _episode_line(episode: Episode, wishes: list[Intent], rules: Rules, *, whole: bool) -> tuple[str, ...]:
    site = rules.site(episode.site)
    texted = episode.texted_at
    return (
        story.said_time(episode.opened_at, site),
        episode.id,
        shown(episode.caller, site.region, whole=whole),
        str(episode.calls),
        f"after {(texted - episode.opened_at).total_seconds():.1f} s" if texted else _untexted(episode),
        ", ".join(wishes) or "-",
        episode.outcome or "open",
    )


def _untexted(episode: Episode) -> str:
    return "shadow" if episode.origin is Origin.SHADOW else "-"
