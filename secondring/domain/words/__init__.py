"""What patients write and what it means: word lists in English and Spanish, and how a text is read.

`en*` and `es*` hold the words, everything here is built from them once, at import.
"""

from collections.abc import Iterator
from types import ModuleType

from secondring.domain.words import en, en_alarms, en_wishes, es, es_alarms, everyday, medicines, refusals
from secondring.domain.words.phrases import END, START, Hit, PhraseBook, words_in
from secondring.domain.words.spelling import SHORT_TEXT, Speller
from secondring.domain.words.tokens import clauses_of

__all__ = [
    "ALARMING",
    "CANCEL_VERBS",
    "CANCEL_WORDS",
    "CLAUSE_STOPS",
    "CLEAR",
    "DIGITS",
    "EMERGENCY",
    "END",
    "HINTS",
    "KEYWORDS",
    "POLITE",
    "SEVERE",
    "SHORT_TEXT",
    "SPELLER",
    "START",
    "STOPS",
    "SYMPTOMS",
    "VISIT_WORDS",
    "WANTS",
    "WORDS_OF",
    "Hit",
    "PhraseBook",
    "clauses_of",
]

DIGITS = {
    "1": "book", "2": "reschedule", "3": "billing", "4": "refill", "5": "urgent",
    "one": "book", "two": "reschedule", "three": "billing", "four": "refill", "five": "urgent",
    "uno": "book", "dos": "reschedule", "tres": "billing", "cuatro": "refill", "cinco": "urgent",
}  # fmt: skip
"""The menu of the first text, as a digit or spelt."""


def _keywords() -> dict[str, str]:
    """Every whole message (one word or several) with its intent."""
    table: dict[str, str] = {}
    for language in (en, es):
        for intent, words in language.KEYWORDS.items():
            table.update(dict.fromkeys(words.split(), intent))
        for intent, phrases in language.WHOLE.items():
            table.update(dict.fromkeys(phrases, intent))
    return table


KEYWORDS = _keywords()
CLAUSE_STOPS = frozenset(en.CLAUSE_STOPS + es.CLAUSE_STOPS)
POLITE = en.POLITE | es.POLITE
CANCEL_WORDS = frozenset(f"{en.CANCEL_WORDS} {es.CANCEL_WORDS}".split())
CANCEL_VERBS = CANCEL_WORDS - {"cancellation", "cancelation", "cancelacion"}
"""Those of the cancel words that call something off, and do not only name a cancellation."""
VISIT_WORDS = frozenset(f"{en.VISIT_WORDS} {es.VISIT_WORDS}".split())

SYMPTOMS, SEVERE = en_alarms.SYMPTOMS | es_alarms.SYMPTOMS, en_alarms.SEVERE | es_alarms.SEVERE
ALARMING = en_alarms.ALARMING | es_alarms.ALARMING

_LOUD = {
    "emergency": en_alarms.EMERGENCY + es_alarms.EMERGENCY,
    "urgent": en_alarms.URGENT + es_alarms.URGENT,
    "not-urgent": en_alarms.NOT_URGENT + es_alarms.NOT_URGENT,
}
_STOPS = {
    "opt-out": en.OPT_OUT + es.OPT_OUT + refusals.ANYWHERE,
    "refusal": refusals.IN_A_CLAUSE,
    "not-refusal": refusals.NOT_IN_A_CLAUSE,
    "stop-calling": en.STOP_CALLING + es.STOP_CALLING,
    "texts-wanted": en.TEXTS_WANTED + es.TEXTS_WANTED,
    "not-opt-out": en.NOT_OPT_OUT + es.NOT_OPT_OUT + refusals.NOT_ANYWHERE,
    "not-stop": en.NOT_STOP + es.NOT_STOP,
    "question": en.QUESTIONS + es.QUESTIONS,
}
_WANTS = {
    **{intent: phrases + es.WANTS.get(intent, ()) for intent, phrases in en_wishes.WANTS.items()},
    **{f"weak:{intent}": phrases + es.WEAK[intent] for intent, phrases in en_wishes.WEAK.items()},
    "existing": en_wishes.EXISTING + es.EXISTING,
    "not-meant": en_wishes.NOT_MEANT + es.NOT_MEANT,
    "negated-far": en_wishes.NEGATED_FAR + es.NEGATED_FAR,
    "negated-near": en_wishes.NEGATED_NEAR + es.NEGATED_NEAR,
}


def _book(lists: dict[str, tuple[str, ...]]) -> PhraseBook:
    return PhraseBook((label, phrase) for label, phrases in lists.items() for phrase in phrases)


_WANTS["refill"] += medicines.REFILL

CLEAR = frozenset(en_wishes.WANTS)
HINTS = {f"weak:{intent}": intent for intent in en_wishes.WEAK}
EMERGENCY, STOPS, WANTS = _book(_LOUD), _book(_STOPS), _book(_WANTS)


def _words_of(module: ModuleType) -> Iterator[str]:
    """Every word that the lists of a module name."""
    for name, value in vars(module).items():
        if name.startswith("__"):
            continue
        if isinstance(value, str):
            yield from value.replace("|", " ").split()
        elif isinstance(value, tuple | frozenset):
            yield from words_in(value)
        elif isinstance(value, dict):
            yield from words_in(value)
            for inner in value.values():
                yield from words_in([inner] if isinstance(inner, str) else inner)


_EN = frozenset(
    [*_words_of(en), *_words_of(en_alarms), *_words_of(en_wishes), *everyday.ENGLISH, *everyday.COMMON]
)
_ES = frozenset([*_words_of(es), *_words_of(es_alarms), *everyday.SPANISH])
WORDS_OF = {"en": _EN - _ES, "es": _ES - _EN}
"""Words that tell the language, because only one of the two has them."""

SPELLER = Speller(
    slang=everyday.SLANG,
    known=_EN | _ES | DIGITS.keys() | medicines.NAMES | frozenset(_words_of(refusals)),
    anywhere=everyday.MENDED_ANYWHERE.split(),
    alone=everyday.MENDED_ALONE.split(),
    twice=everyday.MENDED_TWICE.split(),
)
