"""The booking page on a real socket, for a clinic of `booking.BookingClinic`."""

import asyncio
import socket
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import Future
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import TypeVar

from secondring.booking_web.app import application
from secondring.booking_web.shop import Shop
from secondring.domain.ports import Books
from secondring.serving import Listen, serve
from tests.support.booking import BookingClinic

T = TypeVar("T")


def free_port() -> int:
    """A port that nobody listens on right now."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


def shop_of(clinic: BookingClinic, *, per_minute: int = 100_000) -> Shop:
    """What the page of this clinic works with; its clock is the clinic's."""

    def run(work: Callable[[Books], T]) -> T:
        with clinic.store.transaction() as books:
            return work(books)

    async def in_store(work: Callable[[Books], T]) -> T:
        return await asyncio.to_thread(run, work)

    async def ring() -> None:
        """Tests send what is due themselves."""

    return Shop(
        desk=clinic.booking,
        rules=clinic.rules,
        store=clinic.store,
        in_store=in_store,
        clock=lambda: clinic.now,
        ring=ring,
        per_minute=per_minute,
    )


@asynccontextmanager
async def served(shop: Shop, proxies: tuple[str, ...] = ()) -> AsyncIterator[str]:
    """The page on loopback; its address."""
    port = free_port()
    listen = Listen(name="test", host="127.0.0.1", port=port, proxies=proxies)
    serving = asyncio.create_task(serve(application(shop), listen))
    try:
        async with asyncio.timeout(10):
            while True:
                with suppress(OSError):
                    _, writer = await asyncio.open_connection("127.0.0.1", port)
                    writer.close()
                    break
                await asyncio.sleep(0.01)
        yield f"http://127.0.0.1:{port}"
    finally:
        serving.cancel()
        with suppress(asyncio.CancelledError):
            await serving


@contextmanager
def served_beside(shop: Shop) -> Iterator[str]:
    """The same for tests that are not asynchronous: in a thread with a loop of its own."""
    address: Future[str] = Future()
    stop = threading.Event()

    async def run() -> None:
        async with served(shop) as url:
            address.set_result(url)
            await asyncio.to_thread(stop.wait)

    thread = threading.Thread(target=lambda: asyncio.run(run()), name="booking page")
    thread.start()
    try:
        yield address.result(20)
    finally:
        stop.set()
        thread.join(20)
