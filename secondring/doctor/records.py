"""Whether the PBX's own records can be read, and tell what is asked of them."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from ami_listener.records.history import Source
from ami_listener.records.rows import Row
from config.records import RecordPlace
from secondring import recorded
from secondring.doctor.findings import Check, Finding, bad, unseen, well
from secondring.wiring import Settings

LOOK_BACK = timedelta(days=1)
ROWS = 5000
NEEDED = {
    "cel": ("eventtype", "eventtime", "channame", "uniqueid", "linkedid"),
    "cdr": ("channel", "dstchannel", "disposition", "uniqueid"),
    "queue_log": ("time", "callid", "event"),
}

READABLE = "usermod -a -G asterisk secondring, then restart the service"
TRUNKS = (
    "set records.cdr.trunks to how the names of your trunks' channels begin, for example [PJSIP/carrier-]"
)


@dataclass(frozen=True, slots=True)
class _Asked:
    name: str
    shown: str
    file: str
    """Below Asterisk's log directory."""
    made_by: str


ASKED = (
    _Asked("queue_log", "queue log", "queue_log", "queue_log = yes in logger.conf"),
    _Asked(
        "cdr",
        "call records",
        "cdr-csv/Master.csv",
        "loguniqueid = yes in cdr.conf (FreePBX: set records.cdr)",
    ),
    _Asked(
        "cel",
        "channel events",
        "cel-custom/Master.csv",
        "cel.conf and cel_custom.conf (FreePBX: set records.cel)",
    ),
)


def record_checks(settings: Settings, logs: Path, now: datetime) -> Iterator[Check]:
    """One for each record, read or not."""
    places = {
        "cel": settings.records.cel,
        "cdr": settings.records.cdr,
        "queue_log": settings.records.queue_log,
    }
    for asked in ASKED:
        place = places[asked.name]
        yield Check(asked.shown, lambda asked=asked, place=place: _look(settings, asked, place, logs, now))  # type: ignore[misc]


def _look(settings: Settings, asked: _Asked, place: RecordPlace | None, logs: Path, now: datetime) -> Finding:
    try:
        return _looked(settings, asked, place, logs / asked.file, now)
    except OSError as error:
        return bad(f"{error.filename} may not be looked at ({error.strerror})", READABLE)


def _looked(
    settings: Settings, asked: _Asked, place: RecordPlace | None, written: Path, now: datetime
) -> Finding:
    if place is None or (place.file is not None and not place.file.exists()):
        return _absent(asked, place, written)
    if place.file is not None and not os.access(place.file, os.R_OK):
        return bad(f"{place.file} may not be read", READABLE)
    found = _read(asked, recorded.sources(settings.records)[asked.name], now)
    blind = asked.name == "cdr" and place.file is not None and not (place.columns or settings.records.trunks)
    if found.ok and blind:
        return unseen(f"{found.evidence}; it does not tell which calls come from outside", TRUNKS)
    return found


def _absent(asked: _Asked, place: RecordPlace | None, written: Path) -> Finding:
    key = f"records.{asked.name}" + ("" if asked.name == "queue_log" else ".place")
    if written.exists():
        return unseen(f"Asterisk writes {written}, and it is not read", f"set {key} to {written}")
    if place is None:
        return unseen("not read", f"set {key} where there is one: docs/records.md tells what each is worth")
    return unseen(f"there is no {place.place} yet", f"it is written by {asked.made_by}")


def _read(asked: _Asked, source: Source, now: datetime) -> Finding:
    batch = source.record.read(None, since=now - LOOK_BACK, limit=ROWS)
    if not batch.rows:
        if batch.unreadable:
            return bad(
                f"{source.record.place}: {batch.unreadable} lines, none of them a row", f"see {asked.made_by}"
            )
        return unseen(f"{source.record.place}: nothing in it since yesterday")
    missing = [name for name in NEEDED[asked.name] if not any(row.get(name) for row in batch.rows)]
    if missing:
        return bad(
            f"{source.record.place}: no {', '.join(missing)} in it",
            f"{asked.made_by}; where the columns are others, name them in records.{asked.name}.columns",
        )
    newest = max((at for row in batch.rows if (at := _at(source, row)) is not None), default=None)
    when = f", the newest of {newest:%Y-%m-%d %H:%M} UTC" if newest else ""
    return well(
        f"{source.record.place}: {len(batch.rows)}{'+' if batch.more else ''} rows since yesterday{when}"
    )


def _at(source: Source, row: Row) -> datetime | None:
    return source.kind.at(row)
