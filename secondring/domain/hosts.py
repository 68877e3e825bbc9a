"""Where a host is, as its name or address tells."""

import ipaddress


def is_loopback(host: str) -> bool:
    """True when what is sent to `host` never leaves this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
