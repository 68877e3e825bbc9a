"""Boxes with SIM cards that are spoken to like an Asterisk manager: one carrier, a dialect for each make.

What such a box hears comes as an event, once: it is a note as soon as it is here, and a receipt bears our own id.
"""

import asyncio
import json
import logging
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from secondring.domain.errors import PeerError
from secondring.domain.phone import PhoneNumber, parse_number
from secondring.domain.records import TextState
from secondring.domain.texting import Fault, Incoming, incoming
from sms_gateway.carriers.ami.asking import hand_over
from sms_gateway.carriers.ami.manager import Answer, Event, Fields, Manager, plain
from sms_gateway.carriers.port import Capabilities, OutgoingText, Poll, Receipt, Refused, SendResult
from sms_gateway.desk import Clock
from sms_gateway.handing import Handing
from sms_gateway.notes import Notes

log = logging.getLogger(__name__)

IN = "in:"
REST_WITHIN = timedelta(minutes=10)
"""So long after its first part a text waits for the others; then a person reads what there is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """A text, or a part of one, that a SIM card got."""

    port: str
    sender: str = field(repr=False)
    body: str = field(repr=False)
    group: str = ""
    """What its parts have in common; empty for a whole one."""
    number: int = 1
    total: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """What became of a text of ours."""

    text: str
    state: TextState
    code: str = ""


class Dialect(Protocol):
    """How one make of box talks."""

    @property
    def events(self) -> tuple[str, ...]:
        """The events that matter; none when it tells nothing that we understand."""
        ...

    @property
    def reports(self) -> bool:
        """True when it says what became of a text."""
        ...

    @property
    def patience(self) -> float:
        """Seconds that it may take to answer."""
        ...

    def action(self, text: OutgoingText, port: str) -> Fields:
        """What to ask of it. Raises ValueError when it cannot be asked so."""
        ...

    def result(self, answer: Answer, text: OutgoingText) -> SendResult:
        """What its answer means."""
        ...

    def read(self, event: Event) -> Heard | Reported | None:
        """What an event tells; None when it tells nothing."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class GsmSettings:
    """Which SIM card is which number of ours. Raises ValueError for a port that must not reach a command."""

    name: str
    ports: Mapping[PhoneNumber, str]
    region: str = "US"

    def __post_init__(self) -> None:
        for port in self.ports.values():
            plain(port)


class GsmCarrier:
    """One box."""

    def __init__(
        self, settings: GsmSettings, dialect: Dialect, manager: Manager, notes: Notes, clock: Clock
    ) -> None:
        self.name = settings.name
        self.capabilities = Capabilities(receipts=dialect.reports, polling=bool(dialect.events))
        self._settings = settings
        self._dialect = dialect
        self._manager = manager
        self._notes = notes
        self._clock = clock
        self._numbers = {port: number for number, port in settings.ports.items()}
        self._handing = Handing()
        self._heard: asyncio.Queue[Heard | Reported] = asyncio.Queue()
        self._keeper: asyncio.Task[None] | None = None
        manager.listen(dialect.events, self._hear)

    async def send(self, text: OutgoingText) -> SendResult:
        """Give it to the SIM card of its sender."""
        port = self._settings.ports.get(text.sender)
        if port is None:
            return Refused(
                Fault.SENDER, "no-port", "no SIM card of this gateway has the number that is to send it"
            )
        return await hand_over(
            self._manager,
            lambda: self._dialect.action(text, port),
            lambda answer: self._dialect.result(answer, text),
            within=self._dialect.patience,
        )

    async def look_up(self, text: OutgoingText) -> SendResult | None:  # noqa: ARG002 - a carrier's signature
        """It cannot be asked (`Capabilities.lookup`)."""
        return None

    async def poll(self, cursor: str | None) -> Poll:
        """What was heard since."""
        if self._keeper is None:
            self._keeper = asyncio.create_task(self._keep(), name=f"inbox of {self.name}")
        await self._manager.up()
        confirmed = self._handing.confirmed(cursor)
        await self._notes.change({}, confirmed)
        kept = {name: json.loads(words) for name, words in (await self._notes.all(IN)).items()}
        receipts = [_receipt(self.name, one) for one in kept.values() if "state" in one]
        wholes = self._wholes({name: one for name, one in kept.items() if "state" not in one})
        spent = {name for name, one in kept.items() if "state" in one}
        spent |= {name for names, _ in wholes for name in names}
        if not spent:
            return Poll(cursor=cursor or "")
        arrivals = tuple(arrival for _, arrival in wholes)
        return Poll(inbound=arrivals, receipts=tuple(receipts), cursor=self._handing.over(spent))

    async def close(self) -> None:
        """Hang up."""
        await self._manager.close()
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)

    # -- what comes in -------------------------------------------------------------------------------

    def _hear(self, event: Event) -> None:
        try:
            found = self._dialect.read(event)
        except ValueError:
            log.error("an event %s of %s cannot be read", event.get("Event"), self.name)  # noqa: TRY400 - may hold patients' data
            return
        if found is not None:
            self._heard.put_nowait(found)

    async def _keep(self) -> None:
        """Each thing heard is on disk at once: it is never said again."""
        while True:
            found = await self._heard.get()
            while True:
                try:
                    await self._notes.change({f"{IN}{secrets.token_hex(8)}": self._words(found)})
                    break
                except PeerError as error:
                    log.error("what %s said cannot be kept, trying again: %s", self.name, error)  # noqa: TRY400
                    await asyncio.sleep(1)

    def _words(self, found: Heard | Reported) -> str:
        if isinstance(found, Reported):
            return json.dumps({"text": found.text, "state": found.state, "code": found.code})
        at = self._clock().isoformat()
        words = {"at": at, "port": found.port, "sender": found.sender, "body": found.body}
        return json.dumps({**words, "group": found.group, "number": found.number, "total": found.total})

    def _wholes(self, kept: Mapping[str, dict[str, str | int]]) -> list[tuple[list[str], Incoming]]:
        groups: dict[object, list[str]] = {}
        for name, one in kept.items():
            groups.setdefault(
                (one["port"], one["sender"], one["group"]) if one["group"] else name, []
            ).append(name)
        return [
            (names, self._arrival(names[0], [kept[name] for name in names]))
            for names in groups.values()
            if self._is_due([kept[name] for name in names])
        ]

    def _is_due(self, parts: list[dict[str, str | int]]) -> bool:
        whole = len({part["number"] for part in parts}) >= int(parts[0]["total"])
        return whole or self._clock() - datetime.fromisoformat(str(parts[0]["at"])) >= REST_WITHIN

    def _arrival(self, name: str, parts: list[dict[str, str | int]]) -> Incoming:
        sender, port = str(parts[0]["sender"]), str(parts[0]["port"])
        by_number = {part["number"]: str(part["body"]) for part in parts}
        return incoming(
            carrier=self.name,
            carrier_id=name.removeprefix(IN),
            sender=parse_number(sender, self._settings.region) or sender,
            to=self._numbers.get(port) or port,
            body="".join(by_number[number] for number in sorted(by_number)),
            at=datetime.fromisoformat(str(parts[0]["at"])),
        )


def _receipt(carrier: str, found: Mapping[str, str]) -> Receipt:
    note = "the network did not take it" if found["code"] else ""
    return Receipt(
        carrier=carrier, id=found["text"], state=TextState(found["state"]), code=found["code"], note=note
    )
