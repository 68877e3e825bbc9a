"""What the log-in page needs of an identity provider."""

from collections.abc import Mapping
from typing import Protocol

from secondring.domain.sign_on import Attempt, Identity


class Provider(Protocol):
    """The clinic's identity provider."""

    @property
    def button(self) -> str:
        """What the button on the log-in page says."""
        ...

    async def way_there(self, attempt: Attempt) -> str:
        """The address to send a browser to. Raises PeerError when the provider does not answer."""
        ...

    async def who_came_back(self, answer: Mapping[str, str], attempt: Attempt) -> Identity:
        """Whom the provider vouches for. Raises NotBelieved, or PeerError when the provider does not answer."""
        ...
