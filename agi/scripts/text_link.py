"""`text_link`: a text while the caller is on the line. Sets SR_PROMISE.

Arguments: DID, presentation, a number that the caller typed, `opt-in` when they took an opt-out back.
"""

from agi.caller import in_call
from agi.channel import Channel
from agi.desk import CallDesk


def text_link(channel: Channel, desk: CallDesk) -> None:
    """Queue the text, and say what came of it."""
    opt_in = channel.argument(4) == "opt-in"
    channel.answer_with(promise=desk.text_link(in_call(channel), channel.argument(3), opt_in=opt_in))
