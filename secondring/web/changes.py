"""Tells open screens that what they show has changed: looks at the books five times a second, or at once when rung."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Protocol

from secondring.domain.errors import PeerError
from secondring.domain.ids import EpisodeId
from secondring.domain.ports import Watch

log = logging.getLogger(__name__)

LOOK_EVERY = 0.2
"""Seconds; a look that finds nothing new costs some microseconds. 200 screens have a change within one second."""


class Bell(Protocol):
    """One end of the doorbell."""

    async def wait(self, timeout: float) -> bool:  # noqa: ASYNC109 - a missed ring must not wait for ever
        """Return at the next ring, or after so many seconds."""
        ...


class Subscriber:
    """One open screen: the topics it waits for, and those that have changed since it last asked."""

    def __init__(self, topics: frozenset[str]) -> None:
        self.topics = topics
        self.closed = False
        self._changed: set[str] = set()
        self._woken = asyncio.Event()

    def tell(self, topics: set[str]) -> None:
        """Note what has changed."""
        mine = topics & self.topics
        if mine:
            self._changed |= mine
            self._woken.set()

    def close(self) -> None:
        """Nothing more will come."""
        self.closed = True
        self._woken.set()

    async def next(self, seconds: float) -> set[str]:
        """What has changed since the last time; empty when nothing did for so long."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._woken.wait()
        self._woken.clear()
        changed, self._changed = self._changed, set()
        return changed


class Changes:
    """The one that looks, for all screens of this process."""

    def __init__(self, watch: Callable[[], Watch], bell: Bell) -> None:
        self._open_watch = watch
        self._bell = bell
        self._subscribers: set[Subscriber] = set()
        self._stories: dict[EpisodeId, int] = {}
        self._prints: dict[str, str] = {}

    @property
    def screens(self) -> int:
        """How many are open."""
        return len(self._subscribers)

    @contextlib.contextmanager
    def subscribed(self, topics: frozenset[str], story: EpisodeId | None = None) -> Iterator[Subscriber]:
        """A screen that is open for as long as the block lasts."""
        subscriber = Subscriber(topics)
        self._subscribers.add(subscriber)
        if story is not None:
            self._stories[story] = self._stories.get(story, 0) + 1
        try:
            yield subscriber
        finally:
            self._subscribers.discard(subscriber)
            if story is not None:
                self._stories[story] -= 1
                if not self._stories[story]:
                    del self._stories[story]

    async def run(self) -> None:
        """Look until cancelled; then every screen is told that nothing more will come."""
        try:
            async with self._watching() as watch:
                while True:
                    await self._look(watch)
                    await self._bell.wait(LOOK_EVERY)
        finally:
            self.close()

    def close(self) -> None:
        """End all subscriptions."""
        for subscriber in self._subscribers:
            subscriber.close()

    @contextlib.asynccontextmanager
    async def _watching(self) -> AsyncIterator[Watch]:
        watch = await asyncio.to_thread(self._open_watch)
        try:
            yield watch
        finally:
            watch.close()

    async def _look(self, watch: Watch) -> None:
        if not self._subscribers:
            return
        try:
            found = await asyncio.to_thread(self._prints_if_changed, watch, list(self._stories))
        except PeerError as error:
            log.warning("screens wait: %s", error)
            return
        if found is None:
            return
        changed = {topic for topic, mark in found.items() if self._prints.get(topic) != mark}
        self._prints = found
        for subscriber in list(self._subscribers):
            subscriber.tell(changed)

    @staticmethod
    def _prints_if_changed(watch: Watch, stories: list[EpisodeId]) -> dict[str, str] | None:
        return watch.prints(stories) if watch.has_changed() else None
