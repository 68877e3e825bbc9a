"""`mode:` in the configuration, and the one file that switches it."""

import stat
from pathlib import Path

import pytest

from config.first import Answers, write_first_config
from config.loader import load
from config.mode import FILE, mode_place, switch_mode
from secondring.domain.errors import ConfigError
from tests.unit.config.conftest import configure


def test_a_configuration_that_says_nothing_is_live() -> None:
    settings = configure()
    assert not settings.shadow
    assert not any(site.shadow for site in settings.rules.sites)


def test_in_shadow_every_site_is() -> None:
    settings = configure("mode: shadow")
    assert settings.shadow
    assert all(site.shadow for site in settings.rules.sites)


def test_no_other_mode_is_taken() -> None:
    with pytest.raises(ConfigError, match=r"mode.*shadow"):
        configure("mode: shadows")


def test_a_new_clinic_begins_in_shadow(tmp_path: Path) -> None:
    answers = Answers(clinic="Maple Street Clinic", phone="+1 202 555 0123", zone="America/New_York")
    write_first_config(tmp_path, answers)
    assert load(tmp_path, {}).shadow
    place = mode_place(tmp_path)
    assert place
    assert Path(place.file).name == "10-site.yaml"


def test_the_switch_writes_one_file_that_wins_over_the_first_and_is_for_the_service_to_read(
    home: Path,
) -> None:
    (home / "conf.d/10-site.yaml").write_text((home / "conf.d/10-site.yaml").read_text() + "\nmode: shadow\n")
    assert load(home, {}).shadow
    file = switch_mode(home, "live")
    assert file == home / "conf.d" / FILE
    assert not load(home, {}).shadow
    assert stat.S_IMODE(file.stat().st_mode) & 0o037 == 0
    switch_mode(home, "shadow")
    assert load(home, {}).shadow
    assert [path.name for path in sorted((home / "conf.d").iterdir())] == ["10-site.yaml", FILE]


def test_a_later_file_that_sets_it_is_named_with_its_line_and_nothing_is_written(home: Path) -> None:
    (home / "conf.d/90-ours.yaml").write_text("# ours\nmode: live\n")
    with pytest.raises(ConfigError, match=r"90-ours\.yaml, line 2.*mode: shadow"):
        switch_mode(home, "shadow")
    assert not (home / "conf.d" / FILE).exists()


def test_one_file_that_is_everything_is_left_to_its_owner(home: Path) -> None:
    file = home / "conf.d/10-site.yaml"
    before = file.read_bytes()
    with pytest.raises(ConfigError, match=r"10-site\.yaml is the whole configuration"):
        switch_mode(file, "shadow")
    assert file.read_bytes() == before


def test_nobody_says_it(home: Path) -> None:
    assert mode_place(home) is None


def test_a_place_that_cannot_be_written_is_named(home: Path) -> None:
    (home / "conf.d" / "50-mode.new").mkdir()
    with pytest.raises(ConfigError, match=r"Cannot write .*50-mode\.yaml"):
        switch_mode(home, "shadow")
