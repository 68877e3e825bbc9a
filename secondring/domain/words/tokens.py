"""From what a patient typed to plain words: no case, no accents, no emoji, no punctuation."""

import re
import unicodedata

LONGEST = 2_000
"""Characters that are read, half from the front and half from the end. Carriers pass at most 1,600."""

_APOSTROPHES = re.compile("['’‘`´ʼ＇]")
_CLAUSE_ENDS = re.compile(r"[.!?,;:()\[\]\"“”…\r\n\t]+|\s[-–—]+\s|[–—]")
_WORD = re.compile(r"[^\W_]+")
_DROPPED = frozenset({"Mn", "Me", "Cf"})
"""Accents, variation selectors, key caps, zero-width characters: nothing that parts two words."""
_EMOJI = {
    "🛑": " stop ",
    "🚫": " no ",
    "🔕": " stop ",
    "📵": " stop ",
    "⛔": " stop ",
    "🖕": " go away ",
    "🆘": " sos ",
    "🚑": " ambulance ",
}


def _plain(text: str) -> str:
    """Folded to what `a-z0-9` and the letters of other scripts can say; upper and lower case give the same."""
    text = _APOSTROPHES.sub("", text)
    if text.isascii():
        return text.lower()
    for sign, words in _EMOJI.items():
        text = text.replace(sign, words)
    folded = unicodedata.normalize("NFKD", text).upper().casefold()
    folded = unicodedata.normalize("NFKD", folded)
    kept = "".join(c for c in folded if unicodedata.category(c) not in _DROPPED)
    return _APOSTROPHES.sub("", kept)


def clauses_of(text: str) -> list[list[str]]:
    """The words of a text, one list for each stretch between punctuation; empty stretches are left out."""
    text = text.strip()
    if len(text) > LONGEST:
        text = text[: LONGEST // 2] + "\n" + text[-LONGEST // 2 :]
    clauses = [_WORD.findall(piece) for piece in _CLAUSE_ENDS.split(_plain(text))]
    clauses = [clause for clause in clauses if clause]
    return _spelt_out(clauses)


def _spelt_out(clauses: list[list[str]]) -> list[list[str]]:
    """`S T O P` and `S.T.O.P.` are one word."""
    letters = [word for clause in clauses for word in clause]
    if len(letters) >= 3 and all(len(word) == 1 and word.isalpha() for word in letters):
        return [["".join(letters)]]
    return clauses
