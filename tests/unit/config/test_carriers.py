"""Several carriers: their order, their keys by kind, their secrets, and what is told when something is wrong."""

import pytest

from config.carriers import HttpKeys
from config.walk import carrier_kinds
from secondring.carriers import KINDS
from secondring.domain.errors import ConfigError
from secondring.domain.phone import PhoneNumber
from tests.unit.config.conftest import configure

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


def test_every_kind_that_can_be_configured_can_be_made() -> None:
    assert carrier_kinds() == list(KINDS)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("carriers: [{name: a, kind: pigeon}]", "carriers[1]: is of a kind that there is not"),
        ("carriers: [{name: a}]", "carriers[1]: does not say its kind"),
        ("carriers:\n- {name: a, kind: http}", "20-more.yaml:2: carriers[1].url: is missing"),
        ("carriers: [{name: a, kind: http, url: 'http://c.example/'}]", "carriers[1].url: would send"),
        ("carriers: [{name: a, kind: handset, pol: 5s}]", "Did you mean poll?"),
        ("carriers: [{name: a, kind: handset}, {name: a, kind: handset}]", "another carrier's name"),
        ("carriers: [{name: A b, kind: handset}]", "no plain name"),
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
