"""What `secondring init` leaves behind."""

import grp
import os
import re
import stat
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.first import (
    Answers,
    first_site,
    machine_zone,
    read_phone,
    read_zone,
    write_first_config,
    write_missing_secrets,
)
from config.loader import load
from config.tree import Source, read_all
from secondring.domain.errors import ConfigError
from tests.unit.config.conftest import WHERE, configure

WHERE_TO = Path("/etc/secondring")
ANSWERS = Answers(clinic="Maple Street Clinic", phone="+1 202 555 0123", zone="America/New_York")


def test_the_first_configuration_works_at_once(tmp_path: Path) -> None:
    made = write_first_config(tmp_path / "etc", ANSWERS).made
    assert [str(p.relative_to(tmp_path / "etc")) for p in made] == [
        "conf.d/10-site.yaml",
        "credentials/key",
        "credentials/ami-secret",
        "credentials/ami-dial-secret",
    ]
    settings = load(tmp_path / "etc", {})
    assert settings.rules.sites[0].name == "Maple Street Clinic"
    assert len(settings.key.get_secret_value()) == 32
    assert len(settings.ami.secret.get_secret_value()) >= 43


def test_the_carrier_that_is_suggested_works_once_its_comment_signs_are_gone() -> None:
    text = first_site(ANSWERS, WHERE_TO).replace("carrier-inbound", "carrier-token")  # which the test has
    suggested = re.search(r"^# carriers:\n(?:#   .*\n)+", text, re.MULTILINE)
    assert suggested is not None
    found = configure(re.sub("^# ", "", suggested[0], flags=re.MULTILINE), "webhooks: {port: 8481}")
    (carrier,) = found.carriers
    assert (carrier.name, carrier.kind, carrier.keys.hears_back) == ("main", "http", True)


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    first = write_first_config(tmp_path, ANSWERS).made
    before = [path.read_bytes() for path in first]
    again = write_first_config(tmp_path, ANSWERS)
    assert (again.made, again.kept) == ([], first)
    assert [path.read_bytes() for path in first] == before


def test_what_was_lost_is_made_again(tmp_path: Path) -> None:
    site, key, *_ = write_first_config(tmp_path, ANSWERS).made
    site.unlink()
    kept = key.read_bytes()
    assert write_first_config(tmp_path, ANSWERS).made == [site]
    assert key.read_bytes() == kept


def test_an_older_clinic_gets_the_secret_it_lacks_and_nothing_else(tmp_path: Path) -> None:
    *others, second = write_first_config(tmp_path, ANSWERS).made
    before = [path.read_bytes() for path in others]
    second.unlink()
    others[1].rename(tmp_path / "key-elsewhere")
    assert write_missing_secrets(tmp_path).made == [second]
    assert not others[1].exists(), "a key is never made for books that have one"
    (tmp_path / "key-elsewhere").rename(others[1])
    assert [path.read_bytes() for path in others] == before
    assert stat.S_IMODE(second.stat().st_mode) == 0o600


def test_strangers_cannot_read_it(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        site, key, secret, second = write_first_config(tmp_path, ANSWERS).made
    finally:
        os.umask(old)
    assert [stat.S_IMODE(p.stat().st_mode) for p in (site, key, secret, second)] == [
        0o640,
        0o600,
        0o600,
        0o600,
    ]
    assert stat.S_IMODE(key.parent.stat().st_mode) == 0o700


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_the_service_may_read_the_clinic_but_not_the_secrets(tmp_path: Path) -> None:
    other = next(g for g in grp.getgrall() if g.gr_gid != os.getegid())
    site, key, *_ = write_first_config(tmp_path, ANSWERS, group=other.gr_name).made
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
    tree, problems = read_all([Source(name="first", text=first_site(answers, WHERE_TO))], WHERE)
    if not problems:  # YAML bars a few characters outright, and says so
        assert tree.value(("sites", "main", "name")) == name


def test_a_trial_keeps_everything_in_its_own_directory(tmp_path: Path) -> None:
    write_first_config(tmp_path / "a trial", replace(ANSWERS, places=True))
    settings = load(tmp_path / "a trial", {})
    assert settings.database_url == f"sqlite:///{tmp_path}/a trial/state/secondring.db"
    assert settings.state_directory == tmp_path / "a trial/state"


def test_a_lost_key_is_to_be_restored_and_not_made_anew(tmp_path: Path) -> None:
    _, key, *_ = write_first_config(tmp_path, ANSWERS).made
    key.unlink()
    with pytest.raises(ConfigError, match=r"credentials/key, which does not exist.*Put the key back"):
        load(tmp_path, {})


@pytest.mark.parametrize("name", ["EST", "est", "CST", "America/New York", "Nowhere"])
def test_a_zone_that_would_be_wrong_half_the_year_is_refused_with_a_suggestion(name: str) -> None:
    with pytest.raises(ConfigError, match=r"Did you mean America/|IANA name"):
        read_zone(name)


def test_a_number_is_taken_as_people_write_it() -> None:
    assert read_phone("(202) 555-0123") == "+12025550123"
    with pytest.raises(ConfigError, match="not a phone number"):
        read_phone("555")


@pytest.mark.parametrize(
    ("target", "zone"),
    [
        ("/usr/share/zoneinfo/America/Chicago", "America/Chicago"),
        ("/usr/share/zoneinfo/Etc/UTC", "America/New_York"),
        ("/usr/share/zoneinfo/UTC", "America/New_York"),
        ("/nowhere", "America/New_York"),
    ],
)
def test_the_machines_own_zone_is_offered(tmp_path: Path, target: str, zone: str) -> None:
    link = tmp_path / "localtime"
    link.symlink_to(target)
    assert machine_zone(link) == zone


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
@pytest.mark.parametrize("closed", ["", "conf.d"])
def test_a_folder_that_may_not_be_read_is_not_called_missing(tmp_path: Path, closed: str) -> None:
    write_first_config(tmp_path, ANSWERS)
    (tmp_path / closed).chmod(0o700)
    os.seteuid(65534)
    try:
        with pytest.raises(ConfigError, match=r"may not be read by us.*Run this as root"):
            load(tmp_path, {})
    finally:
        os.seteuid(0)
