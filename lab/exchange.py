"""The one pjsua2 endpoint of this process, and the one thread that ever touches it.

pjsua2 dies when its objects are used or freed by a thread that it does not know, Python's garbage collector
included. So everything it has runs as a job on this thread, callbacks arrive on this thread, and what is
finished with is dropped on this thread. The endpoint lives until the process ends.
"""

import atexit
import contextlib
import ctypes
import functools
import heapq
import itertools
import logging
import os
import queue
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from typing import Any, TypeVar

import pjsua2 as pj

from lab import ports
from lab.errors import LabError

log = logging.getLogger(__name__)

T = TypeVar("T")

MAX_ACCOUNTS = 8  # compiled into pjsua; one more would abort the process
MAX_CALLS = 32  # likewise
POLL_MS = 10
JOB_SECONDS = 15


class Exchange:
    """Runs jobs on the SIP thread and wakes those who wait for a phone to change."""

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.accounts = 0
        self.endpoint: Any = None
        self.inside: int = -1
        self.outside: int = -1
        self._jobs: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._timers: list[tuple[float, int, Callable[[], None]]] = []
        self._count = itertools.count()
        self._finished: list[Any] = []
        self._open = True
        self._thread = threading.Thread(target=self._serve, name="lab-sip", daemon=True)
        self._thread.start()
        self.run(lambda: None)
        atexit.register(self.close)

    def run(self, job: Callable[[], T]) -> T:
        """Do one thing on the SIP thread and give its result; pjsua2's errors come out as LabError."""
        if threading.current_thread() is self._thread:
            return job()
        future: Future[T] = Future()
        self._jobs.put(functools.partial(_carry_out, job, future))
        return future.result(JOB_SECONDS)

    def after(self, seconds: float, job: Callable[[], None]) -> None:
        """Do one thing later. To be called on the SIP thread."""
        heapq.heappush(self._timers, (time.monotonic() + seconds, next(self._count), job))

    def notify(self) -> None:
        """Wake everyone who waits for a phone to change."""
        with self.changed:
            self.changed.notify_all()

    def wait(self, happened: Callable[[], bool], seconds: float) -> bool:
        """Wait until something about the phones is true."""
        with self.changed:
            return self.changed.wait_for(happened, seconds)

    def retire(self, thing: object) -> None:
        """Keep an object of pjsua2 until its callback is over, then drop it on this thread."""
        self._finished.append(thing)

    def close(self) -> None:
        """Hang up everything and end the endpoint; only at the end of the process."""
        self._open = False
        self._thread.join(JOB_SECONDS)

    # -- the SIP thread ------------------------------------------------------------------------------

    def _serve(self) -> None:
        self._start()
        while self._open:
            self._finished.clear()
            self.endpoint.libHandleEvents(POLL_MS)
            self._do_due_work()
        self._finished.clear()
        self.endpoint.hangupAllCalls()
        self.endpoint.libDestroy()

    def _do_due_work(self) -> None:
        while not self._jobs.empty():
            self._jobs.get()()
        while self._timers and self._timers[0][0] <= time.monotonic():
            guarded(heapq.heappop(self._timers)[2])()

    def _start(self) -> None:
        self.endpoint = pj.Endpoint()
        config = pj.EpConfig()
        config.logConfig.level = config.logConfig.consoleLevel = 0
        config.uaConfig.threadCnt = 0
        config.uaConfig.maxCalls = MAX_CALLS
        config.uaConfig.userAgent = "lab phone"
        config.medConfig.clockRate = config.medConfig.sndClockRate = 8000
        config.medConfig.noVad = True
        config.medConfig.ecTailLen = 0
        with _silenced_banner():
            self.endpoint.libCreate()
        self.endpoint.libInit(config)
        self.inside = self._transport(ports.PBX_HOST, 0)
        self.outside = self._transport(ports.CARRIER_HOST, ports.carrier_port())
        self.endpoint.libStart()
        self.endpoint.audDevManager().setNullDev()

    def _transport(self, host: str, port: int) -> int:
        config = pj.TransportConfig()
        config.boundAddress = host
        config.port = port
        transport: int = self.endpoint.transportCreate(pj.PJSIP_TRANSPORT_UDP, config)
        return transport


@functools.cache
def exchange() -> Exchange:
    """Give the process's exchange, started when first wanted."""
    return Exchange()


def usual() -> Any:
    """Give pjsua2's parameters for a request, with its defaults filled in."""
    return pj.CallOpParam(True)  # noqa: FBT003 - a C++ constructor


def guarded(job: Callable[[], None]) -> Callable[[], None]:
    """Make a callback safe to call from C++: an exception that crossed the border would end the process."""

    @functools.wraps(job)
    def safely() -> None:
        try:
            job()
        except pj.Error as error:
            log.warning("phone: %s", error.info())
        except Exception:
            log.exception("phone: a callback failed")

    return safely


@contextlib.contextmanager
def _silenced_banner() -> Iterator[None]:
    """pjlib greets on stdout before it can be told not to; somebody's JSON may be going there."""
    sys.stdout.flush()
    kept = os.dup(1)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    try:
        yield
    finally:
        ctypes.CDLL(None).fflush(None)  # into a file, C keeps what it prints until later
        os.dup2(kept, 1)
        os.close(kept)
        os.close(nowhere)


def _carry_out(job: Callable[[], T], future: "Future[T]") -> None:
    try:
        future.set_result(job())
    except pj.Error as error:
        future.set_exception(LabError(f"phone: {error.info()}"))
    except Exception as error:  # noqa: BLE001 - it belongs to whoever asked
        future.set_exception(error)
