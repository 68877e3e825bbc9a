"""One request to a carrier, and what came of it."""

from dataclasses import dataclass
from datetime import datetime

from secondring.domain.records import Job, Line, Text
from secondring.domain.texting import Fault
from sms_gateway.carriers.port import OutgoingText, SendResult, TryLater, Unknown
from sms_gateway.switchboard import Route
from sms_gateway.trail import id_at_carrier, trail_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """One request to be made of the carrier."""

    job: Job
    route: Route
    text: OutgoingText
    attempt: int
    look_up: bool = False
    """Ask what became of it, instead of sending it."""
    in_doubt: bool = False
    """An earlier request for this text was never answered."""
    ask_line: bool = False
    """Ask first whether the number takes texts at all."""


@dataclass(frozen=True, slots=True)
class Done:
    """What the carrier answered; None when it never saw the text that it was asked about."""

    errand: Errand
    result: SendResult | None
    line: Line | None = None
    """What kind of line the number is, when that was asked; nothing was sent to one that takes no texts."""


UNTEXTABLE = {Line.LANDLINE: Fault.LANDLINE, Line.INVALID: Fault.BAD_NUMBER}


def watch(done: Done, now: datetime) -> None:
    """What an answer tells of the carrier's health."""
    breaker, result = done.errand.route.breaker, done.result
    if done.line in UNTEXTABLE:
        breaker.answered()
    elif isinstance(result, TryLater):
        breaker.failed(now, result.after)
    elif isinstance(result, Unknown):
        breaker.failed(now)
    else:
        breaker.answered()


def letter_of(text: Text) -> OutgoingText:
    """The text as a carrier gets it."""
    trail = trail_of(text)
    return OutgoingText(
        id=id_at_carrier(text, trail),
        to=text.patient,
        sender=text.ours,
        body=text.body,
        since=text.created_at,
        former=trail.former,
    )
