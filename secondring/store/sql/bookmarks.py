"""Bookmarks in SQL."""

from sqlalchemy import bindparam, select

from secondring.store.schema import bookmarks
from secondring.store.sql.page import Page, put

_KEEP = put(bookmarks, "name")
_PLACE = select(bookmarks.c.place).where(bookmarks.c.name == bindparam("which"))


class BookmarkPages(Page):
    """The part of `Books` about bookmarks."""

    def bookmark(self, name: str) -> str | None:
        place: str | None = self._value(_PLACE, which=name)
        return place

    def keep_bookmark(self, name: str, place: str) -> None:
        self._write(_KEEP, {"name": name, "place": place})
