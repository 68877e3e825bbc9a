"""The carrier of shadow mode: there is none. Whoever asks it for anything has found a bug."""

from typing import NoReturn

from secondring.domain.errors import NothingIsSent
from sms_gateway.carriers.port import Capabilities, OutgoingText


class NullCarrier:
    """Takes nothing, asks nothing, opens no connection."""

    name = "none"

    def __init__(self, *, confirms_opt_out: bool = False) -> None:
        """`confirms_opt_out` is what the clinic's real carrier does: the decisions are to be the same."""
        self.capabilities = Capabilities(confirms_opt_out=confirms_opt_out)

    async def send(self, text: OutgoingText) -> NoReturn:
        """Raises NothingIsSent."""
        raise NothingIsSent(text.id)

    async def look_up(self, text: OutgoingText) -> NoReturn:
        """Raises NothingIsSent."""
        raise NothingIsSent(text.id)

    async def poll(self, cursor: str | None) -> NoReturn:  # noqa: ARG002 - a carrier's signature
        """Raises NothingIsSent."""
        raise NothingIsSent("poll")

    async def close(self) -> None:
        """There is nothing to close."""
