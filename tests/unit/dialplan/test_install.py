"""Install, then uninstall: the PBX's files are as they were, byte for byte, mode for mode."""

import hashlib
import os
import stat
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialplan.install import (
    Flavour,
    PbxSite,
    Pieces,
    Plan,
    carry_out,
    find_site,
    install_plan,
    unified_diff,
    uninstall_plan,
)
from secondring.domain.errors import ConfigError

SECRET = "very-secret-and-long-enough"
OTHER_SECRET = "another-programs-secret"
PIECES = Pieces(
    dialplan="[secondring]\nexten => offer,1,Return()\n",
    manager=f"[secondring]\nsecret = {SECRET}\n",
)
Tree = dict[str, tuple[str, int, str]]


def make_pbx(root: Path, files: Mapping[str, str], *, freepbx: bool = False) -> PbxSite:
    etc = root / "etc/asterisk"
    for directory in (etc, root / "lib/sounds/en"):
        directory.mkdir(parents=True)
    conf = f"[directories]\nastetcdir => {etc}\nastdatadir = {root}/lib ; here\nastlogdir => {root}/log\n"
    (etc / "asterisk.conf").write_text(conf)
    if freepbx:
        (root / "etc/freepbx.conf").write_text("<?php\n")
    for name, text in files.items():
        (etc / name).write_text(text)
        (etc / name).chmod(0o664 if "extensions" in name else 0o600)
    return find_site(etc / "asterisk.conf")


def tree(root: Path) -> Tree:
    return {
        str(path.relative_to(root)): (
            "directory" if path.is_dir() else hashlib.sha256(path.read_bytes()).hexdigest(),
            stat.S_IMODE(path.lstat().st_mode),
            str(path.readlink()) if path.is_symlink() else f"{path.stat().st_uid}:{path.stat().st_gid}",
        )
        for path in sorted(root.rglob("*"))
        if "kept" not in path.parts
    }


def prompts(root: Path, **more: bytes) -> dict[str, Path]:
    for language in ("en", "es"):
        directory = root / "kept/prompts" / language
        directory.mkdir(parents=True, exist_ok=True)
        for name, sound in {"offer": b"RIFF\0offer", **more}.items():
            (directory / f"{name}.wav").write_bytes(sound + language.encode())
    return {language: root / "kept/prompts" / language for language in ("en", "es")}


def install(site: PbxSite, root: Path, pieces: Pieces = PIECES) -> list[str]:
    return carry_out(install_plan(site, pieces), root / "kept/1")


def uninstall(site: PbxSite, root: Path) -> list[str]:
    return carry_out(uninstall_plan(site), root / "kept/2")


file_name = st.sampled_from(
    ["extensions.conf", "manager.conf", "extensions_custom.conf", "manager_custom.conf", "queues.conf"]
)
file_text = st.text(st.sampled_from("[]=>;ab \nöé"), max_size=80)


@given(files=st.dictionaries(file_name, file_text), freepbx=st.booleans(), with_sounds=st.booleans())
def test_any_pbx_is_left_as_it_was_found(files: dict[str, str], freepbx: bool, with_sounds: bool) -> None:
    with TemporaryDirectory() as name:
        root = Path(name)
        site = make_pbx(root, files, freepbx=freepbx)
        before = tree(root)
        pieces = Pieces(
            dialplan=PIECES.dialplan, manager=PIECES.manager, sounds=prompts(root) if with_sounds else {}
        )
        install(site, root, pieces)
        assert tree(root) != before
        assert install_plan(site, pieces).is_empty
        uninstall(site, root)
        assert tree(root) == before
        assert uninstall_plan(site).is_empty


@given(
    files=st.dictionaries(file_name, file_text),
    added=st.dictionaries(file_name, file_text.filter(bool)),
    freepbx=st.booleans(),
)
def test_what_the_administrator_wrote_meanwhile_stays(
    files: dict[str, str], added: dict[str, str], freepbx: bool
) -> None:
    with TemporaryDirectory() as name:
        root = Path(name)
        site = make_pbx(root, files, freepbx=freepbx)
        install(site, root)
        for file, text in added.items():
            with (site.etc / file).open("a", newline="") as edited:
                edited.write(text)
        uninstall(site, root)
        for file, text in added.items():
            assert (site.etc / file).read_text().endswith(text)
        for file, text in files.items():
            assert (site.etc / file).read_text().startswith(text)
        for path in site.etc.glob("*.conf"):
            assert "secondring" not in path.read_text()


@pytest.fixture
def site(tmp_path: Path) -> PbxSite:
    files = {
        "extensions.conf": "[general]\n[from-internal]\n",
        "manager.conf": f"[general]\nenabled = yes\n[other]\nsecret = {OTHER_SECRET}\n",
    }
    return make_pbx(tmp_path, files)


def test_plain_asterisk_gets_one_line_in_each_of_two_files(site: PbxSite, tmp_path: Path) -> None:
    install(site, tmp_path)
    for name in ("extensions.conf", "manager.conf"):
        lines = (site.etc / name).read_text().splitlines()
        assert [line for line in lines if line.startswith("#")] == [f"#tryinclude {site.own}/{name}"]
        assert (site.own / name).stat().st_mode & 0o777 == 0o640
    assert site.own.stat().st_mode & 0o777 == 0o750
    assert not (site.etc / "extensions_custom.conf").exists()


def test_freepbx_keeps_its_generated_files(tmp_path: Path) -> None:
    generated = dict.fromkeys(("extensions.conf", "manager.conf"), "; generated\n")
    site = make_pbx(tmp_path, generated, freepbx=True)
    assert site.flavour is Flavour.FREEPBX
    install(site, tmp_path)
    assert all((site.etc / name).read_text() == text for name, text in generated.items())
    assert str(site.own) in (site.etc / "extensions_custom.conf").read_text()
    assert str(site.own) in (site.etc / "manager_custom.conf").read_text()


def test_a_dry_run_shows_it_and_shows_no_secret(site: PbxSite, tmp_path: Path) -> None:
    before = tree(tmp_path)
    shown = unified_diff(install_plan(site, PIECES))
    assert tree(tmp_path) == before
    assert f"+#tryinclude {site.own}/extensions.conf" in shown
    assert "+secret = ***" in shown
    assert SECRET not in shown
    assert OTHER_SECRET not in shown


def test_every_touched_file_is_kept_where_only_root_can_read_it(site: PbxSite, tmp_path: Path) -> None:
    old = (site.etc / "manager.conf").read_bytes()
    install(site, tmp_path)
    copy = tmp_path / "kept/1" / (site.etc / "manager.conf").relative_to("/")
    assert copy.read_bytes() == old
    assert copy.stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "kept/1").stat().st_mode & 0o777 == 0o700


def test_nothing_to_do_makes_no_back_up(site: PbxSite, tmp_path: Path) -> None:
    install(site, tmp_path)
    assert carry_out(install_plan(site, PIECES), tmp_path / "kept/again") == []
    assert not (tmp_path / "kept/again").exists()


def test_a_link_stays_a_link(site: PbxSite, tmp_path: Path) -> None:
    real = tmp_path / "etc/real.conf"
    (site.etc / "extensions.conf").rename(real)
    (site.etc / "extensions.conf").symlink_to(real)
    before = tree(tmp_path)
    install(site, tmp_path)
    assert (site.etc / "extensions.conf").is_symlink()
    assert str(site.own) in real.read_text()
    uninstall(site, tmp_path)
    assert tree(tmp_path) == before


def test_asterisk_sees_that_a_file_changed(site: PbxSite, tmp_path: Path) -> None:
    os.utime(site.dialplan_file, (1, 1))
    install(site, tmp_path)
    assert site.dialplan_file.stat().st_mtime > 1


def test_an_open_secret_is_closed_again(site: PbxSite, tmp_path: Path) -> None:
    install(site, tmp_path)
    (site.own / "manager.conf").chmod(0o644)
    plan = install_plan(site, PIECES)
    assert unified_diff(plan) == f"mode of {site.own}/manager.conf becomes 640\n"
    carry_out(plan, tmp_path / "kept/3")
    assert (site.own / "manager.conf").stat().st_mode & 0o777 == 0o640


def test_a_new_version_takes_the_place_of_the_old_one(site: PbxSite, tmp_path: Path) -> None:
    before = tree(tmp_path)
    install(site, tmp_path, Pieces(dialplan="a\n", manager="b\n", sounds=prompts(tmp_path, old=b"RIFF\0o")))
    (tmp_path / "kept/prompts/en/old.wav").unlink()
    (tmp_path / "kept/prompts/es/old.wav").unlink()
    install(site, tmp_path, Pieces(dialplan="new\n", manager="b\n", sounds=prompts(tmp_path)))
    assert (site.own / "extensions.conf").read_text() == "new\n"
    assert sorted(path.name for path in site.sounds.rglob("*.wav")) == ["offer.wav", "offer.wav"]
    uninstall(site, tmp_path)
    assert tree(tmp_path) == before


def test_the_clinics_own_recordings_are_not_ours_to_replace_or_remove(site: PbxSite, tmp_path: Path) -> None:
    pieces = Pieces(dialplan="a\n", manager="b\n", sounds=prompts(tmp_path))
    install(site, tmp_path, pieces)
    own = site.sounds / "es/secondring/offer.wav"
    own.write_bytes(b"RIFF\0the clinic's own voice")
    plan = install_plan(site, pieces)
    assert plan.notes == (f"kept your own recording {own}",)
    carry_out(plan, tmp_path / "kept/3")
    uninstall(site, tmp_path)
    assert own.read_bytes() == b"RIFF\0the clinic's own voice"
    assert not (site.sounds / "en/secondring").exists()


def test_an_interrupted_installation_is_completed_by_the_next(site: PbxSite, tmp_path: Path) -> None:
    before = tree(tmp_path)
    whole = install_plan(site, PIECES)
    for steps in range(len(whole.changes)):
        half = Plan(makes=whole.makes, changes=whole.changes[:steps], private=whole.private)
        carry_out(half, tmp_path / f"kept/half-{steps}")
        install(site, tmp_path)
        assert install_plan(site, PIECES).is_empty
        uninstall(site, tmp_path)
        assert tree(tmp_path) == before


def test_damage_is_told_with_file_and_line(site: PbxSite) -> None:
    with site.dialplan_file.open("a") as file:
        file.write("; >>> secondring\n")
    told = r"extensions\.conf, line 3: .*damaged"
    with pytest.raises(ConfigError, match=told):
        install_plan(site, PIECES)
    with pytest.raises(ConfigError, match=told):
        uninstall_plan(site)


def test_a_manager_interface_that_is_off_is_told(tmp_path: Path) -> None:
    site = make_pbx(tmp_path, {"manager.conf": "[general]\n;enabled = yes\n"})
    (note,) = install_plan(site, PIECES).notes
    assert "enabled = yes" in note


def test_a_machine_without_asterisk_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="--asterisk-conf"):
        find_site(tmp_path / "asterisk.conf")


def test_directories_of_the_sample_file_say_nothing(tmp_path: Path) -> None:
    """Asterisk's sample has `[directories](!)`: a template, with which it goes by what it was built with."""
    (tmp_path / "asterisk.conf").write_text(
        "[directories](!)\nastetcdir => /nowhere\nastdatadir => /nowhere\n"
    )
    site = find_site(tmp_path / "asterisk.conf")
    assert (site.etc, site.data) == (tmp_path, Path("/var/lib/asterisk"))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_owner_and_group_stay(site: PbxSite, tmp_path: Path) -> None:
    os.chown(site.dialplan_file, 12345, 23456)
    os.chown(site.etc, 0, 23456)
    site = find_site(site.conf)
    before = tree(tmp_path)
    install(site, tmp_path)
    assert (site.dialplan_file.stat().st_uid, site.dialplan_file.stat().st_gid) == (12345, 23456)
    assert (site.own / "manager.conf").stat().st_gid == 23456
    uninstall(site, tmp_path)
    assert tree(tmp_path) == before
