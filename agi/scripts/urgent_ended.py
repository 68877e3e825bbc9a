"""`urgent_ended`: the caller was put through to the last resort, and that is over. Sets SR_ENDED when the books know
of this caller: only then may the dialplan promise that somebody calls back.

Arguments: DID, presentation, DIALSTATUS of the last resort (empty where there is none), SR_NOTED.
"""

from agi.caller import in_call
from agi.channel import Channel
from agi.desk import CallDesk


def urgent_ended(channel: Channel, desk: CallDesk) -> None:
    """Was it answered?"""
    known = desk.urgent_ended(in_call(channel), answered=channel.argument(3) == "ANSWER")
    if known or channel.argument(4) == "1":
        channel.answer_with(ended="1")
