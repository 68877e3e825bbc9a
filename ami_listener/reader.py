"""Messages in, facts out: translation, plus the few things that take more than one message.

Live links and recordings read through this same class, so a recording gives what the link gave.
"""

import logging
from datetime import datetime, timedelta

from ami_listener.messages import Message, UnreadableMessage
from ami_listener.stats import LinkStats
from ami_listener.translate import live_leg, translate
from secondring.domain.facts import Fact, LinkLost, LiveLeg, StockTaken
from secondring.domain.ids import Uniqueid

log = logging.getLogger(__name__)

STOCK_ROW = "CoreShowChannel"
STOCK_END = "CoreShowChannelsComplete"
QUEUE_ROW = "QueueEntry"
STOCK_EVENTS = (STOCK_ROW, STOCK_END, QUEUE_ROW)
"""The answers to QueueStatus and, after it, CoreShowChannels come as events, in order with all others, and are read as
such.
"""
OUT_OF_QUEUE = ("Hangup", "QueueCallerLeave")
CREDIBLE = timedelta(minutes=2)
"""A Timestamp may be so far from an event's arrival: buffers hold seconds, clocks drift by less."""


class FactReader:
    """Reads the messages of one link in order. What cannot be read is counted, never raised."""

    def __init__(self, stats: LinkStats) -> None:
        self._stats = stats
        self._doubts_clock = False
        self._stock: dict[Uniqueid, LiveLeg] = {}
        self._waiting: dict[Uniqueid, str] = {}
        """Who waits in which queue."""

    def read(self, message: Message, arrived: datetime) -> Fact | None:
        """Give the fact that a message tells, if any; its own Timestamp wins over its arrival."""
        try:
            fact = self._read(message, self._time_of(message, arrived))
        except UnreadableMessage as error:
            self._count(error)
            return None
        except Exception as error:  # noqa: BLE001 - our bug costs one message, never the link
            self._stats.broken += 1
            log.error("could not read an event %s: %s", message.name, type(error).__name__)  # noqa: TRY400 - values are patients' data
            return None
        self._stats.facts += fact is not None
        return fact

    def _time_of(self, message: Message, arrived: datetime) -> datetime:
        """The PBX's own time, unless its clock is plainly wrong: then calls would seem hours old or to come."""
        told = message.timestamp
        if told is None or abs(told - arrived) <= CREDIBLE:
            return told or arrived
        if not self._doubts_clock:
            self._doubts_clock = True
            minutes = (told - arrived).total_seconds() / 60
            log.warning(
                "the PBX's clock is %+.0f minutes off ours; its events are taken as of their arrival", minutes
            )
        return arrived

    def lost(self, at: datetime) -> LinkLost:
        """Tell that the link broke; a half-given list of channels is worth nothing."""
        self._stock.clear()
        self._waiting.clear()
        self._stats.facts += 1
        return LinkLost(at=at)

    def _read(self, message: Message, at: datetime) -> Fact | None:
        if message.name == STOCK_ROW:
            row = live_leg(message)
            self._stock[row.leg.id] = row
            return None
        if message.name == QUEUE_ROW:
            self._waiting[Uniqueid(message.need("Uniqueid"))] = message.need("Queue")
            return None
        if message.name == STOCK_END:
            rows, self._stock = tuple(self._stock.values()), {}
            waiting, self._waiting = self._waiting, {}
            return StockTaken(at=at, legs=rows, waiting=waiting)
        if message.name in OUT_OF_QUEUE:  # what ends while the lists are given is over
            self._waiting.pop(Uniqueid(message.get("Uniqueid")), None)
        if message.name == "Hangup":
            self._stock.pop(Uniqueid(message.get("Uniqueid")), None)
        return translate(message, at)

    def _count(self, error: UnreadableMessage) -> None:
        self._stats.unreadable[error.where] += 1
        if self._stats.unreadable[error.where] == 1:
            log.warning("%s; such events are skipped and counted", error)
