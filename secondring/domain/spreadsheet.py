"""Cells for files that people open in a spreadsheet, where some text would be taken for a formula."""

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "＝", "＋", "－", "＠")
"""How a cell begins that a spreadsheet may run (OWASP, "CSV Injection"), and the full-width forms of it."""


def cell(value: object) -> str:
    """A value as a cell that is only ever text or a number. None is empty; our own numbers stay numbers."""
    if value is None:
        return ""
    if isinstance(value, int | float):
        return str(value)
    text = str(value).replace("\x00", "")
    return f"'{text}" if text.lstrip(" ").startswith(FORMULA_STARTS) else text
