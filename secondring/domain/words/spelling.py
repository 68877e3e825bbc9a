"""Mending misspelt words, within bounds: an everyday word is never bent into one of ours.

A word is mended when it is one slip away (a letter missing, added, wrong, or two swapped), or differs only in
doubled letters. Short words of ours are tried only in short texts, where there is little else they could be.
"""

import re
from collections.abc import Iterable

from rapidfuzz.distance import OSA

SHORT_TEXT = 3
"""Words in a text up to which the short words are tried as well."""
LONG_WORD = 8
"""Letters from which on two slips may still leave no doubt."""
LONGEST_WORD = 24
"""Characters; longer strings are no words."""

_RUN = re.compile(r"(.)\1+")


def squeezed(word: str) -> str:
    """`bookk`, `boook` and `book` are all `bok`."""
    return _RUN.sub(r"\1", word)


class Speller:
    """Knows the words of the phrase books and the everyday words beside them."""

    def __init__(
        self,
        *,
        slang: dict[str, str],
        known: Iterable[str],
        anywhere: list[str],
        alone: list[str],
        twice: list[str],
    ) -> None:
        """`twice`: long words in which two slips are mended as well."""
        self._slang = slang
        self._known = frozenset(known) - slang.keys()
        self._anywhere = _by_length(anywhere)
        self._alone = _by_length([*alone, *anywhere])
        self._twice = twice

    def mend(self, words: list[str], *, short: bool) -> list[str]:
        """The words, with each unknown one replaced by what it most likely was meant to be."""
        targets = self._alone if short else self._anywhere
        at_least = 3 if short else 6
        return [word if word in self._known else self._mended(word, targets, at_least) for word in words]

    def _mended(self, word: str, targets: dict[int, list[str]], at_least: int) -> str:
        slang = self._slang.get(word)
        if slang is not None:
            return slang
        if len(word) < at_least or len(word) > LONGEST_WORD:
            return word
        return _same_but_doubled(word, targets) or _one_slip_away(word, targets) or self._two_slips_away(word)

    def _two_slips_away(self, word: str) -> str:
        if len(word) < LONG_WORD:
            return word
        near = (t for t in self._twice if OSA.distance(word, t, score_cutoff=2) <= 2)
        return next(near, word)


def _by_length(words: Iterable[str]) -> dict[int, list[str]]:
    """Words by the lengths of what they may be mistaken for, in the given order."""
    table: dict[int, list[str]] = {}
    for word in words:
        for length in (len(word) - 1, len(word), len(word) + 1):
            table.setdefault(length, []).append(word)
    return table


def _one_slip_away(word: str, targets: dict[int, list[str]]) -> str | None:
    near = targets.get(len(word), ())
    return next((target for target in near if OSA.distance(word, target, score_cutoff=1) <= 1), None)


def _same_but_doubled(word: str, targets: dict[int, list[str]]) -> str | None:
    """The target that differs only in how often letters are repeated, however often that is."""
    plain = squeezed(word)
    near = (target for length in (len(plain), len(plain) + 1) for target in targets.get(length, ()))
    return next((target for target in near if squeezed(target) == plain), None)
