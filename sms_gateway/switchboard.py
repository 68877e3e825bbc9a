"""Which carrier and which of our numbers a text goes by.

The carriers stand in order of preference. A text leaves the first one that works for another only before it was
taken, or after a definitive failure that was the sender's or the carrier's fault; `aftermath` decides that and rules
ways out, here the best of those left is found.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from secondring.domain.phone import PhoneNumber
from secondring.domain.ports import Books
from secondring.domain.records import Text
from sms_gateway.breaker import Breaker
from sms_gateway.caps import count_today, sent_today
from sms_gateway.carriers.port import Carrier, Driver
from sms_gateway.pace import Pace
from sms_gateway.reactions import Table, table_of
from sms_gateway.segments import count
from sms_gateway.trail import Trail, way

ACCOUNT_REST = timedelta(minutes=1)
"""How long others are preferred to a carrier whose account does not work."""
REGISTRATION_REST = timedelta(hours=1)
"""How long other ways are preferred to a number whose registration is blocked."""
PATIENCE = 2
"""So often a carrier may have no time for a text before others are preferred for it."""
BRAND = "brand"
LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(slots=True, kw_only=True)
class Limits:
    """What a carrier lets us send, in parts of texts."""

    number: Pace = field(default_factory=lambda: Pace(None))
    brand: Pace = field(default_factory=lambda: Pace(None))
    number_per_day: int | None = None
    brand_per_day: int | None = None


class Route:
    """One carrier, with what is known of its health and its limits."""

    def __init__(
        self,
        driver: Driver,
        *,
        kind: str = "",
        senders: Sequence[PhoneNumber] = (),
        limits: Limits | None = None,
        breaker: Breaker | None = None,
        asks_lines: bool = True,
    ) -> None:
        """`kind` names its table of codes; no `senders` means that it may send from any number of ours."""
        self.driver = driver
        self.table: Table = table_of(kind or driver.carrier.name)
        self.limits = limits or Limits()
        self.breaker = breaker or Breaker()
        self.asks_lines = asks_lines and driver.line_types is not None
        self._senders = frozenset(senders)
        self._account_rests_until = LONG_AGO
        self._disabled: dict[PhoneNumber, datetime] = {}

    @property
    def carrier(self) -> Carrier:
        """The driver's carrier."""
        return self.driver.carrier

    @property
    def name(self) -> str:
        """The carrier's name."""
        return self.driver.carrier.name

    def may_send_from(self, sender: PhoneNumber) -> bool:
        """True when it has that number."""
        return not self._senders or sender in self._senders

    def rests(self, sender: PhoneNumber, now: datetime) -> bool:
        """True while its account, or the number's registration, is known not to work: the last to be tried."""
        until = max(self._account_rests_until, self._disabled.get(sender, self._account_rests_until))
        return now < until

    def disable(self, sender: PhoneNumber, now: datetime) -> None:
        """The number's registration is blocked."""
        self._disabled[sender] = now + REGISTRATION_REST

    def account_fails(self, now: datetime) -> None:
        """Nothing goes through; unlike for a carrier that is down, nobody waits for it."""
        self._account_rests_until = now + ACCOUNT_REST

    def has_room(self, books: Books, sender: PhoneNumber, parts: int, now: datetime) -> bool:
        """True when the day's share is not used up."""
        limits = self.limits
        return _fits(books, way(self.name, sender), limits.number_per_day, parts, now) and _fits(
            books, self.name, limits.brand_per_day, parts, now
        )

    def turn_of(self, text: Text, sender: PhoneNumber, now: datetime) -> datetime:
        """When a text may go: `now`, or a time to come back at."""
        parts = count(text.body)
        return max(
            self.limits.number.place_of(sender, text.id, parts, now),
            self.limits.brand.place_of(BRAND, text.id, parts, now),
        )

    def goes(self, books: Books, text: Text, sender: PhoneNumber, now: datetime) -> None:
        """A text goes this way now: counted, and the carrier is being tried."""
        self.breaker.admitted(now)
        self.limits.number.leave(text.id)
        self.limits.brand.leave(text.id)
        parts = count(text.body)
        if self.limits.number_per_day is not None:
            count_today(books, way(self.name, sender), parts, now)
        if self.limits.brand_per_day is not None:
            count_today(books, self.name, parts, now)


def _fits(books: Books, what: str, limit: int | None, parts: int, now: datetime) -> bool:
    return limit is None or sent_today(books, what, now) + parts <= limit


@dataclass(frozen=True, slots=True)
class Go:
    """This way, now."""

    route: Route
    sender: PhoneNumber


@dataclass(frozen=True, slots=True)
class Wait:
    """There is a way, and it is free at a time to come."""

    until: datetime


@dataclass(frozen=True, slots=True)
class NoWay:
    """Nobody is left to try."""

    because: str


class Switchboard:
    """All carriers, the preferred one first."""

    def __init__(self, routes: Sequence[Route]) -> None:
        self.routes = tuple(routes)
        self._by_name = {route.name: route for route in routes}

    def route(self, name: str) -> Route | None:
        """The carrier of that name; None when it is not configured any more."""
        return self._by_name.get(name)

    @property
    def is_open(self) -> bool:
        """True while no carrier answers."""
        return all(route.breaker.is_open for route in self.routes)

    @property
    def answers(self) -> dict[str, bool]:
        """By name, whether each carrier answers: False from a row of failures until it does again."""
        return {route.name: not route.breaker.is_open for route in self.routes}

    def ways(
        self, trail: Trail, senders: Sequence[PhoneNumber], now: datetime
    ) -> list[tuple[Route, PhoneNumber]]:
        """Every way that is left for a text, the best first."""
        found = [
            (route, sender)
            for route in self.routes
            for sender in senders
            if route.may_send_from(sender) and not trail.rules_out(route.name, sender)
        ]
        return sorted(found, key=lambda one: (one[0].rests(one[1], now), _is_passed_over(trail, one[0])))

    def choose(
        self, books: Books, text: Text, trail: Trail, senders: Sequence[PhoneNumber], now: datetime
    ) -> Go | Wait | NoWay:
        """The best way that is free, else when to look again, else why there is none."""
        ways = self.ways(trail, senders, now)
        if not ways:
            return NoWay("no carrier and number is left to send from")
        parts = count(text.body)
        with_room = [way for way in ways if way[0].has_room(books, way[1], parts, now)]
        if not with_room:
            return NoWay("the day's share of texts is used up")
        blocked = []
        for route, sender in with_room:
            until = route.breaker.blocked_until(now)
            if until is None:
                turn = route.turn_of(text, sender, now)
                return Go(route, sender) if turn <= now else Wait(turn)
            blocked.append(until)
        return Wait(min(blocked))


def had_no_time(trail: Trail, carrier: str, *, times: int = 1) -> Trail:
    """The trail of a text that a carrier surely did not take."""
    for _ in range(times):
        trail = trail.met(_no_time(carrier))
    return trail


def _is_passed_over(trail: Trail, route: Route) -> bool:
    return trail.times(_no_time(route.name)) >= PATIENCE


def _no_time(carrier: str) -> str:
    return f"busy/{carrier}"
