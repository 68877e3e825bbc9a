"""Beats on the wire: a UserEvent of the manager interface, which everybody who may hear such events gets.

The dialplan can send UserEvents too, and put a caller's name into them. Asterisk then writes the channel into the
event, which nobody can leave out; an event with a channel is never a beat. Nor is one with a header twice (a value
that was made to hold a line break), or with a value that is not exactly of its form.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime

from ami_listener.messages import Message
from secondring.domain.beats import Beat, Role
from secondring.domain.ids import Uniqueid

EVENT = "UserEvent"
NAME = "SecondRing"
"""What the event filter lets through."""
ON_A_LINE = 6
"""Calls in one header: a Uniqueid has up to 149 characters, and Asterisk reads 1024 of a line."""
FORMS = {
    "Installation": r"[0-9a-f]{16,64}",
    "Run": r"[0-9a-f]{16,64}",
    "Host": r"[A-Za-z0-9.-]{1,64}",
    "Role": "|".join(Role),
    "Since": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z",
    "Number": r"\d{1,12}",
}
JUDGED = "Judged"
_CALLS = re.compile(r"[!-+\--~]{1,149}(?:,[!-+\--~]{1,149}){0,39}")
_CHANNEL = ("Channel", "Uniqueid", "Linkedid", "ChannelStateDesc")
"""What Asterisk writes first when the dialplan speaks."""
_SINCE = "%Y-%m-%dT%H:%M:%S.%fZ"


def fields(beat: Beat) -> Mapping[str, str | list[str]]:
    """The action that says it."""
    calls = beat.judged
    lines = [",".join(calls[begin : begin + ON_A_LINE]) for begin in range(0, len(calls), ON_A_LINE)]
    said: dict[str, str | list[str]] = {
        "Action": EVENT,
        EVENT: NAME,
        "Installation": beat.installation,
        "Run": beat.run,
        "Host": beat.host,
        "Role": beat.role.value,
        "Since": beat.since.astimezone(UTC).strftime(_SINCE),
        "Number": str(beat.number),
    }
    return said | {JUDGED: lines} if lines else said


def beat_in(message: Message) -> Beat | None:
    """The beat that an event is; None when it is something else, or only looks like one."""
    if message.get(EVENT) != NAME or any(message.has(header) for header in _CHANNEL):
        return None
    said = {header: message.all(header) for header in (EVENT, *FORMS)}
    if any(len(values) != 1 for values in said.values()):
        return None
    if not all(re.fullmatch(form, said[header][0]) for header, form in FORMS.items()):
        return None
    lines = message.all(JUDGED)
    if not all(_CALLS.fullmatch(line) for line in lines):
        return None
    try:
        since = datetime.strptime(said["Since"][0], _SINCE).replace(tzinfo=UTC)
    except ValueError:
        return None
    return Beat(
        installation=said["Installation"][0],
        run=said["Run"][0],
        host=said["Host"][0],
        role=Role(said["Role"][0]),
        since=since,
        number=int(said["Number"][0]),
        judged=tuple(Uniqueid(call) for line in lines for call in line.split(",")),
    )


def sendable(host: str) -> str:
    """A host's name as a beat may carry it."""
    return re.sub(r"[^A-Za-z0-9.-]", "-", host)[:64] or "unnamed"
