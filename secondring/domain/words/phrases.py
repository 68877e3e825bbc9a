"""A small language for phrases, and a book of them that is read in one pass over a text.

A phrase is words with spaces between: `stop texting|messaging me?`
`a|b` either word · `a?` may be missing · `_` up to three words of any kind · `^` `$` begin and end of the text.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

Slot = frozenset[str] | None
"""The words that fit; None is a gap."""
GAP = 3
"""Words that `_` may stand for, at most."""
START, END = "^", "$"


@dataclass(frozen=True, slots=True)
class Hit:
    """A phrase found: words `start` up to `end` (exclusive), counted with `^` as word 0."""

    label: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Line:
    label: str
    slots: tuple[Slot, ...]


class PhraseBook:
    """Phrases with labels. Looking up costs one dictionary access per word where nothing begins."""

    def __init__(self, labelled: Iterable[tuple[str, str]]) -> None:
        """Each pair is (label, phrase); a phrase must not begin with a gap."""
        self._by_first: dict[str, list[_Line]] = {}
        for label, phrase in labelled:
            for slots in _variants(phrase.split()):
                self._add(_Line(label, slots))

    def _add(self, line: _Line) -> None:
        first = line.slots[0]
        if first is None:
            raise ValueError(f"phrase of {line.label} begins with a gap: begin it with a word")
        for word in first:
            self._by_first.setdefault(word, []).append(line)

    def find(self, words: Sequence[str]) -> list[Hit]:
        """Every phrase that occurs in `words`, which begin with `^` and end with `$`."""
        hits = []
        for start, word in enumerate(words):
            for line in self._by_first.get(word, ()):
                end = _match(line.slots, 1, words, start + 1)
                if end is not None:
                    hits.append(Hit(line.label, start, end))
        return hits


def _variants(parts: list[str]) -> list[tuple[Slot, ...]]:
    """A phrase with optional words is the phrases with and without them."""
    found: list[tuple[Slot, ...]] = [()]
    for part in parts:
        slot = None if part == "_" else frozenset(part.removesuffix("?").split("|"))
        longer = [(*variant, slot) for variant in found]
        found = longer + found if part.endswith("?") else longer
    return found


def _match(slots: tuple[Slot, ...], at_slot: int, words: Sequence[str], at: int) -> int | None:
    """Where the phrase ends when its remaining slots fit the words from `at` on; None when they do not."""
    while at_slot < len(slots):
        slot = slots[at_slot]
        if slot is None:
            ends = (_match(slots, at_slot + 1, words, at + skip) for skip in range(GAP + 1))
            return next((end for end in ends if end is not None), None)
        if at >= len(words) or words[at] not in slot:
            return None
        at_slot, at = at_slot + 1, at + 1
    return at


def words_in(phrases: Iterable[str]) -> set[str]:
    """Every word that the phrases name."""
    return {
        word
        for phrase in phrases
        for part in phrase.split()
        if part not in {"_", START, END}
        for word in part.removesuffix("?").split("|")
    }


def many(words: str) -> frozenset[str]:
    """Words written one after another, as a set."""
    return frozenset(words.split())
