"""What holds for every test."""

from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.support.postgres import Cluster

# Wall-clock limits of single examples fail on a machine that others keep busy; pytest's own limit stands.
settings.register_profile("secondring", deadline=None)
settings.load_profile("secondring")


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A PostgreSQL for the whole session, begun by the first test that wants one."""
    with Cluster() as made:
        yield made


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The browser's tests last: Playwright leaves a loop running, in which no other test could start its own."""
    items.sort(key=lambda item: "browser" in item.path.parts)
