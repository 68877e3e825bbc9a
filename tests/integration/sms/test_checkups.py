"""Whether a carrier knows our account is asked without a text, and a no names the carrier's own code."""

import pytest

from secondring.domain.errors import PeerError
from sms_gateway.reactions import table_of
from tests.support.fake_carrier import bandwidth_dialect, laml_dialect, telnyx_dialect
from tests.support.fake_carrier.bandwidth_dialect import BandwidthDialect
from tests.support.fake_carrier.core import Core
from tests.support.fake_carrier.dialect import Dialect
from tests.support.fake_carrier.laml_dialect import SignalWireDialect, TwilioDialect
from tests.support.fake_carrier.telnyx_dialect import TelnyxDialect
from tests.unit.sms_gateway.fakes import Clock

ASKABLE: list[Dialect] = [TwilioDialect(), SignalWireDialect(), TelnyxDialect(), BandwidthDialect()]


@pytest.mark.parametrize("dialect", ASKABLE, ids=lambda dialect: dialect.name)
async def test_an_account_in_order_is_known_and_no_text_went(dialect: Dialect) -> None:
    core = Core(Clock())
    async with dialect.serve(core) as subject:
        assert subject.driver.checks is not None
        assert (await subject.driver.checks.check()).ok
    assert core.taken == []


@pytest.mark.parametrize("dialect", ASKABLE, ids=lambda dialect: dialect.name)
async def test_a_wrong_secret_is_told_with_a_code_that_the_table_knows(
    dialect: Dialect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(laml_dialect, "basic", lambda *_: "Basic another")
    async with dialect.serve(Core(Clock())) as subject:
        monkeypatch.setattr(telnyx_dialect, "KEY", "another")
        monkeypatch.setattr(bandwidth_dialect, "SECRET", "another")
        assert subject.driver.checks is not None
        found = await subject.driver.checks.check()
    assert not found.ok
    assert found.code
    assert table_of(dialect.kind).reaction(found.code).remedy


async def test_a_carrier_that_is_not_there_says_nothing_of_the_account() -> None:
    async with TwilioDialect().serve(Core(Clock())) as subject:
        checks = subject.driver.checks
        assert checks is not None
    with pytest.raises(PeerError):
        await checks.check()
