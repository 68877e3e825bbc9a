"""The channel: pyst2's words, without what goes wrong in pyst2."""

import contextlib
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agi import channel as channels
from agi.channel import AGIAppError, AGIDBError, AGIError, AGIInvalidCommand, AGIUsageError, HungUp, escape
from tests.support.fake_asterisk import parse_arguments
from tests.unit.agi.conftest import OtherEnd

NASTY = st.text(alphabet=st.characters() | st.sampled_from('"\\\n\r\0 \t,;|&${}()'), max_size=60)


# what a caller may call themselves


def test_a_name_cannot_become_a_command(asterisk: OtherEnd) -> None:
    asterisk.says(b"200 result=1").set_variable("NAME", 'a"b\\\nEXEC System "rm"\r\0')
    heard = asterisk.heard
    assert heard.count("\n") == 1
    assert parse_arguments(heard.rstrip("\n")) == ["SET", "VARIABLE", "NAME", 'a"b\\ EXEC System "rm"  ']


@given(NASTY)
def test_every_argument_is_read_back_as_it_was(value: str) -> None:
    line = f"SET VARIABLE {escape(value)}"
    cleaned = "".join(c if c.isprintable() or c == " " else " " for c in value)
    assert "\n" not in line
    assert "\r" not in line
    assert "\0" not in line
    assert parse_arguments(line) == ["SET", "VARIABLE", cleaned]


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (lambda c: c.stream_file('x" 1\nHANGUP', "1"), ["STREAM", "FILE", 'x" 1 HANGUP', "1", "0"]),
        (lambda c: c.get_data("a b", 100, 3), ["GET", "DATA", "a b", "100", "3"]),
        (lambda c: c.exec_command("Playback", "a", "b\nc"), ["EXEC", "Playback", "a,b c"]),
        (lambda c: c.say_digits([1, 2]), ["SAY", "DIGITS", "12", ""]),
        (lambda c: c.set_callerid('"x" <1>'), ["SET", "CALLERID", '"x" <1>']),
        (lambda c: c.hangup(), ["HANGUP"]),
        (lambda c: c.say_datetime(5), ["SAY", "DATETIME", "5", ""]),
        (lambda c: c.database_put("f", "k", "v"), ["DATABASE", "PUT", "f", "k", "v"]),
        (lambda c: c.wait_for_digit(50), ["WAIT", "FOR", "DIGIT", "50"]),
    ],
)
def test_the_words_of_pyst2_reach_asterisk_one_command_each(
    asterisk: OtherEnd, ask: object, words: list[str]
) -> None:
    asterisk.says(b"200 result=49")
    ask(asterisk.channel)  # type: ignore[operator]
    assert parse_arguments(asterisk.heard.rstrip("\n")) == words


def test_a_database_key_is_quoted_once(asterisk: OtherEnd) -> None:
    assert asterisk.says(b"200 result=1 (yes)").database_get("fam", "key") == "yes"
    assert asterisk.heard == 'DATABASE GET "fam" "key"\n'
    with pytest.raises(AGIDBError):
        asterisk.says(b"200 result=0").database_get("fam", "none")


# hang-ups


@pytest.mark.parametrize(
    "line", [b"HANGUP", b"511 Command Not Permitted on a dead channel", b"200 result=-1 (hangup)"]
)
def test_a_hang_up_is_a_hang_up(asterisk: OtherEnd, line: bytes) -> None:
    with pytest.raises(HungUp):
        asterisk.says(line).noop()


def test_the_end_of_the_stream_is_a_hang_up(asterisk: OtherEnd) -> None:
    with pytest.raises(HungUp):
        asterisk.goes().noop()


def test_an_answer_that_does_not_come_is_a_hang_up(
    asterisk: OtherEnd, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channels, "ANSWER_SECONDS", 0.01)
    with pytest.raises(HungUp, match="in time"):
        asterisk.channel.noop()


# answers


def test_several_variables_are_set_and_each_answer_is_read(asterisk: OtherEnd) -> None:
    asterisk.says(b"200 result=1", b"200 result=1", b"200 result=1 (next)")
    asterisk.channel.answer_with(one="a\nb", two=2)
    assert asterisk.heard == 'SET VARIABLE "SR_ONE" "a b"\nSET VARIABLE "SR_TWO" "2"\n'
    assert asterisk.channel.get_variable("X") == "next"


def test_plain_words_are_set_at_once(asterisk: OtherEnd) -> None:
    asterisk.says(b"200 result=0")
    asterisk.channel.answer_with(one="north-1", two=2, three="")
    assert asterisk.heard == 'EXEC "MSet" "SR_ONE=north-1,SR_TWO=2,SR_THREE="\n'


@given(st.lists(st.text(max_size=8), min_size=2, max_size=2))
def test_nothing_that_could_be_read_as_more_is_set_together(values: list[str]) -> None:
    with contextlib.closing(OtherEnd()) as asterisk:
        asterisk.says(b"200 result=1", b"200 result=1")
        asterisk.channel.answer_with(one=values[0], two=values[1])
        heard = asterisk.heard
    if heard.startswith("EXEC"):
        assert all(c.isalnum() or c in "_.-" for value in values for c in value)


def test_a_hang_up_between_them_is_a_hang_up(asterisk: OtherEnd) -> None:
    asterisk.says(b"200 result=1", b"HANGUP")
    with pytest.raises(HungUp):
        asterisk.channel.answer_with(one="a b", two=2)


def test_trying_is_waited_out(asterisk: OtherEnd) -> None:
    asterisk.says(b"100 Trying...", b"200 result=1 (x)")
    assert asterisk.channel.get_variable("X") == "x"


@pytest.mark.parametrize(
    ("lines", "value"),
    [
        ([b"200 result=1 (hangup)"], "hangup"),
        ([b"200 result=1 (two", b"lines)"], "two\nlines"),
        ([b"200 result=1 (with (brackets) in)"], "with (brackets) in"),
        ([b"200 result=1 ()"], ""),
        ([b"200 result=0"], ""),
        ([b"200 result=1 (Jos\xe9 \xff)"], "Jos\ufffd \ufffd"),
        ([b"200 result=1 (a=b c=d)"], "a=b c=d"),
        ([b"200 result=1 (x)\r"], "x"),
    ],
)
def test_a_variable_may_hold_anything(asterisk: OtherEnd, lines: list[bytes], value: str) -> None:
    assert asterisk.says(*lines).get_variable("X") == value


@pytest.mark.parametrize(
    "lines",
    [
        (b"520-Invalid command syntax.  Proper usage follows:", b"Usage: NOOP", b"520 End of proper usage."),
        (b"520 Invalid command syntax.  Proper usage not available.",),
    ],
)
def test_after_a_usage_error_the_next_answer_is_the_next_one(
    asterisk: OtherEnd, lines: tuple[bytes, ...]
) -> None:
    with pytest.raises(AGIUsageError):
        asterisk.says(*lines).noop()
    assert asterisk.says(b"200 result=1 (fine)").get_variable("X") == "fine"


def test_a_refusal_says_so(asterisk: OtherEnd) -> None:
    with pytest.raises(AGIAppError):
        asterisk.says(b"200 result=-1").stream_file("missing")
    with pytest.raises(AGIInvalidCommand):
        asterisk.says(b"510 Invalid or unknown command").noop()
    assert asterisk.says(b"200 result=-1").channel_status("none") == -1


def test_where_a_recording_ended_is_told(asterisk: OtherEnd) -> None:
    result = asterisk.says(b"200 result=49 (dtmf) endpos=800").execute("RECORD FILE", "x")
    assert result == {"result": ("49", "dtmf"), "endpos": ("800", "")}


def test_a_command_longer_than_asterisk_reads_is_never_sent(asterisk: OtherEnd) -> None:
    with pytest.raises(AGIUsageError, match="cut"):
        asterisk.channel.set_variable("X", "y" * 5000)


@given(st.binary(max_size=200))
def test_no_answer_does_more_than_fail(answer: bytes) -> None:
    end = OtherEnd()
    try:
        end.says(answer)
        end.goes()
        end.channel.get_variable("X")
    except (AGIError, HungUp):
        pass
    finally:
        end.close()


# threads and stderr


def test_it_works_in_any_thread_and_says_nothing_on_stderr(
    asterisk: OtherEnd, capfd: pytest.CaptureFixture[str]
) -> None:
    asterisk.says(b"200 result=1 (+12025550123)")
    values: list[str] = []
    thread = threading.Thread(target=lambda: values.append(asterisk.channel.get_variable("CALLERID(num)")))
    thread.start()
    thread.join()
    assert values == ["+12025550123"]
    assert capfd.readouterr() == ("", "")


def test_no_number_in_its_repr() -> None:
    end = OtherEnd()
    end.channel.env["agi_callerid"] = "+12025550123"
    assert "2025550123" not in repr(end.channel)
    end.close()
