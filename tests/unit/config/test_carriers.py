"""Several carriers: their order, their keys by kind, their secrets, and what is told when something is wrong."""

import pytest

from config.carriers import GammuKeys, GsmKeys, HttpKeys
from config.walk import carrier_kinds
from secondring.carriers import KINDS, driver
from secondring.domain.errors import ConfigError
from secondring.domain.phone import PhoneNumber
from sms_gateway.reactions import React, table_of
from tests.unit.config.conftest import Configure, configure
from tests.unit.sms_gateway.fakes import NOON

TWO = """
carriers:
  - name: main
    kind: http
    url: https://carrier.example/texts
    token_file: credential:carrier-token
    senders: [+1 202 555 0123, +1 202 555 0124]
  - {name: spare, kind: handset, poll: 1s}
"""


def test_the_first_one_is_preferred_and_each_has_its_own_keys_and_secrets() -> None:
    main, spare = configure(TWO).carriers
    assert (main.name, main.kind, spare.name, spare.kind) == ("main", "http", "spare", "handset")
    assert main.keys_as(HttpKeys).url == "https://carrier.example/texts"
    assert main.secret("token") == "a-token"
    assert main.keys.senders == (PhoneNumber("+12025550123"), PhoneNumber("+12025550124"))
    assert spare.keys.poll.total_seconds() == 1
    assert "a-token" not in repr(main)
    assert "5550123" not in repr(main)


def test_where_carriers_knock_there_is_a_door() -> None:
    text = """
webhooks: {port: 8481, public_url: https://texts.clinic.example}
carriers:
  - {name: main, kind: http, url: https://carrier.example/, inbound_secret_file: credential:carrier-token}
"""
    found = configure(text).webhooks
    assert found is not None
    assert (found.host, found.port, found.public_url) == ("127.0.0.1", 8481, "https://texts.clinic.example")
    assert configure(TWO).webhooks is None


ONE_WAY = """
webhooks: {port: 8481, public_url: https://texts.clinic.example}
carriers:
  - {name: deaf, kind: http, url: https://carrier.example/}
  - {name: asked, kind: handset}
  - {name: knocks, kind: http, url: https://carrier.example/, inbound_secret_file: credential:carrier-token}
  - name: box
    kind: openvox
    host: 192.168.7.20
    plain_wire: true
    user: u
    secret_file: credential:carrier-token
    ports: {"2": +1 202 555 0123}
"""


def test_a_carrier_that_only_sends_is_warned_of() -> None:
    deaf, box = configure(ONE_WAY).cautions
    assert deaf.startswith("20-more.yaml:4: carriers[1]: has no way back (the carrier deaf)")
    assert "no reply and no STOP ever arrives by it. Name the secret" in deaf
    assert "carriers[4]: has no way back (the carrier box)" in box
    older = "carrier: {kind: http, http: {url: 'https://carrier.example/'}}"
    (single,) = configure(older).cautions
    assert "carrier.http.inbound: has no way back" in single


@pytest.mark.parametrize("pasted", ["api_secret", "my_token", "Password2", "apikey", "api_secert"])
def test_what_stands_at_a_key_nobody_knows_is_never_printed(pasted: str) -> None:
    for text in (f"carriers: [{{name: a, kind: twilio, {pasted}: hush-hush}}]", f"{pasted}: hush-hush"):
        with pytest.raises(ConfigError, match="is a key that does not exist") as error:
            configure(text)
        assert "hush-hush" not in str(error.value)


def test_a_pasted_secret_is_told_to_go_into_a_file() -> None:
    with pytest.raises(ConfigError, match=r"Secrets do not stand in the configuration.*api_secret_file"):
        configure("carriers: [{name: a, kind: vonage, api_secret: hush-hush}]")


def test_every_kind_that_can_be_configured_can_be_made() -> None:
    assert carrier_kinds() == list(KINDS)


WIRES = """
carriers:
  - {name: smsc, kind: smpp, host: smsc.carrier.example, system_id: clinic, password_file: credential:carrier-token}
  - name: box
    kind: yeastar
    host: 192.168.7.20
    plain_wire: true
    user: u
    secret_file: credential:carrier-token
    ports: {"2": +1 202 555 0123, "3": +1 202 555 0124}
  - {name: stick, kind: gammu, database: /var/lib/gammu/smsd.db, ports: {"": +1 202 555 0125}}
  - {name: trunk, kind: sip, secret_file: credential:carrier-token, endpoint: trunk, host: h.example, our_host: o}
"""


def test_carriers_that_are_no_web_services_are_made_with_their_secrets_and_cards(clinic: Configure) -> None:
    settings = clinic(WIRES)
    smsc, box, stick, trunk = settings.carriers
    assert smsc.secret("password") == "a-token"
    assert box.keys_as(GsmKeys).ports == {
        PhoneNumber("+12025550123"): "2",
        PhoneNumber("+12025550124"): "3",
    }
    assert box.keys.number_per_second == 0.1
    assert box.keys.sends_from == (PhoneNumber("+12025550123"), PhoneNumber("+12025550124"))
    assert smsc.keys.sends_from == ()
    assert stick.keys_as(GammuKeys).ports == {PhoneNumber("+12025550125"): ""}
    for carrier in settings.carriers:
        made = driver(carrier, settings, lambda: NOON)
        assert made.carrier.name == carrier.name
        assert made.carrier.capabilities.polling
        assert carrier.keys.is_asked
        assert "a-token" not in repr(vars(made.carrier))
        assert table_of(carrier.kind).reaction("too-long").react is not React.UNCERTAIN
    assert trunk.secret("secret") == "a-token"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "carriers: [{name: a, kind: pigeon}]",
            "carriers[1].kind: is no kind of carrier (found 'pigeon'). There",
        ),
        (
            "carriers:\n- name: a\n  kind: twillio",
            "20-more.yaml:3: carriers[1].kind: is no kind of carrier (found 'twillio'). Did you mean twilio?",
        ),
        (
            "carriers: [{name: a, kind: [http]}]",
            "carriers[1].kind: is no kind of carrier (found ['http']). There are handset",
        ),
        ("carriers: [{name: a}]", "carriers[1]: does not say its kind"),
        ("carriers:\n- {name: a, kind: http}", "20-more.yaml:2: carriers[1].url: is missing"),
        ("carriers: [{name: a, kind: http, url: 'http://c.example/'}]", "carriers[1].url: would send"),
        ("carriers: [{name: a, kind: handset, pol: 5s}]", "Did you mean poll?"),
        ("carriers: [{name: a, kind: handset}, {name: a, kind: handset}]", "another carrier's name"),
        ("carriers: [{name: A b, kind: handset}]", "no plain name"),
        (
            (
                "carriers: [{name: a, kind: smpp, host: smsc.example, tls: false, system_id: c,"
                " password_file: credential:carrier-token}]"
            ),
            "would get patients' data unencrypted",
        ),
        (
            (
                "carriers: [{name: a, kind: yeastar, host: 192.168.7.20, user: u,"
                " secret_file: credential:carrier-token, ports: {'2': +1 202 555 0123}}]"
            ),
            "plain_wire: true",
        ),
        (
            "carriers: [{name: a, kind: gammu, database: /var/lib/gammu/smsd.db, ports: {x: 0123}}]",
            "is not a phone number",
        ),
        (
            (
                "carriers: [{name: a, kind: sip, secret_file: credential:carrier-token, endpoint: 'x,y', host: h,"
                " our_host: h}]"
            ),
            "is no name of an endpoint",
        ),
        (
            (
                "carriers: [{name: a, kind: sip, secret_file: credential:carrier-token, endpoint: x, host: 'h>;x',"
                " our_host: h}]"
            ),
            "is no host name or address",
        ),
        ("carriers: [{name: a, kind: handset, brand_per_second: 0}]", "brand_per_second: is not more than"),
        ("carriers: [{name: a, kind: handset, brand_per_second: fast}]", "is not a number"),
        ("carriers: [{name: a, kind: handset, senders: [12]}]", "carriers[1].senders[1]: is not a phone"),
        ("carrier: {kind: http}\ncarriers: [{name: a, kind: handset}]", "carrier.kind: is there beside"),
        (
            "carriers: [{name: a, kind: http, url: 'https://c.example/', inbound_secret_file: env:X}]",
            "webhooks.port: is missing",
        ),
        (
            "carriers: [{name: a, kind: http, url: 'https://c.example/', token: abc}]",
            "name that file in token_file",
        ),
    ],
)
def test_mistakes_are_told_with_place_and_remedy(text: str, told: str) -> None:
    with pytest.raises(ConfigError) as error:
        configure(text)
    assert told in str(error.value)
