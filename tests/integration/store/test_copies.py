"""Books as a whole: backed up under load, put back, and moved from a file to a server and on."""

import json
import sqlite3
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from benchmarks import grown
from secondring import wiring
from secondring.cli import app
from secondring.domain.errors import ConfigError
from secondring.domain.metrics_rows import whole_weeks
from secondring.domain.ports import Books
from secondring.domain.pulse import Service
from secondring.domain.tallying import by_week, keep, unkept
from secondring.domain.weeks import Week, last
from secondring.store import backup
from secondring.store.alone import alone
from secondring.store.databases import database
from secondring.store.engine import SqliteFile
from secondring.store.keys import make_key
from secondring.store.migrate import is_current, upgrade
from secondring.store.moving import Copied, added_up, plain_tables, rows_of
from secondring.store.sqlstore import SqlStore
from tests.support.books import KEY, a_job, a_text, an_episode, eid, new_database
from tests.support.postgres import Cluster
from tests.support.revisions import as_it_was
from tests.support.terminal import Desk, run, runner


def quiet(_what: str, _done: int, _total: int) -> None:
    """Nobody watches."""


def everything(url: str) -> dict[str, Copied]:
    """Every row of every table as the database keeps it."""
    place = database(url)
    engine = place.open_engine("read")
    try:
        with place.begun(engine, "read") as connection:
            return {table.name: added_up(rows_of(connection, table)) for table in plain_tables()}
    finally:
        engine.dispose()


def pages(books: Books) -> list[object]:
    """What reports and pages are drawn from."""
    since = grown.NOW.replace(year=grown.NOW.year - grown.YEARS)
    weeks = last(Week.at(grown.NOW, "UTC"), 8)
    where = whole_weeks(grown.PLACES, weeks)
    return [
        books.figures(since=since, until=grown.NOW),
        *(books.figures(since=since, until=grown.NOW, site=place.site) for place in grown.PLACES),
        *(by_week(books, place, weeks, grown.NOW) for place in grown.PLACES),
        *(books.tally_spans(place.site, weeks[0].span(place.zone), days=7) for place in grown.PLACES),
        books.episodes(since=since, until=grown.NOW, limit=10_000),
        books.calls(since=since, until=grown.NOW, limit=10_000),
        books.tasks(include_done=True),
        books.alarms(since=since, limit=1000),
        books.earliest(),
        where,
    ]


@pytest.fixture
def old(tmp_path: Path) -> str:
    """A clinic with five years of calls."""
    store = grown.write(tmp_path / "grown.db", 1000, settle=False)
    with store.transaction() as books:
        for one in list(unkept(books, grown.PLACES, grown.NOW))[-50:]:
            keep(books, one)
    store.close()
    return f"sqlite:///{tmp_path}/grown.db"


@pytest.fixture
def server(cluster: Cluster) -> Iterator[str]:
    """A server's database without a table."""
    with cluster.new_database() as url:
        yield url


def move(source: str, target: str) -> None:
    upgrade(target)
    backup.move(database(source), database(target), force=False, tell=quiet)


def test_a_grown_clinic_moves_to_a_server_and_every_page_is_the_same(old: str, server: str) -> None:
    move(old, server)
    moved = everything(old)
    assert everything(server) == moved
    assert {name: moved[name].rows > 10 for name in ("episodes", "calls", "tallies")} == dict.fromkeys(
        ("episodes", "calls", "tallies"), True
    )
    before, after = SqlStore(old, grown.KEY), SqlStore(server, grown.KEY)
    with before.reading() as theirs, after.reading() as ours:
        assert pages(ours) == pages(theirs)
    with after.transaction() as books:
        books.save_episode(an_episode(99_999))
        books.add_job(a_job())
    before.close()
    after.close()


def test_books_that_are_there_are_never_mixed_with_others(old: str, server: str) -> None:
    move(old, server)
    before = everything(server)
    with pytest.raises(ConfigError, match=r"books in it already .* choose an empty database"):
        move(old, server)
    assert everything(server) == before


def test_books_of_another_key_are_not_moved(old: str, server: str) -> None:
    upgrade(server)
    SqlStore(server, make_key()).close()
    with pytest.raises(ConfigError, match="another key"):
        move(old, server)
    assert {found.rows for name, found in everything(server).items() if name != "meta"} == {0}


def test_a_move_that_breaks_off_leaves_nothing(old: str, server: str) -> None:
    """All or nothing: the second try finds an empty database."""

    def breaks(what: str, done: int, _total: int) -> None:
        if what == "episodes" and done:
            raise KeyboardInterrupt

    upgrade(server)
    with pytest.raises(KeyboardInterrupt):
        backup.move(database(old), database(server), force=False, tell=breaks)
    move(old, server)
    assert everything(server) == everything(old)


def _rewrite(store: SqlStore, number: int) -> None:
    """An episode and its text change together, always."""
    with store.transaction() as books:
        books.save_episode(an_episode(1, calls=number))
        books.save_text(a_text(1, note=str(number)))


def test_a_backup_under_load_is_of_one_moment(any_url: str, tmp_path: Path) -> None:
    store = SqlStore(any_url, KEY)
    with store.transaction() as books:
        for number in range(2, 400):
            books.save_episode(an_episode(number))
    _rewrite(store, 0)
    done, writing = threading.Event(), threading.Event()

    def write() -> None:
        number = 0
        while not done.is_set():
            number += 1
            _rewrite(store, number)
            writing.set()

    writer = threading.Thread(target=write)
    writer.start()
    writing.wait(30)
    try:
        taken = [
            backup.take(database(any_url), tmp_path / f"{n}.backup", force=False, tell=quiet)
            for n in range(3)
        ]
    finally:
        done.set()
        writer.join()
        store.close()
    for one in taken:
        copy = SqlStore(f"sqlite:///{one.file}", KEY)
        with copy.reading() as books:
            episode = books.episode(eid(1))
            assert episode is not None
            assert [text.note for text in books.texts_of(eid(1))] == [str(episode.calls)]
            assert one.rows["episodes"] == 399
        copy.close()


@dataclass
class Place:
    """A configured clinic on some database."""

    desk: Desk
    url: str

    def run(self, *words: str) -> str:
        return run(*self.desk.begin, *words)

    def lists(self) -> list[object]:
        names = ("report", "calls", "episodes", "tasks")
        rows = [json.loads(line) for name in names for line in self.run(name, "--json").splitlines()]
        return [
            {name: value for name, value in row.items() if name not in {"since", "until"}} for row in rows
        ]


def _on(folder: Path, url: str) -> None:
    """Let a clinic's configuration name another database."""
    (folder / "conf.d/zz-database.yaml").write_text(f"database: {{url: '{url}'}}\n")


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    folder = tmp_path / "clinic"
    folder.mkdir()
    desk = Desk(folder)
    desk.goes_live().wrote("REFILL please", "and thank you")
    desk.store.close()
    url = wiring.load_settings(folder).database_url
    if request.param == "postgresql":
        server: str = request.getfixturevalue("server")
        _on(folder, server)
        assert "are there" in run(*desk.begin, "migrate", "--from", url)
        url = server
    return Place(desk, url)


@pytest.mark.parametrize(
    ("named", "said"),
    [("/nowhere/old.db", "there is no /nowhere/old.db"), ("old.db", "names no SQLite file")],
)
def test_a_file_that_is_not_there_is_told_before_anything_is_made(
    tmp_path: Path, server: str, named: str, said: str
) -> None:
    desk = Desk(tmp_path)
    desk.store.close()
    _on(tmp_path, server)
    refused = runner.invoke(app, [*desk.begin, "migrate", "--from", named])
    assert f"--from: {said}" in str(refused.exception)
    assert refused.output == ""


def _break(place: Place) -> None:
    if place.url.startswith("sqlite"):
        Path(place.url.removeprefix("sqlite:///")).write_bytes(b"a disk that died" * 1000)
        return
    engine = database(place.url).open_engine("write")
    with database(place.url).begun(engine, "write") as connection:
        connection.exec_driver_sql("DELETE FROM texts")
        connection.exec_driver_sql("DROP TABLE alarms")
    engine.dispose()


def test_what_was_backed_up_comes_back_whole(place: Place, tmp_path: Path) -> None:
    before, rows = place.lists(), everything(place.url)
    assert before
    file = tmp_path / "books.backup"
    told = json.loads(place.run("backup", str(file), "--json"))
    assert told["rows"]["texts"] >= 3
    assert file.stat().st_mode & 0o077 == 0
    _break(place)
    if place.url.startswith("postgresql"):
        drop_everything(place.url)
    place.run("restore", str(file), "--force")
    assert place.lists() == before
    assert everything(place.url) == rows
    if place.url.startswith("sqlite"):
        restored = Path(place.url.removeprefix("sqlite:///"))
        assert restored.stat().st_uid == restored.parent.stat().st_uid
        assert restored.stat().st_mode & 0o077 == 0


def drop_everything(url: str) -> None:
    """A server whose tables are gone in part is begun anew, as its administrator would."""
    place = database(url)
    engine = place.open_engine("write")
    with place.begun(engine, "write") as connection:
        connection.exec_driver_sql("DROP OWNED BY CURRENT_USER")
        connection.exec_driver_sql("CREATE SCHEMA IF NOT EXISTS public")
    engine.dispose()


def test_a_live_database_is_replaced_only_by_force_and_never_beside_a_service(
    place: Place, tmp_path: Path
) -> None:
    file = tmp_path / "books.backup"
    place.run("backup", str(file))
    refused = runner.invoke(app, [*place.desk.begin, "restore", str(file)])
    assert isinstance(refused.exception, ConfigError)
    assert "--force" in str(refused.exception)
    with alone(place.url, Service.GATEWAY, "gateway", shared=True):
        refused = runner.invoke(app, [*place.desk.begin, "restore", str(file), "--force"])
    assert "works with this database already" in str(refused.exception)
    before = everything(place.url)
    told = [place.run("restore", str(file), "--force") for _ in range(2)]
    assert everything(place.url) == before
    if place.url.startswith("sqlite"):
        books = place.url.removeprefix("sqlite:///")
        for words, kept in zip(told, (f"{books}.replaced", f"{books}.replaced-2"), strict=True):
            assert f"What was there before lies at {kept};" in words
            assert Path(kept).exists()
    again = runner.invoke(app, [*place.desk.begin, "backup", str(file)])
    assert "there is such a file already" in str(again.exception)


def test_a_damaged_backup_is_refused_and_nothing_is_touched(place: Place, tmp_path: Path) -> None:
    file, before = tmp_path / "books.backup", everything(place.url)
    place.run("backup", str(file))
    content = bytearray(file.read_bytes())
    content[len(content) // 2 : len(content) // 2 + 3000] = bytes(3000)
    file.write_bytes(content)
    refused = runner.invoke(app, [*place.desk.begin, "restore", str(file), "--force"])
    assert isinstance(refused.exception, ConfigError)
    assert everything(place.url) == before


def test_a_backup_of_an_older_version_is_brought_to_this_one(place: Place, tmp_path: Path) -> None:
    """Old rows in old tables, put into new books: every list is the same, and all goes on."""
    before, revision = place.lists(), "0009"
    assert before
    as_it_was(place.url, f"sqlite:///{tmp_path}/old.db", revision)
    taken = backup.take(
        SqliteFile(f"sqlite:///{tmp_path}/old.db"), tmp_path / "old.backup", force=False, tell=quiet
    )
    assert taken.revision == revision
    _break(place)
    if place.url.startswith("postgresql"):
        drop_everything(place.url)
    place.run("restore", str(taken.file), "--force")
    assert is_current(place.url)
    assert place.lists() == before
    place.desk.store = wiring.open_store(wiring.load_settings(place.desk.folder))
    with place.desk.store.transaction() as books:
        books.add_job(a_job())
    place.desk.store.close()
    with sqlite3.connect(taken.file) as raw:
        assert raw.execute("SELECT version_num FROM alembic_version").fetchone() == (revision,), (
            "it was touched"
        )


def test_a_backup_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    url = new_database(tmp_path)
    taken = backup.take(database(url), tmp_path / "new.backup", force=False, tell=quiet)
    with sqlite3.connect(taken.file) as raw:
        raw.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(ConfigError, match="newer version"):
        backup.look(taken.file)
