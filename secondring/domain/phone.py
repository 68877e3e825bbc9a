"""Phone numbers: E.164 inside, masked wherever they might be printed.

A number is patients' data. `repr`, `str` and f-strings show only the last two digits;
whoever needs the whole of it says `.e164`, which is easy to search for in a review.
"""

import re
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberType


@dataclass(frozen=True, slots=True, order=True, repr=False)
class PhoneNumber:
    """A dialable number in E.164, for example one that starts with `+1`."""

    e164: str

    def __post_init__(self) -> None:
        if not (self.e164.startswith("+") and self.e164[1:].isdigit() and 7 <= len(self.e164) <= 16):
            raise ValueError("not an E.164 number (expected + and 6 to 15 digits)")

    @property
    def masked(self) -> str:
        """All but the last two digits hidden, as screens and logs show it."""
        return "+" + "*" * (len(self.e164) - 3) + self.e164[-2:]

    def __str__(self) -> str:
        return self.masked

    def __repr__(self) -> str:
        return f"PhoneNumber({self.masked})"

    def __format__(self, spec: str) -> str:
        return format(self.masked, spec)


NOBODY = PhoneNumber("+0000000")
"""Stands where a number was removed; no country has it."""

_LIKE_A_NUMBER = re.compile(r"\+\d{8,15}|(?<![\d.])\d{10,15}(?!\.?\d)")
"""Also without its `+`, but not a Uniqueid: those are seconds, a dot and a counter."""


def hide_numbers(words: str) -> str:
    """The same words without what looks like a whole number: the last line of defence, after careful wording."""
    return _LIKE_A_NUMBER.sub("+***", words)


REMEMBERED = 4096
"""Numbers whose reading is kept: one is asked about several times within a call, and costs 0.1 ms each time."""


class LineKind(Enum):
    """What the numbering plan alone says about a number."""

    ORDINARY = "ordinary"
    """Mobile or fixed line: in North America the plan does not tell them apart."""
    FIXED = "fixed"
    TOLL_FREE = "toll-free"
    PREMIUM = "premium"
    OTHER = "other"


_KINDS = {
    PhoneNumberType.MOBILE: LineKind.ORDINARY,
    PhoneNumberType.FIXED_LINE_OR_MOBILE: LineKind.ORDINARY,
    PhoneNumberType.FIXED_LINE: LineKind.FIXED,
    PhoneNumberType.TOLL_FREE: LineKind.TOLL_FREE,
    PhoneNumberType.PREMIUM_RATE: LineKind.PREMIUM,
    PhoneNumberType.SHARED_COST: LineKind.PREMIUM,
}

WITHHELD_WORDS = frozenset(
    {"", "anonymous", "unavailable", "unknown", "private", "restricted", "withheld", "s"}
)
"""What Asterisk and carriers put in the place of a number that the caller kept back."""


def is_withheld(raw: str | None) -> bool:
    """True when the PBX has no number of the caller at all."""
    return raw is None or raw.strip("<> ").lower() in WITHHELD_WORDS


def is_region(code: str) -> bool:
    """True for a country that has a numbering plan, by its two letters (ISO 3166)."""
    return code in phonenumbers.SUPPORTED_REGIONS


@lru_cache(maxsize=REMEMBERED)
def parse_number(raw: str | None, region: str) -> PhoneNumber | None:
    """Read a number as a PBX in `region` (ISO 3166, such as `US`) shows it; None when it is none.

    Short extensions, fantasy caller IDs and impossible numbers give None.
    """
    if is_withheld(raw) or raw is None:
        return None
    try:
        parsed = phonenumbers.parse(raw, region)
    except NumberParseException:
        return None
    if not phonenumbers.is_valid_number(parsed):
        return None
    return PhoneNumber(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164))


@lru_cache(maxsize=REMEMBERED)
def line_kind(number: PhoneNumber) -> LineKind:
    """What kind of line the numbering plan says this is."""
    return _KINDS.get(phonenumbers.number_type(phonenumbers.parse(number.e164)), LineKind.OTHER)


@lru_cache(maxsize=REMEMBERED)
def region_of(number: PhoneNumber) -> str | None:
    """The ISO country of a number; None when the plan does not tell."""
    return phonenumbers.region_code_for_number(phonenumbers.parse(number.e164))


@lru_cache(maxsize=REMEMBERED)
def spoken_form(number: PhoneNumber, region: str) -> str:
    """The number as people of `region` dial it: `(202) 555-0123`. Whole, so only for whoever may see it."""
    parsed = phonenumbers.parse(number.e164)
    at_home = phonenumbers.region_code_for_number(parsed) == region
    style = phonenumbers.PhoneNumberFormat
    return phonenumbers.format_number(parsed, style.NATIONAL if at_home else style.INTERNATIONAL)
