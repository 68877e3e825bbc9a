"""What `secondring init` leaves behind."""

import grp
import os
import stat
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.first import Answers, first_site, write_first_config
from config.loader import load
from config.tree import Source, read_all
from secondring.domain.errors import ConfigError
from tests.unit.config.conftest import WHERE

ANSWERS = Answers(clinic="Maple Street Clinic", phone="+1 202 555 0123", zone="America/New_York")


def test_the_first_configuration_works_at_once(tmp_path: Path) -> None:
    made = write_first_config(tmp_path / "etc", ANSWERS)
    assert [str(p.relative_to(tmp_path / "etc")) for p in made] == [
        "conf.d/10-site.yaml",
        "credentials/key",
        "credentials/ami-secret",
    ]
    settings = load(tmp_path / "etc", {})
    assert settings.rules.sites[0].name == "Maple Street Clinic"
    assert len(settings.key.get_secret_value()) == 32
    assert len(settings.ami.secret.get_secret_value()) >= 43


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    first = write_first_config(tmp_path, ANSWERS)
    before = [path.read_bytes() for path in first]
    assert write_first_config(tmp_path, ANSWERS) == []
    assert [path.read_bytes() for path in first] == before


def test_what_was_lost_is_made_again(tmp_path: Path) -> None:
    site, key, _ = write_first_config(tmp_path, ANSWERS)
    site.unlink()
    kept = key.read_bytes()
    assert write_first_config(tmp_path, ANSWERS) == [site]
    assert key.read_bytes() == kept


def test_strangers_cannot_read_it(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        site, key, secret = write_first_config(tmp_path, ANSWERS)
    finally:
        os.umask(old)
    assert [stat.S_IMODE(p.stat().st_mode) for p in (site, key, secret)] == [0o640, 0o600, 0o600]
    assert stat.S_IMODE(key.parent.stat().st_mode) == 0o700


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_the_service_may_read_the_clinic_but_not_the_secrets(tmp_path: Path) -> None:
    other = next(g for g in grp.getgrall() if g.gr_gid != os.getegid())
    site, key, _ = write_first_config(tmp_path, ANSWERS, group=other.gr_name)
    assert site.stat().st_gid == site.parent.stat().st_gid == other.gr_gid
    assert key.stat().st_gid != other.gr_gid


def test_no_room_for_it_is_told(tmp_path: Path) -> None:
    (tmp_path / "conf.d").write_text("a file in the way", "utf-8")
    with pytest.raises(ConfigError, match=r"Cannot write the configuration to .*--config"):
        write_first_config(tmp_path, ANSWERS)


@settings(deadline=None)
@given(st.text(alphabet=st.characters(exclude_categories=["Cc", "Cs"]), min_size=1))
def test_any_name_comes_back_as_it_was_given(name: str) -> None:
    answers = Answers(clinic=name, phone="+1 202 555 0123", zone="UTC", site="main")
    tree, problems = read_all([Source(name="first", text=first_site(answers))], WHERE)
    if not problems:  # YAML bars a few characters outright, and says so
        assert tree.value(("sites", "main", "name")) == name
