"""How the service is doing, link by link, in words that name the remedy; no patient's data in any of it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from secondring.domain import pulse, retention
from secondring.domain.episodes import SEND_TEXT, TIMERS
from secondring.domain.ports import Books
from secondring.domain.pulse import Pulse, Service, Silence
from secondring.domain.retention import Night
from secondring.domain.urgent_begin import JOB

COMPANY = "company"
"""The finding of whether another service listens to the same PBX."""
LATE = timedelta(minutes=1)
"""A text or a timer that is due for so long is not merely waiting for its turn."""
QUIET = timedelta(hours=4)
"""So long without a call is worth a look while a clinic is open."""
CERTIFICATE_SOON = timedelta(days=14)
NIGHTS = timedelta(days=3)
"""So long without a night in which what is old was removed is worth a look."""
DISK_LEAST, DISK_LITTLE = 100_000_000, 1_000_000_000
"""Bytes: below the first nothing may be written soon, below the second somebody should make room."""
KINDS = (SEND_TEXT, *TIMERS, JOB)


class State(StrEnum):
    """How a part is doing."""

    OK = "ok"
    WARN = "warn"
    BAD = "bad"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Finding:
    """One part of the service."""

    name: str
    """Short and stable: monitors go by it."""
    shown: str
    state: State
    words: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Numbers:
    """What the books say of the work that waits."""

    texts_waiting: int
    late: dict[str, int]
    """Jobs that should have run, by kind."""
    oldest_late: datetime | None
    tasks_open: dict[str, int]
    tasks_late: int
    urgent_open: int
    urgent_tasks: int
    """Urgent callers with whom nobody has spoken yet, signed for or not."""
    alarms: int
    last_call: datetime | None
    silence: Silence | None
    night: Night | None = None
    """The last one in which what is old was removed."""
    silences: Mapping[Service, Silence] = field(default_factory=dict)
    """Services beside the one that listens that are not heard of."""
    has_listener: bool = True
    """False at a centre without a PBX: its site boxes listen."""


def numbers(books: Books, now: datetime, expected: Collection[Service] = pulse.BESIDE) -> Numbers:
    """Count what waits. `expected` are the services that have to run here."""
    late = {kind: books.count_jobs(kind, due_before=now - LATE) for kind in KINDS}
    to_do = books.tasks()
    queues: dict[str, int] = {}
    for task in to_do:
        queues[task.queue] = queues.get(task.queue, 0) + 1
    calls = books.calls(since=now - timedelta(days=30), until=now + timedelta(minutes=1), limit=1)
    oldest = [first for _, first in late.values() if first is not None]
    return Numbers(
        texts_waiting=books.count_jobs(SEND_TEXT, due_before=now + timedelta(days=365))[0],
        late={kind: count for kind, (count, _) in late.items()},
        oldest_late=min(oldest, default=None),
        tasks_open=queues,
        tasks_late=sum(task.due_at <= now for task in to_do),
        urgent_open=len(books.open_urgent_cases()),
        urgent_tasks=len(set(books.urgent_work())),
        alarms=len(books.unsigned_urgent_cases()),
        last_call=calls[0].started_at if calls else None,
        silence=pulse.silence(pulse.last(books), now),
        night=retention.last(books),
        silences=pulse.silences(books, now, expected),
        has_listener=Service.LISTEN in expected,
    )


def of_books(found: Numbers, now: datetime, *, clinic_open: bool) -> list[Finding]:
    """What the books tell of the rest of the service."""
    return [
        *([of_pulse(found.silence)] if found.has_listener else []),
        *(of_service(service, silence) for service, silence in found.silences.items()),
        _texts(found, now),
        _jobs(found, now),
        _calls(found, now, clinic_open=clinic_open),
        of_retention(found.night, now),
    ]


def _texts(found: Numbers, now: datetime) -> Finding:
    late = found.late.get(SEND_TEXT, 0)
    words = f"{found.texts_waiting} waiting" if found.texts_waiting else "none waiting"
    if late and found.oldest_late is not None:
        minutes = int((now - found.oldest_late).total_seconds() // 60)
        remedy = "See whether the carrier answers; what cannot be sent becomes a task to call."
        return Finding("texts", "Texts", State.BAD, f"{late} are late, by up to {minutes} min", remedy)
    return Finding("texts", "Texts", State.OK, words)


def _jobs(found: Numbers, now: datetime) -> Finding:
    del now
    late = sum(count for kind, count in found.late.items() if kind != SEND_TEXT)
    if late:
        remedy = "See whether `secondring run` is alive, and its log."
        return Finding("jobs", "Timers and ladders", State.BAD, f"{late} are late", remedy)
    return Finding("jobs", "Timers and ladders", State.OK, "all on time")


def _calls(found: Numbers, now: datetime, *, clinic_open: bool) -> Finding:
    if found.last_call is None:
        remedy = "Call the clinic once and hang up. If nothing shows, run `secondring doctor`."
        return Finding("calls", "Last call", State.WARN, "none seen in 30 days", remedy)
    ago = now - found.last_call
    hours, minutes = divmod(int(ago.total_seconds()) // 60, 60)
    words = f"{hours} h {minutes} min ago" if hours else f"{minutes} min ago"
    if clinic_open and ago > QUIET:
        remedy = "A quiet day, or calls that pass us by: `secondring doctor` tells."
        return Finding("calls", "Last call", State.WARN, words, remedy)
    return Finding("calls", "Last call", State.OK, words)


def of_retention(night: Night | None, now: datetime) -> Finding:
    """Whether what is old is removed."""
    name, shown = "retention", "Removing what is old"
    if night is None:
        return Finding(name, shown, State.UNKNOWN, "no night has passed yet")
    remedy = "`secondring retention` tells what would go; see the log of the service."
    if night.trouble:
        return Finding(name, shown, State.WARN, f"did not come to its end: {night.trouble}", remedy)
    if now - night.at > NIGHTS:
        return Finding(name, shown, State.WARN, f"last done on {night.at:%Y-%m-%d}", remedy)
    return Finding(name, shown, State.OK, f"last done on {night.at:%Y-%m-%d}: {night.in_words}")


def of_pulse(found: Silence | None) -> Finding:
    """The part that listens, wherever it runs, by its own sign of life."""
    if found is None:
        return Finding("listener", "Listening", State.OK, "the service hears the PBX")
    words = {
        pulse.State.STOPPED: "the service was stopped",
        pulse.State.UNLINKED: "the service has no link to the PBX",
    }.get(found.because or pulse.State.LISTENING, "the service was not heard of lately")
    remedy = "Missed calls go unseen: `systemctl status 'secondring*'`, then `secondring doctor`."
    return Finding("listener", "Listening", State.BAD, words, remedy)


WITHOUT = {
    Service.AGI: "Callers in a menu or queue get no offer, and nobody is rung for who presses the key for urgent",
    Service.GATEWAY: "No text goes out or is read, and no alarm is told",
    Service.WEB: "Nobody sees the work list",
}
"""What it costs that a service is gone."""


def of_service(service: Service, found: Silence) -> Finding:
    """A service beside the one that listens, gone."""
    words = "was stopped" if found.because is pulse.State.STOPPED else "was not heard of lately"
    remedy = f"{WITHOUT[service]}: `systemctl status {pulse.UNITS[service]}`."
    return Finding(f"service-{service}", f"Service {service}", State.BAD, words, remedy)


def into_pulse(findings: Sequence[Finding]) -> list[dict[str, str]]:
    """Findings as a sign of life carries them to services that cannot see these parts themselves."""
    return [
        {"name": f.name, "shown": f.shown, "state": f.state, "words": f.words, "remedy": f.remedy}
        for f in findings
    ]


def from_pulse(found: Pulse | None, now: datetime) -> dict[str, Finding]:
    """What another service says of its parts, by name; nothing when it was not heard of lately."""
    if found is None or found.state is pulse.State.STOPPED or now - found.at > pulse.SILENT_AFTER:
        return {}
    try:
        return {said["name"]: _understood(said) for said in found.says}
    except (KeyError, ValueError):  # said by another version of ours
        return {}


def _understood(said: Mapping[str, str]) -> Finding:
    return Finding(said["name"], said["shown"], State(said["state"]), said["words"], said["remedy"])


def of_disk(free: int, little: int = DISK_LITTLE) -> Finding:
    """Room where the database is, in bytes."""
    words = f"{free / 1e9:.1f} GB free"
    if free < DISK_LEAST:
        return Finding("disk", "Disk", State.BAD, words, "Make room now: soon nothing can be written.")
    if free < little:
        return Finding("disk", "Disk", State.WARN, words, "Make room.")
    return Finding("disk", "Disk", State.OK, words)


RENEW = "Renew it; a new one is taken up within a minute, without a restart."
PAPERS = {"web": "Certificate of staff's pages", "booking": "Certificate of the booking page"}


def of_certificate(listener: str, ends: datetime, now: datetime) -> Finding:
    """The certificate that a listener of ours serves with."""
    name, shown = f"certificate-{listener}", PAPERS[listener]
    days = days_left(ends, now)
    if ends <= now:
        return Finding(name, shown, State.BAD, "has run out: browsers refuse it", RENEW)
    if ends - now < CERTIFICATE_SOON:
        return Finding(name, shown, State.WARN, f"runs out in {days} day{'' if days == 1 else 's'}", RENEW)
    return Finding(name, shown, State.OK, f"good for {days} days")


def of_broken_certificate(listener: str, why: str) -> Finding:
    """One that cannot even be read."""
    return Finding(f"certificate-{listener}", PAPERS[listener], State.BAD, why, "See the log of the service.")


def days_left(ends: datetime, now: datetime) -> int:
    """Whole days until a certificate runs out; below zero once it has."""
    return (ends - now).days


def no_certificate(*, only_near: bool) -> Finding:
    """The pages themselves do no encryption; they need none where only this machine reaches them."""
    if only_near:
        words = "none needed: the pages are open to this machine alone"
        return Finding("certificate", "Certificate", State.OK, words)
    words = "none of ours: whatever stands before the pages does the encryption"
    return Finding("certificate", "Certificate", State.UNKNOWN, words)


def no_catch_up() -> Finding:
    """Nothing looks up the calls that ended while nobody listened."""
    words = "not configured: calls that end while the service is down are not looked up afterwards"
    return Finding("catch-up", "Catching up", State.UNKNOWN, words)


def worst(findings: Sequence[Finding]) -> State:
    """The state of it all; what is not known here does not count."""
    states = {finding.state for finding in findings}
    return next((state for state in (State.BAD, State.WARN) if state in states), State.OK)
