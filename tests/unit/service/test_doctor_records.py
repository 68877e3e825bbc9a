"""What `doctor` says of the PBX's own records."""

import errno
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from config.loader import load
from lab.record import RECORDINGS
from secondring import recorded
from secondring.doctor.findings import Finding, carried_out
from secondring.doctor.records import record_checks
from secondring.domain.errors import PeerError
from tests.support.terminal import a_clinic

NOW = datetime(2026, 11, 29, 18, tzinfo=UTC)


def look(folder: Path, records: Mapping[str, Any]) -> dict[str, Finding]:
    a_clinic(folder)
    (folder / "conf.d/90-records.yaml").write_text(yaml.safe_dump({"records": records}))
    settings = load(folder, {})
    found = (carried_out(check) for check in record_checks(settings, folder / "log", NOW))
    return {named.name: named.finding for named in found}


@pytest.fixture
def log(tmp_path: Path) -> Path:
    for name, kept in (("queue_log", ".queue_log"), ("cdr.csv", ".cdr.csv"), ("cel.csv", ".cel.csv")):
        (tmp_path / name).write_bytes((RECORDINGS / f"queue_abandoned{kept}").read_bytes())
    return tmp_path


def test_what_is_read_is_told_with_how_new_it_is(log: Path) -> None:
    cdr = {"place": f"{log}/cdr.csv", "trunks": ["PJSIP/carrier-"]}
    places = {"cel": {"place": f"{log}/cel.csv"}, "cdr": cdr}
    found = look(log, places | {"queue_log": f"{log}/queue_log"})
    assert all(finding.ok for finding in found.values()), found
    assert "3 rows since yesterday, the newest of 2026-11-29" in found["queue log"].evidence


def test_a_cdr_that_cannot_tell_who_comes_from_outside_is_grey(log: Path) -> None:
    found = look(log, {"cdr": {"place": f"{log}/cdr.csv"}})["call records"]
    assert (found.ok, "records.cdr.trunks" in found.remedy) == (None, True)


def test_a_cdr_without_uniqueids_is_red(log: Path) -> None:
    rows = [line.rpartition(",")[0] for line in (log / "cdr.csv").read_text().splitlines()]
    (log / "cdr.csv").write_text("\n".join(rows) + "\n")
    found = look(log, {"cdr": {"place": f"{log}/cdr.csv"}})["call records"]
    assert (found.ok, "uniqueid" in found.evidence) == (False, True)
    assert "loguniqueid = yes" in found.remedy


def test_what_asterisk_writes_and_nobody_reads_is_named(log: Path) -> None:
    (log / "log/cel-custom").mkdir(parents=True)
    (log / "log/cel-custom/Master.csv").write_bytes(b"")
    found = look(log, {})["channel events"]
    assert found.ok is None
    assert found.remedy == f"set records.cel.place to {log}/log/cel-custom/Master.csv"


def test_a_database_that_cannot_be_had_is_red_with_the_remedy(log: Path) -> None:
    place = {"place": "mysql+mysqldb://secondring@localhost/asteriskcdrdb"}
    found = look(log, {"cel": place})["channel events"]
    assert found.ok is False
    assert "pip install" in f"{found.evidence} {found.remedy}"


def test_a_directory_that_we_may_not_even_look_into_stops_nobody(
    log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As /var/log/asterisk is to a user who is not in the group asterisk."""
    closed = str(log / "closed")
    stat = Path.stat

    def refusing(path: Path, **how: bool) -> os.stat_result:
        if str(path).startswith(closed):
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return stat(path, **how)

    monkeypatch.setattr(Path, "stat", refusing)
    found = look(log, {"cdr": {"place": f"{closed}/cdr-csv/Master.csv"}, "queue_log": f"{closed}/queue_log"})
    for name in ("call records", "queue log"):
        assert (found[name].ok, "usermod" in found[name].remedy) == (False, True)
    history = recorded.history(load(log, {}))
    assert history is not None
    with pytest.raises(PeerError, match="usermod -a -G asterisk secondring"):
        history.read(NOW)
