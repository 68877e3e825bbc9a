"""The listener's AMI account, for each kind of Asterisk."""

import re
from pathlib import Path

import pytest

from ami_listener.sieve import is_wanted
from ami_listener.translate import TELLERS
from dialplan.asterisk import knows_named_filters, version_numbers
from dialplan.render import EVENTS, NARROWED, render_manager
from secondring.domain.errors import ConfigError
from tests.support.ami_messages import block, event, hangup, newchannel
from tests.support.fake_ami import wire

GOLDEN = Path(__file__).parent / "golden"
SECRET = "an-example-secret-of-the-tests"


@pytest.mark.parametrize(
    ("version", "file"), [("22.10.1", "manager-named.conf"), ("18.9.0", "manager-regex.conf")]
)
def test_the_account_is_as_it_was_agreed(version: str, file: str) -> None:
    assert render_manager("secondring", SECRET, version) == (GOLDEN / file).read_text()


@pytest.mark.parametrize(
    ("version", "named"),
    [
        ("16.30.1", False),
        ("18.25.0", False),
        ("18.26.0", True),
        ("19.8.1", False),
        ("20.10.0", False),
        ("20.11.1", True),
        ("21.5.0", False),
        ("21.6.0", True),
        ("22.0.0", False),
        ("22.1.0", True),
        ("Asterisk 22.10.1~dfsg+~cs6.15", True),
        ("23.0.0", True),
        ("certified/20.7-cert5", False),
    ],
)
def test_named_filters_are_used_where_they_exist(version: str, named: bool) -> None:
    assert knows_named_filters(version) is named


@pytest.mark.parametrize("version", ["", "latest", "GIT-master-abc", "13.38.3", "1.8.32", "2022.10"])
def test_a_version_that_is_none_is_refused(version: str) -> None:
    with pytest.raises(ConfigError, match="asterisk -V"):
        version_numbers(version)


def test_the_filter_asks_for_what_the_listener_reads_and_no_more() -> None:
    assert {*EVENTS, *(name for name, _, _ in NARROWED)} == set(TELLERS)


@pytest.mark.parametrize(
    "message",
    [
        newchannel(),
        hangup(),
        event("Newstate", block(ChannelStateDesc="Up")),
        event("Newstate", block(ChannelStateDesc="Ringing")),
        event("Newexten", block(), Application="VoiceMail", AppData="100"),
        event("Newexten", block(), Application="Dial", AppData="VoiceMail"),
        event("VarSet", block(), Variable="__FROM_DID", Value="2025550100"),
        event("VarSet", block(), Variable="MY_DIALSTATUS", Value="x"),
        event("HangupRequest", block()),
        event("HangupHandlerRun", block()),
    ],
    ids=lambda it: it["Event"],
)
def test_the_regex_form_lets_through_what_the_listener_reads(message: dict[str, str]) -> None:
    lines = render_manager("secondring", SECRET, "18.9.0").splitlines()
    filters = [line.removeprefix("eventfilter = ") for line in lines if line.startswith("eventfilter = ")]
    payload = wire(message).decode()
    # POSIX, as Asterisk compiles it: ^ is the payload's beginning and the dot takes line ends too.
    passes = any(re.search(f.replace("[[:cntrl:]]", r"[\x00-\x1f]"), payload, re.DOTALL) for f in filters)
    assert passes == is_wanted(payload.encode().removesuffix(b"\r\n\r\n"))


@pytest.mark.parametrize(
    "secret",
    [
        "short",
        "with a space in the middle",
        "semi;colon-begins-a-comment",
        "x" * 20 + "\n",
        "ünïcode-is-not-for-asterisk",
    ],
)
def test_a_secret_that_asterisk_would_read_differently_is_refused(secret: str) -> None:
    with pytest.raises(ConfigError) as refused:
        render_manager("secondring", secret, "22.10.1")
    assert secret not in str(refused.value)


@pytest.mark.parametrize("user", ["", "general", "a]b", "a\nread = all", "1st", "two words"])
def test_a_user_must_be_a_plain_name(user: str) -> None:
    with pytest.raises(ConfigError, match="AMI user"):
        render_manager(user, SECRET, "22.10.1")


def test_only_the_permitted_networks_may_log_in() -> None:
    text = render_manager("secondring", SECRET, "22.10.1", permit=["10.1.2.0/24", "fd00::1"])
    assert re.findall(r"^permit = (.*)$", text, re.MULTILINE) == ["10.1.2.0/24", "fd00::1"]
    with pytest.raises(ConfigError, match="permit"):
        render_manager("secondring", SECRET, "22.10.1", permit=["10.0.0.0/8\nread = all"])
