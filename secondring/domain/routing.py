"""What to do about a missed call. A decision is a value with its rule and its reason; others carry it out.

The first rule that applies decides, so their order is the policy: first what is no missed call at all,
then what cannot be texted, then what should not be, and only then the text.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from secondring.domain.hours import kind_of_time
from secondring.domain.phone import LineKind, PhoneNumber, line_kind, region_of
from secondring.domain.records import Call, Episode, KnownLine
from secondring.domain.rules import Rules, Site
from secondring.domain.textable import untextable
from secondring.domain.verdict import Detail, Reason


class Action(StrEnum):
    """What a decision leads to."""

    TEXT = "text"
    TASK = "task"
    JOIN = "join"
    """It belongs to an episode that is open already: no second text."""
    EXCLUDE = "exclude"
    """Not a caller to win back: counted apart, with its reason."""
    NOTHING = "nothing"
    """Nobody can reach this caller: counted, and said so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What was decided, by which rule, and why in plain words (never with a number or a text in them)."""

    action: Action
    rule: str
    because: str
    template: str | None = None
    alarm: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """All that a decision about a missed call depends on."""

    call: Call
    site: Site
    now: datetime
    rules: Rules
    opted_out: bool
    episode: Episode | None
    texts_to_caller_today: int
    storm_at_site: bool
    """As many texts went out at the site within a minute as may."""
    storm: bool
    """The same at all sites together."""
    may_be_withheld: bool = False
    """The carrier is known to pass on withheld numbers, and nobody saw whether this one is."""
    line: KnownLine | None = None
    """What carriers told of the caller's number."""

    @property
    def caller(self) -> PhoneNumber:
        """The caller's number; only asked for by rules that come after `_no_number`."""
        if self.call.caller is None:
            raise ValueError("this call has no number")
        return self.call.caller


def decide(case: Circumstances) -> Decision:
    """Go through the rules in order; the last one always decides."""
    for rule in RULES:
        decision = rule(case)
        if decision is not None:
            return decision
    return _text_them(case)


def unsuitable(number: PhoneNumber, rules: Rules) -> str | None:
    """Why no text may go to this number, whoever asks for one; None when it may."""
    if line_kind(number) in (LineKind.FIXED, LineKind.TOLL_FREE, LineKind.PREMIUM):
        return "line"
    return None if region_of(number) in rules.guards.countries else "foreign"


def no_text(case: Circumstances) -> Decision | None:
    """Why a caller who asks for a text gets none; None when it may go."""
    found = (rule(case) for rule in (_own_number, _blocked, _caps))
    return next((decision for decision in found if decision), None)


def _exclude(rule: str, because: str) -> Decision:
    return Decision(action=Action.EXCLUDE, rule=rule, because=because)


def _task(rule: str, because: str, *, alarm: bool = False) -> Decision:
    return Decision(action=Action.TASK, rule=rule, because=because, alarm=alarm)


def _ignored_did(case: Circumstances) -> Decision | None:
    if case.call.did and case.call.did in case.rules.guards.ignored_dids:
        return _exclude("ignored-did", "the number dialled is configured as no patient line")
    return None


def _own_number(case: Circumstances) -> Decision | None:
    own = case.rules.guards.own.union(*({s.phone, *s.texting, *s.dids} for s in case.rules.sites))
    if case.call.caller in own:
        return _exclude("own-number", "the call came from one of the clinic's own numbers")
    return None


def _blocked(case: Circumstances) -> Decision | None:
    if case.call.caller in case.rules.guards.blocked:
        return _exclude("blocked", "the caller is on the block list")
    return None


def _too_short(case: Circumstances) -> Decision | None:
    shortest = case.rules.guards.min_wait
    waited = case.call.ended_at - case.call.started_at if case.call.ended_at else shortest
    if (
        timedelta(0) <= waited < shortest
    ):  # less than nothing: a clock was set meanwhile, which is no caller's doing
        return _exclude("too-short", f"the caller hung up within {shortest.total_seconds():g} s")
    return None


def _no_number(case: Circumstances) -> Decision | None:
    if case.call.caller is not None:
        return None
    if case.call.detail == Detail.MESSAGE_LEFT:
        return _task("message-without-number", "no number to text, but the caller left a voice message")
    if case.call.detail == Detail.MESSAGE_UNKNOWN:
        because = "no number to text, and the record does not tell whether the caller left a voice message"
        return _task("message-without-number", because)
    if case.call.caller_note == "withheld":
        return Decision(action=Action.NOTHING, rule="withheld", because="the caller withheld the number")
    return Decision(
        action=Action.NOTHING, rule="invalid-number", because="the caller ID is not a phone number"
    )


def _premium(case: Circumstances) -> Decision | None:
    if line_kind(case.caller) is LineKind.PREMIUM:
        because = "a premium-rate number is neither texted nor called back"
        return Decision(action=Action.NOTHING, rule="premium", because=because)
    return None


def _same_episode(case: Circumstances) -> Decision | None:
    if case.episode is None:
        return None
    because = f"the caller was already being looked after: call {case.episode.calls + 1} of this episode"
    return Decision(action=Action.JOIN, rule="one-text-per-window", because=because)


def _opted_out(case: Circumstances) -> Decision | None:
    return (
        _task("opted-out", "the caller asked for no texts, so a person calls back")
        if case.opted_out
        else None
    )


def _cannot_receive(case: Circumstances) -> Decision | None:
    kind = line_kind(case.caller)
    if kind in (LineKind.FIXED, LineKind.TOLL_FREE):
        return _task(
            f"{kind.value}-line", f"a {kind.value} line cannot receive texts, so a person calls back"
        )
    return None


def _known_line(case: Circumstances) -> Decision | None:
    why = untextable(case.line, case.now)
    return _task("known-line", f"{why}, as a carrier told, so a person calls back") if why else None


def _foreign(case: Circumstances) -> Decision | None:
    if region_of(case.caller) not in case.rules.guards.countries:
        return _task("foreign", "texts to that country are not allowed here, so a person calls back")
    return None


def _lost_track(case: Circumstances) -> Decision | None:
    if case.call.detail == Detail.LOST_TRACK:
        return _task("not-seen-to-the-end", "the end of the call was not seen, so a person finds out")
    return None


def _may_be_withheld(case: Circumstances) -> Decision | None:
    if case.may_be_withheld:
        return _task(
            "may-be-withheld",
            "this carrier passes on numbers that callers withheld, and nobody saw whether this one is: no text",
        )
    return None


def _late(case: Circumstances) -> Decision | None:
    limit = case.rules.guards.late_after
    if case.call.ended_at and case.now - case.call.ended_at > limit:
        minutes = int(limit.total_seconds() // 60)
        return _task("late", f"the call ended more than {minutes} minutes ago: too late for a text")
    return None


def _reason_without_text(case: Circumstances) -> Decision | None:
    if case.call.reason in case.rules.guards.no_text_reasons:
        return _task("no-text-reason", f"calls that end as {case.call.reason} get a call back, not a text")
    return None


def _caps(case: Circumstances) -> Decision | None:
    guards = case.rules.guards
    if case.texts_to_caller_today >= guards.per_number_per_day:
        return _task("cap-number", f"the caller already had {guards.per_number_per_day} texts in 24 hours")
    if case.storm:
        because = f"storm brake: {guards.all_per_minute} texts within a minute"
        return _task("storm-brake", because, alarm=True)
    if case.storm_at_site:
        because = f"storm brake of this site: {guards.per_site_per_minute} texts within a minute"
        return _task("storm-brake-site", because, alarm=True)
    return None


def _text_them(case: Circumstances) -> Decision:
    when = kind_of_time(case.site.hours, case.now)
    told = {"open": "the clinic is open", "closed": "the clinic is closed", "holiday": "it is a holiday"}[
        when
    ]
    because = f"{_IN_WORDS.get(case.call.reason or '', 'nobody answered')}, and {told}"
    return Decision(action=Action.TEXT, rule="text-back", because=because, template=f"first-{when}")


_IN_WORDS = {
    Reason.NO_ANSWER.value: "it rang and nobody answered",
    Reason.BUSY.value: "every line was busy",
    Reason.ABANDONED.value: "the caller gave up waiting",
    Reason.IVR_HANGUP.value: "the caller hung up in the menu",
    Reason.VOICEMAIL.value: "only the voicemail answered",
}

RULES: tuple[Callable[[Circumstances], Decision | None], ...] = (
    _ignored_did,
    _own_number,
    _blocked,
    _too_short,
    _no_number,
    _premium,
    _same_episode,
    _opted_out,
    _cannot_receive,
    _known_line,
    _foreign,
    _lost_track,
    _may_be_withheld,
    _late,
    _reason_without_text,
    _caps,
)
"""First match wins."""
