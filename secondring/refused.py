"""The PBX does not take an account of ours: people are told of it, while everything that needs no PBX goes on."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from secondring.domain.alarms import Alarm, raise_in
from secondring.domain.errors import LoginRefused, PeerError
from secondring.domain.rules import Rules
from secondring.listening import InStore

LISTENING, DIALLING = "pbx-login", "pbx-login-dial"
"""Kinds of alarm; each account has its own, or the second would count as the first one told again."""
COSTS = {
    LISTENING: "missed calls are not heard of until it does",
    DIALLING: "no nurse can be rung until it does: urgent callers reach only the last resort",
}
SURE = 2
"""Refusals in a row. The first may be a PBX that is just writing its accounts, at boot."""
AGAIN = timedelta(hours=1)


class Refusals:
    """Raises the alarm about one account: when it is refused for the second time in a row, then every hour."""

    def __init__(
        self,
        kind: str,
        rules: Rules,
        in_store: InStore,
        *,
        clock: Callable[[], datetime],
        ring: Callable[[], Awaitable[None]],
        raise_alarm: Callable[[Alarm], None],
    ) -> None:
        self._kind = kind
        self._rules = rules
        self._in_store = in_store
        self._clock = clock
        self._ring = ring
        self._raise_alarm = raise_alarm
        self._told_at: datetime | None = None

    async def __call__(self, refusal: LoginRefused, count: int) -> None:
        """One more refusal."""
        now = self._clock()
        if count < SURE:
            self._told_at = None
        elif self._told_at is None or now >= self._told_at + AGAIN:
            self._told_at = now
            await self._tell(Alarm(self._kind, f"{COSTS[self._kind]}: {refusal}"), now)

    async def _tell(self, alarm: Alarm, now: datetime) -> None:
        try:
            await self._in_store(lambda books: raise_in(books, alarm, self._rules, now))
        except PeerError:  # not even the database: by those ways that need none
            self._raise_alarm(alarm)
        else:
            await self._ring()
