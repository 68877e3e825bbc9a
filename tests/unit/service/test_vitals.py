"""What only the running service can tell of its health."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from secondring.domain.health import Finding, State
from secondring.vitals import Vitals

NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)


class Link:
    def __init__(self, *, up: bool, refused: str = "") -> None:
        self.is_up = up
        self.refused_account = refused


class Breaker:
    def __init__(self, *, broken: bool) -> None:
        self.is_open = broken


async def looked(tmp_path: Path, **more: Any) -> dict[str, Finding]:
    values: dict[str, Any] = {"disk": tmp_path, "certificates": {}, "clock": lambda: NOW}
    return {found.name: found for found in await Vitals(**values | more)()}


async def test_every_part_is_told_of(tmp_path: Path) -> None:
    found = await looked(tmp_path)
    assert set(found) == {"ami", "ami-dial", "carrier", "disk", "certificate", "catch-up"}
    assert found["certificate"].state is State.UNKNOWN
    near = (await looked(tmp_path, only_near=True))["certificate"]
    assert (near.state, near.words) == (State.OK, "none needed: the pages are open to this machine alone")


@pytest.mark.parametrize(("up", "state"), [(True, State.OK), (False, State.BAD)])
async def test_the_links_to_the_pbx(tmp_path: Path, up: bool, state: State) -> None:
    found = await looked(tmp_path, listens=Link(up=up), dials=Link(up=up), may_dial=True)
    assert (found["ami"].state, found["ami-dial"].state) == (state, state)


async def test_an_account_that_the_pbx_refuses_is_named_with_the_remedy(tmp_path: Path) -> None:
    links = {"listens": Link(up=False, refused="ring"), "dials": Link(up=False, refused="ring-dial")}
    found = await looked(tmp_path, **links, may_dial=True)
    for name, account in (("ami", "ring"), ("ami-dial", "ring-dial")):
        assert found[name].state is State.BAD
        assert f"refuses our account {account!r}" in found[name].words
        assert "manager.conf" in found[name].remedy


@pytest.mark.parametrize(
    ("more", "state"),
    [
        ({"carrier": Breaker(broken=False)}, State.OK),
        ({"carrier": Breaker(broken=True)}, State.BAD),
        ({"simulated": True}, State.WARN),
        ({"carrier": Breaker(broken=True), "shadow": lambda: True}, State.UNKNOWN),
    ],
)
async def test_the_carrier_and_shadow_mode_in_which_it_is_asked_for_nothing(
    tmp_path: Path, more: dict[str, Any], state: State
) -> None:
    assert (await looked(tmp_path, **more))["carrier"].state is state


async def test_catching_up_is_not_there_until_something_does_it(tmp_path: Path) -> None:
    found = (await looked(tmp_path))["catch-up"]
    assert found.state is State.UNKNOWN
    assert found.words.startswith("not configured")
    told = Finding("catch-up", "Catching up", State.OK, "up to the last call")
    assert (await looked(tmp_path, catch_up=lambda: told))["catch-up"] == told


async def test_a_certificate_that_cannot_be_read_is_broken(tmp_path: Path) -> None:
    found = await looked(tmp_path, certificates={"web": tmp_path / "none.pem"})
    assert found["certificate-web"].state is State.BAD
    assert "certificate" not in found


async def test_a_centre_without_a_pbx_tells_of_none(tmp_path: Path) -> None:
    assert set(await looked(tmp_path, has_pbx=False)) == {"carrier", "disk", "certificate"}
