"""One MariaDB for all the tests of a run."""

from collections.abc import Iterator

import pytest

from tests.support.mariadb import MariaDb


@pytest.fixture(scope="session")
def mariadb() -> Iterator[MariaDb]:
    server = MariaDb()
    yield server
    server.remove()
