"""Every test that asks for `store` runs on each kind of store there is."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from secondring.domain.ports import Store
from secondring.store.memory import MemoryStore
from secondring.store.sqlstore import SqlStore
from tests.support.books import KEY, new_database


@pytest.fixture(params=["memory", "sql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    opened: Store = MemoryStore() if request.param == "memory" else SqlStore(new_database(tmp_path), KEY)
    yield opened
    opened.close()
    assert [file.name for file in tmp_path.iterdir()] in ([], ["secondring.db"])


@pytest.fixture
def url(tmp_path: Path) -> str:
    """A database with nothing in it."""
    return new_database(tmp_path)


@pytest.fixture
def sql(url: str) -> Iterator[SqlStore]:
    """A store on `url`."""
    opened = SqlStore(url, KEY)
    yield opened
    opened.close()
