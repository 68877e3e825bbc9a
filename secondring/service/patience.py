"""Waiting for a database that its disk keeps from us.

Whoever starts on a full disk, or on one that has become read-only, can do nothing yet. Ending would only mean to be
started again and again until systemd gives up; so this waits, says so, and tells people once.
"""

import asyncio
import logging
import os
import time
from collections.abc import Callable
from typing import TypeVar

from secondring.alarming import told
from secondring.channels import mail_channel
from secondring.domain import alarms
from secondring.domain.alarms import Alarm
from secondring.domain.errors import StoreAway, StoreBroken, StoreBusy, StoreDamaged, StoreFull
from secondring.sdnotify import Notifier
from secondring.wiring import Settings, now

log = logging.getLogger("secondring")
T = TypeVar("T")

PAUSE = 5.0
"""Seconds between tries: well below systemd's watchdog."""


def patiently(work: Callable[[], T], tell: Callable[[str], None], *, pause: float = PAUSE) -> T:
    """What `work` returns, once the disk lets it. A damaged database is not waited for: a person has to restore it."""
    notifier = Notifier.from_environ(os.environ)
    said = ""
    while True:
        try:
            return work()
        except StoreDamaged:
            raise
        except (StoreFull, StoreBroken, StoreBusy, StoreAway) as error:
            if str(error) != said:
                said = str(error)
                tell(said)
        notifier.ready(f"WAITING for the database: {said}")
        notifier.alive()
        time.sleep(pause)


def tell_people(settings: Callable[[], Settings]) -> Callable[[str], None]:
    """To the log and by e-mail, which need no database. `settings` are those of the files alone."""

    def tell(words: str) -> None:
        kept = alarms.first(Alarm("store", f"the service waits for its database: {words}"), now())
        log.error("ALARM %s", alarms.in_words(kept))
        for channel in mail_channel(settings()):
            trouble = asyncio.run(told(channel, kept))
            if trouble is not None:
                log.error("the alarm was not told by %s: %s", channel.name, trouble)

    return tell
