"""Hands a text to a manager interface, and makes of every mishap a result that says whether it may have gone."""

from collections.abc import Callable

from secondring.domain.errors import NotSent, PeerError
from secondring.domain.texting import Fault
from sms_gateway.carriers.ami.manager import Answer, Fields, Manager
from sms_gateway.carriers.port import Refused, SendResult, TryLater, Unknown

TOO_LONG = "too-long"
"""The text does not fit into what the manager reads of one line."""


async def hand_over(
    manager: Manager, fields: Callable[[], Fields], read: Callable[[Answer], SendResult], *, within: float
) -> SendResult:
    """Send the action that `fields` makes, once, and read its answer."""
    try:
        answer = await manager.ask(fields(), within=within)
    except NotSent as error:
        return TryLater(None, str(error))
    except PeerError:
        return Unknown(f"the manager did not answer within {within:g} s")
    except ValueError:
        return Refused(Fault.CONTENT, TOO_LONG, "the manager interface cannot carry this text")
    return read(answer)
