"""What a caller's text wants: loudest reading first, and whatever is in doubt goes to a person, whole.

The order, and the `rule` each step leaves behind (never a word of the patient's own):

1. emergency wording anywhere in the text           `emergency-wording`
2. the whole text is a keyword or a menu digit      `keyword:book` `digit:1` `typo:billing`
3. urgent wording                                   `phrase:urgent`
4. an opt-out in any words                          `phrase:opt-out` `clause:stop` `word:stop`
5. a visit to be cancelled (never an opt-out)       `phrase:cancel-appointment`
6. one clear wish                                   `phrase:refill`, or `hint:book` when it is only hinted at
7. no wish, but a symptom said to be bad             `symptoms`
8. several wishes, or none                          `ambiguous` `not-understood`

An opt-out errs to opting out: the law asks what a reasonable person would understand, in any words.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise
from typing import Literal

from secondring.domain import words
from secondring.domain.records import Intent
from secondring.domain.words import END, SHORT_TEXT, START, Hit, clauses_of

Language = Literal["en", "es"]

_BARE_STOP_WORDS = 4
"""A text this short that holds the word stop, not about something else, is an opt-out."""
_REACH = {"negated-far": 2, "negated-near": 0}
"""Words that may stand between a negation (`I don't need`, `no`) and what is not wanted."""
_OPT_OUTS = frozenset({"opt-out", "stop-calling"})
_STOP_WORDS = frozenset({"stop", "quit", "unsubscribe", "cancel"})
_LISTING = frozenset({"or", "and", "o", "y", "also", "then"})
_WISHES = frozenset({Intent.BOOK, Intent.RESCHEDULE, Intent.BILLING, Intent.REFILL})
_DIGIT_OF = {intent: digit for digit, intent in words.DIGITS.items() if digit.isdigit()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Understanding:
    """What was read out of a text."""

    intent: Intent
    rule: str
    """Which rule decided; holds no word of the patient's."""
    language: Language | None = None
    """None when the text does not tell."""
    opts_out: bool = False
    """No more texts from now on; besides STOP and CANCEL also set on an URGENT text that says so."""
    mentions: tuple[Intent, ...] = ()
    """What else was heard: both sides of an ambiguous text, or a wish beside an opt-out.
    UNKNOWN in here is a wish to be called back, or a question that only a person can answer now."""

    @property
    def asks_more(self) -> bool:
        """An opt-out that also asks for something: without a task for a person the wish would be lost."""
        return self.intent is Intent.STOP and bool(self.mentions)


@dataclass(frozen=True, slots=True)
class _Reading:
    """A text as its words, misspellings mended."""

    clauses: list[list[str]]
    typed: frozenset[str]
    """The words before mending."""
    flat: list[str]
    """All words, between `^` and `$`."""
    loud: list[Hit]

    @property
    def words(self) -> list[str]:
        return self.flat[1:-1]


def understand(text: str) -> Understanding:
    """Read a text. Never raises; very long texts are read at both ends only."""
    reading = _read(text)
    for step in (_emergency, _whole_message, _urgent, _opt_out, _cancelled_visit):
        found = step(reading)
        if found is not None:
            return _with_rest(found, reading)
    return _with_rest(_one_wish(reading), reading)


def _read(text: str) -> _Reading:
    typed = clauses_of(text)
    short = sum(map(len, typed)) <= SHORT_TEXT
    mended = [words.SPELLER.mend(clause, short=short) for clause in typed]
    flat = [START, *_joined(mended), END]
    return _Reading(mended, frozenset(_joined(typed)), flat, words.EMERGENCY.find(flat))


def _joined(clauses: list[list[str]]) -> list[str]:
    return [word for clause in clauses for word in clause]


def _with_rest(found: Understanding, reading: _Reading) -> Understanding:
    """Add the language and, beside an opt-out or an alarm, what else the text says."""
    found = replace(found, language=_language(reading.words))
    if found.intent in (Intent.STOP, Intent.CANCEL):
        asked = {Intent.UNKNOWN} if _asks_beside(reading) else set()
        return replace(found, opts_out=True, mentions=tuple(sorted(asked | set(_mentions(reading)))))
    if found.intent is Intent.URGENT:
        return replace(found, opts_out=_opt_out(reading) is not None, mentions=_mentions(reading))
    return found


def _language(found: Sequence[str]) -> Language | None:
    english = sum(word in words.WORDS_OF["en"] for word in found)
    spanish = sum(word in words.WORDS_OF["es"] for word in found)
    if english == spanish:
        return None
    return "en" if english > spanish else "es"


# steps 1 and 3: alarms


def _emergency(reading: _Reading) -> Understanding | None:
    if not _alarm(reading, "emergency"):
        return None
    return Understanding(intent=Intent.URGENT, rule="emergency-wording")


def _urgent(reading: _Reading) -> Understanding | None:
    return Understanding(intent=Intent.URGENT, rule="phrase:urgent") if _alarm(reading, "urgent") else None


def _alarm(reading: _Reading, label: str) -> bool:
    """Is there wording of that label outside the phrases known to be harmless?"""
    harmless = _of(reading.loud, "not-urgent")
    return any(not _inside(hit.start, harmless) for hit in _of(reading.loud, label))


def _of(hits: list[Hit], label: str) -> list[Hit]:
    return [hit for hit in hits if hit.label == label]


def _inside(place: int, masks: list[Hit]) -> bool:
    return any(mask.start <= place < mask.end for mask in masks)


# step 2: the whole message


def _whole_message(reading: _Reading) -> Understanding | None:
    core = _without_courtesy(reading.words)
    phrase = words.KEYWORDS.get(" ".join(reading.words)) or words.KEYWORDS.get(" ".join(core))
    if phrase is not None:
        return _keyword(phrase, reading)
    meant = {_meaning(word) for word in core if word not in _LISTING}
    if len(meant) == 1 and None not in meant:
        return _keyword(str(meant.pop()), reading)
    if len(meant) > 1 and meant <= _WISHES:
        return _ambiguous({Intent(str(name)) for name in meant})
    return None


def _without_courtesy(clause: list[str]) -> list[str]:
    """`Good morning, book please` says `book`; but a `good book` is no wish."""
    following = dict(pairwise(clause))
    return [
        word
        for word in clause
        if word not in words.POLITE and not (word == "good" and following.get(word) in words.POLITE)
    ]


def _meaning(word: str) -> str | None:
    return words.DIGITS.get(word) or words.KEYWORDS.get(word)


def _keyword(name: str, reading: _Reading) -> Understanding:
    """A digit of the menu, a keyword as it is written, or one that had to be mended."""
    if any(word in words.DIGITS for word in reading.words):
        return Understanding(intent=Intent(name), rule=f"digit:{_DIGIT_OF[name]}")
    kind = "keyword" if reading.typed.issuperset(reading.words) else "typo"
    return Understanding(intent=Intent(name), rule=f"{kind}:{name}")


def _ambiguous(intents: set[Intent]) -> Understanding:
    return Understanding(intent=Intent.UNKNOWN, rule="ambiguous", mentions=tuple(sorted(intents)))


# step 4: opting out


def _opt_out(reading: _Reading) -> Understanding | None:
    hits = words.STOPS.find(reading.flat)
    if _asks_to_stop(hits) or _refuses(hits, _clause_starts(reading)):
        return Understanding(intent=Intent.STOP, rule="phrase:opt-out")
    cores = [" ".join(_without_courtesy(clause)) for clause in reading.clauses]
    if any(core in words.CLAUSE_STOPS for core in cores):
        return Understanding(intent=Intent.STOP, rule="clause:stop")
    if _bare_stop(reading, _of(hits, "not-stop")):
        return Understanding(intent=Intent.STOP, rule="word:stop")
    if words.VISIT_WORDS.isdisjoint(reading.words) and any(words.KEYWORDS.get(c) == "cancel" for c in cores):
        return Understanding(intent=Intent.CANCEL, rule="clause:cancel")
    return None


def _asks_to_stop(hits: list[Hit]) -> bool:
    """No more texts; or no more calls, unless texts are asked for instead."""
    questions = _of(hits, "not-opt-out")
    labels = {hit.label for hit in hits if not _inside(hit.start, questions)}
    return "opt-out" in labels or ("stop-calling" in labels and "texts-wanted" not in labels)


def _refuses(hits: list[Hit], starts: list[int]) -> bool:
    """A `no` or a `stop` with a text in its reach, all in one clause: `no, text me` refuses nothing."""
    elsewhere = [hit for hit in hits if hit.label in ("not-refusal", "not-opt-out", "texts-wanted")]
    return any(
        not _inside(hit.start, elsewhere)
        and bisect_right(starts, hit.start) == bisect_right(starts, hit.end - 1)
        for hit in _of(hits, "refusal")
    )


def _asks_beside(reading: _Reading) -> bool:
    """A question that is not the opt-out itself: `stop calling so late, when do you open`, not `how do I stop this`."""
    hits, starts = words.STOPS.find(reading.flat), _clause_starts(reading)
    stops = [hit.start for hit in hits if hit.label in _OPT_OUTS]
    stops += [place for place, word in enumerate(reading.flat) if word in _STOP_WORDS]
    return not all(_leads_to(question, stops, starts) for question in _of(hits, "question"))


def _leads_to(question: Hit, stops: list[int], starts: list[int]) -> bool:
    """Does an opt-out follow in the clause of the question?"""
    clause = bisect_right(starts, question.start)
    return any(question.start <= stop and bisect_right(starts, stop) == clause for stop in stops)


def _bare_stop(reading: _Reading, about_something_else: list[Hit]) -> bool:
    """The word stop opens or closes a clause, or stands in a very short text."""
    if "stop" not in reading.flat:
        return False
    short = len(reading.words) <= _BARE_STOP_WORDS
    at = 1
    for clause in reading.clauses:
        for offset, word in enumerate(clause):
            telling = short or offset in (0, len(clause) - 1)
            if word == "stop" and telling and not _inside(at + offset, about_something_else):
                return True
        at += len(clause)
    return False


# step 5: a visit called off


def _cancelled_visit(reading: _Reading) -> Understanding | None:
    """Only a person can call off a visit, so the text goes to one; moving it to another day is a wish of its own."""
    if words.CANCEL_WORDS.isdisjoint(reading.words):
        return None
    clear = _wishes(reading)[0]
    if Intent.RESCHEDULE in clear or (words.CANCEL_VERBS.isdisjoint(reading.words) and clear):
        return None
    return Understanding(intent=Intent.UNKNOWN, rule="phrase:cancel-appointment")


# steps 6 to 8: wishes


def _one_wish(reading: _Reading) -> Understanding:
    clear, hinted = _wishes(reading)
    clear.discard("call-me")
    wanted = clear or hinted
    calm = _of(reading.loud, "not-urgent")
    if not wanted and not calm and _worrying(set(reading.words)):
        return Understanding(intent=Intent.URGENT, rule="symptoms")
    if not wanted:
        return Understanding(intent=Intent.UNKNOWN, rule="not-understood")
    if len(wanted) > 1:
        return _ambiguous({Intent(name) for name in wanted})
    (name,) = wanted
    return Understanding(intent=Intent(name), rule=f"{'phrase' if clear else 'hint'}:{name}")


def _worrying(said: set[str]) -> bool:
    """A symptom said to be bad, or an alarming one that comes with another."""
    symptoms = said & words.SYMPTOMS
    return bool(symptoms and said & words.SEVERE) or (len(symptoms) > 1 and bool(symptoms & words.ALARMING))


def _mentions(reading: _Reading) -> tuple[Intent, ...]:
    clear = _wishes(reading)[0] - {"start"}
    return tuple(sorted(Intent.UNKNOWN if name == "call-me" else Intent(name) for name in clear))


def _wishes(reading: _Reading) -> tuple[set[str], set[str]]:
    """What is clearly asked for, and what is only hinted at, leaving out what is negated."""
    hits = words.WANTS.find(reading.flat)
    starts = _clause_starts(reading)
    negations = [hit for hit in hits if hit.label in _REACH]
    elsewhere = _of(hits, "not-meant")
    meant = [
        hit
        for hit in hits
        if hit.label not in _REACH
        and not _negated(hit, negations, starts)
        and not _inside(hit.start, elsewhere)
    ]
    clear = {hit.label for hit in meant if hit.label in words.CLEAR}
    if Intent.RESCHEDULE in clear:
        clear.discard(Intent.BOOK)
    existing = _of(hits, "existing")
    hints = [hit for hit in meant if hit.label in words.HINTS and not _inside(hit.start, existing)]
    return clear, {words.HINTS[hit.label] for hit in hints}


def _clause_starts(reading: _Reading) -> list[int]:
    """Places in `flat` where a clause begins, first to last: no negation reaches across them."""
    return [0, *accumulate(map(len, reading.clauses), initial=1)]


def _negated(hit: Hit, negations: list[Hit], starts: list[int]) -> bool:
    """Does a negation of the same clause stand right before, or a few words before when it is a long one?"""
    clause = starts[bisect_right(starts, hit.start) - 1]
    return any(clause <= no.start < hit.start <= no.end + _REACH[no.label] for no in negations)
