"""The two transactions around each request: what is written before it leaves, and after it came back.

Before: the last checks, the way it goes, and SENDING on disk, so that a crash at any later moment is seen.
After: the answer, provided that the job is still ours.
A text found in doubt is looked up, or sent again under its id where the carrier knows ids; where it can do neither,
it waits for a receipt and in the end a person finds out. It never goes another way while it is in doubt.
"""

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from secondring.domain.episodes import TO_STAFF
from secondring.domain.errors import StaleLease
from secondring.domain.ids import TextId
from secondring.domain.phone import PhoneNumber
from secondring.domain.ports import Books
from secondring.domain.records import Job, Line, Text, TextState
from secondring.domain.textable import is_fresh
from secondring.domain.texting import Cancel, Failure, Fault, Hold
from sms_gateway import standing
from sms_gateway.aftermath import Aftermath, Refusal
from sms_gateway.carriers.port import Accepted, Refused, TryLater, Unknown
from sms_gateway.desk import Desk
from sms_gateway.errand import UNTEXTABLE, Done, Errand, letter_of, watch
from sms_gateway.reactions import MOVES, React
from sms_gateway.retry import RetryPolicy
from sms_gateway.switchboard import PATIENCE, NoWay, Route, Switchboard, Wait, had_no_time
from sms_gateway.trail import trail_of, written

log = logging.getLogger(__name__)

LONG_WAIT = timedelta(seconds=30)
"""A carrier that asks for more is passed over, where there is another."""
RECHECK = timedelta(minutes=1)
"""How often a text in doubt is looked at when only a receipt can tell."""


class Clerk:
    """Prepares errands and books their results. Called on the store's writer thread only."""

    def __init__(
        self,
        desk: Desk,
        switchboard: Switchboard,
        aftermath: Aftermath,
        *,
        policy: RetryPolicy,
        chance: Callable[[], float],
    ) -> None:
        self._desk = desk
        self._switchboard = switchboard
        self._aftermath = aftermath
        self._policy = policy
        self._chance = chance

    def prepare(self, books: Books, job: Job, now: datetime) -> Errand | None:
        """What to ask a carrier for this job; None when there is nothing to ask now."""
        text = books.text(TextId(job.ref))
        if text is None or standing.is_settled(text):
            books.finish_job(job)
            return None
        if not standing.in_doubt(text):
            return self._send(books, job, text, now)
        route = self._switchboard.route(text.carrier)
        if route is not None and route.carrier.capabilities.lookup:
            return self._look_up(books, job, text, route, now)
        if route is not None and route.carrier.capabilities.idempotent:
            return self._send(books, job, text, now, only=route)
        self._wait_for_news(books, job, text, now)
        return None

    def _send(
        self, books: Books, job: Job, text: Text, now: datetime, only: Route | None = None
    ) -> Errand | None:
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
        if only is not None:
            return self._send_again(books, job, text, only, now)
        return self._by_the_best_way(books, job, text, now)

    def _send_again(self, books: Books, job: Job, text: Text, route: Route, now: datetime) -> Errand | None:
        """In doubt: the same way as before, and no other."""
        blocked = route.breaker.blocked_until(now)
        if blocked is not None:
            books.retry_job(job, blocked)
            return None
        return self._ready(books, job, text, route, text.ours, now)

    def _by_the_best_way(self, books: Books, job: Job, text: Text, now: datetime) -> Errand | None:
        senders = self._desk.senders(books, text)
        choice = self._switchboard.choose(books, text, trail_of(text), senders, now)
        if isinstance(choice, Wait):
            books.retry_job(job, choice.until)
            return None
        if isinstance(choice, NoWay):
            books.finish_job(job)
            failure = Failure(fault=Fault.SENDER, note=choice.because)
            standing.failed(self._desk, books, text, failure, now)
            log.warning("text %s given up: %s", text.id, choice.because)
            return None
        return self._ready(books, job, text, choice.route, choice.sender, now)

    def _ready(
        self, books: Books, job: Job, text: Text, route: Route, sender: PhoneNumber, now: datetime
    ) -> Errand:
        route.goes(books, text, sender, now)
        former = trail_of(text).former
        sending = replace(
            text,
            state=TextState.SENDING,
            attempts=text.attempts + 1,
            carrier=route.name,
            ours=sender,
            carrier_id=None if text.carrier_id in former else text.carrier_id,
        )
        books.save_text(sending)
        return Errand(
            job=job,
            route=route,
            text=letter_of(sending),
            attempt=sending.attempts,
            in_doubt=standing.in_doubt(text),
            ask_line=self._asks_line(books, text, route, now),
        )

    @staticmethod
    def _asks_line(books: Books, text: Text, route: Route, now: datetime) -> bool:
        """Once for each number, until what is known of it is stale."""
        first_try = text.attempts == 0 and text.template not in TO_STAFF
        return first_try and route.asks_lines and not is_fresh(books.known_line(text.patient), now)

    def _look_up(self, books: Books, job: Job, text: Text, route: Route, now: datetime) -> Errand | None:
        blocked = route.breaker.blocked_until(now)
        if blocked is not None and now <= self._policy.doubt_until(text):
            books.retry_job(job, blocked)
            return None
        route.breaker.admitted(now)
        letter = letter_of(text)
        return Errand(job=job, route=route, text=letter, attempt=text.attempts, look_up=True, in_doubt=True)

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

    # ------------------------------------------------------------ the answer

    def book(self, books: Books, done: Done, now: datetime) -> None:
        """Write down what the carrier answered, unless another worker has taken over."""
        done = self._by_the_table(done)
        watch(done, now)
        text = books.text(TextId(done.errand.job.ref))
        try:
            if text is None or standing.is_settled(text):
                self._book_settled(books, done, text, now)
            else:
                self._book_open(books, done, text, now)
        except StaleLease:
            log.warning("text %s: another worker took over, its books count", done.errand.job.ref)

    @staticmethod
    def _by_the_table(done: Done) -> Done:
        """A code that leaves a doubt is no refusal, and one that asks us to slow down is none either."""
        result = done.result
        if not isinstance(result, Refused):
            return done
        react = done.errand.route.table.reaction(result.code).react
        # Sent again in doubt: that the second request was refused says nothing of the first.
        second = done.errand.in_doubt and not done.errand.look_up
        if react is React.UNCERTAIN or (second and react in {*MOVES, React.RETRY}):
            return replace(done, result=Unknown(result.note))
        return replace(done, result=TryLater(None, result.note)) if react is React.SLOW_DOWN else done

    def _book_settled(self, books: Books, done: Done, text: Text | None, now: datetime) -> None:
        """A receipt was faster than the answer."""
        books.finish_job(done.errand.job)
        if text is not None and isinstance(done.result, Accepted):
            standing.accepted(self._desk, books, text, text.carrier, done.result.carrier_id, now)

    def _book_open(self, books: Books, done: Done, text: Text, now: datetime) -> None:
        """Each way touches the job first: that raises StaleLease before anything else is written."""
        job, result, name = done.errand.job, done.result, done.errand.route.name
        if done.line in UNTEXTABLE:
            self._untextable(books, done, text, now)
            return
        if isinstance(result, Accepted):
            books.finish_job(job)
            standing.accepted(self._desk, books, text, name, result.carrier_id, now)
            log.info("text %s accepted by %s at try %d", text.id, name, text.attempts)
        elif isinstance(result, Refused):
            refusal = Refusal(result.code, result.note, result.fault)
            self._aftermath.refused(books, text, refusal, now, job)
        elif result is None:
            books.retry_job(job, now)
            books.save_text(replace(text, state=TextState.QUEUED))
        else:
            self._again(books, done.errand, text, result, now)
        if done.line is not None:
            self._aftermath.learn(books, text.patient, done.line, "look-up", now)

    def _untextable(self, books: Books, done: Done, text: Text, now: datetime) -> None:
        """The carrier was asked about the number and says that no text will get there; none was sent."""
        line = done.line or Line.INVALID
        books.finish_job(done.errand.job)
        self._aftermath.learn(books, text.patient, line, "look-up", now)
        failure = Failure(fault=UNTEXTABLE[line], note=f"the carrier knows the number as {line}")
        standing.failed(self._desk, books, text, failure, now)
        log.info("text %s not sent: the number is %s", text.id, line)

    def _again(
        self, books: Books, errand: Errand, text: Text, result: TryLater | Unknown, now: datetime
    ) -> None:
        doubt = errand.in_doubt or isinstance(result, Unknown)
        stands = replace(text, state=TextState.UNKNOWN if doubt else TextState.QUEUED, note=result.note)
        wait = self._policy.delay(text.attempts, self._chance())
        if isinstance(result, TryLater) and result.after is not None:
            wait = max(wait, min(result.after, self._policy.other_text_worth * 2))
        if not doubt:
            stands, wait = self._passed_over(books, errand.route, stands, wait, now)
        if self._is_hopeless(stands, errand.route, now + wait):
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

    def _passed_over(
        self, books: Books, route: Route, text: Text, wait: timedelta, now: datetime
    ) -> tuple[Text, timedelta]:
        """A carrier that has no time for a text, again and again or for long, leaves it to another, at once."""
        long = wait > LONG_WAIT or route.breaker.is_open
        trail = had_no_time(trail_of(text), route.name, times=PATIENCE if long else 1)
        stands = replace(text, trail=written(trail))
        ways = self._switchboard.ways(trail, self._desk.senders(books, text), now)
        best, sender = next(iter(ways), (route, text.ours))
        others = best is not route and not best.rests(sender, now)
        return stands, timedelta(0) if others else wait

    def _is_hopeless(self, text: Text, route: Route, next_try: datetime) -> bool:
        """Only sending wears tries out; asking, or waiting for a receipt, goes on until its own limit."""
        can = route.carrier.capabilities
        if standing.in_doubt(text) and (can.lookup or not can.idempotent):
            return next_try > self._policy.doubt_until(text)
        out_of_tries = text.attempts >= self._policy.most_attempts
        return out_of_tries or next_try > self._policy.worth_until(text)
