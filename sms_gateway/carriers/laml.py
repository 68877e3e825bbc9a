"""The interface that Twilio made and SignalWire took over: form posts in, JSON out, lists of messages to ask.

Neither knows an id of ours or a key against repetition. So after a lost answer the account's own list is asked
for a text of the same words between the same numbers, and only its absence for a while lets the text go again.
"""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urljoin

from secondring.domain.errors import PeerError
from secondring.domain.ids import TextId
from secondring.domain.records import TextState
from secondring.domain.texting import Incoming, incoming
from sms_gateway.carriers.port import (
    Accepted,
    Capabilities,
    Checkup,
    OutgoingText,
    Poll,
    Receipt,
    SendResult,
    Unknown,
)
from sms_gateway.carriers.reading import code_of, dig, end, moment, number, parsed, rows, word, words_of
from sms_gateway.carriers.wire import (
    FORM,
    Answer,
    ApiSettings,
    basic,
    check_address,
    checkup,
    verdict,
    wire_of,
)
from sms_gateway.desk import Clock
from sms_gateway.segments import fold

OVERLAP = timedelta(minutes=10)
"""How far each poll looks back: times are in whole seconds, and rows appear late."""
FIRST_LOOK = timedelta(hours=1)
"""How far the very first poll looks back: what is older was somebody else's business."""
SWEEP_EVERY, SWEEP_BACK = timedelta(minutes=10), timedelta(hours=12)
"""Now and then a poll looks back so far: a phone that is off gets its text, and we the receipt, hours later."""
SEARCH_BACK = timedelta(hours=2)
"""No text is looked for longer than it is worth sending and wondering about."""
PAGE, PAGES, SEARCH_PAGES = 200, 100, 4
REMEMBERED = 10_000
GONE_OUT = ("outbound-api", "outbound")
STATES = {
    "delivered": TextState.DELIVERED,
    "read": TextState.DELIVERED,
    "undelivered": TextState.FAILED,
    "failed": TextState.FAILED,
    "canceled": TextState.FAILED,
    "accepted": TextState.ACCEPTED,
    "scheduled": TextState.ACCEPTED,
    "queued": TextState.ACCEPTED,
    "sending": TextState.ACCEPTED,
    "sent": TextState.ACCEPTED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LamlSettings(ApiSettings):
    """What accounts at both have in common."""

    confirms_opt_out: bool = True
    receipts_url: str | None = None
    """Where status callbacks go; None when receipts are polled only."""
    list_lag: timedelta = timedelta(seconds=60)
    """A text that is not in the list so long after it was handed over was never taken."""


class LamlCarrier:
    """One account. Twilio's and SignalWire's carriers are this with their own addresses."""

    def __init__(
        self, settings: LamlSettings, *, account: str, user: str, password: str, clock: Clock
    ) -> None:
        """`account` is its address, for example https://host/2010-04-01/Accounts/ID."""
        self.name = settings.name
        self.capabilities = Capabilities(
            receipts=True,
            polling=True,
            webhooks=True,
            lookup=True,
            confirms_opt_out=settings.confirms_opt_out,
            line_types=settings.line_types,
        )
        self._settings = settings
        self._clock = clock
        self._messages = f"{check_address(account, f'carriers.{settings.name}')}/Messages.json"
        self._texts: OrderedDict[str, TextId] = OrderedDict()
        self._handed_over: OrderedDict[TextId, datetime] = OrderedDict()
        self._swept_at: datetime | None = None
        self._wire = wire_of(settings, FORM | {"Authorization": basic(user, password)})

    async def send(self, text: OutgoingText) -> SendResult:
        """Hand a text over."""
        _note(self._handed_over, text.id, self._clock())
        form = {"To": text.to.e164, "From": text.sender.e164, "Body": text.body}
        if self._settings.receipts_url:
            form["StatusCallback"] = self._settings.receipts_url
        answer = await self._wire.ask("POST", self._messages, urlencode(form).encode())
        found = parsed(answer.body) if isinstance(answer, Answer) else None
        id_ = word(dig(found, "sid")) or str(text.id)
        result = verdict(answer, self._clock(), id_=id_, code=code_of(dig(found, "code")))
        if isinstance(result, Accepted):
            _note(self._texts, id_, text.id)
        return result

    async def check(self) -> Checkup:
        """Ask for one row of the account's messages, which any key that may text may see."""
        answer = await self._wire.ask("GET", f"{self._messages}?PageSize=1")
        found = parsed(answer.body) if isinstance(answer, Answer) else None
        return checkup(answer, code_of(dig(found, "code")))

    async def look_up(self, text: OutgoingText) -> SendResult | None:
        """Look for a text of these words in the list of those that went this way of late."""
        now = self._clock()
        query = {"To": text.to.e164, "From": text.sender.e164, "PageSize": PAGE}
        try:
            listed = await self._list(query, SEARCH_PAGES)
        except PeerError as error:
            return Unknown(f"the look-up: {error}")
        found = next((row for row in listed if self._is_it(row, text, now)), None)
        if found is not None:
            _note(self._texts, word(found["sid"]), text.id)
            return Accepted(word(found["sid"]))
        since = self._handed_over.get(text.id)
        if since is None:
            _note(self._handed_over, text.id, since := now)
        return (
            None if now - since >= self._settings.list_lag else Unknown("it is not in the carrier's list yet")
        )

    def _is_it(self, row: dict[str, Any], text: OutgoingText, now: datetime) -> bool:
        made = moment(row.get("date_created")) or now
        same_numbers = (number(row.get("to")), number(row.get("from"))) == (text.to, text.sender)
        another = self._texts.get(word(row.get("sid")), text.id) != text.id
        went_out = word(row.get("direction")) in GONE_OUT and bool(word(row.get("sid")))
        return (
            went_out
            and same_numbers
            and not another
            and made >= now - SEARCH_BACK
            and _plain(words_of(row.get("body"))).endswith(_plain(text.body))
        )

    async def poll(self, cursor: str | None) -> Poll:
        """All messages since a time, both ways; the cursor is the newest time that was seen."""
        now = self._clock()
        since = moment(cursor) or now - FIRST_LOOK
        query = {"DateSent>": _stamp(self._look_back(since, now)), "PageSize": PAGE}
        listed = await self._list(query, PAGES)
        listed.sort(key=lambda row: _sent_at(row, now))
        newest = max(
            (at for row in listed if (at := moment(row.get("date_sent"))) is not None), default=since
        )
        return Poll(
            inbound=tuple(one for row in listed if (one := self._arrival(row, now)) is not None),
            receipts=tuple(end for row in listed if (end := self._receipt(row)) is not None),
            cursor=_stamp(max(since, min(newest, now))),
        )

    def _look_back(self, since: datetime, now: datetime) -> datetime:
        if self._swept_at is not None and now - self._swept_at < SWEEP_EVERY:
            return since - OVERLAP
        self._swept_at = now
        return min(since - OVERLAP, now - SWEEP_BACK) if self.capabilities.receipts else since - OVERLAP

    async def _list(self, query: Mapping[str, object], pages: int) -> list[dict[str, Any]]:
        """The rows of a list, page by page. Raises PeerError."""
        url: str | None = f"{self._messages}?{urlencode(query)}"
        listed: list[dict[str, Any]] = []
        while url is not None and pages > 0:
            page = await self._wire.fetch(url)
            if not isinstance(dig(page, "messages"), list):
                raise PeerError("its list of messages has another form than it should")
            listed += rows(dig(page, "messages"))
            url, pages = self._next(dig(page, "next_page_uri")), pages - 1
        return listed

    def _next(self, path: Any) -> str | None:
        """The next page, on the host that we know: our password goes nowhere else."""
        usable = isinstance(path, str) and path.startswith("/") and not path.startswith("//")
        return urljoin(self._messages, path) if usable and path.isprintable() else None

    def _arrival(self, row: dict[str, Any], now: datetime) -> Incoming | None:
        if word(row.get("direction")) != "inbound" or not word(row.get("sid")):
            return None
        return incoming(
            carrier=self.name,
            carrier_id=word(row["sid"]),
            sender=end(row.get("from")),
            to=end(row.get("to")),
            body=words_of(row.get("body"), attachments=word(row.get("num_media")) not in ("", "0")),
            at=_sent_at(row, now),
        )

    def _receipt(self, row: dict[str, Any]) -> Receipt | None:
        """Only how it ended: that it was accepted we know from the answer to our request."""
        state = STATES.get(word(row.get("status")).lower())
        id_ = word(row.get("sid"))
        if word(row.get("direction")) not in GONE_OUT or not id_:
            return None
        if state not in (TextState.DELIVERED, TextState.FAILED):
            return None
        return Receipt(carrier=self.name, id=id_, state=state, code=code_of(row.get("error_code")))

    async def close(self) -> None:
        """Close all connections."""
        await self._wire.close()


def _note(memory: OrderedDict[Any, Any], key: Any, value: Any) -> None:
    memory[key] = value
    if len(memory) > REMEMBERED:
        memory.popitem(last=False)


def _plain(words: str) -> str:
    """What is left of a text whatever a carrier does to quotes and spaces."""
    return " ".join(fold(words).split())


def _sent_at(row: dict[str, Any], now: datetime) -> datetime:
    return moment(row.get("date_sent")) or moment(row.get("date_created")) or now


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
