"""Texts are cut where carriers cut them, and never through a character."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sms_gateway.segments import BASIC, EXTENSION, Encoding, count, encoding, fold, segments

GSM = st.text(alphabet=sorted(BASIC | EXTENSION), max_size=700)
MIXED = st.text(alphabet=st.sampled_from("aZ€{é á😀ñ你\n’"), max_size=400)
ANY = st.text(max_size=400)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("á" * 70, 1),
        ("á" * 71, 2),
        ("á" * 134, 2),
        ("á" * 135, 3),
        ("😀" * 35, 1),
        ("😀" * 36, 2),
        ("a" * 159 + "á", 3),
    ],
)
def test_texts_of_known_size(text: str, parts: int) -> None:
    assert count(text) == parts


def test_an_escape_pair_at_the_edge_moves_to_the_next_part_whole() -> None:
    text = "a" * 152 + "€" + "b" * 20
    assert segments(text) == ["a" * 152, "€" + "b" * 20]


def test_a_surrogate_pair_at_the_edge_moves_to_the_next_part_whole() -> None:
    text = "á" * 66 + "😀" + "á" * 20
    assert segments(text) == ["á" * 66, "😀" + "á" * 20]


def test_a_wide_reference_takes_room_from_every_part() -> None:
    assert [len(part) for part in segments("a" * 304, wide_reference=True)] == [152, 152]
    assert [len(part) for part in segments("á" * 133, wide_reference=True)] == [66, 66, 1]


@given(text=st.one_of(GSM, MIXED, ANY))
def test_the_parts_make_the_text_again(text: str) -> None:
    assert "".join(segments(text)) == text


@given(text=st.one_of(GSM, MIXED, ANY), wide=st.booleans())
def test_no_part_is_larger_than_its_room(text: str, wide: bool) -> None:
    alphabet, parts = encoding(text), segments(text, wide_reference=wide)
    room = alphabet.single if len(parts) == 1 else alphabet.part(wide_reference=wide)
    assert all(_octets(part, alphabet) <= room for part in parts)
    assert all(parts) or text == ""


@given(text=st.one_of(GSM, MIXED, ANY))
def test_no_part_has_room_for_the_next_character(text: str) -> None:
    alphabet, parts = encoding(text), segments(text)
    limit = alphabet.part(wide_reference=False)
    for part, following in itertools.pairwise(parts):
        assert _octets(part + following[0], alphabet) > limit


@given(text=st.one_of(GSM, MIXED))
def test_counting_agrees_with_a_plain_count_of_units(text: str) -> None:
    """An oracle that lays the units out one by one and steps back from pairs."""
    units = _units(text)
    single, limit = (160, 153) if encoding(text) is Encoding.GSM7 else (70, 67)
    expected, at = (1, len(units)) if len(units) <= single else (0, 0)
    while at < len(units):
        end = min(at + limit, len(units))
        if end < len(units) and units[end] == "second half":
            end -= 1
        expected, at = expected + 1, end
    assert count(text) == expected


def _units(text: str) -> list[str]:
    wide = [char in EXTENSION if encoding(text) is Encoding.GSM7 else ord(char) > 0xFFFF for char in text]
    return [unit for pair in wide for unit in (["half", "second half"] if pair else ["whole"])]


def _octets(part: str, alphabet: Encoding) -> int:
    if alphabet is Encoding.UCS2:
        return len(part.encode("utf-16-be", "surrogatepass")) // 2
    return len(part) + sum(char in EXTENSION for char in part)


@pytest.mark.parametrize("letters", ["éèùìòàñüöäÑÜ¿¡Ç", "^{}\\[~]|€"])
def test_letters_of_the_gsm_alphabet(letters: str) -> None:
    assert encoding(letters) is Encoding.GSM7


@pytest.mark.parametrize("letter", [*list("áíóúÁÍÓÚêç’“…"), "\x1b", "\t"])
def test_letters_outside_the_gsm_alphabet(letter: str) -> None:
    assert encoding(letter) is Encoding.UCS2


def test_folding_makes_typography_plain() -> None:
    assert fold("“It’s 8–9…”\u00a0ok") == '"It\'s 8-9..." ok'


@given(text=ANY)
def test_folding_never_touches_a_letter_and_is_done_once(text: str) -> None:
    letters = [char for char in text if char.isalpha()]
    assert [char for char in fold(text) if char.isalpha()] == letters
    assert fold(fold(text)) == fold(text)
