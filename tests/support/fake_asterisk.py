"""Asterisk's side of the AGI: asks for a script, answers its commands, reads arguments as Asterisk does."""

import socket
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Self

HEAD = {
    "agi_network": "yes",
    "agi_network_script": "offer",
    "agi_request": "agi://127.0.0.1/offer",
    "agi_channel": "PJSIP/trunk-00000001",
    "agi_language": "en",
    "agi_uniqueid": "lab-1.1",
    "agi_callerid": "+12025550123",
    "agi_calleridname": "unknown",
    "agi_callingpres": "0",
    "agi_dnid": "2025550100",
    "agi_context": "secondring",
    "agi_extension": "offer",
}


def head(**changes: str) -> bytes:
    lines = HEAD | {f"agi_{name}": value for name, value in changes.items()}
    return "".join(f"{name}: {value}\n" for name, value in lines.items()).encode() + b"\n"


def parse_arguments(line: str) -> list[str]:
    """The words of a command line by Asterisk's rules: quotes group, a backslash takes the next character as it is.

    Written after the description of the AGI, not after our own quoting.
    """
    words: list[str] = []
    word: list[str] = []
    inside = quoting = escaped = False
    for c in line:
        if escaped:
            word.append(c)
            inside, escaped = True, False
        elif c == "\\":
            escaped = True
        elif c == '"':
            quoting = not quoting
            inside = True
        elif c in " \t" and not quoting:
            if inside:
                words.append("".join(word))
            word, inside = [], False
        else:
            word.append(c)
            inside = True
    return [*words, "".join(word)] if inside else words


def _set_by(words: list[str]) -> list[tuple[str, str]]:
    if words[:2] == ["SET", "VARIABLE"]:
        return [(words[2], words[3])]
    if words[:2] == ["EXEC", "MSet"]:
        pairs = (pair.partition("=") for pair in words[2].split(","))
        return [(name, value) for name, _, value in pairs]
    return []


class FakeAsterisk:
    """One AGI request over a socket. `answers` gives the answer to each command, in order or by function."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._connection.settimeout(10)
        self._file = connection.makefile("rb")
        self.commands: list[list[str]] = []

    @classmethod
    def calls(cls, port: int, **changes: str) -> Self:
        """Connect to a server and send a whole request."""
        fake = cls(socket.create_connection(("127.0.0.1", port), timeout=10))
        fake.send(head(**changes))
        return fake

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def fileno(self) -> int:
        """For select."""
        return self._connection.fileno()

    def send(self, data: bytes) -> None:
        self._connection.sendall(data)

    def next_command(self) -> list[str] | None:
        """The words of the next command; None when the script is done."""
        try:
            line = self._file.readline()
        except ConnectionResetError:
            return None
        if not line:
            return None
        self._must_be_alone()
        words = parse_arguments(line.decode().rstrip("\n"))
        self.commands.append(words)
        return words

    def _must_be_alone(self) -> None:
        """Asterisk reads one line when the socket wakes it: a second one behind it would wait for ever."""
        self._connection.setblocking(False)
        behind = self._file.peek(1)
        self._connection.settimeout(10)
        assert not behind, "a command was sent before the last one was answered"

    def wait_for_the_end(self) -> None:
        """Answer nothing until the script is gone; what it sent before counts as heard."""
        for _ in self._all_commands():
            pass

    def play(self, answer: Callable[[list[str]], str] = lambda _: "200 result=1") -> dict[str, str]:
        """Answer until the script is done; gives the variables that it set."""
        for words in self._all_commands():
            self.send(answer(words).encode() + b"\n")
        return dict(pair for words in self.commands for pair in _set_by(words))

    def _all_commands(self) -> Iterator[list[str]]:
        while (words := self.next_command()) is not None:
            yield words

    def close(self) -> None:
        self._file.close()
        self._connection.close()
