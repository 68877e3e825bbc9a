"""One real Asterisk for all the tests of a run, and the check that no test leaves a call behind."""

from collections.abc import Iterator

import pytest

from lab.pbx import Pbx


@pytest.fixture(scope="session")
def pbx() -> Iterator[Pbx]:
    with Pbx() as box:
        yield box
