"""Addresses of proxies: whose word on where a visitor comes from is believed."""

import ipaddress
from typing import Annotated

from pydantic import AfterValidator

from config.refusal import refusal


def _address(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        raise refusal("is no address", "Write the address of the proxy: 127.0.0.1.") from None


Proxies = tuple[Annotated[str, AfterValidator(_address)], ...]
