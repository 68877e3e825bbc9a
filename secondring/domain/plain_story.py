"""The story of an episode for those who answer phones: what happened, without the names of rules, verdicts and queues.

The records are the same as in `story`, and so is their order; each line keeps what `explain` says of it as its `why`.
What has no words of its own here is told by its reason, which is a sentence already.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from secondring.domain import story
from secondring.domain.call_events import Direction
from secondring.domain.deskwork import Result
from secondring.domain.labels import title_in_words
from secondring.domain.records import Call, DecisionRecord, Intent, Task
from secondring.domain.rules import BILLING, CARE_TEAM, FRONT_DESK, TRIAGE, Rules
from secondring.domain.triage_events import Why
from secondring.domain.verdict import Detail, Reason, Verdict

MISSED = {
    Reason.NO_ANSWER: "nobody picked up",
    Reason.BUSY: "every line was busy",
    Reason.ABANDONED: "they gave up waiting",
    Reason.IVR_HANGUP: "they hung up in the menu",
    Reason.VOICEMAIL: "only the voicemail answered",
}
LEFT = {
    Detail.MESSAGE_LEFT: "They left a voice message.",
    Detail.NO_MESSAGE: "They left no voice message.",
    Detail.MESSAGE_UNKNOWN: "Look whether they left a voice message.",
    Detail.PARKED: "They were parked, and nobody came.",
    Detail.PARKED_LOST: "They were parked after the answer, and nobody came back.",
    Detail.LOST_TRACK: "We did not see the end of the call.",
}
"""Details that change what somebody does next; the others stand in the reason alone."""
WISHES = {
    Intent.BOOK: "They want an appointment.",
    Intent.RESCHEDULE: "They want to move an appointment.",
    Intent.BILLING: "They have a question about a bill.",
    Intent.REFILL: "They want a refill.",
    Intent.URGENT: "They say that it is urgent.",
    Intent.HELP: "They asked for help.",
    Intent.STOP: "They want no more texts.",
    Intent.CANCEL: "They wrote CANCEL: no more texts, and perhaps they meant an appointment.",
    Intent.START: "They want texts again.",
    Intent.UNKNOWN: "We did not understand the reply; a person reads it.",
}
FAILED = {
    Why.REFUSED: "{} pressed 2: not now.",
    Why.NO_KEY: "{} picked up and pressed no key.",
    Why.NO_ANSWER: "{} did not answer.",
    Why.BUSY: "{} was busy.",
    Why.UNAVAILABLE: "{} could not be reached.",
    Why.ERROR: "{} could not be called.",
}
RESULTS = {
    Result.SPOKE: "spoke with them",
    Result.BOOKED: "booked them",
    Result.RESOLVED: "resolved it without a call",
    Result.NO_CONTACT: "did not reach them",
}
QUEUES = {
    FRONT_DESK: "the front desk",
    BILLING: "billing",
    CARE_TEAM: "the care team",
    TRIAGE: "the nurses",
}
_BY_RULE = {
    ("text", "text-back"): "We answer by text.",
    ("text", "key-1"): "They pressed 1 and asked for a text.",
    ("opt-in", "key-1"): "They pressed 1 twice: they want texts again.",
    ("opt-out", "key-9"): "They pressed 9: they want no more texts.",
    ("join", "one-text-per-window"): "They called again while we were looking after them: no second text.",
    ("task", "storm-brake"): "Too many texts at once, so a person calls back.",
    ("task", "storm-brake-site"): "Too many texts at once, so a person calls back.",
    ("task", "no-text-reason"): "Calls that end like this get a call back, not a text.",
    ("task", "may-be-withheld"): "Their number may be withheld, so they get a call back and no text.",
    ("task", "second-listener"): "Another Second Ring may have texted them already, so a person calls back.",
    ("no-triage", "shadow"): "Shadow mode: no nurse's phone is rung.",
    ("intent-unknown", "ambiguous"): "The reply may mean several things; a person reads it.",
    ("intent-unknown", "phrase:cancel-appointment"): "They want to cancel an appointment; a person reads it.",
    ("close", "window"): "Closed: nobody reached them in time.",
}
_BY_ACTION = {
    "reopen": "This is open again.",
    "text-failed": "A text did not go through.",
    "text-again": "A text is tried again.",
    "triage": "The nurses' phones begin to ring.",
    "triage-nobody": "No nurse took the call.",
    "triage-connected": "A nurse and the caller are talking.",
}
_AS_REASON = {
    "close": "Closed: {}",
    "cancel-text": "A text was not sent: {}",
    "triage-left": "Not connected: {}",
}
"""Actions whose reason needs a word before it."""
_SHORTER: Sequence[tuple[str, str]] = (
    *((rf"said what came of T-\w+: {result}$", words) for result, words in RESULTS.items()),
    *((rf"^{result} by (.+)$", rf"\1 {words}") for result, words in RESULTS.items()),
    *((rf"\bto {queue}\b", f"to {words}") for queue, words in QUEUES.items()),
    (r" off until .* UTC$", " off"),
    (r"\bT-\w+", "the task"),
    (r"^round \d+, step \d+: (.+)$", r"\1"),
    (r"^last resort: (.+)$", r"the last resort: \1"),
    (r"; the ladder begins again$", "; the nurses' phones ring again in a while"),
    (r"^(\S+) accepted$", r"\1 takes it"),
)
"""What reasons say for whoever looks after the machine, and what people say instead."""
_RESULT = re.compile(r"(?P<who>.+): (?P<why>[a-z-]+)")


class PlainTeller(story.Teller):
    """Tells stories to staff. `names`: how each user is shown, by log-in name."""

    def __init__(self, rules: Rules, names: Mapping[str, str]) -> None:
        super().__init__(rules, texts=False)
        self._names = names

    def told_call(self, call: Call) -> list[story.Line]:
        """The call itself."""
        began, *rest = super().told_call(call)
        if call.direction is Direction.OUTBOUND:
            return [replace(began, words=f"We called them: {story.talked(call)}.")]
        number = "" if call.caller else f" Their number is {call.caller_note or 'not known'}."
        began = replace(began, words=f"They called {self.rules.site(call.site).name}.{number}")
        if call.verdict is None:
            return [began, *rest]
        return [began, *(replace(line, words=_ended(call), why=line.words) for line in rest)]

    def decided(self, decision: DecisionRecord) -> story.Line:
        """What was decided."""
        line = super().decided(decision)
        return replace(line, words=self._decision(decision), why=line.words)

    def of_task(self, task: Task) -> list[story.Line]:
        """What people have to do, and that it is done. Who has it stands where it can be given back."""
        opened, *rest = super().of_task(task)
        queue = QUEUES.get(task.queue, task.queue)
        due = story.soon(task.due_at, task.created_at, self.rules.site(task.site))
        lines = [replace(opened, words=f"For {queue}: {title_in_words(task.title)}, due {due}.", why="")]
        if task.closed_at is not None:
            words = f"Done for {queue}: {self.closing(task)}."
            lines += [replace(line, words=words, why=line.words) for line in rest]
        return lines

    def closing(self, task: Task) -> str:
        """Why a task is done."""
        return self._named(_shorter(task.closed_because))

    def _decision(self, decision: DecisionRecord) -> str:
        action, because = decision.action, decision.because
        found = _BY_RULE.get((action, decision.rule)) or _BY_ACTION.get(action)
        if found:
            return found
        if action.startswith(story.INTENT):
            return WISHES[Intent(action.removeprefix(story.INTENT))]
        failed = _RESULT.fullmatch(because) if action == "triage-result" else None
        if failed and failed["why"] in set(Why):
            return FAILED[Why(failed["why"])].format(failed["who"])
        return _sentence(_AS_REASON.get(action, "{}").format(self._named(_shorter(because))))

    def _named(self, words: str) -> str:
        """Records name people by their log-in, first; colleagues know them by their names."""
        first, _, rest = words.partition(" ")
        return f"{self._names.get(first, first)} {rest}".strip()


def _ended(call: Call) -> str:
    if call.verdict is Verdict.ANSWERED:
        return "The call was answered."
    if call.verdict is Verdict.IGNORED:
        return "This does not count as a missed call."
    why = MISSED.get(Reason(call.reason), "nobody picked up") if call.reason else "nobody picked up"
    left = LEFT.get(Detail(call.detail)) if call.detail in set(Detail) else None
    return f"The call was missed: {why}." + (f" {left}" if left else "")


def _shorter(words: str) -> str:
    for pattern, instead in _SHORTER:
        words = re.sub(pattern, instead, words)
    return words


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}."
