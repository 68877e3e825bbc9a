"""What the dialplan may ask for: `AGI(agi://127.0.0.1:4583/offer)` runs `offer.offer`.

A script is `def name(channel: Channel, desk: CallDesk) -> None`. Arguments 1 and 2 are the DID and the
presentation (see `agi.caller`). It answers by setting variables that begin
with `SR_`, and it is quick: whatever takes the caller's time is done by the dialplan. A script that raises
closes the connection, which the dialplan sees as `AGISTATUS=FAILURE`.
"""

from collections.abc import Callable

from agi.channel import Channel
from agi.desk import CallDesk
from agi.scripts.can_be_texted import can_be_texted
from agi.scripts.decline import decline
from agi.scripts.offer import offer
from agi.scripts.text_link import text_link
from agi.scripts.urgent import urgent
from agi.scripts.urgent_callback import urgent_callback
from agi.scripts.urgent_ended import urgent_ended

Script = Callable[[Channel, CallDesk], None]

SCRIPTS: dict[str, Script] = {
    "offer": offer,
    "text_link": text_link,
    "can_be_texted": can_be_texted,
    "decline": decline,
    "urgent": urgent,
    "urgent_callback": urgent_callback,
    "urgent_ended": urgent_ended,
}
"""Every script by the name that the dialplan uses."""
