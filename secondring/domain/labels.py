"""What the values of a dimension are called, and what each number counts, in words for people."""

import re

from secondring.domain.findings import DAY_NAMES, hour_name
from secondring.domain.metrics_rows import CALLS, HOUR, Ask
from secondring.domain.phone import parse_number, spoken_form
from secondring.domain.tally import IN_TIME_S, MORE, WAIT_BOUNDS_S, Dimension, Measure
from secondring.domain.verdict import Verdict

COUNTS: dict[str, str] = {
    Measure.MISSED: "Missed callers",
    Measure.TEXTED: "Texted",
    Measure.IN_TIME: f"Texted within {IN_TIME_S} seconds",
    Measure.RECEIPT: "Texts the carrier reported as delivered",
    Measure.DELIVERED: "Delivered",
    Measure.REPLIED: "Replied",
    Measure.RESOLVED: "Replied and won back",
    Measure.RECOVERED: "Won back",
    Measure.UNRECOVERED: "Not won back",
    Measure.OPEN: "Still open",
    Measure.ASKED: "Asked to book",
    Measure.BOOKED: "Asked to book and booked",
    Measure.URGENT: "Urgent",
    Measure.URGENT_REACHED: "Urgent and spoken with",
    f"calls-{Verdict.MISSED}": "Missed calls",
    f"calls-{Verdict.ANSWERED}": "Answered calls",
    f"calls-{Verdict.IGNORED}": "Excluded calls",
}
NAMES = {
    Dimension.DID: "number called",
    Dimension.QUEUE: "queue",
    Dimension.REASON: "reason",
    Dimension.INTENT: "wish",
    Dimension.OUTCOME: "outcome",
    Dimension.TEMPLATE: "first text",
    Dimension.WAIT: "wait for the first text",
}
_NOT_THERE = {
    Dimension.DID: "not known",
    Dimension.QUEUE: "no queue",
    Dimension.REASON: "not known",
    Dimension.INTENT: "said nothing",
    Dimension.OUTCOME: "still open",
    Dimension.TEMPLATE: "none",
    Dimension.WAIT: "no text",
}
_REASONS = {
    "no-answer": "rang out",
    "busy": "busy",
    "abandoned": "hung up in a queue",
    "ivr-hangup": "hung up in the menu",
    "voicemail": "fell to voicemail",
}
_INTENTS = {
    "book": "book",
    "reschedule": "reschedule",
    "billing": "billing",
    "refill": "refill",
    "urgent": "urgent",
    "help": "help",
    "stop": "stop texts",
    "cancel": "cancel",
    "start": "start texts again",
    "unknown": "words nobody understood",
}
_OUTCOMES = {
    "reached": "spoken with",
    "urgent-connected": "urgent, spoken with",
    "opted-out": "asked for no texts",
    "untextable": "could not be texted",
    "unrecovered": "not won back",
}
_WORDS = {Dimension.REASON: _REASONS, Dimension.INTENT: _INTENTS, Dimension.OUTCOME: _OUTCOMES}


_BY_RULE = {
    "opted-out": "they want no texts",
    "known-line": "their phone takes no texts",
    "landline-line": "a landline takes no texts",
    "foreign": "a number from abroad",
    "not-seen-to-the-end": "nobody saw how their call ended",
    "may-be-withheld": "their number may be withheld",
    "late": "too late for a text",
    "no-text-reason": "such calls get no text",
    "cap-number": "they had enough texts today",
    "storm-brake": "too many calls at once for texts",
    "storm-brake-site": "too many calls at once for texts",
}
_RULE = re.compile(r"(?<=^Call back \()[a-z-]+(?=\))|(?<=; Call back \()[a-z-]+(?=\))")


def title_in_words(title: str) -> str:
    """A task's title for whoever does it: a rule that it names is said in words."""
    return _RULE.sub(lambda rule: _BY_RULE.get(rule[0], rule[0]), title)


def value_name(dimension: Dimension, value: str) -> str:
    """A value as people call it."""
    if not value:
        return _NOT_THERE[dimension]
    if dimension is Dimension.WAIT:
        return wait_name(value)
    if dimension is Dimension.DID:
        return _number_name(value)
    return _WORDS.get(dimension, {}).get(value, value)


def _number_name(did: str) -> str:
    """The clinic's own number as people write it; trunks may send less than a whole one."""
    number = parse_number(did, "US")
    return spoken_form(number, "US") if number else did


def wait_name(value: str) -> str:
    """`1–2 s`."""
    if value == MORE:
        return f"over {WAIT_BOUNDS_S[-1]} s"
    bounds = [str(bound) for bound in WAIT_BOUNDS_S]
    place = bounds.index(value) if value in bounds else 0
    return f"{bounds[place - 1]}–{value} s" if place else f"up to {value} s"


def title(ask: Ask) -> str:
    """What the rows of a number are headed with."""
    counted = COUNTS[ask.show]
    if not ask.by:
        return counted
    if ask.by == HOUR:
        weekday, _, hour = ask.value.partition("-")
        return f"{counted}, {DAY_NAMES[int(weekday)]}s {hour_name(int(hour))}"
    dimension = Dimension(ask.by)
    if ask.show in CALLS:
        return f"{counted}: {_REASONS.get(ask.value, ask.value) or _NOT_THERE[dimension]}"
    return f"{counted}, {NAMES[dimension]}: {value_name(dimension, ask.value)}"
