"""`offer`: what to say to this caller. Sets SR_SITE, SR_LANGUAGE, and last SR_OK: 1, or 0 when nothing is offered."""

from agi.caller import in_call
from agi.channel import Channel
from agi.desk import CallDesk


def offer(channel: Channel, desk: CallDesk) -> None:
    """Greet in the language of the site, unless the dialplan chose one already."""
    welcome = desk.welcome(in_call(channel))
    channel.answer_with(site=welcome.site, language=welcome.language, ok="1" if welcome.is_offered else "0")
