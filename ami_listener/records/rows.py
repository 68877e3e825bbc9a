"""One row of a record: named fields, and the bookmark that leads back to it."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

MAX_LINE = 64 * 1024
"""Bytes. Rows are 0.2 to 0.6 KB; whatever is longer is no row."""

CDR_COLUMNS = (
    *("accountcode", "src", "dst", "dcontext", "clid", "channel", "dstchannel", "lastapp", "lastdata"),
    *("start", "answer", "end", "duration", "billsec", "disposition", "amaflags", "uniqueid", "userfield"),
    *("peeraccount", "linkedid", "sequence"),
)
"""As cdr_csv writes them; the last ones only where cdr.conf asks for them, in this order."""
CEL_COLUMNS = (
    *(
        "eventtype",
        "eventtime",
        "cid_name",
        "cid_num",
        "cid_ani",
        "cid_rdnis",
        "cid_dnid",
        "exten",
        "context",
    ),
    *(
        "channame",
        "appname",
        "appdata",
        "amaflags",
        "accountcode",
        "uniqueid",
        "linkedid",
        "peer",
        "userfield",
    ),
    *("userdeftype", "extra"),
)
"""As the sample of cel_custom.conf and the tables of cel_odbc have them."""
QUEUE_COLUMNS = ("time", "callid", "queue", "agent", "event", "data1", "data2", "data3", "data4", "data5")


@dataclass(frozen=True, slots=True)
class Row:
    """A row: `mark` is where to begin reading so that this row comes again."""

    mark: str
    fields: Mapping[str, str] = field(repr=False)

    def get(self, name: str) -> str:
        """A field; empty when the record does not have it."""
        return self.fields.get(name, "")


def csv_fields(line: bytes, columns: Sequence[str]) -> dict[str, str] | None:
    """Read one line of a csv record; None for what is no row (torn, empty, binary)."""
    text = _text(line)
    if text is None:
        return None
    try:
        values = next(csv.reader([text], strict=True), [])
    except csv.Error:
        return None
    least = min(len(columns), 8)
    return dict(zip(columns, values, strict=False)) if len(values) >= least else None


def queue_fields(line: bytes) -> dict[str, str] | None:
    """Read one line of queue_log; None for what is no row."""
    text = _text(line)
    if text is None:
        return None
    values = text.split("|")
    return dict(zip(QUEUE_COLUMNS, values, strict=False)) if len(values) >= 5 and values[4] else None


def _text(line: bytes) -> str | None:
    if not line.strip() or len(line) > MAX_LINE or b"\0" in line:
        return None
    return line.decode("utf-8", "replace").rstrip("\r\n")
