"""`decline`: no texts to this number. Sets SR_DECLINED."""

from agi.caller import in_call
from agi.channel import Channel
from agi.desk import CallDesk


def decline(channel: Channel, desk: CallDesk) -> None:
    """Keep the wish."""
    desk.decline(in_call(channel))
    channel.answer_with(declined="1")
