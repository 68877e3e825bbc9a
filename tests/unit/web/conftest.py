"""The pages over books in memory."""

import pytest

from tests.support.pages import Pages


@pytest.fixture
def pages() -> Pages:
    return Pages()
