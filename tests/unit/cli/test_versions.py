"""`settings`: what was set on the pages, seen, taken back and dropped by command."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from secondring import wiring
from secondring.domain.errors import ConfigError
from secondring.domain.settings import Path as Path_
from secondring.domain.settings import SettingsVersion, Value, set_on
from tests.support.terminal import a_clinic, run

NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)


def test_what_was_set_on_screen_can_be_seen_taken_back_and_dropped(tmp_path: Path) -> None:
    begin = a_clinic(tmp_path)
    assert "Nothing is set on screen" in run(*begin, "settings", "list")
    assert "Nothing was ever set" in run(*begin, "settings", "history")
    values: dict[Path_, Value] = {
        ("sites", "main", "name"): "Other Clinic",
        ("follow_up", "link_silence"): "3h",
    }
    with wiring.writing(wiring.load_files(tmp_path)) as books:
        overlay = set_on({}, values, by="A. Admin", at=NOW, version=1)
        books.add_settings(SettingsVersion(number=1, at=NOW, by="A. Admin", note="a try", overlay=overlay))

    rows = [json.loads(line) for line in run(*begin, "settings", "list", "--json").splitlines()]
    assert [(row["key"], row["value"], row["by"]) for row in rows] == [
        ("follow_up.link_silence", "3h", "A. Admin"),
        ("sites.main.name", "Other Clinic", "A. Admin"),
    ]
    file = tmp_path / "conf.d/10-site.yaml"
    line = next(
        n for n, words in enumerate(file.read_text().splitlines(), 1) if words.strip().startswith("name:")
    )
    assert rows[1]["file"] == f"{file}:{line}"
    checked = run(*begin, "check-config")
    assert "site main: Other Clinic" in checked
    assert "note: sites.main.name" in checked
    assert f"`secondring --config {tmp_path} settings drop sites.main.name`" in checked
    assert "+ Other Clinic" in run(*begin, "settings", "show", "1")

    assert "version 2 now" in run(*begin, "settings", "rollback", "0")
    assert "Northside Clinic" in run(*begin, "check-config")
    run(*begin, "settings", "rollback", "1")
    assert "this is version 4" in run(*begin, "settings", "drop", "sites.main")
    assert json.loads(run(*begin, "check-config", "--json")) | {"files": []} == {
        "ok": True,
        "files": [],
        "sites": 1,
        "version": 4,
        "disagreements": [],
        "warnings": [],
    }
    history = [
        json.loads(line)["version"] for line in run(*begin, "settings", "history", "--json").splitlines()
    ]
    assert history == [4, 3, 2, 1]


def test_settings_can_be_mended_when_nothing_else_starts(tmp_path: Path) -> None:
    begin = a_clinic(tmp_path)
    with wiring.writing(wiring.load_files(tmp_path)) as books:
        overlay = set_on({}, {("sites", "gone", "name"): "Gone"}, by="A. Admin", at=NOW, version=1)
        books.add_settings(SettingsVersion(number=1, at=NOW, by="A. Admin", note="a try", overlay=overlay))
    with pytest.raises(ConfigError, match=r"settings drop sites\.gone"):
        run(*begin, "check-config")
    run(*begin, "settings", "drop", "sites.gone")
    assert "is good" in run(*begin, "check-config")


def test_carriers_say_what_files_and_screen_say_of_them(tmp_path: Path) -> None:
    begin = a_clinic(tmp_path)
    file = tmp_path / "conf.d/20-carriers.yaml"
    file.write_text(
        "carriers:\n  - {name: main, kind: handset, poll: 1s}\n  - {name: spare, kind: handset}\n", "utf-8"
    )
    values: dict[Path_, Value] = {
        ("carriers", "_order"): ["spare", "main"],
        ("carriers", "main", "poll"): "9s",
        ("carriers", "gone", "poll"): "9s",
    }
    with wiring.writing(wiring.load_files(tmp_path)) as books:
        overlay = set_on({}, values, by="A. Admin", at=NOW, version=1)
        books.add_settings(SettingsVersion(number=1, at=NOW, by="A. Admin", note="a try", overlay=overlay))

    checked = run(*begin, "check-config")
    assert "carriers, the preferred one first: spare (handset), main (handset)" in checked
    assert f"carriers.main.poll: {file}:2 says otherwise" in checked
    assert f"carriers._order: {file}:1 says otherwise" in checked
    assert f"carriers.gone.poll: {file}:1 has no carrier called gone" in checked
    assert f"`secondring --config {tmp_path} settings drop carriers.gone.poll`" in checked
    (found,) = [json.loads(line) for line in run(*begin, "check-config", "--json").splitlines()]
    assert {one["key"]: one["gone"] for one in found["disagreements"]} == {
        "carriers._order": [], "carriers.main.poll": [], "carriers.gone.poll": ["gone"],
    }  # fmt: skip
    run(*begin, "settings", "drop", "carriers")
    checked = run(*begin, "check-config")
    assert "carriers, the preferred one first: main (handset), spare (handset)" in checked
    assert "note:" not in checked
