"""Columns that many tables have."""

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, String

from secondring.store.columns import Instant


def row_seq() -> Column[int]:
    return Column("seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True)


def row_id() -> Column[str]:
    return Column("id", String, nullable=False, unique=True)


def episode_reference(*, needed: bool) -> Column[str]:
    reference = ForeignKey("episodes.id", deferrable=True, initially="DEFERRED")
    return Column("episode_id", String, reference, nullable=not needed)


def instant(name: str, *, needed: bool = False) -> Column[object]:
    return Column(name, Instant, nullable=not needed)


def words(name: str) -> Column[str]:
    return Column(name, String, nullable=False)


def maybe_words(name: str) -> Column[str]:
    return Column(name, String)
