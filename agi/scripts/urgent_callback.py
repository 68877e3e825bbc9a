"""`urgent_callback`: the caller would rather be called back than wait. Sets SR_CALLBACK when that is noted."""

from agi.caller import in_call
from agi.channel import Channel
from agi.desk import CallDesk


def urgent_callback(channel: Channel, desk: CallDesk) -> None:
    """The same ladder goes on, and ends with a call to their phone."""
    if desk.urgent_callback(in_call(channel)):
        channel.answer_with(callback="1")
