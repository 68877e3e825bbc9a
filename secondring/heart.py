"""Whether the books take what is written: known from the signs of life that every service notes in them.

A sign of life is a real write every few seconds, so it meets a full disk, one that has become read-only and a file that
may not be written within seconds, also while nobody calls.
"""

import logging
from collections.abc import Callable

from secondring.domain.alarms import Alarm
from secondring.domain.errors import PeerError, StoreBusy
from secondring.domain.health import Finding, State

log = logging.getLogger("secondring")

KIND = "store"
"""The alarm's kind; calls that cannot be stored raise the same, and the two are told as one."""


class Heart:
    """How the last write went."""

    def __init__(self, raise_alarm: Callable[[Alarm], None]) -> None:
        self._raise_alarm = raise_alarm
        self.trouble = ""
        """Why the books do not take anything; empty while they do."""

    def failed(self, error: PeerError) -> None:
        """A write failed; the same thing is said once, and to people through channels that need no disk."""
        if str(error) == self.trouble:
            return
        log.warning("no sign of life could be noted: %s", error)
        if isinstance(error, StoreBusy):  # somebody else writes: that passes
            return
        self.trouble = str(error)
        self._raise_alarm(Alarm(KIND, f"nothing can be stored: {error}"))

    def beats(self) -> None:
        """A write went well."""
        if self.trouble:
            log.warning("the books can be written again")
        self.trouble = ""

    def findings(self) -> list[Finding]:
        """For the health page; nothing while all is well, for then the page looks itself."""
        if not self.trouble:
            return []
        remedy = "Calls wait in memory and go on being answered. Mend it now: docs/operations.md, Disk."
        return [Finding("database", "Database", State.BAD, self.trouble, remedy)]
