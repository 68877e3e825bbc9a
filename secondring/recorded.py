"""Which of the PBX's own records are read, from the settings: the main one, and the queue log beside it."""

from collections.abc import Sequence
from pathlib import Path
from typing import TypeGuard

from ami_listener.records.cdr import Cdr
from ami_listener.records.cel import Cel
from ami_listener.records.files import FileRecord
from ami_listener.records.gathering import Kind
from ami_listener.records.history import History, Source
from ami_listener.records.port import Record
from ami_listener.records.queue_log import QueueLog
from ami_listener.records.rows import CDR_COLUMNS, CEL_COLUMNS, csv_fields, queue_fields
from ami_listener.records.sql import SqlRecord
from config.records import RecordPlace, RecordSettings
from secondring.wiring import Settings


def history(settings: Settings) -> History | None:
    """The records to catch up from; None when none is configured. Raises ConfigError for a database without driver."""
    found = sources(settings.records)
    queues = found.get("queue_log")
    main = found.get("cel") or found.get("cdr") or queues
    if main is None:
        return None
    beside = queues if queues is not main else None
    return History(settings.listening, main, beside, horizon=settings.records.horizon)


def sources(records: RecordSettings) -> dict[str, Source]:
    """Every record that is configured and may be read; a file that was never written has no say."""
    found: dict[str, Source] = {}
    if _is_there(records.cel):
        cel = Cel(records.zone)
        found["cel"] = Source(cel, _record(records, records.cel, CEL_COLUMNS, cel))
    if _is_there(records.cdr):
        cdr = Cdr(records.zone, records.trunks)
        found["cdr"] = Source(cdr, _record(records, records.cdr, CDR_COLUMNS, cdr))
    if _is_there(records.queue_log):
        queues = QueueLog()
        file = Path(records.queue_log.place)
        found["queue_log"] = Source(queues, FileRecord(file, queue_fields, queues.at))
    return found


def _is_there(place: RecordPlace | None) -> TypeGuard[RecordPlace]:
    """A database, or a file in a directory that there is: the file itself may be written later."""
    return place is not None and (place.file is None or place.file.parent.is_dir())


def _record(records: RecordSettings, place: RecordPlace, usual: Sequence[str], kind: Kind) -> Record:
    columns = place.columns or usual
    if place.file is not None:
        return FileRecord(place.file, lambda line: csv_fields(line, columns), kind.at)
    return SqlRecord(
        place.place,
        password=place.password.get_secret_value() if place.password else None,
        name=place.table,
        time_column=place.time_column,
        id_column=place.id_column,
        zone=records.zone,
    )
