"""The account that rings nurses, for each kind of Asterisk."""

from pathlib import Path

import pytest

from ami_listener.translate import TELLERS
from dialplan.dialer import EVENTS, OURS, render_dialer
from secondring.domain.errors import ConfigError

GOLDEN = Path(__file__).parent / "golden"
SECRET = "an-example-secret-of-the-tests"
FILES = {"22.10.1": "dialer-named.conf", "18.9.0": "dialer-regex.conf"}


@pytest.mark.parametrize("version", FILES)
def test_the_account_is_as_it_was_agreed(version: str) -> None:
    assert render_dialer("secondring-dial", SECRET, version) == (GOLDEN / FILES[version]).read_text()


def test_it_may_dial_and_hear_of_its_own_calls_and_no_more() -> None:
    text = render_dialer("secondring-dial", SECRET, "22.1.0")
    assert "read = system,call\nwrite = originate,call,reporting\n" in text
    assert set(OURS) <= set(TELLERS)
    assert set(EVENTS) - set(TELLERS) == {"OriginateResponse"}


@pytest.mark.parametrize(("user", "secret"), [("a;b", SECRET), ("general", SECRET), ("dial", "short")])
def test_what_would_be_read_differently_is_refused(user: str, secret: str) -> None:
    with pytest.raises(ConfigError):
        render_dialer(user, secret, "22.1.0")


if __name__ == "__main__":
    for version, file in FILES.items():
        (GOLDEN / file).write_text(render_dialer("secondring-dial", SECRET, version), "utf-8")
