"""A call, in the words of pyst2's `AGI`, made fit for threads and for hostile callers.

What differs from pyst2 0.5.1, whose methods are all here: no signal handler (it raises outside of the main
thread), nothing written to stderr (Asterisk prints it on its console, numbers and all), every argument escaped,
a hang-up is always `HungUp`, every answer has its time, and answers are read as Asterisk writes them.
"""

import re
from typing import Any

from asterisk.agi import (
    AGI,
    AGIAppError,
    AGIDBError,
    AGIError,
    AGIHangup,
    AGIInvalidCommand,
    AGIUnknownError,
    AGIUsageError,
)

from agi.request import Request
from agi.wire import Wire, WireBroken

__all__ = ["AGIAppError", "AGIDBError", "AGIError", "AGIInvalidCommand", "AGIUsageError", "Channel", "HungUp"]

ANSWER_SECONDS = 2.0
"""How long Asterisk may take for a command that does not wait for the caller."""
CALLER_SECONDS = 120.0
"""How long a command may take that plays something or waits for a key."""
CALLER_COMMANDS = (
    "ANSWER", "STREAM FILE", "CONTROL STREAM FILE", "GET DATA", "GET OPTION", "WAIT FOR DIGIT", "RECORD FILE",
    "SAY ", "EXEC", "RECEIVE ", "SEND ",
)  # fmt: skip
COMMAND_BYTES = 4096
"""Half of Asterisk's command buffer."""
LINES_OF_USAGE = 200

_ANSWER = re.compile(r"(\d{3})([ -])(.*)", re.DOTALL)
_RESULT = re.compile(r"result=(?P<value>\S*)(?: \((?P<data>.*)\))?(?P<rest>(?: \w+=\S+)*)\s*", re.DOTALL)
_PLAIN = re.compile(r"[A-Za-z0-9_.-]*")
"""What the dialplan cannot read as anything but itself."""
_MORE = re.compile(r"(\w+)=(\S+)")

Result = dict[str, tuple[str, str]]


class HungUp(AGIHangup):  # type: ignore[misc] # pyst2 has no types
    """The caller is gone, or nobody answers at the other end of the wire: there is no one left to serve."""


class Escaped(str):
    """An argument that is quoted already."""

    __slots__ = ()


def escape(value: object) -> Escaped:
    """An argument of a command, so that Asterisk reads back exactly this text and nothing after it.

    Line ends and other control characters become spaces: they are the only thing that ends a command.
    """
    text = "".join(c if c.isprintable() or c == " " else " " for c in str(value))
    return Escaped('"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"')


class Channel(AGI):  # type: ignore[misc] # pyst2 has no types
    """One call, served by one thread.

    Raises HungUp when the caller or Asterisk is gone, AGIError's kin when Asterisk says no.
    """

    def __init__(self, request: Request, wire: Wire) -> None:
        # pyst2's constructor is not called: it installs a signal handler and reads stdin.
        self.request = request
        self.env = dict(request.environment)
        self._wire = wire
        self._got_sighup = False

    def __repr__(self) -> str:
        return f"Channel({self.request!r})"

    # -- the wire ----------------------------------------------------------------------------------

    def _quote(self, string: object) -> str:
        return string if isinstance(string, Escaped) else escape(string)

    def execute(self, command: str, *args: object) -> Result:
        """Send a command and give its answer: `result` and what else it names, each as (value, data)."""
        try:
            self.send_command(command, *args)
            return self._result(CALLER_SECONDS if command.startswith(CALLER_COMMANDS) else ANSWER_SECONDS)
        except WireBroken as broken:
            raise HungUp(str(broken)) from None

    def send_command(self, command: str, *args: object) -> None:
        """Send a command. Arguments are escaped; those that pyst2 leaves empty are left out.

        Raises AGIUsageError for a command longer than Asterisk reads.
        """
        words = [self._quote(arg) for arg in args if isinstance(arg, Escaped) or arg != ""]
        line = " ".join([command.strip(), *words]).encode("utf-8", "replace") + b"\n"
        if len(line) > COMMAND_BYTES:
            raise AGIUsageError(f"a command of {len(line)} bytes; Asterisk would cut it")
        self._wire.send(line)

    def get_result(self, stdin: object = None) -> Result:
        """The answer to the command sent last."""
        del stdin
        try:
            return self._result(ANSWER_SECONDS)
        except WireBroken as broken:
            raise HungUp(str(broken)) from None

    def _result(self, within: float) -> Result:
        code, sign, said = self._answer(within)
        while code == 100:  # "Trying...": the answer is yet to come
            code, sign, said = self._answer(within)
        if code == 200:
            return self._read_result(said)
        if code == 511:
            raise HungUp("the channel is dead")
        if code == 520:
            self._skip_usage(sign)
            raise AGIUsageError("Asterisk did not understand the arguments")
        if code == 510:
            raise AGIInvalidCommand("Asterisk does not know this command")
        raise AGIUnknownError(f"Asterisk answered {code}")

    def _answer(self, within: float) -> tuple[int, str, str]:
        line = self._wire.line(within)
        if line == "HANGUP":
            raise HungUp("the caller hung up")
        found = _ANSWER.fullmatch(line)
        if not found:
            raise AGIUnknownError("Asterisk answered with something that is no answer")
        return int(found[1]), found[2], found[3]

    def _read_result(self, said: str) -> Result:
        """A value in brackets may have several lines; the last one ends with the bracket."""
        while "(" in said and not _RESULT.fullmatch(said) and len(said) < COMMAND_BYTES * 2:
            said += "\n" + self._wire.line(ANSWER_SECONDS)
        found = _RESULT.fullmatch(said)
        if not found:
            raise AGIUnknownError("Asterisk answered without a result")
        value, data = found["value"], found["data"] or ""
        if value == "-1":
            raise HungUp("the caller hung up") if data == "hangup" else AGIAppError("refused, or hung up")
        return {"result": (value, data)} | {key: (text, "") for key, text in _MORE.findall(found["rest"])}

    def _skip_usage(self, sign: str) -> None:
        """A dash announces more lines; the last one has a space there."""
        for _ in range(LINES_OF_USAGE if sign == "-" else 0):
            if self._wire.line(ANSWER_SECONDS).startswith("520 "):
                return

    # -- where pyst2's own would go wrong -----------------------------------------------------------

    def get_variable(self, name: str) -> str:
        """A channel variable or function; empty when there is none. Any value, even the word `hangup`."""
        return self.execute("GET VARIABLE", escape(name))["result"][1]

    def get_full_variable(self, name: str, channel: str | None = None) -> str:
        """What an expression such as `${CHANNEL(linkedid)}` comes to, on this channel or another."""
        others = [escape(channel)] if channel else []
        return self.execute("GET FULL VARIABLE", escape(name), *others)["result"][1]

    def database_get(self, family: str, key: str) -> str:
        """A value of Asterisk's database; raises AGIDBError when there is none."""
        found, value = self.execute("DATABASE GET", escape(family), escape(key))["result"]
        if found != "1":
            raise AGIDBError("no such key in Asterisk's database")
        return value

    def exec_command(self, command: str, *args: object) -> Result:
        """Run a dialplan application with its arguments."""
        return self.execute("EXEC", escape(command), escape(",".join(map(str, args))))

    def channel_status(self, channel: str = "") -> int:
        """State of a channel (6 is up); -1 when there is none."""
        try:
            return int(self.execute("CHANNEL STATUS", channel)["result"][0])
        except AGIHangup:
            raise
        except AGIAppError:
            return -1

    # -- what scripts use, with types ---------------------------------------------------------------

    def set_variable(self, name: str, value: object) -> None:
        """Set a channel variable for the dialplan."""
        self.execute("SET VARIABLE", escape(name), escape(value))

    def answer_with(self, **values: object) -> None:
        """Set several variables of ours, the last one last: `sent=1` becomes `SR_SENT`.

        Plain words are set by one MSet, which saves a wait for each; others one at a time: Asterisk reads a line when
        the socket wakes it, and would not see a second one behind it.
        """
        named = {f"SR_{name.upper()}": str(value) for name, value in values.items()}
        if len(named) > 1 and all(_PLAIN.fullmatch(value) for value in named.values()):
            self.exec_command("MSet", *(f"{name}={value}" for name, value in named.items()))
            return
        for name, value in named.items():
            self.set_variable(name, value)

    def argument(self, number: int) -> str:
        """The n-th argument that the dialplan passed, from 1; empty when there are fewer."""
        arguments: tuple[Any, ...] = self.request.arguments
        return str(arguments[number - 1]) if 0 < number <= len(arguments) else ""
