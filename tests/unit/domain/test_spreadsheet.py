"""No cell of ours is ever a formula."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secondring.domain.spreadsheet import cell


@pytest.mark.parametrize(
    "text", ["=1+1", "+12025550123", "-2", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1", "|cmd", "\x00=1"]
)
def test_what_would_be_run_is_made_text(text: str) -> None:
    assert cell(text).startswith("'")


def test_numbers_and_words_stay_as_they_are() -> None:
    assert [cell(value) for value in (None, 3, -2, 2.5, "no-answer", "")] == [
        "",
        "3",
        "-2",
        "2.5",
        "no-answer",
        "",
    ]


@given(st.text())
def test_no_text_begins_like_a_formula(text: str) -> None:
    assert not cell(text).lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r"))
