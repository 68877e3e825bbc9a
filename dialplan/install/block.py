"""The three lines that we add to a file of the PBX's own, and how they come out again. Pure: bytes to bytes.

    ; >>> secondring ...            says what `uninstall` must know, in brackets
    #tryinclude /etc/asterisk/...   no quotes, no wildcard: FreePBX would take either for a file to create
    ; <<< secondring

A missing target of #tryinclude is no error, so these lines can never keep a PBX from starting.
"""

from dataclasses import dataclass

from secondring.domain.errors import ConfigError

BEGIN = b"; >>> secondring"
END = b"; <<< secondring"
INCLUDE = b"#tryinclude "
ADVICE = b": keep these three lines together; `secondring uninstall` takes them out"
FILE_MADE = b" [made this file]"
LINE_ENDED = b" [ended the line above]"
"""The file did not end with a line feed, so we added one."""


@dataclass(frozen=True, slots=True)
class _Found:
    """Line numbers, from 0."""

    begin: int
    end: int


def with_block(old: bytes | None, target: str) -> bytes:
    """The file with our lines at its end; unchanged when it has them. None: the file does not exist yet."""
    lines = (old or b"").split(b"\n")
    found = _find(lines)
    if found:
        return b"\n".join([*lines[: found.begin + 1], _include(target), *lines[found.end :]])
    note, join = b"", b""
    if old is None:
        note = FILE_MADE
    elif old and not old.endswith(b"\n"):
        note, join = LINE_ENDED, b"\n"
    return (old or b"") + join + b"\n".join([BEGIN + note + ADVICE, _include(target), END, b""])


def without_block(text: bytes) -> bytes | None:
    """The file without our lines, byte for byte as it was; None when it was ours and nothing else is in it.

    Whatever others wrote before, after or between our lines stays.
    """
    lines = text.split(b"\n")
    found = _find(lines)
    if not found:
        return text
    note = lines[found.begin]
    between = [line for line in lines[found.begin + 1 : found.end] if not line.startswith(INCLUDE)]
    before, after = lines[: found.begin], lines[found.end + 1 :]
    if LINE_ENDED in note and before and not between and after == [b""]:
        after = []
    rest = b"\n".join([*before, *between, *after])
    return None if FILE_MADE in note and not rest else rest


def has_block(text: bytes) -> bool:
    """True when our lines are in the file."""
    return _find(text.split(b"\n")) is not None


def _include(target: str) -> bytes:
    return INCLUDE + target.encode()


def _find(lines: list[bytes]) -> _Found | None:
    begins = [number for number, line in enumerate(lines) if line.startswith(BEGIN)]
    ends = [number for number, line in enumerate(lines) if line.startswith(END)]
    if not begins and not ends:
        return None
    if len(begins) == len(ends) == 1 and begins[0] < ends[0]:
        return _Found(begins[0], ends[0])
    at = min([*begins, *ends]) + 1
    raise ConfigError(
        f"line {at}: the lines that `secondring install` added are damaged: delete every line with"
        f" `{BEGIN.decode()}` or `{END.decode()}` and the #tryinclude between, then run this again"
    )
