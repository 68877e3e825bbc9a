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


class LoginRefused(PeerError):
    """The PBX answered, and said no to our user name or secret. Trying again will not help."""


class StoreBusy(PeerError):
    """Another process held the database longer than we wait. Nothing was written; trying again may help."""


class StoreFull(PeerError):
    """The disk of the database has no room. Nothing was written; free some space and all goes on."""


class StoreBroken(PeerError):
    """The database cannot be read or written: permissions, a failing disk, damage. A person has to look."""


class StaleLease(SecondRingError):
    """Another worker took over this job; whatever we were about to write must not be written."""


class UnknownThing(SecondRingError):
    """A call, episode or task was named that does not exist."""
