"""The weekly digest: nobody gets one unless somebody is named, and then there has to be a mail server."""

import pytest

from secondring.domain.errors import ConfigError
from tests.unit.config.conftest import configure

WHOLE = """
digest: {owner: manager@clinic.example, day: tue, hour: 6, pages: https://desk.clinic.example}
mail: {host: mail.clinic.example, sender: ring@clinic.example}
"""


def test_nobody_gets_it_unless_named() -> None:
    digest = configure().digest
    assert (digest.owner, digest.weekday, digest.hour, digest.pages) == (None, 0, 7, None)


def test_owner_day_and_hour() -> None:
    digest = configure(WHOLE).digest
    assert (digest.owner, digest.weekday, digest.hour) == ("manager@clinic.example", 1, 6)
    assert "manager@" not in repr(digest)


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ("owner: manager", "digest.owner.*no e-mail address"),
        ('owner: "a@b.example, c@d.example"', "digest.owner.*no e-mail address"),
        ('owner: "a@b.example\\nBcc: x@y.example"', "digest.owner.*no e-mail address"),
        ("owner: manager@clinic.example", "mail.host.*digest.owner names somebody"),
        ("day: someday", "digest.day"),
        ("hour: 24", "digest.hour"),
        ("pages: http://desk.clinic.example", "digest.pages.*unencrypted"),
        ("smtp: {password: secret}", "digest.smtp"),
    ],
)
def test_mistakes_are_named_with_their_place(keys: str, told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        configure(f"digest: {{{keys}}}")
