"""What is known of numbers' lines, in SQL."""

from sqlalchemy import bindparam, select

from secondring.domain.phone import PhoneNumber
from secondring.domain.records import KnownLine, Line
from secondring.store.schema import known_lines
from secondring.store.sql.page import Page, put

_KEEP = put(known_lines, "number_hash")
_OF_NUMBER = select(known_lines.c.line, known_lines.c.source, known_lines.c.at).where(
    known_lines.c.number_hash == bindparam("number")
)


class KnownLinePages(Page):
    """The part of `Books` about numbers' lines."""

    def known_line(self, number: PhoneNumber) -> KnownLine | None:
        row = self._first(_OF_NUMBER, number=number.e164)
        if row is None:
            return None
        return KnownLine(number=number, line=Line(row.line), source=row.source, at=row.at)

    def keep_line(self, known: KnownLine) -> None:
        row = {
            "number_hash": known.number.e164,
            "line": known.line.value,
            "source": known.source,
            "at": known.at,
        }
        self._write(_KEEP, row)
