"""The door of the plain `http` carrier: JSON, signed with HMAC-SHA256 over its time and its very bytes."""

import json
from collections.abc import Sequence
from typing import Any

from secondring.domain.errors import ConfigError
from secondring.domain.phone import PhoneNumber
from secondring.domain.records import TextState
from secondring.domain.texting import Incoming, incoming
from sms_gateway.carriers.http import NAME
from sms_gateway.carriers.port import Knock, News, NotGenuine, Receipt, Unreadable
from sms_gateway.signature import is_genuine

TEXT_LIMIT = 10_000
"""Characters; the longest text that phones put together is about 39,000 bits, far below."""
SHORTEST_SECRET = 16
STATES = {
    "accepted": TextState.ACCEPTED,
    "queued": TextState.ACCEPTED,
    "sent": TextState.ACCEPTED,
    "delivered": TextState.DELIVERED,
    "failed": TextState.FAILED,
    "undelivered": TextState.FAILED,
    "rejected": TextState.FAILED,
    "expired": TextState.FAILED,
}
"""What gateways call it."""
OK = b'{"ok": true}'


class HttpWebhook:
    """`Webhook` of the plain `http` carrier. Any of the secrets signs; two while one is being replaced."""

    def __init__(self, secrets: Sequence[str], *, name: str = NAME) -> None:
        if not secrets or any(len(secret) < SHORTEST_SECRET for secret in secrets):
            raise ConfigError(
                f"carriers.{name}: the webhook secret has fewer than {SHORTEST_SECRET} characters;"
                " make one, for example with `openssl rand -hex 32`, and give it to the gateway"
            )
        self._secrets = tuple(secrets)
        self._name = name

    def read(self, knock: Knock) -> News:
        """One reply or one receipt."""
        stamp, signature = knock.headers.get("x-timestamp", ""), knock.headers.get("x-signature", "")
        if not is_genuine(self._secrets, timestamp=stamp, signature=signature, body=knock.body, now=knock.at):
            raise NotGenuine("X-Signature or X-Timestamp is missing, wrong or too old")
        found = _json_object(knock.body)
        if knock.path == "receipt":
            return News(receipts=(self._receipt(found),), answer=OK, media_type="application/json")
        return News(inbound=(self._arrival(found, knock),), answer=OK, media_type="application/json")

    def _arrival(self, found: dict[str, Any], knock: Knock) -> Incoming:
        return incoming(
            carrier=self._name,
            carrier_id=_word(found, "id"),
            sender=_end(found, "from"),
            to=_number(found, "to"),
            body=_text(found),
            at=knock.at,
        )

    def _receipt(self, found: dict[str, Any]) -> Receipt:
        state = STATES.get(_word(found, "status").lower())
        if state is None:
            raise Unreadable(f"status: one of {', '.join(STATES)} is expected", status=422)
        code = _word(found, "code") if found.get("code") is not None else ""
        return Receipt(carrier=self._name, id=_word(found, "id"), state=state, code=code)


def _json_object(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise Unreadable("the body must be a JSON object")
    return found


def _word(found: dict[str, Any], name: str) -> str:
    value = found.get(name)
    if not (isinstance(value, str) and value.isprintable() and 0 < len(value) <= 200):
        raise Unreadable(f"{name}: a printable string of at most 200 characters is expected")
    return value


def _end(found: dict[str, Any], name: str) -> PhoneNumber | str:
    """Short codes and names write too; a person reads those texts."""
    written = _word(found, name)
    try:
        return PhoneNumber(written)
    except ValueError:
        return written


def _number(found: dict[str, Any], name: str) -> PhoneNumber:
    try:
        return PhoneNumber(_word(found, name))
    except ValueError:
        raise Unreadable(f"{name}: an E.164 number is expected, + and digits") from None


def _text(found: dict[str, Any]) -> str:
    value = found.get("text")
    if not (isinstance(value, str) and len(value) <= TEXT_LIMIT):
        raise Unreadable(f"text: a string of at most {TEXT_LIMIT} characters is expected")
    return value.encode("utf-8", "replace").decode()
