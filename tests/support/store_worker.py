"""Another process on the same database: `python -m tests.support.store_worker WHAT URL [NUMBER]`."""

import resource
import sys
from datetime import datetime

from secondring.domain.errors import PeerError
from secondring.domain.phone import PhoneNumber
from secondring.store.sqlstore import SqlStore
from tests.support.books import KEY, LEASE, NOW, a_text, an_episode, eid
from tests.support.clinic import MONDAY_TEN, Clinic


def claim(store: SqlStore, now: datetime = NOW) -> None:
    """Take and finish jobs until there are none; prints the key of each."""
    while True:
        with store.transaction() as books:
            jobs = books.claim_jobs(["send"], now=now, lease=LEASE, limit=3)
        if not jobs:
            return
        for job in jobs:
            with store.transaction() as books:
                books.finish_job(job)
            print(job.key, flush=True)


def write(store: SqlStore, first: int) -> None:
    """Write episodes with a text each, for ever; prints the number of each once it is committed."""
    number = first
    while True:
        with store.transaction() as books:
            books.save_episode(an_episode(number))
            books.save_text(a_text(number))
        print(number, flush=True)
        number += 1


def write_with_a_quota(store: SqlStore, size: int) -> None:
    """Write until no file may grow further, then without the quota; prints what became of it."""
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    number = 0
    try:
        while True:
            with store.transaction() as books:
                books.save_episode(an_episode(number))
            number += 1
    except PeerError as error:
        print(type(error).__name__, number, flush=True)
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    with store.transaction() as books:
        print(books.episode(eid(number)) is None, books.episode(eid(number - 1)) is not None)
        books.save_episode(an_episode(number))


def lock(store: SqlStore) -> None:
    """Hold the writers' turn until a line comes in."""
    with store.transaction():
        print("locked", flush=True)
        sys.stdin.readline()


def callers(number: int) -> list[PhoneNumber]:
    """So many callers."""
    return [PhoneNumber(f"+120255501{place}") for place in range(20, 20 + number)]


def casework(store: SqlStore, which: int) -> None:
    """Miss every caller's call three times, take in what they wrote, send what is due; prints each text that went.

    Calls are this process's own; what callers wrote has the same name at the carrier whoever hears of it.
    """
    clinic = Clinic(store=store, _counter=which * 1000)
    print("ready", flush=True)
    sys.stdin.readline()
    for round_ in range(3):
        for caller in callers(4):
            clinic.now = MONDAY_TEN
            clinic.misses(caller)
            if round_ == 1:
                clinic.writes("REFILL please", sender=caller, id_=f"in-{caller.e164}")
            clinic.wait(minutes=1)
            for text in clinic.send_due():
                print(text.id, flush=True)


def main(what: str, url: str, number: str = "0") -> None:
    store = SqlStore(url, KEY)
    if what == "lock":
        lock(store)
    elif what == "claim":
        claim(store)
    elif what == "claim-together":
        print("ready", flush=True)
        sys.stdin.readline()
        claim(store)
    elif what == "claim-late":
        claim(store, NOW + 2 * LEASE)
    elif what == "casework":
        casework(store, int(number))
    elif what == "write":
        write(store, int(number))
    else:
        write_with_a_quota(store, int(number))
    store.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
