"""What Asterisk says of a call before it waits for the first command."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import unquote

UNKNOWN = "unknown"
"""What Asterisk sends in the place of a number or name that it does not have."""
_ARGUMENT = re.compile(r"agi_arg_(\d{1,3})")


class BadRequest(Exception):
    """These bytes are no AGI request."""


@dataclass(frozen=True, slots=True, repr=False)
class Request:
    """The environment of one AGI request: `agi_uniqueid`, `agi_callerid` and so on."""

    environment: Mapping[str, str] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"Request({self.script} {self.uniqueid})"

    def known(self, name: str) -> str:
        """A header of the call, such as `callerid`; empty when Asterisk does not know it."""
        value = self.environment.get(f"agi_{name}", "")
        return "" if value == UNKNOWN else value

    @property
    def script(self) -> str:
        """The script asked for: the path of the URL, without its query."""
        path = self.environment.get("agi_network_script") or self.environment.get("agi_request", "")
        return unquote(path.partition("?")[0].rstrip("/").rpartition("/")[2])

    def named(self, script: str, arguments: Sequence[str]) -> "Request":
        """The same request for a script of another name and other arguments."""
        kept = {name: value for name, value in self.environment.items() if not _ARGUMENT.fullmatch(name)}
        given = {f"agi_arg_{number}": value for number, value in enumerate(arguments, 1)}
        return Request({**kept, "agi_network_script": script, **given})

    @property
    def uniqueid(self) -> str:
        """The channel."""
        return self.known("uniqueid")

    @property
    def arguments(self) -> tuple[str, ...]:
        """What the dialplan passed, in order."""
        found = ((_ARGUMENT.fullmatch(name), value) for name, value in self.environment.items())
        numbered = sorted((int(match[1]), value) for match, value in found if match)
        return tuple(value for _, value in numbered)


def read_request(head: bytes) -> Request:
    """Read the lines up to the empty one. Raises BadRequest when they are not Asterisk's.

    A value may hold anything but an end of line; the first of two headers of one name counts, so that nothing
    later in the head can take the place of what Asterisk says first.
    """
    environment: dict[str, str] = {}
    for line in head.decode("utf-8", "replace").replace("\r", "").split("\n"):
        name, colon, value = line.partition(":")
        if not line:
            continue
        if not colon or not name.startswith("agi_"):
            raise BadRequest("a line that is no AGI header")
        environment.setdefault(name, value.strip())
    if "agi_channel" not in environment:
        raise BadRequest("no agi_channel")
    return Request(environment)
