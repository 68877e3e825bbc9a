"""`urgent_ended`: the caller was put through to the last resort, and that is over. Sets SR_ENDED.

Arguments: DID, presentation, DIALSTATUS of the last resort; empty where there is none.
"""

from agi.caller import in_call
from agi.channel import Channel
from agi.desk import CallDesk


def urgent_ended(channel: Channel, desk: CallDesk) -> None:
    """Was it answered?"""
    desk.urgent_ended(in_call(channel), answered=channel.argument(3) == "ANSWER")
    channel.answer_with(ended="1")
