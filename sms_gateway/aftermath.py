"""What follows when a carrier says that a text failed, at once or by a receipt much later.

The table of codes says what to do. A text goes another way for the sender's and the carrier's faults only, and only
after a definitive failure; whatever is the recipient's doing ends in a task for a person.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from secondring.domain.phone import PhoneNumber
from secondring.domain.ports import Books
from secondring.domain.records import RANK, Job, KnownLine, Line, Text, TextState
from secondring.domain.texting import Failure, Fault
from sms_gateway import standing
from sms_gateway.carriers.port import Receipt
from sms_gateway.desk import Desk
from sms_gateway.jobs import send_again
from sms_gateway.reactions import MOVES, React, Reaction
from sms_gateway.retry import RetryPolicy
from sms_gateway.switchboard import Route, Switchboard
from sms_gateway.trail import Trail, text_and_attempt, trail_of, way, written

log = logging.getLogger(__name__)

FAULTS = {
    React.FILTERED: Fault.CONTENT,
    React.LANDLINE: Fault.LANDLINE,
    React.BAD_NUMBER: Fault.BAD_NUMBER,
    React.OPTED_OUT: Fault.OPTED_OUT,
    React.SLOW_DOWN: Fault.CARRIER,
}
LINES = {Fault.LANDLINE: Line.LANDLINE, Fault.BAD_NUMBER: Line.INVALID}
"""What a failure teaches of a number."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """What a carrier said."""

    code: str
    note: str
    fault: Fault
    """Whose fault it is as far as the driver can tell; the table knows better."""


@dataclass(frozen=True, slots=True)
class _Again:
    due_at: datetime
    trail: Trail


class Aftermath:
    """Judges failures. Called on the store's writer thread only, inside a transaction."""

    def __init__(
        self, desk: Desk, switchboard: Switchboard, policy: RetryPolicy, chance: Callable[[], float]
    ) -> None:
        self._desk = desk
        self._switchboard = switchboard
        self._policy = policy
        self._chance = chance

    def reaction(self, carrier: str, code: str) -> Reaction | None:
        """What the table says of a code; None when the carrier is not configured any more."""
        route = self._switchboard.route(carrier)
        return route.table.reaction(code) if route is not None else None

    # ------------------------------------------------------------ a failure

    def refused(
        self, books: Books, text: Text, refusal: Refusal, now: datetime, job: Job | None = None
    ) -> None:
        """A text definitively failed. `job` is one that we hold; StaleLease is raised before anything is written."""
        route = self._switchboard.route(text.carrier)
        row = route.table.reaction(refusal.code) if route is not None else None
        react = self._react(text, row, now)
        again = self._again(books, text, route, row, react, now) if route is not None else None
        if again is None:
            if job is not None:
                books.finish_job(job)
            self._lost(books, text, row, react, refusal, now)
        else:
            send_again(books, text.id, job, again.due_at)
            self._wait(books, text, again, refusal, now)
            self._desk.goes_again(books, text, _why(text, row, refusal), now)
        self._tell(books, text, route, row, react, now)

    def _react(self, text: Text, row: Reaction | None, now: datetime) -> React:
        """What is due now: the table's word, or what follows when its times are used up."""
        if row is None:
            return React.NEVER
        if row.react is not React.RETRY:
            return row.react
        met = trail_of(text).times(row.code)
        if met >= len(row.spacing):
            return row.then
        return React.RETRY if self._policy.may_go_at(text, now + row.spacing[met]) else row.then

    def _again(
        self,
        books: Books,
        text: Text,
        route: Route,
        row: Reaction | None,
        react: React,
        now: datetime,
    ) -> _Again | None:
        """When and how the text goes again; None when it does not."""
        trail = trail_of(text).again(text.carrier_id)
        if row is not None and react is React.RETRY:
            return _Again(now + row.spacing[trail.times(row.code)], trail.met(row.code))
        if text.attempts >= self._policy.most_attempts or now > self._policy.worth_until(text):
            return None
        if react is React.SLOW_DOWN:
            route.breaker.failed(now)
            return _Again(now + self._policy.delay(text.attempts, self._chance()), trail)
        if react not in MOVES:
            return None
        trail = trail.without(self._ruled_out(text, route, react, now))
        ways = self._switchboard.ways(trail, self._desk.senders(books, text), now)
        return _Again(now, trail) if ways else None

    @staticmethod
    def _ruled_out(text: Text, route: Route, react: React, now: datetime) -> str:
        if react is React.ACCOUNT:
            route.account_fails(now)
        if react is React.REGISTRATION:
            route.disable(text.ours, now)
        of_the_number = react in (React.OTHER_SENDER, React.REGISTRATION)
        return way(route.name, text.ours) if of_the_number else route.name

    def _wait(self, books: Books, text: Text, again: _Again, refusal: Refusal, now: datetime) -> None:
        waits = replace(
            text,
            state=TextState.QUEUED,
            due_at=max(again.due_at, text.due_at),
            trail=written(again.trail),
            settled_at=None,
            note=refusal.note,
        )
        books.save_text(waits)
        seconds = (again.due_at - now).total_seconds()
        log.warning(
            "text %s failed at %s (%s); again in %.0f s", text.id, text.carrier, refusal.code, seconds
        )

    def _lost(
        self,
        books: Books,
        text: Text,
        row: Reaction | None,
        react: React,
        refusal: Refusal,
        now: datetime,
    ) -> None:
        known = row is not None and refusal.code == row.code
        told = f"{refusal.note}: {row.meaning}" if row is not None and known else refusal.note
        fault = Fault.SENDER if react in MOVES else FAULTS.get(react, refusal.fault)
        if fault in LINES:
            self.learn(books, text.patient, LINES[fault], "receipt", now)
        failure = Failure(fault=fault, note=told, code=refusal.code)
        standing.failed(self._desk, books, text, failure, now)
        log.warning("text %s refused by %s: %s (%s)", text.id, text.carrier, refusal.code, fault)

    def learn(self, books: Books, number: PhoneNumber, line: Line, source: str, now: datetime) -> None:
        """Keep what a carrier told of a number's line."""
        self._desk.learned(books, KnownLine(number=number, line=line, source=source, at=now))

    def _tell(
        self,
        books: Books,
        text: Text,
        route: Route | None,
        row: Reaction | None,
        react: React,
        now: datetime,
    ) -> None:
        """Alarm where an administrator can mend it, whether or not another way was found."""
        if route is None or row is None or react not in MOVES:
            return
        kind = {React.ACCOUNT: "carrier-account", React.REGISTRATION: "carrier-registration"}.get(
            react, "carrier-refuses"
        )
        lead = "your registration is blocked: " if react is React.REGISTRATION else ""
        remedy = f"; {row.remedy}" if row.remedy else ""
        self._desk.alarm(
            books, text, kind, f"{route.name}: {lead}{row.meaning} (code {row.code}){remedy}", now
        )

    # ------------------------------------------------------------ a receipt

    def by_receipt(self, books: Books, receipt: Receipt, now: datetime) -> bool:
        """Take in what a carrier says of a text; False when we sent none of that id through it."""
        found = _meant(books, receipt)
        if found is None:
            return False
        text, is_of_now = found
        if receipt.state is TextState.DELIVERED:
            # An attempt that was taken for lost, and was not: the next one is not needed, unless it is out already.
            if is_of_now or text.state is TextState.QUEUED:
                standing.delivered(self._desk, books, text, receipt.carrier, now)
        elif not is_of_now:
            return True
        elif receipt.state is TextState.FAILED:
            self._fails(books, text, receipt, now)
        elif not standing.is_settled(text):
            standing.accepted(self._desk, books, text, receipt.carrier, text.carrier_id or str(text.id), now)
        return True

    def _fails(self, books: Books, text: Text, receipt: Receipt, now: datetime) -> None:
        if RANK[text.state] >= RANK[TextState.FAILED]:
            return
        row = self.reaction(receipt.carrier, receipt.code)
        if row is not None and row.react is React.UNCERTAIN:
            return
        told = receipt.note or "the carrier could not deliver it"
        known = replace(text, carrier=text.carrier or receipt.carrier)
        self.refused(books, known, Refusal(receipt.code, told, Fault.RECIPIENT), now)


def _why(text: Text, row: Reaction | None, refusal: Refusal) -> str:
    """In words without patients' data."""
    told = row.meaning if row is not None else refusal.note
    return f"{text.carrier}: {told} (code {refusal.code})"


def _meant(books: Books, receipt: Receipt) -> tuple[Text, bool] | None:
    """The text, by our own id or the carrier's, and whether its present attempt is meant.

    A text that was never handed over can have no receipt.
    """
    name, attempt = text_and_attempt(receipt.id)
    text = books.text(name)
    by_our_id = text is not None
    if text is None:
        text = books.text_by_carrier_id(receipt.carrier, receipt.id, outgoing=True)
    if text is None or not text.outgoing or text.attempts == 0 or text.carrier not in ("", receipt.carrier):
        return None
    trail = trail_of(text)
    return text, attempt == trail.attempt if by_our_id else receipt.id not in trail.former
