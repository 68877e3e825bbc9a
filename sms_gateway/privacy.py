"""Keeps patients' data out of logs that are not ours to word."""

import logging

TALKATIVE = ("httpx", "httpcore", "uvicorn", "uvicorn.error", "uvicorn.access", "uvicorn.asgi")
"""Libraries that write addresses, headers or whole messages at INFO and DEBUG."""


def quiet_libraries() -> None:
    """Let those libraries say only what goes wrong."""
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
