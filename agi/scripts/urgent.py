"""`urgent`: the caller wants a nurse now. Sets SR_SITE, SR_LANGUAGE and SR_LADDER: the seconds that it may take.

Without SR_LADDER nobody is being rung, and the dialplan goes to the clinic's last resort.
SR_SHADOW=1 says that no call back may be promised.
"""

from agi.caller import in_call
from agi.channel import Channel
from agi.desk import CallDesk


def urgent(channel: Channel, desk: CallDesk) -> None:
    """Begin the ladder for whoever is on this channel."""
    waiting = desk.urgent(in_call(channel), channel.request.known("channel"))
    channel.answer_with(site=waiting.site, language=waiting.language)
    if waiting.is_shadow:
        channel.answer_with(shadow="1")
    if waiting.seconds is not None:
        channel.answer_with(ladder=str(waiting.seconds))
