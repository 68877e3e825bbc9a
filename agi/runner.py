"""Runs one script for one request, and says what came of it."""

import logging

from agi.channel import AGIError, Channel, HungUp
from agi.desk import CallDesk
from agi.request import Request
from agi.scripts import SCRIPTS
from agi.wire import Wire
from secondring.domain.errors import SecondRingError

log = logging.getLogger("agi")


def run_script(request: Request, wire: Wire, desk: CallDesk) -> bool:
    """Run the script that was asked for. False when it failed; never raises, never logs patients' data."""
    script = SCRIPTS.get(request.script)
    if script is None:
        log.warning("a script was asked for that does not exist; there are: %s", ", ".join(SCRIPTS))
        return False
    try:
        script(Channel(request, wire), desk)
    except HungUp:
        return True
    except (AGIError, SecondRingError) as error:
        log.warning("%s did not work for call %s: %s", request.script, request.uniqueid, error)
        return False
    except Exception as error:  # noqa: BLE001 - a bug costs one caller one text, never the other callers
        log.error("%s failed for call %s: %s", request.script, request.uniqueid, type(error).__name__)  # noqa: TRY400
        return False
    return True
