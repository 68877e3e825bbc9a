"""Orders of a ladder left in the books: for the process that has the link to dial, by one that has none.

They are left in the transaction that made them, and taken in the one that reads the case anew: what the case has gone
past by then is not done any more.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from secondring.domain.ids import JobKey, UrgentId
from secondring.domain.ports import Books
from secondring.domain.records import Job
from secondring.domain.rules import Rules
from secondring.domain.triage_events import CallerIs, HangUp, Ring, StopRinging, ToLastResort
from secondring.domain.urgent import Orders, PbxOrder
from secondring.domain.urgent_case import Stage, UrgentCase

LEFT = "triage-orders"
"""The kind of job that is orders for the PBX."""


def leave(books: Books, orders: Orders, now: datetime) -> None:
    """Keep them until somebody takes them; nothing in them names a number."""
    for part in (orders, *orders.others):
        words = "\n".join(_written(order) for order in part.pbx)
        if words:
            _add(books, part.case.id, words, now)


def _add(books: Books, case: UrgentId, words: str, now: datetime) -> None:
    number = 0
    job = Job(key=_key(case, number), kind=LEFT, ref=f"{case}\n{words}", due_at=now)
    while not books.add_job(job):
        number += 1
        job = replace(job, key=_key(case, number))


def _key(case: UrgentId, number: int) -> JobKey:
    return JobKey(f"{LEFT}:{case}:{number}")


def take(books: Books, job: Job, rules: Rules) -> Orders | None:
    """What of it is still to be done."""
    name, *lines = job.ref.split("\n")
    case = books.urgent_case(UrgentId(name))
    site = rules.site(case.site) if case else None
    if case is None or site is None or site.triage is None:
        return None
    orders = [order for line in lines if (order := _read(line, case)) is not None]
    return Orders(case, site.triage, site, tuple(orders))


def _written(order: PbxOrder) -> str:
    if isinstance(order, Ring):
        return f"ring {order.attempt.id} {order.ring.total_seconds()} {order.number}"
    if isinstance(order, StopRinging):
        return " ".join(("stop", *(attempt.id for attempt in order.attempts)))
    if isinstance(order, HangUp):
        return " ".join(("stop", *order.attempts))
    return "line" if isinstance(order, CallerIs) else "last-resort"


def _read(line: str, case: UrgentCase) -> PbxOrder | None:
    what, *words = line.split(" ")
    if what == "stop":
        return HangUp(tuple(words))
    if what == "line":
        return CallerIs(case.attempts, case.line) if case.on_line and case.attempts else None
    if what == "last-resort":
        return ToLastResort() if case.on_line and case.stage is Stage.LAST_RESORT else None
    alive = next((attempt for attempt in case.attempts if attempt.id == words[0]), None)
    return Ring(alive, timedelta(seconds=float(words[1])), int(words[2])) if alive else None
