"""How the service is doing: a page for people, and plain answers for monitors on this machine.

`/healthz`: the process answers. `/readyz`: it can do its work. `/metrics`: numbers for Prometheus. None of them names
a patient, and none answers anybody but this machine.
"""

import ipaddress
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from starlette.responses import PlainTextResponse, Response

from secondring.domain import health
from secondring.domain.errors import PeerError
from secondring.domain.health import Finding, Numbers, State
from secondring.domain.hours import is_open
from secondring.domain.staff import Role
from secondring.web.screens import NOBODY, Refused, Screen, Visit, page

WATCHERS = frozenset({Role.ADMIN, Role.MANAGER, Role.FRONT_DESK})
STATE_NUMBER = {State.OK: 0, State.WARN: 1, State.BAD: 2, State.UNKNOWN: -1}
STATE_WORDS = {State.OK: "Good", State.WARN: "Look", State.BAD: "Broken", State.UNKNOWN: "Nothing to tell"}
TEXT = "text/plain; version=0.0.4; charset=utf-8"


async def findings(visit: Visit) -> tuple[list[Finding], Numbers | None]:
    """All parts; the database first, for without it there is little to tell."""
    outside = await visit.desk.vitals()
    try:
        found = await visit.read(lambda books: health.numbers(books, visit.now, visit.desk.expected))
    except PeerError as error:
        others = [part for part in outside if part.name != "database"]
        return [Finding("database", "Database", State.BAD, str(error)), *others], None
    clinic_open = any(is_open(site.hours, visit.now) for site in visit.desk.rules.sites)
    told = health.of_books(found, visit.now, clinic_open=clinic_open)
    broken = any(part.name == "database" for part in outside)
    database = [] if broken else [Finding("database", "Database", State.OK, "answers")]
    return [*database, *outside, *told], found


async def show(visit: Visit) -> Response:
    """The page."""
    parts, found = await findings(visit)
    typed = f"`{visit.desk.command} "
    return visit.render(
        "health.html",
        parts=[replace(part, remedy=part.remedy.replace("`secondring ", typed)) for part in parts],
        numbers=found,
        worst=health.worst(parts),
        state_words=STATE_WORDS,
        screens=visit.desk.changes.screens,
    )


def _only_from_here(visit: Visit) -> None:
    try:
        near = ipaddress.ip_address(visit.address).is_loopback
    except ValueError:
        near = False
    if not near:
        raise Refused(404, "There is nothing here.")


async def alive(visit: Visit) -> Response:
    """The process answers."""
    _only_from_here(visit)
    return PlainTextResponse("ok\n")


async def ready(visit: Visit) -> Response:
    """It can do its work: the database, the link to the PBX, every service and every site box are there."""
    _only_from_here(visit)
    parts, _ = await findings(visit)
    broken = [part for part in parts if part.state is State.BAD and _is_needed(part.name)]
    lines = "".join(f"{part.name}: {part.words}\n" for part in broken) or "ready\n"
    return PlainTextResponse(lines, status_code=503 if broken else 200)


def _is_needed(part: str) -> bool:
    return part in ("database", "ami", "listener") or part.startswith(("service-", "box-"))


async def metrics(visit: Visit) -> Response:
    """For Prometheus."""
    _only_from_here(visit)
    parts, found = await findings(visit)
    lines = _exposition(parts, found, visit.desk.changes.screens, shadow=visit.desk.rules.shadow)
    papers = certificate_lines(visit.desk.certificates(), visit.now)
    return PlainTextResponse("\n".join(lines + papers) + "\n", media_type=TEXT)


def certificate_lines(ends: Mapping[str, datetime], now: datetime) -> list[str]:
    """Days until each certificate runs out, for Prometheus; nothing where there is none."""
    samples = [(f'listener="{name}"', health.days_left(at, now)) for name, at in sorted(ends.items())]
    return _family("secondring_certificate_days_left", "Days until it runs out", samples) if samples else []


def _exposition(parts: list[Finding], found: Numbers | None, screens: int, *, shadow: bool) -> list[str]:
    lines = _family(
        "secondring_part_state",
        "0 good, 1 to be looked at, 2 broken, -1 not known in this process",
        [(f'part="{part.name}"', STATE_NUMBER[part.state]) for part in parts],
    )
    lines += _family("secondring_shadow_mode", "1 while nothing is sent to anybody", [("", int(shadow))])
    lines += _family("secondring_screens_open", "Screens that follow changes", [("", screens)])
    if found is not None:
        queues = [(f'queue="{queue}"', count) for queue, count in sorted(found.tasks_open.items())]
        lines += _family("secondring_tasks_open", "Tasks that are not done", queues)
        lines += _family("secondring_tasks_late", "Of those, past their due time", [("", found.tasks_late)])
        lines += _family("secondring_urgent_open", "Urgent callers on the ladder", [("", found.urgent_open)])
        unreached = [("", found.urgent_tasks)]
        lines += _family(
            "secondring_urgent_unreached", "Urgent callers nobody has spoken with yet", unreached
        )
        lines += _family("secondring_alarms_unsigned", "Alarms that nobody signed for", [("", found.alarms)])
        lines += _family("secondring_texts_waiting", "Texts to be sent", [("", found.texts_waiting)])
        late = [(f'kind="{kind}"', count) for kind, count in found.late.items()]
        lines += _family("secondring_jobs_late", "Jobs due for more than a minute", late)
        if found.last_call is not None:
            at = int(found.last_call.timestamp())
            lines += _family("secondring_last_call_timestamp_seconds", "When the last call began", [("", at)])
    return lines


def _family(name: str, meaning: str, samples: list[tuple[str, int]]) -> list[str]:
    head = [f"# HELP {name} {meaning}", f"# TYPE {name} gauge"]
    return head + [
        f"{name}{{{labels}}} {value}" if labels else f"{name} {value}" for labels, value in samples
    ]


SCREENS = (
    page("/health", show, WATCHERS),
    Screen("GET", "/healthz", alive, NOBODY, None),
    Screen("GET", "/readyz", ready, NOBODY, None),
    Screen("GET", "/metrics", metrics, NOBODY, None),
)
