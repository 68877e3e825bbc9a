"""Gateways that live for one test, and every carrier that the contract is proven on."""

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.integration.sms.gateway_server import GatewayServer, a_gateway
from tests.support.fake_carrier.bandwidth_dialect import BandwidthDialect
from tests.support.fake_carrier.dialect import Dialect
from tests.support.fake_carrier.gammu_dialect import GammuDialect
from tests.support.fake_carrier.gsm_dialects import dongle, openvox, yeastar
from tests.support.fake_carrier.http_dialect import HttpDialect
from tests.support.fake_carrier.laml_dialect import SignalWireDialect, TwilioDialect
from tests.support.fake_carrier.sip_dialect import SipDialect
from tests.support.fake_carrier.smpp_dialect import SmppDialect
from tests.support.fake_carrier.telnyx_dialect import TelnyxDialect
from tests.support.fake_carrier.vonage_dialect import VonageDialect

DIALECTS: list[Dialect] = [
    HttpDialect(lookup=True),
    HttpDialect(lookup=False),
    TwilioDialect(),
    TelnyxDialect(),
    VonageDialect(),
    BandwidthDialect(),
    SignalWireDialect(),
    SmppDialect(),
    dongle(),
    yeastar(),
    openvox(),
    GammuDialect(),
    SipDialect(),
]
"""A driver's author adds a line."""


@pytest_asyncio.fixture
async def gateway() -> AsyncIterator[GatewayServer]:
    async with a_gateway() as server:
        yield server
