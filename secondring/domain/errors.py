"""What can go wrong, told apart by who can mend it.

A message says what happened, where, and what to do. It never carries a whole phone number
or the text of a message: those are patients' data.
"""


class SecondRingError(Exception):
    """Root of every error this product raises on purpose."""


class ConfigError(SecondRingError):
    """The administrator can mend it: names the file, the line, the value and the remedy."""


class PeerError(SecondRingError):
    """Asterisk, a carrier or the database did not do its part; doors retry or fail open."""


class LoginRefused(PeerError):  # noqa: N818 - says what happened
    """The PBX answered, and said no to our user name or secret. Trying again will not help."""


class StaleLease(SecondRingError):  # noqa: N818
    """Another worker took over this job; whatever we were about to write must not be written."""


class UnknownThing(SecondRingError):  # noqa: N818
    """A call, episode or task was named that does not exist."""
