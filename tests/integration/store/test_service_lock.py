"""The lock that makes a service the only one of its kind around a server: kept, lost, and never held twice."""

import logging
import os
from collections.abc import Callable, Iterator
from zlib import crc32

import pytest

from secondring.domain.errors import ConfigError
from secondring.store.alone import alone
from secondring.store.databases import database
from secondring.store.held import Held
from secondring.store.postgres import SERVICE
from tests.support.postgres import Cluster, name_of
from tests.support.until import until

LOCK = SERVICE ^ crc32(b"listen")
Holders = Callable[[], set[object]]


@pytest.fixture
def url(cluster: Cluster) -> Iterator[str]:
    with cluster.new_books() as made:
        yield made


@pytest.fixture
def holders(cluster: Cluster, url: str) -> Holders:
    """Which sessions of the server hold the lock."""
    return lambda: cluster.at_lock(url, LOCK)


def test_the_lock_is_taken_again_at_once_and_nobody_has_to_look(
    cluster: Cluster, url: str, holders: Holders, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The cut wakes the keeper by itself: an hour between two looks does not matter."""
    monkeypatch.setattr("secondring.store.held.LOOK_EVERY", 3600.0)
    with alone(url, "listen", "run"):
        with (
            pytest.raises(ConfigError, match=r"already \(secondring run, this machine\)"),
            alone(url, "listen", "x"),
        ):
            pytest.fail("two at once")
        before = holders()
        assert len(before) == 1
        cluster.cut(url)
        until(lambda: holders() and holders() != before, "the lock to be taken again")
    assert holders() == set()
    with alone(url, "listen", "listen"):
        """It is free again."""


def test_a_lock_that_is_lost_while_the_server_is_away_is_taken_when_it_is_back(
    cluster: Cluster, url: str, holders: Holders, caplog: pytest.LogCaptureFixture
) -> None:
    """Tried again and again meanwhile: nobody is let in, and then it is."""
    caplog.set_level(logging.DEBUG, "secondring.store")
    name = name_of(url)
    with alone(url, "listen", "run"):
        cluster.sql(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        sessions = f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{name}'"  # noqa: S608
        cluster.sql(sessions)
        until(lambda: "the service's lock waits" in caplog.text, "a try that is refused")
        cluster.sql(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
        until(lambda: len(holders()) == 1, "the lock to be taken again")
        until(lambda: "lock is taken again" in caplog.text, "a word about it")


def test_a_session_that_only_the_server_still_knows_does_not_keep_us_out(
    url: str, holders: Holders, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The line broke and no end of it was told: our old session holds the lock, and is ended by us."""
    monkeypatch.setattr("secondring.store.held.LOOK_EVERY", 0.05)
    held = Held(database(url).connect_plainly, LOCK, "here", shared=False)  # type: ignore[attr-defined]
    held.take()
    before, line = holders(), held._connection.fileno()
    kept = os.dup(line)  # as long as this is open, the server does not hear that we are gone
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, line)
    os.close(nothing)
    try:
        until(lambda: len(holders()) == 1 and holders() != before, "the lock to be taken again")
    finally:
        held.give_back()
        os.close(kept)
    assert holders() == set()


def test_a_holder_that_vanished_is_missed_by_the_server_within_seconds(cluster: Cluster, url: str) -> None:
    """Linux's two hours would keep everybody out for as long."""
    asked: list[object] = []

    def connect() -> object:
        made = database(url).connect_plainly()  # type: ignore[attr-defined]
        asked.append(made)
        return made

    held = Held(connect, LOCK, "here", shared=False)
    held.take()
    names = ("tcp_keepalives_idle", "tcp_keepalives_interval", "tcp_keepalives_count")
    sources = "SELECT name, source FROM pg_settings WHERE name = ANY(%s)"
    found = dict(asked[0].execute(sources, (list(names),)).fetchall())  # type: ignore[attr-defined]
    held.give_back()
    assert found == dict.fromkeys(names, "session")


def test_several_gateways_but_nobody_beside_a_restore(url: str) -> None:
    ours, theirs = (alone(url, "gateway", "gateway", shared=True) for _ in range(2))
    with ours, theirs, pytest.raises(ConfigError, match="already"), alone(url, "gateway", "restore"):
        pytest.fail("beside two gateways")
