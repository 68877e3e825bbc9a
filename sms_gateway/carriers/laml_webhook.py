"""The doors of Twilio and SignalWire: form posts, signed with HMAC-SHA1 over the address and all fields.

The signature covers no time. What is sent again is known by its message id, so a recording of a request, played
back, changes nothing.
"""

import base64
import hashlib
import hmac
from collections.abc import Sequence
from urllib.parse import parse_qs, parse_qsl, urlsplit

from secondring.domain.errors import ConfigError
from secondring.domain.texting import Incoming, incoming
from sms_gateway.carriers.laml import STATES
from sms_gateway.carriers.port import Knock, News, NotGenuine, Receipt, Unreadable
from sms_gateway.carriers.reading import code_of, end, word, words_of

SHORTEST_SECRET = 16
NOTHING_TO_SAY = b'<?xml version="1.0" encoding="UTF-8"?><Response></Response>'
"""The answer to a text may be a text to send back: this one is none."""
PORTS = {"https": "443", "http": "80"}
Form = dict[str, list[str]]


class LamlWebhook:
    """`Webhook` of one account. Any of the secrets signs; two while one is being replaced."""

    def __init__(self, secrets: Sequence[str], *, name: str, header: str) -> None:
        """`header` is the one, in lower case, that the signature comes in."""
        if not secrets or any(len(secret) < SHORTEST_SECRET for secret in secrets):
            raise ConfigError(
                f"carriers.{name}: the secret that its webhooks are signed with has fewer than"
                f" {SHORTEST_SECRET} characters; copy it whole from the carrier's console"
            )
        self._secrets = tuple(secrets)
        self._name = name
        self._header = header

    def read(self, knock: Knock) -> News:
        """One reply or one receipt."""
        form = _form(knock)
        given = knock.headers.get(self._header, "")
        if not any(is_genuine(secret, given, knock, form) for secret in self._secrets):
            raise NotGenuine(f"{self._header} is missing or wrong")
        if knock.path == "receipt":
            return News(receipts=self._receipts(form))
        return News(inbound=self._arrivals(form, knock), answer=NOTHING_TO_SAY, media_type="text/xml")

    def _arrivals(self, form: Form, knock: Knock) -> tuple[Incoming, ...]:
        id_ = word(_one(form, "MessageSid") or _one(form, "SmsSid"))
        if not id_:
            raise Unreadable("MessageSid is missing")
        sender, to = end(_one(form, "From")), end(_one(form, "To"))
        body = words_of(_one(form, "Body"), attachments=_one(form, "NumMedia") not in ("", "0"))
        return (incoming(carrier=self._name, carrier_id=id_, sender=sender, to=to, body=body, at=knock.at),)

    def _receipts(self, form: Form) -> tuple[Receipt, ...]:
        id_ = word(_one(form, "MessageSid") or _one(form, "SmsSid"))
        state = STATES.get((_one(form, "MessageStatus") or _one(form, "SmsStatus")).lower())
        if not id_:
            raise Unreadable("MessageSid is missing")
        if state is None:
            return ()
        return (Receipt(carrier=self._name, id=id_, state=state, code=code_of(_one(form, "ErrorCode"))),)


def is_genuine(secret: str, given: str, knock: Knock, form: Form) -> bool:
    """True when the secret signed this request: a form with its fields, anything else with its hash in the address."""
    if not given.isascii():
        return False
    hashes = parse_qs(urlsplit(knock.url).query).get("bodySHA256", [])
    if hashes:
        ours = hashlib.sha256(knock.body).hexdigest()
        if not hmac.compare_digest(ours.encode(), hashes[0].encode("utf-8", "replace")):
            return False
    fields = (
        "" if hashes else "".join(name + value for name in sorted(form) for value in sorted(set(form[name])))
    )
    return any(hmac.compare_digest(sign(secret, url + fields), given) for url in _both(knock.url))


def sign(secret: str, signed: str) -> str:
    """Base64 of the HMAC-SHA1 of a string."""
    mac = hmac.new(secret.encode(), signed.encode("utf-8", "surrogatepass"), hashlib.sha1).digest()
    return base64.b64encode(mac).decode()


def _both(url: str) -> tuple[str, ...]:
    """With the usual port and without it: carriers write one or the other."""
    parts = urlsplit(url)
    usual = PORTS.get(parts.scheme, "")
    host, _, port = parts.netloc.partition(":")
    if port not in ("", usual):
        return (url,)
    return tuple(parts._replace(netloc=netloc).geturl() for netloc in (host, f"{host}:{usual}"))


def _form(knock: Knock) -> Form:
    fields: Form = {}
    try:
        pairs = parse_qsl(knock.body.decode("ascii"), keep_blank_values=True, max_num_fields=200)
    except ValueError:
        pairs = []
    for name, value in pairs:
        fields.setdefault(name, []).append(value)
    return fields


def _one(form: Form, name: str) -> str:
    return form.get(name, [""])[0]
