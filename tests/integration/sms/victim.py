"""A gateway in a process of its own, made to be killed: `victim.py FOLDER`."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

from secondring.bus.memory import Doorbell
from secondring.domain.ports import Books
from secondring.store.keys import Key
from secondring.store.sqlstore import SqlStore
from sms_gateway.aftermath import Aftermath
from sms_gateway.carriers.handset import HandsetCarrier
from sms_gateway.carriers.port import Driver, OutgoingText, SendResult
from sms_gateway.carriers.spool import Spool
from sms_gateway.errands import Clerk
from sms_gateway.outbox import Outbox, OutboxSettings
from sms_gateway.retry import RetryPolicy
from sms_gateway.switchboard import Route, Switchboard
from tests.unit.sms_gateway.fakes import FakeDesk

T = TypeVar("T")


class SlowHandset(HandsetCarrier):
    """Takes its time before and after, so that a kill finds it in the middle."""

    async def send(self, text: OutgoingText) -> SendResult:
        await asyncio.sleep(0.02)
        result = await super().send(text)
        await asyncio.sleep(0.02)
        return result


def _now() -> datetime:
    return datetime.now(UTC)


async def main(folder: Path) -> None:
    store = SqlStore(f"sqlite:///{folder / 'books.db'}", Key((folder / "key").read_bytes()))
    writer = ThreadPoolExecutor(1)

    def in_store(work: Callable[[Books], T]) -> Awaitable[T]:
        def run() -> T:
            with store.transaction() as books:
                return work(books)

        return asyncio.get_running_loop().run_in_executor(writer, run)

    carrier = SlowHandset(Spool(folder / "air"), _now)
    desk, policy = FakeDesk(), RetryPolicy()
    switchboard = Switchboard([Route(Driver(carrier=carrier))])
    aftermath = Aftermath(desk, switchboard, policy, lambda: 0.0)
    clerk = Clerk(desk, switchboard, aftermath, policy=policy, chance=lambda: 0.0)
    settings = OutboxSettings(in_flight=3, lease=timedelta(milliseconds=500))
    bell = Doorbell().listen("texts")
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    await Outbox(clerk, in_store, clock=_now, bell=bell, settings=settings).run()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
