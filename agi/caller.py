"""Who is calling, by what Asterisk says at the start of a request and in the arguments of the dialplan."""

from agi.channel import Channel
from agi.request import Request
from secondring.domain.ids import Uniqueid
from secondring.domain.offer import InCall
from secondring.domain.phone import is_withheld

RESTRICTED = 0x60
"""The bits of Q.931 presentation that say: not allowed, or not available."""


def in_call(channel: Channel) -> InCall:
    """The caller of this request. The dialplan's first argument is the DID, when it knows better than SIP."""
    request = channel.request
    caller = request.known("callerid")
    return InCall(
        uniqueid=Uniqueid(request.uniqueid),
        caller=caller,
        withheld=_is_restricted(request) or is_withheld(caller),
        did=channel.argument(1) or request.known("dnid"),
        language=request.known("language"),
    )


def _is_restricted(request: Request) -> bool:
    shown = request.known("callingpres")
    return shown.isascii() and shown.isdigit() and bool(int(shown) & RESTRICTED)
