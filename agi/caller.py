"""Who is calling, by what Asterisk says at the start of a request and in the arguments of the dialplan."""

from agi.channel import Channel
from agi.request import Request
from secondring.domain.ids import Uniqueid
from secondring.domain.offer import InCall
from secondring.domain.phone import is_withheld

RESTRICTED = 0x60
"""The bits of Q.931 presentation that say: not allowed, or not available."""

ANNOUNCEMENT = 5
"""The argument with the version of the words that the caller hears; those before it are each script's own."""


def in_call(channel: Channel) -> InCall:
    """The caller of this request.

    The dialplan's first two arguments are the DID and the presentation, where it knows better than SIP does:
    FreePBX keeps both in variables of its own.
    """
    request = channel.request
    caller = request.known("callerid")
    hidden = _is_restricted(request) or channel.argument(2).startswith("prohib")
    return InCall(
        uniqueid=Uniqueid(request.uniqueid),
        caller=caller,
        withheld=hidden or is_withheld(caller),
        did=channel.argument(1) or request.known("dnid"),
        announcement=channel.argument(ANNOUNCEMENT),
        language=request.known("language"),
    )


def _is_restricted(request: Request) -> bool:
    shown = request.known("callingpres")
    return shown.isascii() and shown.isdigit() and bool(int(shown) & RESTRICTED)
