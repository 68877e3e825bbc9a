"""A call or an episode in plain words: what happened, which rule decided, why a text did or did not go."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from secondring.domain.ids import CallId
from secondring.domain.ports import Books
from secondring.domain.records import Call, DecisionRecord, Episode, Task, TaskState, Text, TextState
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
    "all-busy": "every agent was busy",
    "not-joined": "the queue let nobody in",
    "leave-empty": "the queue had no agents left",
    "exit-key": "the caller pressed a key to leave the queue",
    "withdrawn": "the caller was taken out of the queue",
    "parked": "the caller was parked and nobody came",
    "parked-lost": "after the answer the caller was parked and nobody came back",
    "message-left": "a voice message was left",
    "no-message": "no voice message was left",
    "in-menu": "before anything rang",
    "pbx-stopped": "the PBX stopped during the call",
    "lost-track": "the end of the call was not seen",
}
"""`verdict.Detail` in plain words."""


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that happened, in one sentence."""

    at: datetime
    words: str


def of_call(books: Books, call: Call, rules: Rules) -> list[Line]:
    """The story of one call, and of the episode it belongs to; oldest first."""
    site = rules.site(call.site)
    lines = call_lines(call, site)
    lines += [_decided(d) for d in books.decisions_about(call.id)]
    episode = books.episode(call.episode) if call.episode else None
    if episode is not None:
        lines += of_episode(books, episode, rules, without=call.id)
    return sorted(lines, key=lambda line: line.at)


def of_episode(
    books: Books,
    episode: Episode,
    rules: Rules,
    without: CallId | None = None,
    *,
    texts: bool = True,
) -> list[Line]:
    """The story of an episode; `without` leaves out a call that is told already, `texts=False` what was written."""
    site = rules.site(episode.site)
    lines: list[Line] = []
    for call in books.calls_of(episode.id):
        if call.id != without:
            lines += call_lines(call, site)
    lines += [_decided(d) for d in books.decisions_of(episode.id) if without is None or d.call != without]
    for text in books.texts_of(episode.id) if texts else ():
        lines += _text_lines(text)
    for task in books.tasks_of(episode.id):
        lines += _task_lines(task, site)
    return sorted(lines, key=lambda line: line.at)


def call_lines(call: Call, site: Site) -> list[Line]:
    """The call itself: where it came in and how it ended."""
    who = str(call.caller) if call.caller else f"a caller whose number is {call.caller_note or 'not known'}"
    lines = [Line(call.started_at, f"{who} called {site.name}.")]
    if call.verdict is None or call.ended_at is None:
        return [*lines, Line(call.started_at, "The call is not over yet.")]
    waited = (call.answered_at or call.ended_at) - call.started_at
    told = _verdict_in_words(call, int(waited.total_seconds()))
    return [*lines, Line(call.ended_at, told)]


def _verdict_in_words(call: Call, waited: int) -> str:
    detail = DETAILS.get(call.detail or "", "")
    because = f" ({detail})" if detail else ""
    if call.verdict is Verdict.ANSWERED:
        return f"Verdict answered: a person picked up after {waited} s{because}."
    if call.verdict is Verdict.IGNORED:
        return f"Verdict ignored: not a missed call ({call.reason})."
    where = f" in queue {call.queue}" if call.queue else ""
    return f"Verdict missed: {REASONS.get(call.reason or '', call.reason)}{where} after {waited} s{because}."


def _decided(decision: DecisionRecord) -> Line:
    return Line(decision.at, f"Decision {decision.action} by rule {decision.rule}: {decision.because}.")


def _text_lines(text: Text) -> list[Line]:
    if not text.outgoing:
        return [Line(text.created_at, "A text came in from the caller.")]
    lines = [Line(text.created_at, f"Text '{text.template}' was written.")]
    ended = _TEXT_WORDS.get(text.state)
    if ended:
        after = f": {text.note}" if text.note else ""
        lines.append(Line(text.settled_at or text.due_at, f"Text '{text.template}' {ended(text)}{after}."))
    return lines


_TEXT_WORDS: dict[TextState, Callable[[Text], str]] = {
    TextState.QUEUED: lambda _: "is waiting to be sent",
    TextState.SENDING: lambda _: "was handed to the carrier, whose answer is not known yet",
    TextState.UNKNOWN: lambda _: "has an unknown outcome and is being looked up",
    TextState.ACCEPTED: lambda t: f"was accepted by the carrier ({t.carrier})",
    TextState.DELIVERED: lambda t: f"was delivered ({t.carrier})",
    TextState.FAILED: lambda _: "failed",
    TextState.CANCELLED: lambda _: "was not sent",
}


def _task_lines(task: Task, site: Site) -> list[Line]:
    due = said_time(task.due_at, site)
    lines = [Line(task.created_at, f"Task for {task.queue}: {task.title}, due {due}.")]
    if task.state is TaskState.DONE and task.closed_at is not None:
        lines.append(Line(task.closed_at, f"Task for {task.queue} closed: {task.closed_because}."))
    elif task.owner:
        lines.append(Line(task.created_at, f"The task is {task.owner}'s."))
    return lines


def said_time(at: datetime, site: Site) -> str:
    """A time as people at the site say it."""
    return at.astimezone(ZoneInfo(site.hours.zone)).strftime("%a %b %-d, %-I:%M %p")


def clock_time(lines: Sequence[Line], site: Site) -> list[tuple[str, str]]:
    """Each line with its local time of day, to the second."""
    zone = ZoneInfo(site.hours.zone)
    return [(line.at.astimezone(zone).strftime("%b %-d %H:%M:%S"), line.words) for line in lines]
