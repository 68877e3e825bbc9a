"""What every service stands in: the settings in force, the books, the doorbell, and who is told of alarms."""

import logging
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from secondring import ladders, wiring
from secondring.alarming import Shout
from secondring.bus.memory import Doorbell
from secondring.clinic_words import ClinicWording
from secondring.domain.rules import Rules
from secondring.sdnotify import Notifier
from secondring.service.channels import Channels, channels
from secondring.store.sqlstore import SqlStore
from secondring.wiring import Settings, now
from secondring.writer import Reader, Writer

log = logging.getLogger("secondring")

TEXTS = "texts"
"""The doorbell that tells the outbox to look."""

Part = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What every part needs."""

    settings: Settings
    rules: Rules
    """Those in force: what is set on screen is brought into them while the service runs."""
    wording: ClinicWording
    store: SqlStore
    writer: Writer
    bell: Doorbell
    channels: Channels
    notifier: Notifier

    @property
    def read(self) -> Reader:
        """Runs work on the books as they are."""
        return Reader(self.store)

    @property
    def shout(self) -> Shout:
        """For alarms that no transaction can keep; all others are kept where they are raised."""
        return self.channels.shout

    async def ring(self) -> None:
        """Tell all who care that there is something new in the books."""
        await self.bell.ring(TEXTS)


def build(settings: Settings, store: SqlStore) -> Frame:
    """Set it up; its writer is to be closed at the end."""
    rules = replace(settings.rules)
    settings = replace(settings, rules=rules)
    return Frame(
        settings=settings,
        rules=rules,
        wording=wiring.wording(settings),
        store=store,
        writer=Writer(store),
        bell=Doorbell(),
        channels=channels(settings, rules, now),
        notifier=Notifier.from_environ(os.environ),
    )


def tell_at_the_start(settings: Settings) -> None:
    """Begin the log, with what whoever reads it must know. Raises ConfigError for messages that must not go out."""
    wiring.start_logging(settings)
    wiring.check_messages(settings)
    wiring.tell_disagreements(settings)
    if settings.only_simulated and settings.centre is None:
        log.warning(
            "the carrier is 'handset': texts go to simulated phones, and nobody outside this machine gets one"
        )
    for caution in ladders.cautions(settings, now()):
        log.warning("%s", caution)
    if settings.shadow:
        log.warning("SHADOW MODE: everything is decided and explained, nothing is sent to anybody")
