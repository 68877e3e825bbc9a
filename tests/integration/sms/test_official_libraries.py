"""Peers that we did not write: the carriers' official libraries talk to the same fakes as our drivers, and compute and
judge the same signatures. Twilio's own description of its interface judges both sides of each exchange.

They live in an environment of their own: `need_carrier_libraries` in scripts/lib.sh makes it.
"""

import asyncio
import base64
import json
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest

from secondring.domain.ids import TextId
from secondring.domain.phone import PhoneNumber
from sms_gateway.carriers.bandwidth import BandwidthCarrier, BandwidthSettings
from sms_gateway.carriers.laml_webhook import LamlWebhook
from sms_gateway.carriers.port import Accepted, Knock, NotGenuine, OutgoingText, Refused
from sms_gateway.carriers.signalwire import signalwire_webhook
from sms_gateway.carriers.telnyx import TelnyxCarrier, TelnyxSettings, TelnyxWebhook, key_of
from sms_gateway.carriers.twilio import TwilioCarrier, TwilioSettings, twilio_webhook
from sms_gateway.carriers.vonage import VonageCarrier, VonageSettings, VonageWebhook
from sms_gateway.carriers.wire import basic
from tests.support.fake_carrier import bandwidth_dialect, laml_dialect, telnyx_dialect, vonage_dialect
from tests.support.fake_carrier.core import Core, Said, Told, Trouble
from tests.support.fake_carrier.http_peer import Asked, HttpPeer, http_peer
from tests.unit.sms_gateway.fakes import ANNA, CLINIC, Clock

ROOT = Path(__file__).parents[3]
HOME = ROOT / ".venv-carriers"
PYTHON = HOME / "bin" / "python"
DOCUMENTS = HOME / "twilio-oai" / "spec" / "json"
TALK = ROOT / "tests" / "support" / "official" / "talk.py"
STOPPED = PhoneNumber("+12025550124")
BODY = "Clínica “Uno”: 5 €\nsí & +1"
LETTER = OutgoingText(id=TextId("M-1"), to=ANNA, sender=CLINIC, body=BODY)
ASKED = {
    "to": ANNA.e164,
    "from": CLINIC.e164,
    "stopped": STOPPED.e164,
    "text": BODY,
    "id": LETTER.id,
}

pytestmark = pytest.mark.skipif(
    not PYTHON.exists(), reason="the carriers' libraries are not there: scripts/test installs them"
)


async def talk(what: str, **asked: Any) -> dict[str, Any]:
    """What a carrier's own library found."""
    process = await asyncio.create_subprocess_exec(
        PYTHON,
        TALK,
        what,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    told, complaints = await process.communicate(json.dumps(asked).encode())
    assert process.returncode == 0, complaints.decode()
    found = json.loads(told)
    assert isinstance(found, dict)
    return found


def a_core() -> Core:
    core = Core(Clock())
    core.phones[STOPPED.e164].refuses = Trouble.OPTED_OUT
    return core


def posts(peer: HttpPeer) -> list[Asked]:
    return [asked for asked in peer.asked if asked.method == "POST"]


# ---------------------------------------------------------------- Twilio and SignalWire


def a_twilio(core: Core, url: str) -> TwilioCarrier:
    settings = TwilioSettings(
        account=laml_dialect.ACCOUNT,
        key=laml_dialect.KEY,
        secret=laml_dialect.SECRET,
        url=url,
        lookups_url=url,
        receipts_url="https://texts.clinic.example/carriers/twilio/receipt",
    )
    return TwilioCarrier(settings, core.clock)


def a_twilio_api(core: Core) -> laml_dialect.LamlApi:
    root = f"/2010-04-01/Accounts/{laml_dialect.ACCOUNT}"
    login = basic(laml_dialect.KEY, laml_dialect.SECRET)
    return laml_dialect.LamlApi(core, root, login, laml_dialect.ACCOUNT)


async def test_twilios_library_and_ours_say_the_same_and_hear_the_same() -> None:
    core = a_core()
    async with http_peer(a_twilio_api(core)) as peer:
        login = {"key": laml_dialect.KEY, "secret": laml_dialect.SECRET, "account": laml_dialect.ACCOUNT}
        theirs = await talk("twilio", url=peer.url, **login, **ASKED)
        their_post = posts(peer)[0]
        carrier = a_twilio(core, peer.url)
        ours = await carrier.send(LETTER)
        refused = await carrier.send(replace(LETTER, to=STOPPED))
        our_post = posts(peer)[-2]
        found = await carrier.line_type(ANNA)
        await carrier.close()
    assert (theirs["status"], theirs["direction"], theirs["code"]) == ("queued", "outbound-api", 21610)
    assert theirs["listed"] == [[theirs["sid"], BODY, CLINIC.e164]]
    assert (theirs["line"], found) == ("mobile", "mobile")
    assert isinstance(ours, Accepted)
    assert isinstance(refused, Refused)
    assert refused.code == str(theirs["code"])
    assert (our_post.method, our_post.path) == (their_post.method, their_post.path)
    assert our_post.headers["authorization"] == their_post.headers["authorization"]
    their_form, our_form = _form(their_post), _form(our_post)
    assert our_form.pop("StatusCallback")
    assert our_form == their_form


def _form(asked: Asked) -> dict[str, str]:
    return dict(parse_qsl(asked.body.decode()))


async def test_twilios_own_description_finds_no_fault_with_either_side() -> None:
    document = DOCUMENTS / "twilio_api_v2010.json"
    if not document.exists():
        pytest.skip("Twilio's description is not there: scripts/test fetches it")
    core = a_core()
    api, exchanges = a_twilio_api(core), []

    async def overheard(asked: Asked) -> Any:
        reply = await api(asked)
        assert reply is not None
        exchanges.append(_exchange(asked, reply.status, json.loads(reply.body)))
        return reply

    async with http_peer(overheard) as peer:
        carrier = a_twilio(core, peer.url)
        core.says(ANNA.e164, "BOOK", to=CLINIC.e164)
        await carrier.send(LETTER)
        core.phones[ANNA.e164].fails = Trouble.LANDLINE
        core.carry()
        await carrier.look_up(LETTER)
        assert (await carrier.poll(None)).inbound
        await carrier.close()
    assert [one["method"] for one in exchanges] == ["POST", "GET", "GET"]
    assert (await talk("openapi", document=str(document), exchanges=exchanges)) == {"wrong": []}
    broken = exchanges[0] | {"form": {"Too": "x"}}
    assert len((await talk("openapi", document=str(document), exchanges=[broken]))["wrong"]) == 2


def _exchange(asked: Asked, status: int, answer: Mapping[str, Any]) -> dict[str, Any]:
    answer = dict(answer)
    answer.pop("uri", None)
    return {
        "method": asked.method,
        "path": "/2010-04-01/Accounts/{AccountSid}/Messages.json",
        "query": sorted(asked.query),
        "form": _form(asked) if asked.method == "POST" else None,
        "status": status,
        "answer": answer,
    }


SIGNED = [
    ("twilio_sign", "x-twilio-signature", twilio_webhook),
    ("signalwire_sign", "x-signalwire-signature", signalwire_webhook),
]


@pytest.mark.parametrize(("what", "header", "webhook"), SIGNED, ids=["twilio", "signalwire"])
async def test_their_validator_signs_and_we_believe_it(what: str, header: str, webhook: Any) -> None:
    token = "a-token-of-the-tests-0123"
    door: LamlWebhook = webhook((token,))
    knock = laml_dialect.write_knock(
        a_core().says(ANNA.e164, BODY, to=CLINIC.e164), a_core(), "main", header, token
    )
    form = dict(parse_qsl(knock.body.decode(), keep_blank_values=True))
    theirs = await talk(what, token=token, url=knock.url, form=form, signature=knock.headers[header])
    assert theirs == {"signature": knock.headers[header], "valid": True}
    assert door.read(knock).inbound[0].body == BODY
    with pytest.raises(NotGenuine):
        door.read(replace(knock, url=knock.url.replace("https", "http")))


async def test_twilios_validator_signs_bytes_that_are_no_form() -> None:
    token, url = "a-token-of-the-tests-0123", "https://texts.clinic.example/carriers/twilio/receipt"
    theirs = await talk("twilio_sign", token=token, url=url, body='{"MessageSid": "SM1"}')
    assert theirs["valid"]
    headers = {"x-twilio-signature": theirs["signature"]}
    knock = Knock(
        url=theirs["url"], path="receipt", headers=headers, body=b'{"MessageSid": "SM1"}', at=Clock().now
    )
    door = twilio_webhook((token,))
    with pytest.raises(Exception, match="MessageSid is missing"):  # genuine, and no form
        door.read(knock)
    with pytest.raises(NotGenuine):
        door.read(replace(knock, body=b'{"MessageSid": "SM2"}'))


# ---------------------------------------------------------------- Telnyx


async def test_telnyx_library_and_ours_say_the_same_and_hear_the_same() -> None:
    core = a_core()
    core.honours_keys = True
    async with http_peer(telnyx_dialect.TelnyxApi(core)) as peer:
        asked = ASKED | {"id": key_of(LETTER.id)}
        theirs = await talk("telnyx", url=peer.url, key=telnyx_dialect.KEY, **asked)
        their_post = posts(peer)[0]
        carrier = TelnyxCarrier(TelnyxSettings(key=telnyx_dialect.KEY, url=peer.url), core.clock)
        core.by_key.clear()
        assert isinstance(await carrier.send(LETTER), Accepted)
        our_post = posts(peer)[-1]
        found = await carrier.line_type(ANNA)
        await carrier.close()
    assert theirs["id"] == theirs["again"]
    assert (theirs["status"], theirs["code"]) == ("queued", "40300")
    assert (theirs["line"], found) == ("mobile", "mobile")
    assert (our_post.path, json.loads(our_post.body)) == (their_post.path, json.loads(their_post.body))
    for header in ("authorization", "idempotency-key"):
        assert our_post.headers[header] == their_post.headers[header]


async def test_what_pynacl_signs_and_telnyx_believes_we_believe() -> None:
    knock = telnyx_dialect.write_knock(a_core().says(ANNA.e164, BODY, to=CLINIC.e164), a_core())
    now = int(time.time())
    seed = base64.b64encode(bytes(range(32))).decode()
    theirs = await talk("telnyx_sign", seed=seed, timestamp=str(now), body=knock.body.decode())
    assert (theirs["event"], theirs["public"]) == ("message.received", telnyx_dialect.PUBLIC)
    door = TelnyxWebhook((theirs["public"],))
    fresh = replace(knock, headers=theirs["headers"], at=datetime.fromtimestamp(now, UTC))
    assert door.read(fresh).inbound[0].body == BODY


# ---------------------------------------------------------------- Vonage


async def test_vonages_library_and_ours_say_the_same_and_hear_the_same() -> None:
    core = a_core()
    core.clock = lambda: datetime.now(UTC)
    async with http_peer(vonage_dialect.VonageApi(core)) as peer:
        login: dict[str, Any] = {
            "application": vonage_dialect.APPLICATION,
            "private_key": vonage_dialect.PRIVATE_PEM,
            "account": vonage_dialect.ACCOUNT,
        }
        theirs = await talk("vonage", url=peer.url, **login, **ASKED)
        their_post = posts(peer)[0]
        settings = VonageSettings(**login, url=peer.url)
        carrier = VonageCarrier(settings, core.clock)
        assert isinstance(await carrier.send(LETTER), Accepted)
        our_post = posts(peer)[-1]
        found = await carrier.line_type(ANNA)
        await carrier.close()
    assert theirs["id"] == core.taken[0].id
    assert theirs["problem"].endswith("#1240")
    assert (theirs["line"], found) == ("mobile", "mobile")
    assert (our_post.path, json.loads(our_post.body)) == (their_post.path, json.loads(their_post.body))


@pytest.mark.parametrize("secret", [vonage_dialect.SIGNATURE_SECRET, "another-secret-of-the-tests"])
async def test_vonages_verifier_agrees_with_ours(secret: str) -> None:
    core = a_core()
    knock = vonage_dialect.write_knock(core.says(ANNA.e164, BODY, to=CLINIC.e164), core)
    door = VonageWebhook((secret,))
    token = knock.headers["authorization"].removeprefix("Bearer ")
    theirs = await talk("vonage_sign", token=token, secret=secret)
    if theirs["valid"]:
        assert door.read(knock).inbound[0].body == BODY
    else:
        with pytest.raises(NotGenuine):
            door.read(knock)
    assert theirs["valid"] == (secret == vonage_dialect.SIGNATURE_SECRET)


# ---------------------------------------------------------------- Bandwidth


async def test_bandwidths_library_and_ours_say_the_same_and_hear_the_same() -> None:
    core = Core(Clock())
    said = _event(core.says(ANNA.e164, BODY, to=CLINIC.e164), core)
    failed = _event(_failure(core), core)
    async with http_peer(bandwidth_dialect.BandwidthApi(core)) as peer:
        login: dict[str, Any] = {
            "account": bandwidth_dialect.ACCOUNT,
            "application": bandwidth_dialect.APPLICATION,
            "client": bandwidth_dialect.CLIENT,
            "secret": bandwidth_dialect.SECRET,
        }
        theirs = await talk("bandwidth", url=peer.url, **login, **ASKED, inbound=said, status=failed)
        their_token, their_post = posts(peer)[:2]
        settings = BandwidthSettings(**login, url=peer.url, api_url=peer.url)
        carrier = BandwidthCarrier(settings, core.clock)
        assert isinstance(await carrier.send(LETTER), Accepted)
        our_token, our_post = posts(peer)[-2:]
        found = await carrier.line_type(ANNA)
        await carrier.close()
    assert (our_token.path, our_token.body) == (their_token.path, their_token.body)
    assert our_token.headers["authorization"] == their_token.headers["authorization"]
    assert (theirs["tag"], theirs["problem"]) == (LETTER.id, "request-validation")
    assert (theirs["line"], found) == ("MOBILE", "mobile")
    assert theirs["inbound"] == ["message-received", BODY]
    assert theirs["status"] == ["message-failed", 4720]
    assert (our_post.path, json.loads(our_post.body)) == (their_post.path, json.loads(their_post.body))
    assert our_post.headers["authorization"] == their_post.headers["authorization"]


def _failure(core: Core) -> Told:
    core.phones[STOPPED.e164].fails = Trouble.LANDLINE
    core.submit(to=STOPPED.e164, sender=CLINIC.e164, body="x", key="M-9")
    core.carry()
    return core.due_receipts()[-1]


def _event(one: Told | Said, core: Core) -> dict[str, Any]:
    (event,) = json.loads(bandwidth_dialect.write_knock(one, core).body)
    assert isinstance(event, dict)
    return event
