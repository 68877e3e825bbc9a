"""Our lines in other people's files: in and out again, whatever else is in there."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialplan.install.block import BEGIN, END, has_block, with_block, without_block
from secondring.domain.errors import ConfigError

TARGET = "/etc/asterisk/secondring/extensions.conf"
strange_line = st.one_of(
    st.sampled_from(
        [b"[from-internal]", b"exten => 100,1,Hangup()", b"", b"\r", b"#include x.conf", b"; note"]
    ),
    st.binary(max_size=30).map(lambda raw: raw.replace(b"\n", b"") or b"x"),
)
strange_line = strange_line.filter(lambda line: not line.startswith((BEGIN, END)))
content = st.lists(strange_line, max_size=12).map(b"\n".join)


@given(content)
def test_in_and_out_leaves_every_byte(old: bytes) -> None:
    assert without_block(with_block(old, TARGET)) == old


def test_a_file_made_for_our_lines_goes_with_them() -> None:
    assert without_block(with_block(None, TARGET)) is None


@given(content)
def test_twice_is_as_good_as_once(old: bytes) -> None:
    once = with_block(old, TARGET)
    assert with_block(once, TARGET) == once


@given(content, content)
def test_only_our_lines_go_when_others_wrote_meanwhile(above: bytes, below: bytes) -> None:
    edited = with_block(above, TARGET) + below
    kept = without_block(edited)
    assert kept is not None
    joined = above + b"\n" if above and not above.endswith(b"\n") else above
    assert kept == (above if not below else joined + below)


@given(content.filter(bool))
def test_what_others_wrote_into_a_file_of_ours_stays(below: bytes) -> None:
    assert without_block(with_block(None, TARGET) + below) == below


@given(st.lists(strange_line, min_size=1, max_size=4))
def test_what_others_wrote_between_our_lines_stays(between: list[bytes]) -> None:
    lines = with_block(b"[a]\n", TARGET).split(b"\n")
    edited = b"\n".join([*lines[:2], *between, *lines[2:]])
    kept = [line for line in between if not line.startswith(b"#tryinclude ")]
    assert without_block(edited) == b"\n".join([b"[a]", *kept, *lines[4:-1], b""])


def test_an_editor_that_ends_lines_its_own_way_does_not_hide_them() -> None:
    edited = with_block(b"[a]\n", TARGET).replace(b"\n", b"\r\n")
    assert without_block(edited) == b"[a]\r\n"


def test_a_new_place_takes_the_old_ones_line() -> None:
    moved = with_block(with_block(b"[a]", "/old/extensions.conf"), TARGET)
    assert b"/old" not in moved
    assert without_block(moved) == b"[a]"


@pytest.mark.parametrize("damaged", [BEGIN, END, END + b"\n" + BEGIN, b"\n".join([BEGIN, BEGIN, END])])
def test_damaged_lines_are_not_guessed_about(damaged: bytes) -> None:
    text = b"[a]\n" + damaged + b"\n"
    for change in (without_block, has_block):
        with pytest.raises(ConfigError, match=r"line 2: .* damaged: delete every line"):
            change(text)


def test_the_line_is_one_that_freepbx_leaves_alone() -> None:
    """FreePBX touches the target of every #include, a wildcard or quotes taken literally."""
    (line,) = [line for line in with_block(b"", TARGET).splitlines() if line.startswith(b"#")]
    assert line == b"#tryinclude " + TARGET.encode()
