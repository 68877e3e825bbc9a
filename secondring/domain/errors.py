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


class NotSent(PeerError):
    """A request did not leave this machine: nothing can have come of it."""


class LoginRefused(PeerError):
    """The PBX answered, and said no to our user name or secret. Trying again will not help."""


class StoreBusy(PeerError):
    """Another process held the database longer than we wait. Nothing was written; trying again may help."""


class StoreFull(PeerError):
    """The disk of the database has no room. Nothing was written; free some space and all goes on."""


class StoreBroken(PeerError):
    """The database cannot be read or written: permissions, a failing disk, damage. A person has to look."""


class StoreDamaged(StoreBroken):
    """What is in the database's file is no database of ours any more: it has to be restored."""


class StoreAway(PeerError):
    """The database's server cannot be reached. It is tried again at every use; nothing half-written is left."""


class StaleLease(SecondRingError):
    """Another worker took over this job; whatever we were about to write must not be written."""


class BookingClash(SecondRingError):
    """A booking was to be kept beside another one that has its place. Nothing was written; choose again."""


class NothingIsSent(SecondRingError):
    """Something was on its way to a carrier in shadow mode: a bug of ours, stopped at the last door."""

    def __init__(self, what: str) -> None:
        super().__init__(f"shadow mode: nothing may be handed to a carrier, and {what} was")


class NotNow(SecondRingError):
    """What was asked for is not done: somebody else's task, an urgent caller nobody has spoken with yet."""


class NoRecording(SecondRingError):
    """A file that was to be replayed holds nothing that a PBX ever said."""


class UnknownThing(SecondRingError):
    """A call, episode or task was named that does not exist."""


def blame(error: BaseException) -> str:
    """Which error and where, for a log. An unexpected error's own words may quote a number or a text."""
    if isinstance(error, SecondRingError):
        return str(error)
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    where = f" at {frame.tb_frame.f_code.co_filename.rpartition('/')[2]}:{frame.tb_lineno}" if frame else ""
    return f"{type(error).__name__}{where}"
