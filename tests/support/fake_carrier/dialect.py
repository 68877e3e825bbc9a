"""How a carrier talks: what a driver's author writes so that the contract suite can drive the driver.

1. Write a class with the members of `Dialect`; `serve` starts the peer, makes the driver, yields a `Subject`.
2. Ask `core.submit(...)` for every request to send and put its `Verdict` into the carrier's words:
   `hang_up` breaks the connection, `trouble` is the carrier's code for it, else `taken.id` is the carrier's id.
3. Tell the news: `polled(carrier)` where the carrier is asked (the peer lists `core.taken` and `core.said`),
   `knocked(core, webhook, write)` where it knocks (`write` makes the request of one receipt or reply).
4. Add the dialect to `DIALECTS` in tests/integration/sms/conftest.py.
"""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Protocol

from secondring.domain.records import TextState
from sms_gateway.carriers.port import Carrier, Driver, Knock, News, Webhook
from sms_gateway.reactions import React
from tests.support.fake_carrier.core import Core, Said, Told, Trouble

TellNews = Callable[[], Awaitable[News]]
Write = Callable[[Told | Said], Knock | None]
"""The request that tells us of it; None when this carrier says nothing of the kind."""


@dataclass
class Subject:
    """A driver and the peer that it talks to."""

    driver: Driver
    core: Core
    news: TellNews
    """All that the carrier has to tell now, asked for or knocked with, as the driver reads it."""
    webhook: Webhook | None = None
    knock: Write | None = None
    """The same request that `news` reads, for those that knock."""

    @property
    def carrier(self) -> Carrier:
        return self.driver.carrier


NO_OPT_OUTS = "mobile networks keep no list of those who do not want texts"
NO_REGISTER = "a SIM card is registered for nothing that its box could tell of"
"""Why carriers with SIM cards have no words for some troubles."""


def as_it_is(body: str) -> str:
    """The words of a wire that changes none."""
    return body


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What a carrier's wire cannot express; the reasons are shown where a test is skipped for them."""

    at_once: Mapping[Trouble, str] = field(default_factory=dict)
    """Troubles that it has no word for when a text is handed over, and why."""
    later: Mapping[Trouble, str] = field(default_factory=dict)
    """Troubles that none of its receipts can tell, and why."""
    coarse: Mapping[Trouble, React] = field(default_factory=dict)
    """Where one of its codes stands for several troubles: what that code leads to."""
    last_word: TextState = TextState.DELIVERED
    """The best that its receipts ever say."""
    never_in_doubt: str = ""
    """Why no answer can get lost; empty where one can."""
    stays_in_doubt: str = ""
    """Why a text without an answer is not sent again, though it would arrive once; empty where it is."""
    too_long: Mapping[str, str] = field(default_factory=dict)
    """Which long texts it cannot carry, `plain` or `rich` ones (the contract suite has them), and why."""
    hears_nothing: str = ""
    """Why nothing comes in; empty where it does."""
    writes: Callable[[str], str] = as_it_is
    """The words as they arrive."""


NO_LIMITS = Limits()


class Dialect(Protocol):
    """One carrier's way of talking."""

    @property
    def name(self) -> str:
        """As the tests call it."""
        ...

    @property
    def kind(self) -> str:
        """Whose table of codes holds for it."""
        ...

    @property
    def limits(self) -> Limits:
        """What this carrier has no words for."""
        ...

    def serve(self, core: Core) -> AbstractAsyncContextManager[Subject]:
        """Start the peer and make the driver; both end with the block."""
        ...


@dataclass
class polled:  # noqa: N801 - reads as a function
    """News of a carrier that is asked: goes on from its own cursor."""

    carrier: Carrier
    cursor: str | None = field(default=None)

    async def __call__(self) -> News:
        found = await self.carrier.poll(self.cursor)
        self.cursor = found.cursor
        return News(inbound=found.inbound, receipts=found.receipts)


def knocked(core: Core, webhook: Webhook, write: Write) -> TellNews:
    """News of a carrier that knocks: every request that is due, read by the driver's own door."""

    async def news() -> News:
        due: list[Told | Said] = [*core.due_receipts(), *core.due_words()]
        read = [webhook.read(knock) for one in due if (knock := write(one)) is not None]
        return News(
            inbound=tuple(arrival for each in read for arrival in each.inbound),
            receipts=tuple(receipt for each in read for receipt in each.receipts),
        )

    return news
