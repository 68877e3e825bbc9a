"""`secondring mode`, and the foot of every command while nothing is sent."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from secondring import wiring
from secondring.cli import app
from secondring.domain.records import Origin, Outcome, TextState
from secondring.domain.settings import Setting, SettingsVersion
from tests.support.books import ANNA, BEN, MINUTE, a_text, an_episode
from tests.support.terminal import a_clinic, run

runner = CliRunner()
FOOT = "SHADOW MODE: nothing is sent"


@pytest.fixture
def begin(tmp_path: Path) -> list[str]:
    """A clinic as `init` leaves it, with what a morning of shadow mode wrote."""
    words = a_clinic(tmp_path)
    now = wiring.now()
    with wiring.writing(wiring.load_settings(tmp_path)) as books:
        for number, caller in ((1, ANNA), (2, BEN), (3, ANNA)):
            reached = Outcome.REACHED if number == 2 else None
            books.save_episode(
                an_episode(
                    number, caller=caller, origin=Origin.SHADOW, opened_at=now - MINUTE, outcome=reached
                )
            )
        for number in (1, 2):
            books.save_text(a_text(number, "first-open", state=TextState.WITHHELD, created_at=now - MINUTE))
    return words


def test_the_report_counts_shadow_apart(begin: list[str]) -> None:
    shown = " ".join(run(*begin, "report").split())
    assert "shadow: 2 missed callers would have been texted; nothing was sent." in shown
    assert "1 of them spoke with a person all the same." in shown
    assert "1 more could not or should not be texted" in shown
    assert "0 of 0 missed callers" in shown
    (row,) = [json.loads(line) for line in run(*begin, "report", "--json").splitlines()]
    assert row["shadow"] == {"missed": 3, "would_have_been_texted": 2, "reached_all_the_same": 1}
    assert row["recovery"]["denominator"] == 0


@pytest.mark.parametrize(
    "command", [["calls"], ["episodes"], ["tasks"], ["report"], ["explain", "E-1"], ["bookings"]]
)
def test_every_command_that_shows_data_says_so_at_its_foot(begin: list[str], command: list[str]) -> None:
    if command[0] == "explain":
        rows = run(*begin, "episodes", "--json").splitlines()
        command = ["explain", json.loads(rows[0])["episode"]]
    assert FOOT in run(*begin, *command).splitlines()[-1]
    assert FOOT not in run(*begin, *command, "--json")
    run(*begin, "mode", "live", "--yes")
    assert FOOT not in run(*begin, *command)


def test_what_shows_no_data_has_no_such_foot(begin: list[str]) -> None:
    assert FOOT not in run(*begin, "render", "manager")
    assert FOOT not in run("try", stdin="book\n")


def test_it_shows_the_mode_and_where_it_is_set(begin: list[str]) -> None:
    shown = run(*begin, "mode")
    assert shown.startswith("shadow: every call is judged")
    assert "10-site.yaml, line " in shown
    row = json.loads(run(*begin, "mode", "--json"))
    assert row["mode"] == "shadow"
    assert "10-site.yaml:" in row["set_by"]


def test_going_live_asks_once_and_says_what_comes_next(begin: list[str]) -> None:
    folder = Path(begin[1])
    refused = runner.invoke(app, [*begin, "mode", "live"], input="n\n")
    assert refused.exit_code == 1
    assert wiring.load_settings(folder).shadow
    told = run(*begin, "mode", "live", stdin="y\n")
    assert "simulated phones" in told
    assert "systemctl restart secondring" in told
    assert not wiring.load_settings(folder).shadow
    assert "nothing changed" in run(*begin, "mode", "live")


def test_where_callers_who_wait_hear_the_offer_the_queues_have_to_follow(begin: list[str]) -> None:
    (Path(begin[1]) / "conf.d/20-queues.yaml").write_text('ivr: {queues: {"400": {every: 30s}}}\n')
    assert f"`secondring --config {begin[1]} render queues`" in run(*begin, "mode", "live", "--yes")
    assert "take our part out of Asterisk's queues" in run(*begin, "mode", "shadow", "--yes")


def test_what_it_tells_to_type_is_about_this_configuration(begin: list[str]) -> None:
    here = f"secondring --config {begin[1]}"
    assert f"`{here} mode live` switches" in run(*begin, "mode")
    assert f"  {here} doctor\n" in run(*begin, "mode", "live", "--yes")


def test_check_config_says_it(begin: list[str]) -> None:
    assert "mode shadow: nothing is sent" in run(*begin, "check-config")


def test_what_was_set_on_screen_is_not_switched_behind_its_back(begin: list[str], tmp_path: Path) -> None:
    at = wiring.now()
    kept = Setting(value="live", by="A. Admin", at=at, version=1)
    version = SettingsVersion(number=1, at=at, by="A. Admin", note="went live", overlay={("mode",): kept})
    with wiring.writing(wiring.load_settings(tmp_path)) as books:
        books.add_settings(version)
    told = run(*begin, "mode")
    assert told.startswith("live:")
    assert "set on screen by A. Admin" in " ".join(told.split())
    refused = runner.invoke(app, [*begin, "mode", "shadow", "--yes"])
    assert refused.exit_code != 0
    assert "secondring settings drop mode" in str(refused.exception)
    assert not list(tmp_path.rglob("50-mode.yaml"))
    run(*begin, "settings", "drop", "mode")
    assert run(*begin, "mode").startswith("shadow:")
