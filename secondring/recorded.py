"""Joins the PBX's own records to the service: which are read, what catches up from them, what compares with them."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
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
from secondring.auditing import NightlyAudit, Referee, Silence
from secondring.catching_up import CatchUp
from secondring.domain.audit import AROUND
from secondring.domain.call_events import CallEnded
from secondring.domain.casework import Casework
from secondring.domain.errors import UnknownThing
from secondring.domain.weeks import Span
from secondring.listening import CallKeeper, InStore
from secondring.wiring import Settings, now

Part = Callable[[], Awaitable[None]]

KINDS = ("cel", "cdr", "queue_log")
"""Which record tells most, first."""


def catching_up(
    settings: Settings,
    keeper: CallKeeper,
    casework: Casework,
    in_store: InStore,
    ring: Callable[[], Awaitable[None]],
) -> CatchUp | None:
    """What reads the calls that `keeper` did not hear, or did not see whole; None where no record is read."""
    found = history(settings)
    if found is None:
        return None
    catch_up = CatchUp(
        found,
        casework,
        in_store,
        pbx=settings.listening.pbx,
        clock=now,
        ring=ring,
        alive=keeper.alive,
        listening_since=lambda: keeper.listening_since,
        tell_live=keeper.tell,
        company=keeper.company,
    )
    keeper.doubt = catch_up.takes
    return catch_up


def audits(settings: Settings, read: InStore, write: InStore) -> dict[str, Part]:
    """Whether we see what happens: against the PBX's own record, and against the habit of past weeks."""
    parts: dict[str, Part] = {"silence": Silence(settings.rules, read, write, clock=now).run}
    if sources(settings.records):
        zone = settings.rules.sites[0].hours.zone
        referee = Referee(lambda span, at: told(settings, None, span, at), zone)
        parts["audit"] = NightlyAudit(referee, settings.rules, read, write, clock=now).run
    return parts


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
    """A database, or a file in a directory that there is: the file itself may be written later. What we may not even
    look at is there: reading it will say so, with the remedy.
    """
    if place is None or place.file is None:
        return place is not None
    try:
        return place.file.parent.is_dir()
    except OSError:
        return True


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


def told(settings: Settings, name: str | None, span: Span, now: datetime) -> tuple[str, list[CallEnded]]:
    """What a record makes of the calls that ended in a span, and of some around it.

    `name` is `cel`, `cdr` or `queue_log`; None takes the one that tells most. Raises UnknownThing when it is not
    configured, PeerError when it cannot be read.
    """
    found = sources(settings.records)
    if not found:
        raise UnknownThing(
            "none of the PBX's own records can be read here: set records.cel, .cdr or .queue_log"
        )
    chosen = name or next(known for known in KINDS if known in found)
    if chosen not in found:
        raise UnknownThing(f"the record {chosen} is not configured; there are: {', '.join(sorted(found))}")
    queues = found.get("queue_log") if chosen != "queue_log" else None
    past = History(settings.listening, found[chosen], queues, horizon=now - span.begins + AROUND)
    verdicts: list[CallEnded] = []
    more = True
    while more:
        more = past.read(now)
        stories = past.over(now, None)
        verdicts += [v for story in stories if story.by == chosen for v in story.verdicts]
    return chosen, [verdict for verdict in verdicts if _is_near(verdict.ended_at, span)]


def _is_near(at: datetime, span: Span) -> bool:
    return span.begins - AROUND <= at < span.ends + AROUND
