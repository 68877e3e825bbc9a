"""Twilio, SignalWire, Telnyx, Vonage and Bandwidth: configured as docs/carriers.md says, made, and with a door."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from config.loader import EXAMPLE, default_source, parse
from config.settings import Settings
from config.tree import Source
from secondring.carriers import door, driver
from secondring.domain.errors import ConfigError
from tests.support.fake_carrier.telnyx_dialect import PUBLIC
from tests.support.fake_carrier.vonage_dialect import PRIVATE_PEM
from tests.unit.config.conftest import SECRETS, WHERE

PAGE = Path(__file__).parents[3] / "docs" / "carriers.md"
KINDS = ("bandwidth", "signalwire", "telnyx", "twilio", "vonage")
EXAMPLES = [
    example
    for example in re.findall(r"```yaml\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    if re.findall(r"kind: (\w+)", example)[:2] in [[kind] for kind in KINDS]
]
"""Of one carrier each, and that one of these."""
PLANTED = "planted-secret-of-the-tests"
OF_A_FORM = {
    "credential:telnyx-public-key": PUBLIC.encode(),
    "credential:vonage-private-key": PRIVATE_PEM.encode(),
}


def configure(*texts: str) -> Settings:
    """As `conftest.configure`, with a secret of the right form wherever one is named."""
    known = SECRETS | OF_A_FORM
    example = Source(name="10-site.yaml", text=EXAMPLE.read_text("utf-8"))
    files = [Source(name=f"{20 + n}-more.yaml", text=text) for n, text in enumerate(texts)]
    return parse([default_source(), example, *files], lambda place: known.get(place, PLANTED.encode()), WHERE)


def kind_of(text: str) -> str:
    found = re.search(r"kind: (\w+)", text)
    assert found is not None
    return found[1]


def test_there_is_an_example_of_each() -> None:
    assert sorted(map(kind_of, EXAMPLES)) == list(KINDS)


@pytest.mark.parametrize("example", EXAMPLES, ids=kind_of)
async def test_each_example_of_the_page_makes_a_carrier(example: str) -> None:
    settings = configure(example)
    (carrier,) = settings.carriers
    made = driver(carrier, settings, lambda: datetime.now(UTC))
    can = made.carrier.capabilities
    assert made.carrier.name == "main"
    assert can.receipts
    assert can.polling == carrier.keys.is_asked
    assert can.polling or carrier.keys.knocks, "replies have a way in"
    assert (made.line_types is not None) == can.line_types
    assert can.confirms_opt_out == (carrier.kind in ("twilio", "signalwire", "telnyx"))
    assert (door(carrier) is not None) == (carrier.kind not in ("twilio", "signalwire"))
    assert carrier.keys.address
    shown = repr(settings) + repr(made)
    assert PLANTED not in shown
    assert "PRIVATE KEY" not in shown
    await made.carrier.close()


@pytest.mark.parametrize(
    ("kind", "more"),
    [("twilio", "auth_token_file: env:TOKEN"), ("signalwire", "signing_key_file: env:KEY")],
)
async def test_those_that_are_polled_may_knock_as_well(kind: str, more: str) -> None:
    (example,) = [one for one in EXAMPLES if kind_of(one) == kind]
    listen = "webhooks: {port: 8481, public_url: https://texts.clinic.example/}\n"
    settings = configure(f"{listen}{example}    webhooks: true\n    {more}\n")
    (carrier,) = settings.carriers
    assert door(carrier) is not None
    made = driver(carrier, settings, lambda: datetime.now(UTC)).carrier
    account = vars(made)["_settings"]
    assert account.receipts_url == "https://texts.clinic.example/carriers/main/receipt"
    await made.close()


TWILIO, SIGNALWIRE = "{name: a, kind: twilio, account: AC1", "{name: a, kind: signalwire, project: p"
VONAGE = "{name: a, kind: vonage, application: a-1, private_key_file: env:P"
PUBLIC_URL = "webhooks: {port: 8481, public_url: https://texts.clinic.example}\n"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (f"carriers: [{TWILIO}}}]", "nothing to log in with"),
        (f"carriers: [{TWILIO}, api_key: SK1}}]", "names an API key without its secret"),
        (f"carriers: [{TWILIO}, account: 'AC 1', auth_token_file: env:A}}]", "account: is"),
        (
            f"{PUBLIC_URL}carriers: [{TWILIO}, api_key: SK1, api_secret_file: env:S, webhooks: true}}]",
            "Add auth_token_file",
        ),
        (
            f"carriers: [{TWILIO}, auth_token_file: env:A, webhooks: true}}]",
            "webhooks.port: is missing",
        ),
        (
            f"webhooks: {{port: 8481}}\ncarriers: [{TWILIO}, auth_token_file: env:A, webhooks: true}}]",
            "public_url: is missing",
        ),
        (
            f"{PUBLIC_URL}carriers: [{SIGNALWIRE}, url: 'https://c.example', token_file: env:T, webhooks: true}}]",
            "Add signing_key_file",
        ),
        (f"carriers: [{SIGNALWIRE}, url: 'http://c.example', token_file: env:T}}]", "url: would send"),
        ("carriers: [{name: a, kind: telnyx, key_file: env:K}]", "public_key_file: is missing"),
        (
            "carriers: [{name: a, kind: telnyx, key_file: KEY1, public_key_file: env:P}]",
            "key_file: does not say",
        ),
        (
            f"carriers: [{VONAGE}, signature_secret_file: env:S, line_types: true}}]",
            "Add api_key and api_secret_file",
        ),
        ("carriers: [{name: a, kind: bandwidth, account: '1', application: a-1}]", "client_id: is missing"),
    ],
)
def test_mistakes_are_told_with_what_to_do(text: str, told: str) -> None:
    with pytest.raises(ConfigError) as error:
        configure(text)
    assert told in str(error.value)
