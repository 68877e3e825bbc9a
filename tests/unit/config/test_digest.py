"""The weekly digest: nobody gets one unless somebody is named, and no password goes out unencrypted."""

from datetime import timedelta

import pytest

from config.loader import EXAMPLE, default_source, parse
from config.settings import Settings
from config.tree import Source
from secondring.domain.errors import ConfigError
from tests.unit.config.conftest import SECRETS, WHERE, configure

WHOLE = """
digest:
  owner: manager@clinic.example
  day: tue
  hour: 6
  pages: https://desk.clinic.example
  smtp: {host: mail.clinic.example, port: 587, encryption: starttls, user: ring, password_file: credential:smtp}
"""


def with_secret(text: str) -> Settings:
    secrets = SECRETS | {"credential:smtp": b"a-password\n"}
    example = Source(name="10-site.yaml", text=EXAMPLE.read_text("utf-8"))
    return parse([default_source(), example, Source(name="20.yaml", text=text)], secrets.__getitem__, WHERE)


def test_nobody_gets_it_unless_named() -> None:
    digest = configure().digest
    assert (digest.owner, digest.weekday, digest.hour) == (None, 0, 7)
    assert (digest.smtp.host, digest.smtp.port, digest.smtp.password) == ("127.0.0.1", 25, None)


def test_owner_day_hour_and_server() -> None:
    digest = with_secret(WHOLE).digest
    assert (digest.owner, digest.weekday, digest.hour) == ("manager@clinic.example", 1, 6)
    assert digest.smtp.password is not None
    assert digest.smtp.password.get_secret_value() == "a-password"
    assert digest.smtp.timeout == timedelta(seconds=30)
    assert "a-password" not in repr(digest)
    assert "manager@" not in repr(digest)


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ("owner: manager", "digest.owner.*not an e-mail address"),
        ('owner: "a@b.example, c@d.example"', "digest.owner.*not an e-mail address"),
        ('owner: "a@b.example\\nBcc: x@y.example"', "digest.owner.*not an e-mail address"),
        ("day: someday", "digest.day"),
        ("hour: 24", "digest.hour"),
        ("pages: http://desk.clinic.example", "digest.pages.*unencrypted"),
        ("smtp: {user: ring}", "digest.smtp.password_file.*missing"),
        ("smtp: {password_file: 'credential:smtp'}", "digest.smtp.user.*missing"),
        (
            "smtp: {host: mail.example, user: u, password_file: 'credential:smtp'}",
            "digest.smtp.encryption.*password",
        ),
        ("smtp: {password: secret}", "digest.smtp.password"),
    ],
)
def test_mistakes_are_named_with_their_place(keys: str, told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        with_secret(f"digest: {{{keys}}}")
