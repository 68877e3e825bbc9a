"""What the scripts need of the clinic. Synchronous; each method is one transaction at most.

Every method may raise a `PeerError` (the books are busy, full or broken) within the time that a script has;
a script then fails, and the dialplan carries on as though Second Ring were not installed.
"""

from typing import Protocol

from secondring.domain.offer import InCall, Promise, Welcome
from secondring.domain.urgent_begin import Waiting


class CallDesk(Protocol):
    """The clinic, as a caller in a menu meets it."""

    def welcome(self, call: InCall) -> Welcome:
        """What this caller is to be offered. Reads no books: it must be quick, whatever else is going on."""
        ...

    def can_be_texted(self, call: InCall, typed: str) -> bool:
        """Is what the caller typed a number that a text may go to? Reads no books."""
        ...

    def text_link(self, call: InCall, typed: str = "", *, opt_in: bool = False) -> Promise:
        """Text the caller now: at their own number, or at the one they typed and confirmed.

        `opt_in`: they took an earlier opt-out back, by key.
        """
        ...

    def decline(self, call: InCall) -> None:
        """No texts to this number from now on."""
        ...

    def urgent(self, call: InCall, line: str) -> Waiting:
        """Find a nurse for this caller, who waits on the channel of that name."""
        ...

    def urgent_callback(self, call: InCall) -> bool:
        """They would rather be called back. False when the books know nothing of them."""
        ...

    def urgent_ended(self, call: InCall, *, answered: bool) -> bool:
        """They were put through to the last resort, and that is over. False when the books know nothing of them."""
        ...
