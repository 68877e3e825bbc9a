"""Records in the servers that PBXs keep them in: FreePBX's MariaDB, with its tables, and PostgreSQL with cdr_pgsql's.

A test of what SqlRecord promises on SQLite is in tests/unit; here is what only a server can get wrong: types of
columns, times that are no text, rights, passwords, a server that goes away.
"""

import csv
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pymysql
import pytest

from ami_listener.records.cdr import Cdr
from ami_listener.records.cel import Cel
from ami_listener.records.history import History, Source
from ami_listener.records.rows import CDR_COLUMNS, CEL_COLUMNS
from ami_listener.records.sql import SqlRecord
from lab.witnesses import ALWAYS, LATER, TRUNKS, told
from secondring.domain.call_events import CallEnded, Direction, ListeningRules
from secondring.domain.errors import PeerError
from tests.support.mariadb import ACCOUNT, DATABASE, PASSWORD, MariaDb
from tests.support.postgres import Cluster

BEGIN = datetime(2026, 3, 2, 15, tzinfo=UTC)
RECORDINGS = Path(__file__).parents[2] / "recordings"
COLUMNS = {"cdr": CDR_COLUMNS, "cel": CEL_COLUMNS}

TEXT = "varchar(80) NOT NULL default ''"
FREEPBX = {
    "cdr": f"""calldate datetime NOT NULL default '0000-00-00 00:00:00', clid {TEXT}, src {TEXT}, dst {TEXT},
        dcontext {TEXT}, channel {TEXT}, dstchannel {TEXT}, lastapp {TEXT}, lastdata {TEXT},
        duration int(11) NOT NULL default 0, billsec int(11) NOT NULL default 0,
        disposition varchar(45) NOT NULL default '', amaflags int(11) NOT NULL default 0,
        accountcode varchar(20) NOT NULL default '', uniqueid varchar(32) NOT NULL default '',
        userfield varchar(255) NOT NULL default '', did varchar(50) NOT NULL default '',
        recordingfile varchar(255) NOT NULL default '', cnum {TEXT}, cnam {TEXT}, outbound_cnum {TEXT},
        outbound_cnam {TEXT}, dst_cnam {TEXT}, linkedid varchar(32) NOT NULL default '',
        peeraccount {TEXT}, sequence int(11) NOT NULL default 0, KEY calldate (calldate)""",
    "cel": f"""id int(11) NOT NULL auto_increment PRIMARY KEY, eventtype varchar(30) NOT NULL,
        eventtime datetime NOT NULL, cid_name {TEXT}, cid_num {TEXT}, cid_ani {TEXT}, cid_rdnis {TEXT}, cid_dnid {TEXT},
        exten {TEXT}, context {TEXT}, channame {TEXT}, appname {TEXT}, appdata {TEXT}, amaflags int(11),
        accountcode varchar(20), uniqueid varchar(32) NOT NULL, linkedid varchar(32) NOT NULL, peer {TEXT},
        userdeftype varchar(255), extra varchar(512), KEY uniqueid_index (uniqueid)""",
}
POSTGRES = {
    "cdr": "calldate timestamp, src text, channel text, duration int, uniqueid text, linkedid text, did text",
    "cel": "id serial primary key, eventtype text, eventtime timestamp, uniqueid text, linkedid text",
}


@dataclass(frozen=True)
class Server:
    """One of them, with empty tables."""

    url: str
    password: str | None
    insert: Callable[[str, Sequence[str], Sequence[Sequence[object]]], None]

    def record(self, table: str, password: str | None = None) -> SqlRecord:
        time, number = ("eventtime", "id") if table == "cel" else ("calldate", None)
        return SqlRecord(
            self.url,
            password=password or self.password,
            name=table,
            time_column=time,
            id_column=number,
            zone=UTC,
        )

    def add(self, table: str, *seconds: int) -> None:
        rows = [(BEGIN + timedelta(seconds=one), f"1.{one}", f"1.{one}") for one in seconds]
        time = "eventtime" if table == "cel" else "calldate"
        if table == "cel":
            self.insert(
                table,
                ("eventtype", time, "uniqueid", "linkedid"),
                [("CHAN_START", *row) for row in plain(rows)],
            )
        else:
            self.insert(table, (time, "uniqueid", "linkedid"), plain(rows))


def plain(rows: Sequence[tuple[datetime, str, str]]) -> list[tuple[str, str, str]]:
    return [(at.strftime("%Y-%m-%d %H:%M:%S"), one, other) for at, one, other in rows]


def on_mariadb(mariadb: MariaDb) -> Server:
    for table, columns in FREEPBX.items():
        mariadb.sql(f"USE {DATABASE}", f"CREATE OR REPLACE TABLE {table} ({columns})")
        mariadb.sql(f"GRANT SELECT ON {DATABASE}.{table} TO '{ACCOUNT}'@'localhost'")

    def insert(table: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        places = ", ".join(["%s"] * len(columns))
        mariadb.sql(
            f"USE {DATABASE}",
            "SET SESSION sql_mode = ''",  # too long is cut off, as Asterisk's own modules do
            f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({places})",  # noqa: S608 - our own words
            values=rows,
        )

    return Server(mariadb.url(), PASSWORD, insert)


@pytest.fixture
def freepbx(mariadb: MariaDb) -> Server:
    return on_mariadb(mariadb)


@pytest.fixture(params=["mariadb", "postgresql"])
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    if request.param == "mariadb":
        yield on_mariadb(request.getfixturevalue("mariadb"))
        return
    cluster: Cluster = request.getfixturevalue("cluster")
    with cluster.new_database() as url:
        name = url.partition("?")[0].rpartition("/")[2]
        cluster.sql(
            *[f"CREATE TABLE {t} ({c})" for t, c in POSTGRES.items()],
            "GRANT SELECT ON cdr, cel TO secondring",
            name=name,
        )

        def insert(table: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
            for row in rows:
                values = ", ".join(f"'{value}'" for value in row)
                cluster.sql(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({values})", name=name)  # noqa: S608

        yield Server(url.replace("postgresql://", "postgresql+psycopg://"), None, insert)


@pytest.mark.parametrize("table", ["cel", "cdr"])
def test_each_row_once_and_nothing_older_than_the_horizon(server: Server, table: str) -> None:
    record, bookmark = server.record(table), None
    server.add(table, -90_000, 1, 2, 3)
    seen: list[str] = []
    for round_ in range(4):
        more = True
        while more:
            batch = record.read(bookmark, since=BEGIN, limit=2)
            seen += [row.get("uniqueid") for row in batch.rows]
            bookmark, more = batch.bookmark, batch.more
        server.add(table, 10 + round_)
    assert seen == ["1.1", "1.2", "1.3", "1.10", "1.11", "1.12"]


def test_a_mark_leads_back_to_its_row(server: Server) -> None:
    server.add("cel", 1, 2, 3)
    batch = server.record("cel").read(None, since=BEGIN, limit=10)
    again = server.record("cel").read(batch.rows[1].mark, since=BEGIN, limit=10)
    assert [row.get("uniqueid") for row in again.rows] == ["1.2", "1.3"]


def test_the_account_in_the_docs_reads_and_can_do_nothing_else(freepbx: Server, mariadb: MariaDb) -> None:
    with (
        pymysql.connect(
            unix_socket=str(mariadb.socket), user=ACCOUNT, password=PASSWORD, database=DATABASE
        ) as link,
        pytest.raises(pymysql.err.OperationalError, match="denied"),
    ):
        link.cursor().execute("DELETE FROM cdr")
    assert freepbx.record("cdr").read(None, since=BEGIN, limit=1).rows == []


def test_a_wrong_password_is_told_without_either(freepbx: Server) -> None:
    with pytest.raises(PeerError, match="SELECT from that table") as raised:
        freepbx.record("cdr", password="another secret").read(None, since=BEGIN, limit=1)
    assert "another secret" not in str(raised.value)
    assert PASSWORD not in str(raised.value)


def test_a_time_that_is_none_and_bytes_that_are_no_text_cost_their_row_alone(freepbx: Server) -> None:
    freepbx.insert(
        "cdr", ("calldate", "clid", "uniqueid"), [("2026-03-02 15:00:07", '"Zo\u00eb \U0001f600" <1>', "1.7")]
    )
    (row,) = freepbx.record("cdr").read(None, since=BEGIN, limit=10).rows
    assert row.get("clid").startswith('"Zo\u00eb \U0001f600"')
    assert (row.get("calldate"), row.get("duration"), row.get("did")) == ("2026-03-02 15:00:07", "0", "")


@pytest.mark.parametrize("table", ["cel", "cdr"])
def test_freepbx_tables_tell_of_the_recorded_runs_what_the_files_tell(freepbx: Server, table: str) -> None:
    """Whole seconds where the files have fractions, `calldate` for `start`, and neither `answer` nor `end`."""
    fill(freepbx, table)
    kind = Cel(UTC) if table == "cel" else Cdr(UTC, TRUNKS)
    source = Source(kind, freepbx.record(table))
    history = History(ListeningRules(outside_prefix="9"), source, None, horizon=ALWAYS)
    while history.read(LATER):
        pass
    stories = history.over(LATER, None)
    found = said([v for story in stories for v in story.verdicts if v.direction is Direction.INBOUND])
    expected = said([v for file in RECORDINGS.rglob("*.ami") for v in told(file.parent, file.stem, (table,))])
    assert found == expected


def said(calls: Sequence[CallEnded]) -> dict[str, tuple[str, str, str]]:
    return {c.call.uniqueid: (str(c.verdict), str(c.reason), c.caller) for c in calls}


def fill(server: Server, table: str) -> None:
    """As FreePBX has the rows written: by cdr_adaptive_odbc and cel_odbc."""
    kept = [name for name in COLUMNS[table] if name not in ("answer", "end", "userfield")]
    rows = []
    for file in sorted(RECORDINGS.rglob(f"*.{table}.csv")):
        with file.open(newline="", encoding="utf-8") as lines:
            for line in csv.reader(lines):
                row = dict(zip(COLUMNS[table], line, strict=False)) | {"amaflags": "3"}
                row |= {time: written(row[time]) for time in ("eventtime", "start") if time in row}
                if row.get("answer") and row["billsec"] == "0":  # the lab's people hang up within a second
                    row["billsec"] = "1"
                rows.append([row.get(name, "") for name in kept])
    server.insert(table, ["calldate" if name == "start" else name for name in kept], rows)


def written(time: str) -> str:
    """FreePBX's column has whole seconds."""
    return datetime.fromisoformat(time).strftime("%Y-%m-%d %H:%M:%S")
