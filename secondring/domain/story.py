"""A call, an episode or a task in plain words: what happened, which rule decided, why a text did or did not go."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from secondring.domain.call_events import Direction
from secondring.domain.ids import CallId
from secondring.domain.phone import spoken_form
from secondring.domain.ports import Books
from secondring.domain.records import (
    Call,
    DecisionRecord,
    Episode,
    Intent,
    Task,
    TaskState,
    Text,
    TextState,
)
from secondring.domain.rules import Rules, Site
from secondring.domain.verdict import Verdict

REASONS = {
    "no-answer": "rang and nobody answered",
    "busy": "found every line busy",
    "abandoned": "gave up waiting in the queue",
    "ivr-hangup": "hung up in the menu",
    "voicemail": "only reached the voicemail",
}
DETAILS = {
    "caller-cancel": "the caller hung up first",
    "timeout": "it rang until the time was up",
    "rejected": "the phone was answered with a refusal",
    "unavailable": "no phone was reachable",
    "congestion": "the lines were congested",
    "refused": "someone was asked to press a key and did not accept",
    "unconfirmed": "something picked up, but no person and the caller were ever connected",
    "external-answer": "an outside phone picked up, which is not taken for a person here",
    "all-busy": "every agent was busy",
    "not-joined": "the queue let nobody in",
    "leave-empty": "the queue had no agents left",
    "exit-key": "the caller pressed a key to leave the queue",
    "withdrawn": "the caller was taken out of the queue",
    "parked": "the caller was parked and nobody came",
    "parked-lost": "after the answer the caller was parked and nobody came back",
    "message-left": "a voice message was left",
    "no-message": "no voice message was left",
    "message-unknown": "the PBX's record does not tell whether a voice message was left",
    "in-menu": "before anything rang",
    "pbx-stopped": "the PBX stopped during the call",
    "lost-track": "the end of the call was not seen",
}
"""`verdict.Detail` in plain words."""


WEEK = 7
PERSON, INTENT = "person", "intent-"
"""The rule of what people did, and how the actions of a reply that was understood begin."""
RECEIPT = "receipt"
"""The rule of what a carrier's receipt told: the text's own line says it already."""


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that happened, in one sentence."""

    at: datetime
    words: str
    why: str = ""
    """The same for whoever looks after the machine, where `words` leave something out."""


class Teller:
    """Tells stories. `whole`: with numbers and words of patients, for whoever asked to see them; `texts=False`: without
    what was written, for whoever shows that beside it.
    """

    def __init__(self, rules: Rules, *, whole: bool = False, texts: bool = True) -> None:
        self.rules = rules
        self._whole = whole
        self._texts = texts

    def of_call(self, books: Books, call: Call) -> list[Line]:
        """The story of one call, and of the episode it belongs to; oldest first."""
        lines = self.told_call(call)
        lines += [self.decided(d) for d in books.decisions_about(call.id)]
        episode = books.episode(call.episode) if call.episode else None
        if episode is not None:
            lines += self.of_episode(books, episode, without=call.id)
        return sorted(lines, key=lambda line: line.at)

    def of_episode(self, books: Books, episode: Episode, without: CallId | None = None) -> list[Line]:
        """The story of an episode; `without` leaves out a call that is told already."""
        lines: list[Line] = []
        for call in books.calls_of(episode.id):
            if call.id != without:
                lines += self.told_call(call)
        texts = books.texts_of(episode.id) if self._texts else []
        lines += [self._text(text) for text in texts if not text.outgoing]
        decisions = (d for d in books.decisions_of(episode.id) if d.rule != RECEIPT)
        lines += [self.decided(d) for d in decisions if without is None or d.call != without]
        lines += [self._text(text) for text in texts if text.outgoing]
        for task in books.tasks_of(episode.id):
            lines += self.of_task(task)
        return sorted(lines, key=lambda line: line.at)

    def told_call(self, call: Call) -> list[Line]:
        """The call itself: where it came in and how it ended."""
        site = self.rules.site(call.site)
        who = self._number(call, site)
        if call.direction is Direction.OUTBOUND:
            return [Line(call.started_at, f"{site.name} called {who}: {talked(call)}.")]
        lines = [Line(call.started_at, f"{who} called {site.name}.")]
        if call.verdict is None or call.ended_at is None:
            return [*lines, Line(call.started_at, "The call is not over yet.")]
        waited = (call.answered_at or call.ended_at) - call.started_at
        told = _verdict_in_words(call, int(waited.total_seconds()))
        return [*lines, Line(call.ended_at, told)]

    def decided(self, decision: DecisionRecord) -> Line:
        """What was decided, by which rule."""
        because = decision.because
        if decision.rule == PERSON:
            return Line(decision.at, f"{because}.")
        if decision.action.startswith(INTENT):
            return Line(decision.at, f"{because[:1].upper()}{because[1:]}.")
        return Line(decision.at, f"Decision {decision.action} by rule {decision.rule}: {because}.")

    def of_task(self, task: Task) -> list[Line]:
        """What people had to do, and what became of it."""
        due = soon(task.due_at, task.created_at, self.rules.site(task.site))
        lines = [Line(task.created_at, f"Task for {task.queue}: {task.title}, due {due}.")]
        if task.state is TaskState.DONE and task.closed_at is not None:
            lines.append(Line(task.closed_at, f"Task for {task.queue} closed: {task.closed_because}."))
        elif task.owner:
            lines.append(Line(task.created_at, f"The task is {task.owner}'s."))
        return lines

    def _number(self, call: Call, site: Site) -> str:
        if call.caller is None:
            return f"a caller whose number is {call.caller_note or 'not known'}"
        return spoken_form(call.caller, site.region) if self._whole else str(call.caller)

    def _text(self, text: Text) -> Line:
        said = f": {text.body!r}" if self._whole and text.body else ""
        if not text.outgoing:
            return Line(text.created_at, f"A text came in from the caller{said or '.'}")
        after = f": {text.note}" if text.note else ""
        told = f"Text '{text.template}' {_TEXT_WORDS[text.state](text)}{after}{said or '.'}"
        return Line(text.settled_at or text.due_at, told)


def of_call(books: Books, call: Call, rules: Rules) -> list[Line]:
    """The story of one call and its episode, with neither number nor words."""
    return Teller(rules).of_call(books, call)


def of_episode(books: Books, episode: Episode, rules: Rules) -> list[Line]:
    """The story of an episode, with neither number nor words."""
    return Teller(rules).of_episode(books, episode)


def talked(call: Call) -> str:
    """What came of a call of ours."""
    if call.answered_at is None:
        return "nobody answered"
    length = (call.ended_at or call.answered_at) - call.answered_at
    return f"answered, for {int(length.total_seconds())} s"


def _verdict_in_words(call: Call, waited: int) -> str:
    detail = DETAILS.get(call.detail or "", "")
    because = f" ({detail})" if detail else ""
    if call.verdict is Verdict.ANSWERED:
        return f"Verdict answered: a person picked up after {waited} s{because}."
    if call.verdict is Verdict.IGNORED:
        return f"Verdict ignored: not a missed call ({call.reason})."
    in_words = REASONS.get(call.reason or "", call.reason)
    if call.queue:
        in_words = _IN_QUEUE.get(call.reason or "", f"{in_words}, after waiting in queue {{}}").format(
            call.queue
        )
    return f"Verdict missed: {in_words} after {waited} s{because}."


_IN_QUEUE = {"abandoned": "gave up waiting in queue {}"}
"""Reasons that name the queue in their own words."""


def wishes(books: Books, episode: Episode) -> list[Intent]:
    """All that the caller wanted, in the order they said it, each once."""
    found = (
        d.action.removeprefix(INTENT) for d in books.decisions_of(episode.id) if d.action.startswith(INTENT)
    )
    return [Intent(name) for name in dict.fromkeys(found)]


def next_step(task: Task) -> str:
    """What whoever looks at a task should do now."""
    if task.state is TaskState.DONE:
        return f"Nothing: it is done ({task.closed_because})."
    if task.caller is None and task.said:
        return "Read what they wrote; there is no number to answer. Reach them by what it says. Then --result resolved."
    if task.urgent:
        return "Call them now. It ends when somebody has spoken with them: --result spoke, or booked."
    if task.caller is None:
        return (
            "Listen to the voice messages of that time; there is no number to call. Then --result resolved."
        )
    return "Call them back, then say what came of it: --result spoke, booked, resolved or no-contact."


_TEXT_WORDS: dict[TextState, Callable[[Text], str]] = {
    TextState.QUEUED: lambda _: "is waiting to be sent",
    TextState.SENDING: lambda _: "was handed to the carrier, whose answer is not known yet",
    TextState.UNKNOWN: lambda _: "has an unknown outcome and is being looked up",
    TextState.ACCEPTED: lambda t: f"was accepted by the carrier ({t.carrier})",
    TextState.DELIVERED: lambda t: f"was delivered ({t.carrier})",
    TextState.FAILED: lambda _: "failed",
    TextState.CANCELLED: lambda _: "was not sent",
    TextState.WITHHELD: lambda _: "would have gone now, and was withheld: shadow mode",
}


def said_time(at: datetime, site: Site) -> str:
    """A time as people at the site say it."""
    return at.astimezone(ZoneInfo(site.hours.zone)).strftime("%a %b %-d, %-I:%M %p")


def soon(at: datetime, now: datetime, site: Site) -> str:
    """When something is due, as short as it can be said: `3:40 PM`, `Tue 9:00 AM`, `Mar 12, 9:00 AM`. Midnight ends the
    day before: `Tue, end of day`.
    """
    zone = ZoneInfo(site.hours.zone)
    local = at.astimezone(zone)
    ends_the_day = (local.hour, local.minute, local.second) == (0, 0, 0)
    if ends_the_day:
        local -= timedelta(days=1)
    days = (local.date() - now.astimezone(zone).date()).days
    if ends_the_day:
        return (
            local.strftime("today" if days == 0 else "%a" if 0 < days < WEEK else "%b %-d") + ", end of day"
        )
    return local.strftime(f"{'' if days == 0 else '%a ' if 0 < days < WEEK else '%b %-d, '}%-I:%M %p")


def clock_time(lines: Sequence[Line], site: Site) -> list[tuple[str, str]]:
    """Each line with its local time of day, to the second."""
    zone = ZoneInfo(site.hours.zone)
    return [(line.at.astimezone(zone).strftime("%b %-d %H:%M:%S"), line.words) for line in lines]
