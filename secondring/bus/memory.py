"""The doorbell inside one process: a hint that there is work, never the only word of it."""

import asyncio
import contextlib


class Ear:
    """One listener. A ring that comes while nobody waits is kept, once, for the next wait."""

    def __init__(self) -> None:
        self._rung = asyncio.Event()

    def hear(self) -> None:
        """Note that it rang."""
        self._rung.set()

    async def wait(self, timeout: float) -> bool:  # noqa: ASYNC109 - a missed ring must not wait for ever
        """Return at the next ring, or after so many seconds; True when it rang."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                await self._rung.wait()
        rang = self._rung.is_set()
        self._rung.clear()
        return rang


class Doorbell:
    """Topics that anybody in this process may ring, and any number may listen to. One event loop only."""

    def __init__(self) -> None:
        self._ears: dict[str, list[Ear]] = {}

    def listen(self, topic: str) -> Ear:
        """An ear for all rings of a topic from now on."""
        ear = Ear()
        self._ears.setdefault(topic, []).append(ear)
        return ear

    async def ring(self, topic: str) -> None:
        """Wake all who listen; nothing happens when nobody does."""
        self.hear(topic)

    def hear(self, topic: str) -> None:
        """The same, for whoever cannot wait."""
        for ear in self._ears.get(topic, ()):
            ear.hear()
