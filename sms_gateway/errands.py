"""The two transactions around each request: what is written before it leaves, and after it came back.

Before: the last checks, and SENDING on disk, so that a crash at any later moment is seen.
After: the answer, provided that the job is still ours.
A text found in doubt is looked up, or sent again under its id where the carrier knows ids; where it
can do neither, it waits for a receipt and in the end a person finds out.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from secondring.domain.errors import StaleLease
from secondring.domain.ids import TextId
from secondring.domain.ports import Books
from secondring.domain.records import Job, Text, TextState
from secondring.domain.texting import Cancel, Failure, Fault, Hold
from sms_gateway import standing
from sms_gateway.breaker import Breaker
from sms_gateway.carriers.port import (
    Accepted,
    Capabilities,
    OutgoingText,
    Refused,
    SendResult,
    TryLater,
    Unknown,
)
from sms_gateway.desk import Desk
from sms_gateway.pace import Pace
from sms_gateway.retry import RetryPolicy
from sms_gateway.segments import count

log = logging.getLogger(__name__)

RECHECK = timedelta(minutes=1)
"""How often a text in doubt is looked at when only a receipt can tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """One request to be made of the carrier."""

    job: Job
    text: OutgoingText
    attempt: int
    look_up: bool = False
    """Ask what became of it, instead of sending it."""
    in_doubt: bool = False
    """An earlier request for this text was never answered."""


@dataclass(frozen=True, slots=True)
class Done:
    """What the carrier answered; None when it never saw the text that it was asked about."""

    errand: Errand
    result: SendResult | None


class Clerk:
    """Prepares errands and books their results. Called on the store's writer thread only."""

    def __init__(
        self,
        desk: Desk,
        *,
        carrier: str,
        capabilities: Capabilities,
        policy: RetryPolicy,
        pace: Pace,
        breaker: Breaker,
        chance: Callable[[], float],
    ) -> None:
        self._desk = desk
        self._carrier = carrier
        self._can = capabilities
        self._policy = policy
        self._pace = pace
        self._breaker = breaker
        self._chance = chance

    def prepare(self, books: Books, job: Job, now: datetime) -> Errand | None:
        """What to ask the carrier for this job; None when there is nothing to ask now."""
        text = books.text(TextId(job.ref))
        if text is None or standing.is_settled(text):
            books.finish_job(job)
            return None
        if not standing.in_doubt(text):
            return self._send(books, job, text, now)
        if self._can.lookup:
            return self._look_up(books, job, text, now)
        if self._can.idempotent:
            return self._send(books, job, text, now)
        self._wait_for_news(books, job, text, now)
        return None

    def _send(self, books: Books, job: Job, text: Text, now: datetime) -> Errand | None:
        permission = self._desk.before_send(books, text, now)
        if isinstance(permission, Hold):
            books.retry_job(job, permission.until)
            books.save_text(replace(text, due_at=permission.until))
            return None
        if isinstance(permission, Cancel):
            books.finish_job(job)
            standing.cancelled(self._desk, books, text, permission.because, now)
            return None
        if text.attempts >= self._policy.most_attempts or now > self._policy.worth_until(text):
            self._give_up(books, job, text, f"not taken in time after {text.attempts} tries", now)
            return None
        later = self._breaker.blocked_until(now) or self._pace_of(text, now)
        if later is not None:
            books.retry_job(job, later)
            return None
        return self._ready(books, job, text, now)

    def _ready(self, books: Books, job: Job, text: Text, now: datetime) -> Errand:
        self._breaker.admitted(now)
        sending = replace(text, state=TextState.SENDING, attempts=text.attempts + 1, carrier=self._carrier)
        books.save_text(sending)
        doubt = standing.in_doubt(text)
        return Errand(job=job, text=_letter(text), attempt=sending.attempts, in_doubt=doubt)

    def _pace_of(self, text: Text, now: datetime) -> datetime | None:
        turn = self._pace.turn_of(text.ours, text.id, count(text.body), now)
        return turn if turn > now else None

    def _look_up(self, books: Books, job: Job, text: Text, now: datetime) -> Errand | None:
        blocked = self._breaker.blocked_until(now)
        if blocked is not None and now <= self._policy.doubt_until(text):
            books.retry_job(job, blocked)
            return None
        self._breaker.admitted(now)
        return Errand(job=job, text=_letter(text), attempt=text.attempts, look_up=True, in_doubt=True)

    def _wait_for_news(self, books: Books, job: Job, text: Text, now: datetime) -> None:
        if now > self._policy.doubt_until(text):
            self._give_up(books, job, text, "", now)
            return
        books.retry_job(job, now + RECHECK)
        books.save_text(replace(text, state=TextState.UNKNOWN))

    def _give_up(self, books: Books, job: Job, text: Text, note: str, now: datetime) -> None:
        books.finish_job(job)
        doubt = standing.in_doubt(text)
        fault = Fault.OUTCOME_UNKNOWN if doubt else Fault.CARRIER
        failure = Failure(fault=fault, note="outcome unknown" if doubt else note)
        standing.failed(self._desk, books, text, failure, now)
        log.warning("text %s given up: %s", text.id, failure.note)

    def book(self, books: Books, done: Done, now: datetime) -> None:
        """Write down what the carrier answered, unless another worker has taken over."""
        self._watch(done.result, now)
        text = books.text(done.errand.text.id)
        try:
            if text is None or standing.is_settled(text):
                self._book_settled(books, done, text, now)
            else:
                self._book_open(books, done, text, now)
        except StaleLease:
            log.warning("text %s: another worker took over, its books count", done.errand.text.id)

    def _watch(self, result: SendResult | None, now: datetime) -> None:
        if isinstance(result, TryLater):
            self._breaker.failed(now, result.after)
        elif isinstance(result, Unknown):
            self._breaker.failed(now)
        else:
            self._breaker.answered()

    def _book_settled(self, books: Books, done: Done, text: Text | None, now: datetime) -> None:
        """A receipt was faster than the answer."""
        books.finish_job(done.errand.job)
        if text is not None and isinstance(done.result, Accepted):
            standing.accepted(self._desk, books, text, self._carrier, done.result.carrier_id, now)

    def _book_open(self, books: Books, done: Done, text: Text, now: datetime) -> None:
        """Each way touches the job first: that raises StaleLease before anything else is written."""
        job, result = done.errand.job, done.result
        if isinstance(result, Accepted):
            books.finish_job(job)
            standing.accepted(self._desk, books, text, self._carrier, result.carrier_id, now)
            log.info("text %s accepted by %s at try %d", text.id, self._carrier, text.attempts)
        elif isinstance(result, Refused):
            books.finish_job(job)
            failure = Failure(fault=result.fault, note=result.note, code=result.code)
            standing.failed(self._desk, books, text, failure, now)
            log.warning("text %s refused by %s: %s (%s)", text.id, self._carrier, result.code, result.fault)
        elif result is None:
            books.retry_job(job, now)
            books.save_text(replace(text, state=TextState.QUEUED))
        else:
            self._again(books, done.errand, text, result, now)

    def _again(
        self, books: Books, errand: Errand, text: Text, result: TryLater | Unknown, now: datetime
    ) -> None:
        doubt = errand.in_doubt or isinstance(result, Unknown)
        stands = replace(text, state=TextState.UNKNOWN if doubt else TextState.QUEUED, note=result.note)
        wait = self._policy.delay(text.attempts, self._chance())
        if isinstance(result, TryLater) and result.after is not None:
            wait = max(wait, min(result.after, self._policy.other_text_worth * 2))
        if self._is_hopeless(stands, now + wait):
            self._give_up(books, errand.job, stands, f"{result.note}, after {text.attempts} tries", now)
            return
        books.retry_job(errand.job, now + wait)
        books.save_text(stands)
        log.warning(
            "text %s at try %d: %s; again in %.0f s",
            text.id,
            text.attempts,
            result.note,
            wait.total_seconds(),
        )

    def _is_hopeless(self, text: Text, next_try: datetime) -> bool:
        """Only sending wears tries out; asking, or waiting for a receipt, goes on until its own limit."""
        if standing.in_doubt(text) and (self._can.lookup or not self._can.idempotent):
            return next_try > self._policy.doubt_until(text)
        out_of_tries = text.attempts >= self._policy.most_attempts
        return out_of_tries or next_try > self._policy.worth_until(text)


def _letter(text: Text) -> OutgoingText:
    return OutgoingText(id=text.id, to=text.patient, sender=text.ours, body=text.body)
