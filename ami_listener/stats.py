"""What the listener counts, so that an administrator can see how well it hears."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class LinkStats:
    """Counters of one AMI link (or one recording) since it was made. Nothing in it names a caller."""

    connects: int = 0
    """TCP or TLS connections that were greeted by an AMI."""
    logins: int = 0
    losses: int = 0
    """Logged-in connections that ended without our wish."""
    refusals: int = 0
    """Logins that the PBX answered with no."""
    silences: int = 0
    """Connections given up because nothing came back, not even to a Ping."""
    bytes_in: int = 0
    messages: int = 0
    """Complete messages, wanted or not."""
    facts: int = 0
    oversized: int = 0
    """Messages dropped because they were longer than any that Asterisk sends in earnest."""
    garbage: int = 0
    """Messages that were neither events nor responses, and tails of cut connections."""
    broken: int = 0
    """Messages given up because our own code failed on them: each is a bug worth reporting."""
    unreadable: Counter[str] = field(default_factory=Counter)
    """Events that lacked a header, by `Event.Header`."""
    backlog: int = 0
    """Messages that wait to be handled now."""
    backlog_peak: int = 0
    pauses: int = 0
    """How often reading had to stop because the backlog was full."""
    cuts_after_pause: int = 0
    """Connections lost soon after a pause: Asterisk drops a client that stops reading."""
