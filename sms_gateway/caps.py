"""How much may go in a day: counted in the books, in parts of texts, by UTC days.

Carriers in the US drop what a registered business sends beyond its share, so it must not be sent in the first place.
"""

from datetime import datetime

from secondring.domain.ports import Books


def sent_today(books: Books, what: str, now: datetime) -> int:
    """Parts of texts that went today."""
    day, _, count = (books.bookmark(_name(what)) or "").partition(" ")
    return int(count) if day == f"{now:%Y-%m-%d}" else 0


def count_today(books: Books, what: str, parts: int, now: datetime) -> None:
    """So many more go."""
    books.keep_bookmark(_name(what), f"{now:%Y-%m-%d} {sent_today(books, what, now) + parts}")


def _name(what: str) -> str:
    return f"sent:{what}"
