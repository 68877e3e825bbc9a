"""What every service stands in: the settings in force, the books, the doorbell, and who is told of alarms."""

import logging
import os
import re
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from secondring import ladders, wiring
from secondring.alarming import Shout
from secondring.bus.shared import SharedDoorbell
from secondring.bus.topics import Bell
from secondring.channels import broker
from secondring.clinic_words import ClinicWording
from secondring.domain.rules import Rules
from secondring.heart import Heart
from secondring.sdnotify import Notifier
from secondring.service.channels import Channels, channels
from secondring.store.sqlstore import SqlStore
from secondring.wiring import Settings, now
from secondring.writer import Reader, Writer

log = logging.getLogger("secondring")

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
    bell: SharedDoorbell
    channels: Channels
    notifier: Notifier
    heart: Heart
    """Whether the books take what is written."""

    @property
    def read(self) -> Reader:
        """Runs work on the books as they are."""
        return Reader(self.store)

    @property
    def shout(self) -> Shout:
        """For alarms that no transaction can keep; all others are kept where they are raised."""
        return self.channels.shout

    @property
    def parts(self) -> dict[str, Part]:
        """What has to run in every service."""
        found: dict[str, Part] = {"shouts": self.shout.run}
        if self.bell.link is not None:
            found["doorbell"] = self.bell.link.run
        return found

    async def ring(self) -> None:
        """Tell all who care, here and in the other services, that there is something new in the books."""
        await self.bell.ring(Bell.WORK)


def build(settings: Settings, store: SqlStore, command: str) -> Frame:
    """Set it up for the process that `secondring <command>` is; its writer is to be closed at the end."""
    rules = replace(settings.rules)
    settings = replace(settings, rules=rules)
    at = broker(settings.mqtt, settings.listening.pbx) if settings.mqtt else None
    bell = SharedDoorbell((Bell.WORK,), at, _at_the_broker(settings, command))
    found = channels(settings, rules, bell.link, at, now)
    return Frame(
        settings=settings,
        rules=rules,
        wording=wiring.wording(settings),
        store=store,
        writer=Writer(store),
        bell=bell,
        channels=found,
        heart=Heart(found.shout),
        notifier=Notifier.from_environ(os.environ),
    )


def _at_the_broker(settings: Settings, command: str) -> str:
    """Our name there. Where a server has the books, several machines may run the same service."""
    if settings.database_url.startswith("sqlite:"):
        return command
    return f"{command}-{re.sub('[^A-Za-z0-9]+', '-', socket.gethostname())}"


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
