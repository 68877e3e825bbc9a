"""The keys of the PBX's own call records."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, SecretStr

from config.fields import AbsolutePath, Line, PositiveDuration, Zone
from config.links import SecretPlace
from config.refusal import refusal
from config.section import Section

_ADDRESS = re.compile(r"[a-z][a-z0-9+_]*://\S+")


def _place(text: str) -> str:
    if text.startswith("/"):
        return text
    if not _ADDRESS.fullmatch(text):
        raise refusal(
            "is neither a file nor a database",
            "Write a whole path, or an address: mysql+pymysql://secondring@localhost/asteriskcdrdb.",
        )
    if re.match(r"[^/]*//[^@]*:[^@]*@", text):
        raise refusal("holds a password", "Take it out and name a password_file.")
    return text


def _column(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,62}", text):
        raise refusal("is no name of a column or table", "Use letters, digits and _: calldate.")
    return text


Place = Annotated[str, AfterValidator(_place)]
Column = Annotated[str, AfterValidator(_column)]


class Cdr(Section):
    """Call detail records."""

    place: Place | None = Field(examples=["/var/log/asterisk/cdr-csv/Master.csv"])
    """The file, or the address of the database; empty when they are not read. The file needs `loguniqueid = yes`."""
    password_file: SecretPlace | None = Field(examples=["credential:cdr-password"])
    """Where the password of the database is kept."""
    table: Column = Field(examples=["cdr"])
    """The table, in a database."""
    columns: tuple[Column, ...] = Field(examples=["[src, dst, channel, dstchannel, start, end, uniqueid]"])
    """The columns of the file, in order; empty for those that Asterisk writes by itself."""
    time_column: Column = Field(examples=["calldate"])
    """The column that says when a row's call began, in a database."""
    id_column: Column | None = Field(examples=["id"])
    """The column that numbers the rows, in a database; empty where there is none, as on FreePBX."""
    trunks: tuple[Line, ...] = Field(examples=["[PJSIP/carrier-]"])
    """How the names of channels from outside begin. Where it is empty, the column `did` and the context must tell."""


class Cel(Section):
    """Channel event logging."""

    place: Place | None = Field(examples=["mysql+pymysql://secondring@localhost/asteriskcdrdb"])
    """The file, or the address of the database; empty when it is not read."""
    password_file: SecretPlace | None = Field(examples=["credential:cdr-password"])
    """Where the password of the database is kept."""
    table: Column = Field(examples=["cel"])
    """The table, in a database."""
    columns: tuple[Column, ...] = Field(examples=["[eventtype, eventtime, channame, uniqueid, linkedid]"])
    """The columns of the file, in order; empty for those of Asterisk's sample `cel_custom.conf`."""
    time_column: Column = Field(examples=["eventtime"])
    """The column that says when an event was, in a database."""
    id_column: Column | None = Field(examples=["id"])
    """The column that numbers the rows, in a database."""


class Records(Section):
    """The PBX's own records: what happened while nobody listened is read from them."""

    cel: Cel
    cdr: Cdr
    queue_log: AbsolutePath | None = Field(examples=["/var/log/asterisk/queue_log"])
    """The log of `app_queue`; empty when it is not read."""
    zone: Zone | None = Field(examples=["America/New_York"])
    """The time zone of CDR and CEL; empty for this machine's own, UTC where Asterisk is told to write that."""
    horizon: PositiveDuration = Field(examples=["2d"])
    """Nothing older than this is ever read from them: neither at the first start nor after a long absence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordPlace:
    """Where one record is."""

    place: str
    password: SecretStr | None = None
    table: str = ""
    columns: tuple[str, ...] = ()
    time_column: str = ""
    id_column: str | None = None

    @property
    def file(self) -> Path | None:
        """The file; None when it is a database."""
        return Path(self.place) if self.place.startswith("/") else None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordSettings:
    """Which records are read, and how."""

    cel: RecordPlace | None
    cdr: RecordPlace | None
    queue_log: RecordPlace | None
    trunks: tuple[str, ...]
    zone: ZoneInfo | None
    horizon: timedelta


def build_records(keys: Records, password: Callable[[str, tuple[str, ...]], SecretStr]) -> RecordSettings:
    """The records as the wiring takes them; `password` reads a secret for a key."""
    queue_log = RecordPlace(place=str(keys.queue_log)) if keys.queue_log else None
    return RecordSettings(
        cel=_of(keys.cel, "cel", password),
        cdr=_of(keys.cdr, "cdr", password),
        queue_log=queue_log,
        trunks=keys.cdr.trunks,
        zone=ZoneInfo(keys.zone) if keys.zone else None,
        horizon=keys.horizon,
    )


def _of(
    keys: Cdr | Cel, name: str, password: Callable[[str, tuple[str, ...]], SecretStr]
) -> RecordPlace | None:
    if keys.place is None:
        return None
    secret = password(keys.password_file, ("records", name, "password_file")) if keys.password_file else None
    return RecordPlace(
        place=keys.place,
        password=secret,
        table=keys.table,
        columns=keys.columns,
        time_column=keys.time_column,
        id_column=keys.id_column,
    )
