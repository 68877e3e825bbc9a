"""The texting side of the service: the outbox, an inbox for each carrier that is asked, a door for all that knock."""

import random
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta

from config.carriers import CarrierKeys
from secondring import wiring
from secondring.domain.sending import ClinicDesk
from secondring.wiring import Settings, now
from sms_gateway.aftermath import Aftermath
from sms_gateway.carriers.port import Driver
from sms_gateway.desk import Bell, InStore, Ring
from sms_gateway.errands import Clerk
from sms_gateway.inbound import Inbound, Poller
from sms_gateway.listener import ListenSettings, make_server
from sms_gateway.outbox import Outbox, OutboxSettings
from sms_gateway.pace import Pace
from sms_gateway.retry import RetryPolicy
from sms_gateway.switchboard import Limits, Route, Switchboard
from sms_gateway.webhooks import Webhooks, WebhookSettings

Part = Callable[[], Awaitable[None]]
SAFETY_NET = 12
"""So many times more rarely a carrier is asked that delivers by itself: for what did not get through to us."""


class Gateway:
    """The carriers of one service."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._drivers = wiring.drivers(settings)
        self._switchboard = Switchboard([self._route(driver) for driver in self._drivers])

    @property
    def confirms_opt_out(self) -> bool:
        """True when any carrier answers STOP itself: a second confirmation would be one too many."""
        return any(driver.carrier.capabilities.confirms_opt_out for driver in self._drivers)

    @property
    def is_open(self) -> bool:
        """True while no carrier answers."""
        return self._switchboard.is_open

    @property
    def answers(self) -> Mapping[str, bool]:
        """By name, whether each carrier answers."""
        return self._switchboard.answers

    def _route(self, driver: Driver) -> Route:
        found = [carrier for carrier in self._settings.carriers if carrier.name == driver.carrier.name]
        if not found:  # shadow mode, where nobody sends
            return Route(driver)
        kind, keys = found[0].kind, found[0].keys
        limits = Limits(
            number=Pace(keys.number_per_second or self._settings.gateway.per_second),
            brand=Pace(keys.brand_per_second),
            number_per_day=keys.number_per_day,
            brand_per_day=keys.brand_per_day,
        )
        return Route(driver, kind=kind, senders=keys.sends_from, limits=limits, asks_lines=keys.line_types)

    def parts(self, desk: ClinicDesk, in_store: InStore, bell: Bell, ring: Ring) -> dict[str, Part]:
        """What has to run."""
        gateway = self._settings.gateway
        policy = RetryPolicy(most_attempts=gateway.max_attempts, first_text_worth=gateway.max_age)
        aftermath = Aftermath(desk, self._switchboard, policy, random.random)
        inbound = Inbound(desk, aftermath, in_store, clock=now, ring=ring)
        clerk = Clerk(desk, self._switchboard, aftermath, policy=policy, chance=random.random)
        parts: dict[str, Part] = {"outbox": self._outbox(clerk, in_store, bell).run}
        every = {carrier.name: _interval(carrier.keys) for carrier in self._settings.carriers}
        for driver in self._drivers:
            carrier = driver.carrier
            if driver.begin is not None:
                driver.begin(in_store)
            if carrier.capabilities.polling:
                poller = Poller(carrier, inbound, desk, in_store, interval=every[carrier.name])
                parts[f"inbox of {carrier.name}"] = poller.run
        return parts | self._webhooks(inbound)

    def _webhooks(self, inbound: Inbound) -> dict[str, Part]:
        listen, doors = self._settings.webhooks, wiring.doors(self._settings)
        if listen is None or not doors:
            return {}
        limits = WebhookSettings(
            public_url=listen.public_url or "", per_second=listen.per_second, burst=listen.burst
        )
        application = Webhooks(doors, inbound, limits, clock=now).application()
        return {
            "webhooks": make_server(application, ListenSettings(host=listen.host, port=listen.port)).serve
        }

    def _outbox(self, clerk: Clerk, in_store: InStore, bell: Bell) -> Outbox:
        settings = OutboxSettings(
            shadow=self._settings.shadow,
            in_flight=self._settings.gateway.concurrency,
            request_limit=self._request_time + timedelta(seconds=2),
            lease=self._request_time + timedelta(seconds=10),
        )
        return Outbox(clerk, in_store, clock=now, bell=bell, settings=settings)

    @property
    def _request_time(self) -> timedelta:
        """How long a carrier may take; a crash delays a text by little more than that."""
        return max(carrier.keys.request_time for carrier in self._settings.carriers)

    async def close(self) -> None:
        """Let go of all connections."""
        for driver in self._drivers:
            await driver.carrier.close()


def _interval(keys: CarrierKeys) -> timedelta:
    return keys.poll * SAFETY_NET if keys.knocks else keys.poll
