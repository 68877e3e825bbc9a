"""Every test that asks for `store` runs on each kind of store there is."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from secondring.domain.ports import Store
from secondring.store.memory import MemoryStore
from secondring.store.sqlstore import SqlStore
from tests.support.books import KEY, new_database
from tests.support.postgres import Cluster


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    if request.param == "memory":
        yield MemoryStore()
        return
    opened = SqlStore(_url(request, tmp_path), KEY)
    yield opened
    opened.close()
    assert [file.name for file in tmp_path.iterdir()] in ([], ["secondring.db"])


@pytest.fixture(params=["sqlite", "postgresql"])
def any_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database with nothing in it, of each kind."""
    return _url(request, tmp_path)


def _url(request: pytest.FixtureRequest, folder: Path) -> str:
    if request.param == "sqlite":
        return new_database(folder)
    found: str = request.getfixturevalue("postgres_url")
    return found


@pytest.fixture(params=["sqlite", "postgresql"])
def any_books(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The same, to be broken: nobody uses it afterwards."""
    if request.param == "sqlite":
        yield new_database(tmp_path)
        return
    cluster: Cluster = request.getfixturevalue("cluster")
    with cluster.new_books() as url:
        yield url


@pytest.fixture
def postgres_url(cluster: Cluster) -> Iterator[str]:
    """A PostgreSQL database with nothing in it."""
    with cluster.database() as url:
        yield url


@pytest.fixture
def url(tmp_path: Path) -> str:
    """A SQLite database with nothing in it."""
    return new_database(tmp_path)


@pytest.fixture
def sql(url: str) -> Iterator[SqlStore]:
    """A store on `url`."""
    opened = SqlStore(url, KEY)
    yield opened
    opened.close()
