"""Gateways that live for one test."""

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.integration.sms.gateway_server import GatewayServer, a_gateway


@pytest_asyncio.fixture
async def gateway() -> AsyncIterator[GatewayServer]:
    async with a_gateway() as server:
        yield server
