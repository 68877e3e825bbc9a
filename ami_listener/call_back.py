"""Calls a patient back from a screen: rings the clerk's own phone and, once they have picked up, the patient's."""

import logging
from dataclasses import dataclass, field
from datetime import timedelta

from ami_listener.originate import BY_REASON, Link, checked
from secondring.domain.errors import PeerError
from secondring.domain.triage_events import Why

log = logging.getLogger(__name__)

CHANNEL = "srcb-"
"""How the Uniqueids of these calls begin: not as those of the ladder, which must take no notice of them."""
SLACK = 5.0
"""Seconds that the PBX may take on top of the ring time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallBack:
    """A call to be made."""

    id: str
    """Names the channel; another one each time."""
    clerk: str
    """What Dial() takes for the clerk's phone."""
    patient: str = field(repr=False)
    """What Dial() takes for the patient's phone."""
    shown: str
    """The clinic's own number: what both of them see."""
    language: str = "en"
    ring: timedelta = timedelta(seconds=25)
    patient_ring: timedelta = timedelta(seconds=45)


class CallBacks:
    """Places them on the link of the account that may dial."""

    def __init__(self, link: Link) -> None:
        self._link = link

    async def place(self, call: CallBack) -> Why | None:
        """Ring the clerk; returns when they have picked up (None), or why they have not.

        Whether the patient then answers is for the PBX's own events to tell. Raises PeerError without a link.
        """
        within = call.ring.total_seconds() + SLACK
        reply = await self._link.action(originate(call), until="OriginateResponse", within=within)
        if not reply.ok:
            log.error("the PBX refused to call back: %s", reply.why)
            return Why.ERROR
        outcome = reply.events[-1] if reply.events else None
        if outcome is None:
            raise PeerError("the PBX does not say what became of the call; look at your phone")
        if outcome.get("Response") == "Success":
            return None
        return BY_REASON.get(outcome.get("Reason"), Why.ERROR)


def originate(call: CallBack) -> dict[str, str | list[str]]:
    """The action. Raises ValueError for anything that the dialplan could read as more than a value."""
    variables = {
        "SR_PATIENT": call.patient,
        "SR_PATIENT_RING": str(max(int(call.patient_ring.total_seconds()), 1)),
        "SR_CLI": call.shown,
        "SR_LANGUAGE": call.language,
    }
    return {
        "Action": "Originate",
        "Channel": checked("clerk", call.clerk),
        "Context": "secondring-callback",
        "Exten": "s",
        "Priority": "1",
        "Async": "true",
        "Timeout": str(int(call.ring.total_seconds() * 1000)),
        "ChannelId": f"{CHANNEL}{checked('id', call.id)}",
        "CallerID": f"<{checked('shown', call.shown)}>",
        "Variable": [f"{key}={checked(key, value)}" for key, value in variables.items()],
    }
