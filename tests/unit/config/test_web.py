"""Where staff's pages may be served, and where they are refused."""

from datetime import timedelta

import pytest

from secondring.domain.errors import ConfigError
from tests.unit.config.conftest import configure


def test_the_pages_are_for_this_machine_unless_somebody_says_otherwise() -> None:
    web = configure().web
    assert (web.host, web.port, web.encrypted) == ("127.0.0.1", 8440, False)
    assert (web.idle, web.absolute) == (timedelta(minutes=30), timedelta(hours=12))


def test_a_web_server_on_this_machine_may_do_the_encryption() -> None:
    web = configure("web: {behind_proxy: true, public_name: desk.clinic.example}").web
    assert web.encrypted
    assert web.public_name == "desk.clinic.example"


def test_pages_may_be_switched_off() -> None:
    assert configure("web: {port: null, host: 0.0.0.0}").web.port is None


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ("host: 0.0.0.0", "web.host.*not encrypted"),
        ("certificate: /etc/secondring/web.crt", "web.certificate_key.*missing"),
        ("certificate_key: /etc/secondring/web.key", "web.certificate.*missing"),
        ("idle: 0s", "web.idle"),
    ],
)
def test_open_or_half_encrypted_pages_refuse(keys: str, told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        configure(f"web: {{{keys}}}")
