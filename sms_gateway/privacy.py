"""Keeps patients' data out of logs that are not ours to word."""

import logging
import traceback

TALKATIVE = ("httpx", "httpcore", "uvicorn", "uvicorn.error", "uvicorn.access", "uvicorn.asgi")
"""Libraries that write addresses, headers or whole messages at INFO and DEBUG."""


def quiet_libraries() -> None:
    """Let those libraries say only what goes wrong."""
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)


def blame(error: BaseException) -> str:
    """Which error and where, without its message: that may quote a number or a text."""
    frames = traceback.extract_tb(error.__traceback__)
    where = f" at {frames[-1].filename.rpartition('/')[2]}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{where}"
