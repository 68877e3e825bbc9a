"""What is known of how many texts went out lately, so that a storm does not count its thousands anew for each call.

Only a new row can add to such a count, and rows are numbered in the order of writing. So a count taken once bounds all
later ones: no more can have come than rows were written since, whichever process wrote them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from secondring.domain.ids import SiteId


@dataclass(frozen=True, slots=True)
class Count:
    """What was counted, whole, at one moment of the books."""

    since: datetime
    found: int
    newest: int
    """The number of the newest row then."""

    def stays_below(self, most: int, since: datetime, newest: int) -> bool:
        """True when so many cannot have come together since, whatever was written up to the row `newest`."""
        return since >= self.since and self.found + newest - self.newest < most


Counts = Mapping[SiteId | None, Count]
"""By site; None for all of them."""
