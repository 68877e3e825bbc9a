"""A phone on the carrier's side that texts, over the trunk as SIP MESSAGE."""

from typing import TYPE_CHECKING, Any

import pjsua2 as pj

from lab.accounts import Account, carrier
from lab.errors import LabError
from lab.exchange import exchange
from lab.phones import hand_over

if TYPE_CHECKING:
    from lab.pbx import Pbx


class Texter:
    """Sends and gets texts. One at a time: what comes over the trunk is all of this one."""

    def __init__(self, pbx: "Pbx") -> None:
        self._domain = f"{pbx.sip_host}:{pbx.sip_port}"
        self._exchange = exchange()
        # The phones' own: with a second account the library would hand calls and texts to whichever comes first.
        self._account: Account = carrier(hand_over)
        self._before = len(self._account.pj.texts)

    @property
    def texts(self) -> list[tuple[str, str, str]]:
        """From, To and words of all that came, in order."""
        return list(self._account.pj.texts[self._before :])

    def wait_for_text(self, timeout: float = 5) -> tuple[str, str, str]:
        """The last text, once there is one."""
        if not self._exchange.wait(lambda: bool(self.texts), timeout):
            raise LabError(f"no text came over the trunk within {timeout} s")
        return self.texts[-1]

    def write(self, to: str, words: str) -> None:
        """Send a text to one of the clinic's numbers, from the number of the trunk's account."""
        self._exchange.run(lambda: self._send(to, words))

    def _send(self, to: str, words: str) -> None:
        config = pj.BuddyConfig()
        config.uri = f"sip:{to}@{self._domain}"
        buddy = pj.Buddy()
        buddy.create(self._account.pj, config)
        message: Any = pj.SendInstantMessageParam()
        message.contentType, message.content = "text/plain", words
        buddy.sendInstantMessage(message)
        self._exchange.retire(buddy)
