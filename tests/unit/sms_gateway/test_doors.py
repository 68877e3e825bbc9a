"""The doors of the five carriers: who is let in, what is read, and that nothing that may come breaks them."""

import base64
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from secondring.domain.errors import ConfigError
from secondring.domain.records import TextState
from secondring.domain.texting import Stray
from sms_gateway.carriers.bandwidth import BandwidthWebhook
from sms_gateway.carriers.laml_webhook import NOTHING_TO_SAY, sign
from sms_gateway.carriers.port import Knock, News, NotGenuine, Unreadable, Webhook
from sms_gateway.carriers.reading import PICTURE
from sms_gateway.carriers.signalwire import signalwire_webhook
from sms_gateway.carriers.telnyx import TelnyxWebhook
from sms_gateway.carriers.twilio import twilio_webhook
from sms_gateway.carriers.vonage import VonageWebhook
from sms_gateway.carriers.vonage_tokens import WINDOW
from sms_gateway.carriers.wire import basic
from tests.support.fake_carrier import bandwidth_dialect, laml_dialect, telnyx_dialect, vonage_dialect
from tests.support.fake_carrier.core import Core, Said, State, Taken, Told, Trouble
from tests.unit.sms_gateway.fakes import ANNA, CLINIC, NOON, Clock

CORE = Core(Clock())
REPLY = Said("mo1", ANNA.e164, CLINIC.e164, "BOOK “please” & soon 😀", NOON)
SENT = Taken("fc1", "M-1", ANNA.e164, CLINIC.e164, "Reply BOOK", NOON)
LANDLINE = Told(SENT, State.FAILED, Trouble.LANDLINE)
TOKEN = "a-token-of-the-tests-0123"


@dataclass(frozen=True)
class Door:
    """One carrier's door, and how its requests are made."""

    name: str
    webhook: Webhook
    write: Callable[[Told | Said], Knock]
    seal: Callable[[Knock], Knock]
    """The same request with another body, signed again."""
    ours: bool
    """Its receipts name our own id."""
    code: str


def _laml(knock: Knock, header: str) -> Knock:
    try:
        form = dict(parse_qsl(knock.body.decode("ascii"), keep_blank_values=True, max_num_fields=200))
    except ValueError:
        form = {}
    signed = knock.url + "".join(name + form[name] for name in sorted(form))
    return replace(knock, headers={header: sign(TOKEN, signed)})


def _telnyx(knock: Knock) -> Knock:
    stamp = str(int(knock.at.timestamp()))
    signature = telnyx_dialect.PRIVATE.sign(stamp.encode() + b"|" + knock.body)
    headers = {
        "telnyx-signature-ed25519": base64.b64encode(signature).decode(),
        "telnyx-timestamp": stamp,
    }
    return replace(knock, headers=headers)


def _vonage(knock: Knock) -> Knock:
    token = vonage_dialect.token(knock.body, int(knock.at.timestamp()))
    return replace(knock, headers={"authorization": f"Bearer {token}"})


TWILIO = Door(
    "twilio",
    twilio_webhook((TOKEN,)),
    lambda one: laml_dialect.write_knock(one, CORE, "twilio", "x-twilio-signature", TOKEN),
    lambda knock: _laml(knock, "x-twilio-signature"),
    ours=False,
    code="30006",
)
SIGNALWIRE = Door(
    "signalwire",
    signalwire_webhook((TOKEN,)),
    lambda one: laml_dialect.write_knock(one, CORE, "signalwire", "x-signalwire-signature", TOKEN),
    lambda knock: _laml(knock, "x-signalwire-signature"),
    ours=False,
    code="30006",
)
TELNYX = Door(
    "telnyx",
    TelnyxWebhook((telnyx_dialect.PUBLIC,)),
    lambda one: telnyx_dialect.write_knock(one, CORE),
    _telnyx,
    ours=False,
    code="40001",
)
VONAGE = Door(
    "vonage",
    VonageWebhook((vonage_dialect.SIGNATURE_SECRET,)),
    lambda one: vonage_dialect.write_knock(one, CORE),
    _vonage,
    ours=True,
    code="1310",
)
BANDWIDTH = Door(
    "bandwidth",
    BandwidthWebhook(bandwidth_dialect.CALLBACK_USER, (bandwidth_dialect.CALLBACK_PASSWORD,)),
    lambda one: bandwidth_dialect.write_knock(one, CORE),
    lambda knock: knock,
    ours=True,
    code="4720",
)
DOORS = [TWILIO, SIGNALWIRE, TELNYX, VONAGE, BANDWIDTH]
every = pytest.mark.parametrize("door", DOORS, ids=lambda door: door.name)


@every
def test_a_reply(door: Door) -> None:
    (arrival,) = door.webhook.read(door.write(REPLY)).inbound
    assert (arrival.carrier, arrival.sender, arrival.to) == (door.name, ANNA, CLINIC)
    assert (arrival.body, arrival.at) == (REPLY.body, NOON)
    again = door.webhook.read(door.write(REPLY)).inbound[0]
    assert again.carrier_id == arrival.carrier_id, "sent again, it is known by its id"


@every
@pytest.mark.parametrize(
    ("state", "stands"),
    [
        (State.SENT, TextState.ACCEPTED),
        (State.DELIVERED, TextState.DELIVERED),
        (State.FAILED, TextState.FAILED),
    ],
)
def test_a_receipt(door: Door, state: State, stands: TextState) -> None:
    told = LANDLINE if state is State.FAILED else Told(SENT, state)
    (receipt,) = door.webhook.read(door.write(told)).receipts
    assert (receipt.carrier, receipt.state) == (door.name, stands)
    assert receipt.code == (door.code if state is State.FAILED else "")
    assert (receipt.id == "M-1") == door.ours


@every
def test_without_a_seal_or_with_another_nobody_is_let_in(door: Door) -> None:
    knock = door.write(REPLY)
    for headers in ({}, {name: value[:-3] + "abc" for name, value in knock.headers.items()}):
        with pytest.raises(NotGenuine):
            door.webhook.read(replace(knock, headers=headers))
    for headers in (dict.fromkeys(knock.headers, "é"), dict.fromkeys(knock.headers, "")):
        with pytest.raises(NotGenuine):
            door.webhook.read(replace(knock, headers=headers))


@every
def test_from_a_sender_that_is_no_phone_the_words_come_as_a_stray(door: Door) -> None:
    for sender in ("22000", "Pharmacy", ""):
        (stray,) = door.webhook.read(door.write(replace(REPLY, sender=sender))).inbound
        assert isinstance(stray, Stray)
        assert (stray.sender, stray.to, stray.body) == (sender, CLINIC.e164, REPLY.body)
        assert REPLY.body not in repr(stray)


NEWS: st.SearchStrategy[Told | Said] = st.sampled_from([REPLY, LANDLINE])
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)


def _leaves(found: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inside = found.items() if isinstance(found, dict) else enumerate(found) if isinstance(found, list) else []
    return [at, *(place for key, value in inside for place in _leaves(value, (*at, key)))]


def _with(found: Any, at: tuple[Any, ...], value: Any) -> Any:
    if not at:
        return value
    copy = found.copy()
    copy[at[0]] = _with(found[at[0]], at[1:], value)
    return copy


@pytest.mark.parametrize("door", [TELNYX, VONAGE, BANDWIDTH], ids=lambda door: door.name)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_stands_in_the_place_of_a_value_it_is_read_or_refused(
    door: Door, data: st.DataObject, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    knock = door.write(data.draw(NEWS))
    found = json.loads(knock.body)
    place = data.draw(st.sampled_from(_leaves(found)))
    _read_or_refused(
        door, replace(knock, body=json.dumps(_with(found, place, data.draw(ANYTHING))).encode()), caplog
    )


@pytest.mark.parametrize("door", [TWILIO, SIGNALWIRE], ids=lambda door: door.name)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_stands_in_a_form_it_is_read_or_refused(
    door: Door, data: st.DataObject, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    knock = door.write(data.draw(NEWS))
    form = dict(parse_qsl(knock.body.decode(), keep_blank_values=True))
    text = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
    form[data.draw(st.sampled_from(sorted(form)))] = data.draw(text)
    form |= data.draw(st.dictionaries(text, text, max_size=2))
    _read_or_refused(door, replace(knock, body=urlencode(form).encode()), caplog)


@every
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.binary(max_size=80), path=st.sampled_from(["inbound", "receipt"]))
def test_any_bytes_are_read_or_refused(
    door: Door, body: bytes, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    _read_or_refused(door, replace(door.write(REPLY), body=body, path=path), caplog)


def _read_or_refused(door: Door, knock: Knock, caplog: pytest.LogCaptureFixture) -> None:
    shown = ""
    try:
        news = door.webhook.read(door.seal(knock))
        shown = repr(news)
        assert isinstance(news, News)
        assert all(receipt.code == "" or len(receipt.code) <= 40 for receipt in news.receipts)
        assert all(arrival.body.isascii() or arrival.body.encode() for arrival in news.inbound)
    except (NotGenuine, Unreadable) as refusal:
        shown = str(refusal)
    for line in (shown, caplog.text):
        assert ANNA.e164[1:] not in line
        assert "BOOK" not in line


# ---------------------------------------------------------------- Twilio and SignalWire


@pytest.mark.parametrize("door", [TWILIO, SIGNALWIRE], ids=lambda door: door.name)
def test_the_usual_port_may_stand_in_the_address_or_not(door: Door) -> None:
    knock = door.write(REPLY)
    written = replace(knock, url=knock.url.replace(".example/", ".example:443/"))
    assert door.webhook.read(written).inbound
    with pytest.raises(NotGenuine):
        door.webhook.read(replace(knock, url=knock.url.replace(".example/", ".example:8443/")))


def test_the_answer_to_a_reply_is_no_text_to_send_back() -> None:
    news = TWILIO.webhook.read(TWILIO.write(REPLY))
    assert (news.answer, news.media_type, news.status) == (NOTHING_TO_SAY, "text/xml", 200)


def test_a_picture_without_words_is_told_and_stop_with_a_picture_stays_stop() -> None:
    for body, read in (("", PICTURE), ("STOP", "STOP")):
        knock = TWILIO.write(replace(REPLY, body=body))
        with_picture = TWILIO.seal(replace(knock, body=knock.body.replace(b"NumMedia=0", b"NumMedia=1")))
        assert TWILIO.webhook.read(with_picture).inbound[0].body == read


def test_while_a_token_is_replaced_both_sign() -> None:
    both = twilio_webhook(("the-new-token-of-the-tests", TOKEN))
    assert both.read(TWILIO.write(REPLY)).inbound
    with pytest.raises(ConfigError, match="fewer than 16"):
        twilio_webhook(("short",))


# ---------------------------------------------------------------- Telnyx


@pytest.mark.parametrize("seconds", [-301, 301])
def test_an_event_of_another_time_is_a_recording(seconds: int) -> None:
    knock = TELNYX.write(REPLY)
    with pytest.raises(NotGenuine):
        TELNYX.webhook.read(replace(knock, at=knock.at + timedelta(seconds=seconds)))
    assert TELNYX.webhook.read(replace(knock, at=knock.at + timedelta(seconds=seconds // 2))).inbound


@pytest.mark.parametrize("key", ["", "not base64!", base64.b64encode(b"x" * 31).decode(), TOKEN])
def test_a_public_key_that_is_none_is_refused_at_the_start(key: str) -> None:
    with pytest.raises(ConfigError, match="the public key is not one"):
        TelnyxWebhook((key,))


# ---------------------------------------------------------------- Vonage


def _tokened(token: str) -> Knock:
    return replace(VONAGE.write(REPLY), headers={"authorization": f"Bearer {token}"})


def test_a_token_for_another_body_or_of_another_time_counts_for_nothing() -> None:
    body, now = VONAGE.write(REPLY).body, int(NOON.timestamp())
    old = now - int(WINDOW.total_seconds())
    for token in (
        vonage_dialect.token(b"{}", now),
        vonage_dialect.token(body, old - 1),
        vonage_dialect.token(body, now + 301),
        vonage_dialect.token(body, now, payload_hash=7),
        vonage_dialect.token(body, now, iat="now"),
        vonage_dialect.token(body, now, secret="another-secret-of-the-tests"),
    ):
        with pytest.raises(NotGenuine):
            VONAGE.webhook.read(_tokened(token))
    assert VONAGE.webhook.read(_tokened(vonage_dialect.token(body, old + 1))).inbound, "sent again for a day"


def test_a_token_that_says_it_needs_no_signature_is_not_believed() -> None:
    head, claims, _ = vonage_dialect.token(VONAGE.write(REPLY).body, int(NOON.timestamp())).split(".")
    none = base64.urlsafe_b64encode(b'{"alg":"none"}').decode().rstrip("=")
    for token in (f"{none}.{claims}.", f"{head}.{claims}.", "..", "a.b.c", ""):
        with pytest.raises(NotGenuine):
            VONAGE.webhook.read(_tokened(token))


def test_a_short_signature_secret_is_refused_at_the_start() -> None:
    with pytest.raises(ConfigError, match="fewer than 16"):
        VonageWebhook(("short",))


# ---------------------------------------------------------------- Bandwidth


def test_several_events_in_one_request() -> None:
    events = [json.loads(BANDWIDTH.write(one).body)[0] for one in (REPLY, LANDLINE, Told(SENT, State.SENT))]
    knock = replace(
        BANDWIDTH.write(REPLY), body=json.dumps([*events, {"type": "message-read-x"}, 7]).encode()
    )
    news = BANDWIDTH.webhook.read(knock)
    assert (len(news.inbound), len(news.receipts)) == (1, 2)


@pytest.mark.parametrize(
    ("user", "password"), [("", "a-password-of-the-tests"), ("bandwidth", "short"), ("u", "")]
)
def test_callbacks_without_a_good_password_are_refused_at_the_start(user: str, password: str) -> None:
    with pytest.raises(ConfigError, match="password of its callbacks"):
        BandwidthWebhook(user, (password,))


def test_another_user_with_the_right_password_is_not_let_in() -> None:
    headers = {"authorization": basic("somebody", bandwidth_dialect.CALLBACK_PASSWORD)}
    with pytest.raises(NotGenuine):
        BANDWIDTH.webhook.read(replace(BANDWIDTH.write(REPLY), headers=headers))
