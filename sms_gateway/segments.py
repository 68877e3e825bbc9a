"""How a text is cut into the parts that carriers count, price and limit.

The alphabets and sizes are those of 3GPP TS 23.038 (GSM 7-bit default alphabet and its extension
table) and TS 23.040 (140 octets of user data; a part of several gives up 6 or 7 of them to its header).
"""

from enum import Enum
from functools import lru_cache

BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENSION = frozenset("\f^{}\\[~]|€")
"""Sent as an escape and a letter, so each takes the room of two."""


class Encoding(Enum):
    """How a text travels: its room alone, as a part of several, and as a part with a 16-bit reference."""

    GSM7 = (160, 153, 152)
    UCS2 = (70, 67, 66)

    @property
    def single(self) -> int:
        """Septets (GSM7) or 16-bit units (UCS2) of a text that fits into one part."""
        return self.value[0]

    def part(self, *, wide_reference: bool) -> int:
        """Room in each part of a text that does not fit into one."""
        return self.value[2 if wide_reference else 1]


_PLAIN = {
    "'": "\u2018\u2019\u201a\u201b\u2032",
    '"': "\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb",
    "-": "\u2010\u2011\u2012\u2013\u2014\u2015\u2212",
    "...": "\u2026",
    " ": "\u00a0\u2007\u2009\u202f",
}
_FOLDED = {ord(fancy): plain for plain, all_fancy in _PLAIN.items() for fancy in all_fancy}


def fold(text: str) -> str:
    """Typographic quotes, dashes, dots and spaces made plain; letters and accents stay as they are."""
    return text.translate(_FOLDED)


def encoding(text: str) -> Encoding:
    """The smallest alphabet that holds all of a text."""
    return Encoding.GSM7 if all(c in BASIC or c in EXTENSION for c in text) else Encoding.UCS2


@lru_cache(64)
def count(text: str, *, wide_reference: bool = False) -> int:
    """How many parts a text goes out in. Asked several times for each, and many texts say the same."""
    return len(segments(text, wide_reference=wide_reference))


def segments(text: str, *, wide_reference: bool = False) -> list[str]:
    """The parts of a text, in order. No escape pair and no surrogate pair is cut through.

    `wide_reference` is for carriers that number their multi-part texts with 16 bits instead of 8.
    """
    alphabet = encoding(text)
    if sum(_room(char, alphabet) for char in text) <= alphabet.single:
        return [text]
    return _cut(text, alphabet, alphabet.part(wide_reference=wide_reference))


def room_left(text: str) -> int:
    """How much more goes into the last part, in the units of its alphabet; zero or more."""
    alphabet, parts = encoding(text), segments(text)
    limit = alphabet.single if len(parts) == 1 else alphabet.part(wide_reference=False)
    return limit - sum(_room(char, alphabet) for char in parts[-1])


def _cut(text: str, alphabet: Encoding, limit: int) -> list[str]:
    parts, start, used = [], 0, 0
    for at, char in enumerate(text):
        needed = _room(char, alphabet)
        if used + needed > limit:
            parts.append(text[start:at])
            start, used = at, 0
        used += needed
    return [*parts, text[start:]]


def _room(char: str, alphabet: Encoding) -> int:
    if alphabet is Encoding.GSM7:
        return 2 if char in EXTENSION else 1
    return 2 if ord(char) > 0xFFFF else 1
