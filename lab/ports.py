"""Addresses and ports of the lab: all on loopback, all free at the moment they are asked for."""

import functools
import random
import socket

PBX_HOST = "127.0.0.1"
CARRIER_HOST = "127.0.0.2"  # the outside world: the PBX knows its carrier by this address
LOAD_HOST = "127.0.0.3"  # more of the outside world: sipp

RTP_PORTS_EACH = 1000


def free_port(kind: socket.SocketKind, host: str = PBX_HOST) -> int:
    """Give a port that nobody has just now."""
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
        return port


def rtp_range() -> tuple[int, int]:
    """Give a block of ports below the ones that the kernel hands out; Asterisk steps over those in use."""
    block = random.randrange(10_000, 32_000, RTP_PORTS_EACH)  # noqa: S311 - no secret in it
    return block, block + RTP_PORTS_EACH - 1


@functools.cache
def carrier_port() -> int:
    """Give the one port of this process's outside phones, so that a PBX may know it before they exist."""
    return free_port(socket.SOCK_DGRAM, CARRIER_HOST)
