"""How often each of many visitors may come: a leaky bucket for every address."""

from collections import OrderedDict
from datetime import datetime


class Crowd:
    """Lets an address in `per_second` times on average and `burst` times at once; remembers the last ones heard."""

    def __init__(self, per_second: float, burst: int, *, kept: int = 1000) -> None:
        self._gap = 1 / per_second
        self._room = burst / per_second
        self._kept = kept
        self._full_at: OrderedDict[str, float] = OrderedDict()

    def lets_in(self, address: str, now: datetime) -> bool:
        """True when this visit is not one too many; one that is turned away does not count."""
        moment = now.timestamp()
        filled = max(self._full_at.pop(address, moment), moment) + self._gap
        allowed = filled - moment <= self._room
        self._full_at[address] = filled if allowed else filled - self._gap
        if len(self._full_at) > self._kept:
            self._full_at.popitem(last=False)
        return allowed
