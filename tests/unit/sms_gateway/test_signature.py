"""A webhook is believed when it is fresh and signed, and never otherwise."""

import hashlib
import hmac
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sms_gateway.signature import is_genuine, sign
from tests.unit.sms_gateway.fakes import NOON

SECRET = "0123456789abcdef"
STAMP = str(int(NOON.timestamp()))
BODY = b'{"id": "1"}'


def genuine(**changes: object) -> bool:
    known: dict[str, object] = {
        "timestamp": STAMP,
        "signature": sign(SECRET, STAMP, BODY),
        "body": BODY,
        "now": NOON,
    }
    return is_genuine([SECRET], **(known | changes))  # type: ignore[arg-type]


def test_the_signed_bytes_are_time_dot_body() -> None:
    expected = hmac.new(SECRET.encode(), STAMP.encode() + b"." + BODY, hashlib.sha256).hexdigest()
    assert sign(SECRET, STAMP, BODY) == expected


@pytest.mark.parametrize("prefix", ["", "sha256="])
def test_believed_with_and_without_the_name_of_the_method(prefix: str) -> None:
    assert genuine(signature=prefix + sign(SECRET, STAMP, BODY))
    assert genuine(signature=(prefix + sign(SECRET, STAMP, BODY).upper()))


def test_two_secrets_while_one_is_replaced() -> None:
    signature = sign("new-secret-123456", STAMP, BODY)
    secrets = ["new-secret-123456", SECRET]
    assert is_genuine(secrets, timestamp=STAMP, signature=signature, body=BODY, now=NOON)


@pytest.mark.parametrize("minutes", [-5, 0, 5])
def test_fresh_enough(minutes: int) -> None:
    assert genuine(now=NOON + timedelta(minutes=minutes))


@pytest.mark.parametrize("seconds", [-301, 301, 86_400])
def test_a_recording_is_not_believed(seconds: int) -> None:
    assert not genuine(now=NOON + timedelta(seconds=seconds))


@pytest.mark.parametrize("stamp", ["", "now", "-5", "١٧", "1" * 40, STAMP + ".0"])
def test_a_time_that_is_none_is_not_believed(stamp: str) -> None:
    assert not genuine(timestamp=stamp, signature=sign(SECRET, stamp, BODY))


@given(signature=st.text(max_size=80))
def test_no_made_up_signature_is_believed(signature: str) -> None:
    assert not genuine(signature=signature)


@given(body=st.binary(max_size=50))
def test_a_changed_body_is_not_believed(body: bytes) -> None:
    assert genuine(body=body) == (body == BODY)
