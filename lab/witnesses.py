"""How much the PBX's own records tell: each recorded scenario judged from them alone, beside the live stream.

python -m lab.witnesses          # writes the table in docs/records.md
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ami_listener.records.cdr import Cdr
from ami_listener.records.cel import Cel
from ami_listener.records.files import FileRecord
from ami_listener.records.gathering import Kind
from ami_listener.records.history import History, Source
from ami_listener.records.queue_log import QueueLog
from ami_listener.records.rows import CDR_COLUMNS, CEL_COLUMNS, csv_fields, queue_fields
from lab.judge import verdicts_of
from lab.record import CATALOGUES
from lab.records import ENDINGS
from secondring.domain.call_events import CallEnded, Direction, ListeningRules

PAGE = Path(__file__).parents[1] / "docs/records.md"
BEGIN, END = "<!-- made by python -m lab.witnesses -->\n", "<!-- end -->\n"
LATER = datetime(2200, 1, 1, tzinfo=UTC)
ALWAYS = timedelta(days=365 * 250)
TRUNKS = ("PJSIP/carrier-",)
WITNESSES = {
    "CEL and queue_log": ("cel", "queue_log"),
    "CEL": ("cel",),
    "CDR and queue_log": ("cdr", "queue_log"),
    "CDR": ("cdr",),
    "queue_log": ("queue_log",),
}


@dataclass(frozen=True, slots=True)
class Compared:
    """One recorded run: what the live stream and one witness made of it."""

    name: str
    live: list[CallEnded]
    told: list[CallEnded]

    def agree(self, *parts: str) -> bool:
        """True when both have the same calls, and the same in these fields of each."""
        return _said(self.live, parts) == _said(self.told, parts)


def _said(calls: list[CallEnded], parts: tuple[str, ...]) -> list[tuple[str, ...]]:
    return sorted((call.call.uniqueid, *(str(getattr(call, part)) for part in parts)) for call in calls)


def compared(records: tuple[str, ...]) -> Iterator[Compared]:
    """Every recording, judged from these records."""
    for _, place in CATALOGUES.values():
        for recording in sorted(place.glob("*.ami")):
            yield Compared(
                recording.stem,
                _inbound(verdicts_of(recording.read_bytes())),
                told(place, recording.stem, records),
            )


def told(place: Path, name: str, records: tuple[str, ...]) -> list[CallEnded]:
    """What these records make of one recorded run."""
    sources = [Source(*_read(place / f"{name}{ENDINGS[record]}", record)) for record in records]
    main, beside = sources[0], sources[1] if len(sources) > 1 else None
    history = History(ListeningRules(outside_prefix="9"), main, beside, horizon=ALWAYS)
    history.read(LATER)
    return _inbound([verdict for story in history.over(LATER, None) for verdict in story.verdicts])


def _read(file: Path, record: str) -> tuple[Kind, FileRecord]:
    if record == "queue_log":
        queues = QueueLog()
        return queues, FileRecord(file, queue_fields, queues.at)
    kind = Cel(UTC) if record == "cel" else Cdr(UTC, TRUNKS)
    columns = CEL_COLUMNS if record == "cel" else CDR_COLUMNS
    return kind, FileRecord(file, lambda line: csv_fields(line, columns), kind.at)


def _inbound(calls: list[CallEnded]) -> list[CallEnded]:
    return [call for call in calls if call.direction is Direction.INBOUND]


def table() -> str:
    """Counts, and by name what each witness gets wrong."""
    lines = [
        "| read from | same verdict | and same reason | and same detail | answered or missed told wrongly |",
        "|---|---|---|---|---|",
    ]
    for title, records in WITNESSES.items():
        found = list(compared(records))
        counts = [
            sum(one.agree(*parts) for one in found)
            for parts in (("verdict",), ("verdict", "reason"), ("verdict", "reason", "detail"))
        ]
        wrong = [f"`{one.name}`" for one in found if not one.agree("verdict")]
        names = (
            ", ".join(wrong)
            if len(wrong) <= 12
            else f"{len(wrong)}: all that never came to a queue, and more"
        )
        cells = " | ".join(f"{count} of {len(found)}" for count in counts)
        lines.append(f"| {title} | {cells} | {names or 'none'} |")
    return "\n".join(lines) + "\n"


def page(before: str) -> str:
    """The page with the table as it is now."""
    head, _, rest = before.partition(BEGIN)
    _, _, tail = rest.partition(END)
    return f"{head}{BEGIN}{table()}{END}{tail}"


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text()))
    print(table())
