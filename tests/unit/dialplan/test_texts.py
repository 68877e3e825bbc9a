"""What the PBX gets to carry texts: the same on every version, and nothing of it where there is no trunk that texts."""

import re

import pytest

from config.settings import Settings
from dialplan.texts import FAMILY, render_texter, render_texts
from secondring import answering, wiring
from secondring.domain.errors import ConfigError
from sms_gateway.carriers.ami.sip import FAMILY as WHERE_WE_LOOK
from tests.unit.config.conftest import configure

SECRET = "0123456789abcdef"
TRUNK = """
carriers:
  - {name: trunk, kind: sip, secret_file: credential:ami-secret, endpoint: trunk, host: h.example, our_host: o.example}
"""


@pytest.fixture
def trunked() -> Settings:
    return configure(TRUNK)


def test_what_the_dialplan_keeps_is_where_the_gateway_looks() -> None:
    assert FAMILY == WHERE_WE_LOOK
    assert f"DB({FAMILY}/${{SR_SLOT}})" in render_texts()


def test_no_word_of_a_text_stands_where_a_function_would_read_it() -> None:
    """MESSAGE's values are only ever assigned; functions get the variable's name, or words without parentheses."""
    lines = [line for line in render_texts().splitlines() if "MESSAGE(" in line]
    assert len(lines) == 3
    for line in lines:
        assert re.fullmatch(
            r"( same => n|exten => \w+,1),Set\(SR_WORDS=\$\{MESSAGE\((from|to|body)\)\}\)", line
        )
    assert "BASE64_ENCODE(${SR_WORDS})" in render_texts().split("REPLACE")[-1]


@pytest.mark.parametrize(("version", "named"), [("22.1.0", True), ("18.20.0", False)])
def test_the_account_may_do_no_more_than_it_needs(version: str, named: bool) -> None:
    account = render_texter("secondring-texts", SECRET, version)
    assert "write = message,reporting,system\n" in account
    assert "read = system\n" in account
    assert ("eventfilter(name(DBGetTreeResponse))" in account) is named


def test_a_secret_that_manager_conf_would_misread_is_refused() -> None:
    with pytest.raises(ConfigError):
        render_texter("secondring-texts", "short", "22.1.0")


def test_both_are_rendered_where_a_trunk_texts_and_nowhere_else(trunked: Settings) -> None:
    assert "[secondring-texts]" in answering.render_dialplan(trunked, "22.1.0")
    assert wiring.render_manager(trunked, "22.1.0").count("[secondring-texts]") == 1
    plain = configure()
    assert "secondring-texts" not in answering.render_dialplan(plain, "22.1.0")
    assert "secondring-texts" not in wiring.render_manager(plain, "22.1.0")
