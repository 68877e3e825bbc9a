"""What holds for every test."""

import pytest
from hypothesis import settings

# Wall-clock limits of single examples fail on a machine that others keep busy; pytest's own limit stands.
settings.register_profile("secondring", deadline=None)
settings.load_profile("secondring")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The browser's tests last: Playwright leaves a loop running, in which no other test could start its own."""
    items.sort(key=lambda item: "browser" in item.path.parts)
