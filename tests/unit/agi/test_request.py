"""Reading what Asterisk says of a call, and what only pretends to be Asterisk."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agi.caller import in_call
from agi.channel import Channel
from agi.request import BadRequest, read_request
from agi.wire import pipe_wire
from secondring.domain.offer import InCall
from tests.support.fake_asterisk import head


def the_caller(**changes: str) -> InCall:
    return in_call(Channel(read_request(head(**changes)), pipe_wire(0, 1)))


def test_a_request_is_read() -> None:
    request = read_request(head(arg_2="two", arg_1="one", arg_10="ten"))
    assert request.script == "offer"
    assert request.uniqueid == "lab-1.1"
    assert request.arguments == ("one", "two", "ten")
    assert request.known("calleridname") == ""


def test_the_version_of_what_was_heard_comes_with_every_question_also_when_a_script_has_no_arguments() -> (
    None
):
    assert (
        the_caller(arg_1="2025550100", arg_2="allowed", arg_3="", arg_4="", arg_5="2026-03").announcement
        == "2026-03"
    )
    assert the_caller(arg_1="2025550100", arg_2="allowed", arg_3="", arg_4="").announcement == "", (
        "an older dialplan"
    )


@pytest.mark.parametrize("path", ["offer", "/offer", "offer?x=1", "secondring/offer/", "%6Fffer"])
def test_the_script_is_the_last_part_of_the_path(path: str) -> None:
    assert read_request(head(network_script=path)).script == "offer"


def test_a_name_cannot_pass_itself_off_as_another_header() -> None:
    request = read_request(head() + b"agi_callerid: 1\n")
    assert request.known("callerid") == "+12025550123"


@pytest.mark.parametrize(
    "bytes_", [b"GET / HTTP/1.1\n", b"\n", b"", b"\x16\x03\x01", b"agi_callerid: 1\n", b"agi_x"]
)
def test_what_is_no_request_is_refused(bytes_: bytes) -> None:
    with pytest.raises(BadRequest):
        read_request(bytes_)


@given(st.binary(max_size=300))
def test_any_bytes_are_a_request_or_refused(bytes_: bytes) -> None:
    try:
        request = read_request(b"agi_channel: x\n" + bytes_)
    except BadRequest:
        return
    assert request.known("channel") == "x"
    assert isinstance(request.script, str)
    assert isinstance(request.arguments, tuple)


@given(st.text(max_size=80))
def test_any_caller_name_leaves_the_number_alone(name: str) -> None:
    try:
        request = read_request(head(calleridname=name))
    except BadRequest:
        assert "\n" in name
        return
    assert request.known("callerid") == "+12025550123"


def test_who_is_calling() -> None:
    caller = the_caller(arg_1="2025550111")
    assert (caller.caller, caller.withheld, caller.did) == ("+12025550123", False, "2025550111")
    assert the_caller().did == "2025550100"


@pytest.mark.parametrize(
    "changes",
    [
        {"callerid": "unknown"},
        {"callerid": "anonymous"},
        {"callingpres": "32"},
        {"callingpres": "67"},
        {"arg_1": "", "arg_2": "prohib_passed_screen"},
    ],
)
def test_a_number_that_is_kept_back_is_withheld(changes: dict[str, str]) -> None:
    assert the_caller(**changes).withheld


@pytest.mark.parametrize("pres", ["0", "3", "", "x", "²"])
def test_a_number_that_is_shown_is_not(pres: str) -> None:
    assert not the_caller(callingpres=pres).withheld
