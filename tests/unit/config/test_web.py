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
    web = configure("web: {behind_proxy: true, proxies: [127.0.0.1], public_name: desk.clinic.example}").web
    assert web.encrypted
    assert web.public_name == "desk.clinic.example"


def test_pages_may_be_switched_off() -> None:
    assert configure("web: {port: null, host: 0.0.0.0}").web.port is None


def test_pages_beyond_this_machine_need_a_certificate_or_a_proxy_that_is_named() -> None:
    own = "certificate: /x/web.crt, certificate_key: /x/web.key"
    assert configure(f"web: {{host: 0.0.0.0, public_name: desk.clinic.example, {own}}}").web.encrypted
    behind = "behind_proxy: true, proxies: [192.0.2.80]"
    web = configure(f"web: {{host: 192.0.2.5, public_name: desk.clinic.example, {behind}}}").web
    assert (web.encrypted, web.proxies) == (True, ("192.0.2.80",))


def test_nobody_is_believed_about_addresses_by_default() -> None:
    assert configure().web.proxies == ()


NAMED = "web: {public_name: desk.clinic.example}"
OIDC = "issuer: https://login.clinic.example, client_id: ring, pages: https://desk.clinic.example"


def test_an_identity_provider_is_an_option() -> None:
    assert configure().oidc is None
    found = configure(NAMED, f"oidc: {{{OIDC}, secret_file: credential:carrier-token}}").oidc
    assert found is not None
    assert found.redirect == "https://desk.clinic.example/log-in/provider/back"
    assert (found.trusted_acr, found.trusted_amr) == ((), ()), (
        "our own code is asked for unless somebody says so"
    )
    assert "a-token" not in repr(found)


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ("issuer: http://login.clinic.example", "oidc.issuer.*unencrypted"),
        ("issuer: https://login.clinic.example", "oidc.client_id.*missing"),
        ("issuer: https://login.clinic.example", "oidc.pages.*missing"),
        (f"{OIDC}/somewhere", "oidc.pages.*more than a host"),
        (f"{OIDC}, scopes: [profile]", "oidc.scopes.*openid"),
        (f"{OIDC}, secret_file: hunter2", "oidc.secret_file.*may not stand here itself"),
        (f"{OIDC}, secret_file: credential:none", "oidc.secret_file"),
    ],
)
def test_half_an_identity_provider_refuses(keys: str, told: str) -> None:
    with pytest.raises((ConfigError, KeyError), match=told if "none" not in keys else None):
        configure(NAMED, f"oidc: {{{keys}}}")


def test_the_provider_sends_people_back_to_a_name_that_is_answered_to() -> None:
    with pytest.raises(ConfigError, match=r"oidc\.pages.*another name than web\.public_name"):
        configure("web: {public_name: ring.clinic.example}", f"oidc: {{{OIDC}}}")


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ("host: 0.0.0.0", "web.host.*not encrypted"),
        ("certificate: /etc/secondring/web.crt", "web.certificate_key.*missing"),
        ("certificate_key: /etc/secondring/web.key", "web.certificate.*missing"),
        ("idle: 0s", "web.idle"),
        ("behind_proxy: true", "web.proxies.*names nobody"),
        ("behind_proxy: true, proxies: [proxy]", "web.proxies.*no address"),
        ("host: 0.0.0.0, certificate: /x/web.crt, certificate_key: /x/web.key", "web.public_name.*missing"),
    ],
)
def test_open_or_half_encrypted_pages_refuse(keys: str, told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        configure(f"web: {{{keys}}}")
