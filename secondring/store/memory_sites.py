"""Site boxes in memory."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING

from secondring.domain.site_ports import Spooled, SpoolState

if TYPE_CHECKING:
    from secondring.store.memory_tables import Tables


@dataclass
class SiteTables:
    """The part of `Tables` about site boxes."""

    spool: dict[str, Spooled] = field(default_factory=dict)
    dispatches: dict[tuple[str, str], datetime] = field(default_factory=dict)


class MemorySites:
    """The part of `MemoryBooks` about site boxes."""

    _tables: "Tables"
    _own: "Callable[[str], Tables]"

    def add_to_spool(self, spooled: Spooled) -> None:
        kept = self._own("spool").spool
        number = 1 + max((one.number for one in kept.values()), default=0)
        kept.setdefault(spooled.id, replace(spooled, number=number))

    def spool_heads(
        self,
        *,
        urgent: bool | None = None,
        since: datetime | None = None,
        before: datetime | None = None,
        newest_first: bool = False,
        limit: int,
    ) -> list[Spooled]:
        first: dict[str, Spooled] = {}
        for one in self._tables.spool.values():
            first.setdefault(one.group, one)
        heads = [
            one
            for one in first.values()
            if (urgent is None or one.urgent is urgent)
            and (since is None or one.at >= since)
            and (before is None or one.at < before)
        ]
        return sorted(heads, key=lambda one: (one.at, one.number), reverse=newest_first)[:limit]

    def drop_from_spool(self, ids: Collection[str]) -> None:
        kept = self._own("spool").spool
        for each in ids:
            kept.pop(each, None)

    def drop_overtaken(self, group: str, kinds: Collection[str]) -> None:
        kept = self._own("spool").spool
        for one in [one for one in kept.values() if one.group == group and one.kind in kinds]:
            del kept[one.id]

    def spool_state(self) -> SpoolState:
        kept = self._tables.spool.values()
        return SpoolState(waiting=len(kept), oldest_at=min((one.at for one in kept), default=None))

    def take_dispatch(self, box: str, dispatch: str, at: datetime) -> bool:
        kept = self._own("dispatches").dispatches
        return kept.setdefault((box, dispatch), at) is at

    def forget_dispatches(self, *, before: datetime) -> None:
        kept = self._own("dispatches").dispatches
        for key in [key for key, at in kept.items() if at < before]:
            del kept[key]
