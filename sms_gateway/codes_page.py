"""Writes what follows from each carrier's error codes into docs/carriers.md, from the tables that decide it.

`python -m sms_gateway.codes_page` brings the page up to date; a test compares the two.
"""

from datetime import timedelta
from pathlib import Path

from sms_gateway.reactions import IN_WORDS, UNKNOWN_BROKEN, UNKNOWN_REFUSED, React, Reaction, kinds, table_of

PAGE = Path(__file__).parents[1] / "docs" / "carriers.md"
BEGIN = "<!-- written by `python -m sms_gateway.codes_page`: do not edit below -->"
END = "<!-- end of what is written -->"
_UNKNOWN = {UNKNOWN_REFUSED: "any other", UNKNOWN_BROKEN: "other 500 to 599"}


def tables() -> str:
    """A table for each carrier."""
    return "\n".join(_table(kind) for kind in kinds())


def page_with_tables(page: str) -> str:
    """The page with the tables in their place; raises ValueError when the marks are missing."""
    before, rest = page.split(BEGIN, 1)
    _, after = rest.split(END, 1)
    return f"{before}{BEGIN}\n\n{tables()}\n{END}{after}"


def _table(kind: str) -> str:
    rows = table_of(kind).rows.values()
    known = [row for row in rows if row.code not in _UNKNOWN]
    unknown = [row for row in rows if row.code in _UNKNOWN]
    head = [
        f"### {kind}",
        "",
        "| code | means | what Second Ring does | what you can do |",
        "|---|---|---|---|",
    ]
    return "\n".join([*head, *(_row(row) for row in (*known, *unknown)), ""])


def _row(row: Reaction) -> str:
    code = _UNKNOWN.get(row.code) or f"`{row.code}`"
    return f"| {code} | {row.meaning} | {_what(row)} | {row.remedy} |".replace("  |", " |")


def _what(row: Reaction) -> str:
    if row.react is not React.RETRY:
        return IN_WORDS[row.react]
    waits = " and ".join(_span(wait) for wait in row.spacing)
    return f"{IN_WORDS[row.react]} after {waits}; then {IN_WORDS[row.then]}"


def _span(wait: timedelta) -> str:
    minutes = int(wait.total_seconds()) // 60
    return f"{minutes // 60} h" if minutes and minutes % 60 == 0 else f"{minutes} min"


if __name__ == "__main__":
    PAGE.write_text(page_with_tables(PAGE.read_text("utf-8")), "utf-8")
