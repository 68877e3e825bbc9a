"""What a process says of itself in the books."""

from collections.abc import Callable
from typing import Any, cast

from secondring.domain import pulse
from secondring.domain.ports import Books
from secondring.domain.pulse import Service, State
from secondring.heart import Heart
from secondring.service import alive
from secondring.service.role import Role
from secondring.store.memory import MemoryStore
from secondring.wiring import now
from secondring.writer import Writer


class QuietHeart:
    def beats(self) -> None:
        """All is well."""


async def beaten(command: str, *services: Service, stopped: bool = False) -> MemoryStore:
    store = MemoryStore()

    async def write(work: Callable[[Books], Any]) -> Any:
        with store.transaction() as books:
            return work(books)

    roles = [Role(service=service, parts={}, status=lambda: "") for service in services]
    await alive.beat(cast("Writer", write), roles, cast("Heart", QuietHeart()), command, stopped=stopped)
    return store


async def test_who_is_told_of_a_stop_knows_whether_it_was_all_of_them() -> None:
    whole, apart = await beaten("run", *Service, stopped=True), await beaten("agi", Service.AGI, stopped=True)
    with whole.reading() as books:
        assert {pulse.last(books, service).by for service in Service} == {"run"}  # type: ignore[union-attr]
        assert not pulse.are_apart(books, now())
    with apart.reading() as books:
        found = pulse.last(books, Service.AGI)
        assert found is not None
        assert (found.by, found.state) == ("agi", State.STOPPED)
        assert pulse.are_apart(books, now())
