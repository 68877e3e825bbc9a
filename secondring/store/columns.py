"""Column types: times as whole microseconds, and patients' data sealed or hashed on its way in.

The types live in tables that are built once, at import; the key arrives later, with an engine.
So a type asks the engine's dialect for the vault (`lend_vault`) each time a value passes.
"""

from datetime import UTC, datetime, timedelta
from typing import cast

from sqlalchemy import BigInteger, Dialect, LargeBinary
from sqlalchemy.types import TypeDecorator

from secondring.store.vault import Vault

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def lend_vault(dialect: Dialect, vault: Vault) -> None:
    """Give the columns of one engine their vault."""
    setattr(dialect, _VAULT, vault)


_VAULT = "secondring_vault"


def _vault(dialect: Dialect) -> Vault:
    return cast("Vault", getattr(dialect, _VAULT))


def to_micros(at: datetime) -> int:
    """Microseconds since 1970 UTC. Raises ValueError for a time without a zone."""
    if at.tzinfo is None:
        raise ValueError("a time without a zone cannot be kept")
    return (at - EPOCH) // _MICROSECOND


def from_micros(micros: int) -> datetime:
    """The UTC time of `to_micros`."""
    return EPOCH + timedelta(microseconds=micros)


class Instant(TypeDecorator[datetime]):
    """An aware time, kept as microseconds since 1970 UTC: exact, ordered, and the same in every database."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:  # noqa: ARG002 - SQLAlchemy's signature
        return None if value is None else to_micros(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy's signature
        return None if value is None else from_micros(value)


class Sealed(TypeDecorator[str]):
    """Words or a number of a patient, encrypted at rest and bound to their place."""

    impl = LargeBinary
    cache_ok = True

    def __init__(self, place: str) -> None:
        super().__init__()
        self.place = place

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:
        return None if value is None else _vault(dialect).seal(self.place, value)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> str | None:
        return None if value is None else _vault(dialect).unseal(self.place, value)


class Blind(TypeDecorator[str]):
    """A number as a keyed hash: comes in as the number, is compared as its hash, never comes out."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:
        return None if value is None else _vault(dialect).blind(value)
