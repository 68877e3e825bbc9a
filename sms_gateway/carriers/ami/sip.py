"""SIP MESSAGE through the PBX's own trunk.

Out: AMI's `MessageSend`. In: `secondring-texts`, our dialplan, keeps each text in the PBX's own database in base64,
so that it waits there while we are down; we read it, and delete it once it was taken in.
"""

import base64
import logging
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import unquote

from secondring.domain.errors import NotSent, PeerError
from secondring.domain.phone import PhoneNumber, parse_number
from secondring.domain.texting import Fault, Incoming, incoming
from sms_gateway.carriers.ami.asking import hand_over
from sms_gateway.carriers.ami.manager import Answer, Event, Fields, Manager, dialable, plain
from sms_gateway.carriers.port import Accepted, Capabilities, OutgoingText, Poll, Refused, SendResult
from sms_gateway.handing import Handing

log = logging.getLogger(__name__)

NAME = "sip"
FAMILY = "secondring-texts"
"""Where in the PBX's database the dialplan keeps texts (dialplan/templates/texts.conf.j2)."""
HANDED_AROUND = {1: ord("("), 2: ord(")")}
"""What the dialplan puts in the place of parentheses, which its own functions would trip over."""
WITHIN = 10.0
_HOST = re.compile(r"[A-Za-z0-9.-]{1,253}(:[0-9]{1,5})?")
_USER = re.compile(r"(?i)(?:sips?|tel):([^@;>\s]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class SipSettings:
    """The trunk. Raises ValueError for what must not reach the PBX."""

    endpoint: str
    """Of pjsip.conf."""
    host: str
    """Of the carrier: what stands after the @ of those that we write to."""
    our_host: str
    """What stands after the @ of our own number."""
    plus: bool = True
    """Write numbers with their +."""
    region: str = "US"
    """Where numbers without a country belong (ISO 3166)."""
    name: str = NAME

    def __post_init__(self) -> None:
        plain(self.endpoint)
        for host in (self.host, self.our_host):
            if not _HOST.fullmatch(host):
                raise ValueError(f"{host!r} is no host name or address")


class SipCarrier:
    """The trunk of one PBX."""

    def __init__(self, settings: SipSettings, manager: Manager) -> None:
        self.name = settings.name
        self.capabilities = Capabilities(polling=True)
        self._settings = settings
        self._manager = manager
        self._handing = Handing()
        self._to_delete: set[str] = set()

    async def send(self, text: OutgoingText) -> SendResult:
        """Hand it to the channel driver; that is all that Asterisk ever tells."""
        return await hand_over(
            self._manager,
            lambda: self._action(text),
            lambda answer: _result(answer, text),
            within=WITHIN,
        )

    async def look_up(self, text: OutgoingText) -> SendResult | None:  # noqa: ARG002 - a carrier's signature
        """It cannot be asked (`Capabilities.lookup`)."""
        return None

    async def poll(self, cursor: str | None) -> Poll:
        """What waits in the PBX's database."""
        self._to_delete |= self._handing.confirmed(cursor)
        waiting = {key: words for key, words in await self._waiting() if key not in self._to_delete}
        await self._delete()
        if not waiting:
            return Poll(cursor=cursor or "")
        arrivals = [self._arrival(key, words) for key, words in waiting.items()]
        found = sorted((one for one in arrivals if one is not None), key=lambda one: one.at)
        return Poll(inbound=tuple(found), cursor=self._handing.over(waiting))

    async def close(self) -> None:
        """Hang up on the manager."""
        await self._manager.close()

    def _action(self, text: OutgoingText) -> Fields:
        settings = self._settings
        return {
            "Action": "MessageSend",
            "To": f"pjsip:{settings.endpoint}/sip:{self._number(text.to)}@{settings.host}",
            "From": f"<sip:{self._number(text.sender)}@{settings.our_host}>",
            "Base64Body": base64.b64encode(text.body.encode()).decode(),
        }

    def _number(self, number: PhoneNumber) -> str:
        return dialable(number.e164 if self._settings.plus else number.e164[1:])

    async def _waiting(self) -> list[tuple[str, str]]:
        fields = {"Action": "DBGetTree", "Family": FAMILY}
        answer = await self._manager.ask(fields, within=WITHIN, until="DBGetTreeComplete")
        if not answer.ok:
            raise PeerError(
                f"the PBX does not list waiting texts ({answer.message}): its account needs write=reporting,"
                " and Asterisk 16.28, 18.14 or later"
            )
        return [found for event in answer.events if (found := _entry(event))]

    async def _delete(self) -> None:
        """Whatever cannot be deleted now is tried again at the next poll; it is not handed over again."""
        for key in list(self._to_delete):
            try:
                await self._manager.ask({"Action": "DBDel", "Family": FAMILY, "Key": key}, within=WITHIN)
            except (NotSent, PeerError) as error:
                log.warning("a text that was taken in stays in the PBX's database for now: %s", error)
                return
            self._to_delete.discard(key)

    def _arrival(self, key: str, words: str) -> Incoming | None:
        try:
            at, sender, to, body = words.split("|")
            return incoming(
                carrier=self.name,
                carrier_id=f"{at}-{key}",
                sender=_end(_decoded(sender), self._settings.region),
                to=_end(_decoded(to), self._settings.region),
                body=_decoded(body),
                at=datetime.fromtimestamp(int(at), UTC),
            )
        except (ValueError, OverflowError, OSError):
            log.warning("what waits in the PBX's database is no text: it was not written by our dialplan")
            return None


def _entry(event: Event) -> tuple[str, str] | None:
    """Key and value; None for what the dialplan keeps beside them."""
    key, value = event.get("Key", "").rpartition("/")[2], event.get("Val", "")
    return (key, value) if key.isdigit() and value else None


def _decoded(words: str) -> str:
    raw = base64.b64decode(words, validate=True)
    return raw.decode("utf-8", "replace").translate(HANDED_AROUND)


def _end(uri: str, region: str) -> PhoneNumber | str:
    """The number in a From or To: `"Name" <sip:+1...@host>`, `tel:+1...`; else the user, or all of it."""
    found = list(_USER.finditer(uri))
    user = unquote(found[-1][1]) if found else uri
    return parse_number(user, region) or user


def _result(answer: Answer, text: OutgoingText) -> SendResult:
    if answer.ok:
        return Accepted(f"sip-{text.id}")
    return Refused(
        Fault.SENDER, "not-sent", "the PBX could not send it; see its log for the endpoint's trouble"
    )
