"""`can_be_texted`: is what the caller typed a number for a text? Sets SR_USABLE to 1 or 0."""

from agi.caller import in_call
from agi.channel import Channel
from agi.desk import CallDesk


def can_be_texted(channel: Channel, desk: CallDesk) -> None:
    """Look at the number in the third argument."""
    usable = desk.can_be_texted(in_call(channel), channel.argument(3))
    channel.answer_with(usable="1" if usable else "0")
