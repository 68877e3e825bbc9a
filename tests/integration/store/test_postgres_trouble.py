"""What goes wrong with a server is told in plain words, and when it is well again all goes on by itself."""

import shutil
import signal
import socket
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from secondring.domain.errors import ConfigError, PeerError, StoreAway, StoreBroken, StoreBusy, StoreFull
from secondring.domain.ports import Books
from secondring.store import postgres
from secondring.store.databases import database
from secondring.store.migrate import upgrade
from secondring.store.sqlstore import SqlStore
from tests.support.books import ANNA, KEY, a_call, a_job, an_episode, eid
from tests.support.certificates import loopback_certificate
from tests.support.postgres import FAST, SUPER, USER, Cluster, name_of

StartWorker = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture(scope="module")
def port() -> int:
    """A port that was free a moment ago; on this machine only."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        found: int = probe.getsockname()[1]
    return found


@pytest.fixture(scope="module")
def server(port: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A server of this module's own, to be stopped and started; it knows TLS and asks some users for a password."""
    made = Cluster(FAST | {"listen_addresses": "127.0.0.1", "port": str(port), "ssl": "on"})
    try:
        paper = loopback_certificate(tmp_path_factory.mktemp("tls"))
        for source, name in ((paper.cert, "server.crt"), (paper.key, "server.key")):
            shutil.copy(source, made.data / name)
            shutil.chown(made.data / name, *_owner(made.data))
            (made.data / name).chmod(0o600)
        rules = made.data / "pg_hba.conf"
        rules.write_text(f"local all asked scram-sha-256\nlocal all banned reject\n{rules.read_text()}")
        made.start()
        shutil.copy(paper.cert, made.folder / "ca.pem")
        yield made
    finally:
        made.remove()


def _owner(file: Path) -> tuple[int, int]:
    stat = file.stat()
    return stat.st_uid, stat.st_gid


@pytest.fixture
def url(server: Cluster) -> Iterator[str]:
    with server.new_books() as made:
        yield made


@pytest.fixture
def store(url: str) -> Iterator[SqlStore]:
    opened = SqlStore(url, KEY)
    yield opened
    opened.close()


def write(store: SqlStore, number: int = 1) -> None:
    with store.transaction() as books:
        books.save_episode(an_episode(number))


def test_a_restarted_server_is_found_again_and_what_was_committed_is_there(
    server: Cluster, store: SqlStore
) -> None:
    write(store, 1)
    watch = store.watch()
    assert watch.has_changed()
    server.stop(signal.SIGQUIT)
    uses: list[Callable[[], object]] = [
        lambda: write(store, 2),
        lambda: _read(store, lambda books: books.tasks()),
        watch.has_changed,
    ]
    for use in uses:
        with pytest.raises(StoreAway, match=r"cannot be reached.*try again by themselves"):
            use()
    server.start()
    write(store, 2)
    assert _read(store, lambda books: [books.episode(eid(n)) for n in (1, 2)]) == [
        an_episode(1),
        an_episode(2),
    ]
    assert watch.has_changed()
    watch.close()


def _read(store: SqlStore, ask: Callable[[Books], object]) -> object:
    with store.reading() as books:
        return ask(books)


def test_a_cut_connection_costs_nobody_anything(server: Cluster, store: SqlStore, url: str) -> None:
    """Whoever comes next does not even notice."""
    write(store, 1)
    assert _read(store, lambda books: books.episode(eid(1))) == an_episode(1)
    server.cut(url)
    write(store, 2)
    assert _read(store, lambda books: books.episode(eid(2))) == an_episode(2)


def test_a_connection_cut_in_the_middle_leaves_nothing_half_written(
    server: Cluster, store: SqlStore, url: str
) -> None:
    with pytest.raises(StoreAway), store.transaction() as books:  # noqa: PT012 - the whole block
        books.save_episode(an_episode(1))
        server.cut(url)
        books.save_episode(an_episode(2))
    assert _read(store, lambda books: [books.episode(eid(n)) for n in (1, 2)]) == [None, None]
    write(store, 1)


def test_the_password_is_told_apart_from_the_door(server: Cluster, url: str) -> None:
    right = "a long one"
    server.sql(
        f"CREATE ROLE asked LOGIN PASSWORD '{right}' IN ROLE {USER}",
        "CREATE ROLE banned LOGIN",
        name=name_of(url),
    )
    asked, banned = (url.replace(f"{USER}@", f"{who}@") for who in ("asked", "banned"))
    for password in ("a wrong one", None):
        with pytest.raises(StoreBroken, match=r"refuses the password.*database\.password_file") as refused:
            SqlStore(asked, KEY, password=password)
        assert "wrong one" not in f"{refused.value} {refused.value.__cause__}"
    with pytest.raises(StoreBroken, match=r"pg_hba\.conf"):
        SqlStore(banned, KEY)
    SqlStore(asked, KEY, password=right).close()
    with pytest.raises(ConfigError, match=r"password_file"):
        SqlStore(url.replace(f"{USER}@", f"asked:{right}@"), KEY)


def test_no_such_database_and_no_such_server_are_told_apart(
    server: Cluster, url: str, tmp_path: Path
) -> None:
    with pytest.raises(StoreBroken, match=r"no database of that name.*docs/postgresql\.md"):
        SqlStore(url.replace(name_of(url), "nothing"), KEY)
    with pytest.raises(StoreAway, match="cannot be reached"):
        SqlStore(url.replace(str(server.folder), str(tmp_path)), KEY)


def test_too_many_connections(server: Cluster, store: SqlStore, url: str) -> None:
    write(store)
    server.sql(f"ALTER DATABASE {name_of(url)} CONNECTION LIMIT 2")
    with store.reading(), pytest.raises(StoreBusy, match="max_connections"), store.reading():
        pass
    write(store, 2)


def test_what_can_only_be_read_is_told(server: Cluster, url: str) -> None:
    server.sql(f"ALTER DATABASE {name_of(url)} SET default_transaction_read_only = on")
    store = SqlStore(url, KEY)
    with pytest.raises(StoreBroken, match=r"can only be read.*primary"):
        write(store)
    assert _read(store, lambda books: books.tasks()) == []
    store.close()


def test_a_server_that_is_too_old_or_keeps_no_utf8_is_refused(
    server: Cluster, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.sql("CREATE DATABASE plain ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
    with pytest.raises(ConfigError, match=r"LATIN1.*UTF8"):
        upgrade(server.url("plain", SUPER))
    monkeypatch.setattr(postgres, "OLDEST", 99)
    with pytest.raises(ConfigError, match="99 is the oldest"):
        SqlStore(url, KEY)


@pytest.fixture
def small_disk(server: Cluster) -> Iterator[str]:
    """A database on a file system of 24 MB."""
    folder = server.folder / "small"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(folder)]
    if subprocess.run(command, check=False, capture_output=True).returncode != 0:
        pytest.skip("only root outside a container may mount")
    shutil.chown(folder, SUPER, SUPER)
    server.sql(f"CREATE TABLESPACE small LOCATION '{folder}'")
    server.sql(f"CREATE DATABASE small OWNER {USER} TEMPLATE template0 TABLESPACE small")
    yield server.url("small")
    server.sql("DROP DATABASE small WITH (FORCE)")
    server.sql("DROP TABLESPACE small")
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_takes_nothing_and_goes_on_afterwards(server: Cluster, small_disk: str) -> None:
    upgrade(small_disk)
    store = SqlStore(small_disk, KEY)
    ballast = server.folder / "small" / "ballast"
    ballast.write_bytes(b"x" * (shutil.disk_usage(ballast.parent).free - 300_000))
    with pytest.raises(StoreFull, match="disk of its server is full"), store.transaction() as books:  # noqa: PT012
        for number in range(20_000):
            books.save_episode(an_episode(number))
    ballast.unlink()
    assert _read(store, lambda books: books.episode(eid(1))) is None
    write(store, 1)
    assert _read(store, lambda books: books.episode(eid(1))) == an_episode(1)
    store.close()


def test_another_machine_is_only_trusted_by_its_certificate(
    server: Cluster, url: str, port: int, tmp_path: Path
) -> None:
    far = f"postgresql://{USER}@127.0.0.1:{port}/{name_of(url)}?sslmode=verify-full&sslrootcert="
    SqlStore(f"{far}{server.folder}/ca.pem", KEY).close()
    with database(f"{far}{server.folder}/ca.pem").connected() as connection:  # type: ignore[attr-defined]
        assert connection.pgconn.ssl_in_use
    other = loopback_certificate(tmp_path, "other")
    with pytest.raises(StoreBroken, match=r"no encrypted connection.*sslrootcert"):
        SqlStore(f"{far}{other.cert}", KEY)


def test_workers_that_are_killed_lose_no_job_and_none_takes_anothers(
    url: str, store: SqlStore, start_worker: StartWorker
) -> None:
    """Each job is finished by exactly one of them; those that the dead held come back when their lease is over."""
    names = [f"send-{number}" for number in range(300)]
    with store.transaction() as books:
        for name in names:
            books.add_job(a_job(name))
    victims = [start_worker("claim-together", url) for _ in range(2)]
    for victim in victims:
        assert victim.stdout is not None
        assert victim.stdout.readline() == "ready\n"
    for victim in victims:
        assert victim.stdin is not None
        victim.stdin.write("go\n")
        victim.stdin.flush()
    told: list[str] = []
    for victim in victims:
        assert victim.stdout is not None
        told += [victim.stdout.readline().strip() for _ in range(3)]
        victim.kill()
        told += [line.strip() for line in victim.stdout if line[-1] == "\n"]
        victim.wait(60)
    for what in ("claim", "claim-late"):
        worker = start_worker(what, url)
        told += worker.communicate(timeout=60)[0].split()
        assert worker.returncode == 0
    told = [name for name in told if name]
    # A worker may have been killed between finishing a job and saying so: such a job is told by nobody, and done.
    assert set(Counter(told).values()) == {1}
    assert len(set(names) - set(told)) <= 2
    assert _read(store, lambda books: books.next_due(["send"])) is None


def test_no_failure_quotes_a_patient(server: Cluster, url: str, store: SqlStore) -> None:
    server.sql("DROP TABLE calls", name=name_of(url))
    with pytest.raises(PeerError) as failed, store.transaction() as books:
        books.save_call(a_call(1, queue="a queue nobody else has"))
    told = f"{failed.value!r} {failed.value.__cause__!r} {failed.value.__cause__}"
    assert ANNA.e164 not in told
    assert "a queue nobody else has" not in told
