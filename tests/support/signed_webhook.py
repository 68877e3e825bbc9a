"""Sends the clinic's webhook what a carrier would, signed."""

import hashlib
import hmac
import http.client
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager

SECRET = "a-webhook-secret-of-the-tests"


def deliver(port: int, what: str, letter: dict[str, str], *, secret: str = SECRET) -> int:
    """POST a signed webhook; gives the HTTP status."""
    body = json.dumps(letter).encode()
    stamp = str(int(time.time()))
    signature = hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    headers = {"X-Timestamp": stamp, "X-Signature": signature, "Content-Type": "application/json"}
    with _connection(port) as connection:
        connection.request("POST", f"/carriers/http/{what}", body, headers)
        answer = connection.getresponse()
        answer.read()
        return answer.status


@contextmanager
def _connection(port: int) -> Iterator[http.client.HTTPConnection]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        yield connection
    finally:
        connection.close()
