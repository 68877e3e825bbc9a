"""`secondring sites`: papers for broker, centre and boxes, and what administrators are told to do with them."""

import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from typer.testing import CliRunner

from secondring import wiring
from secondring.cli import app
from secondring.domain import site_health
from secondring.domain.errors import ConfigError
from secondring.domain.site_health import Beat, Heard
from secondring.site_papers import Authority
from tests.support.terminal import a_clinic

runner = CliRunner()


def told(folder: Path, *words: str, fails: bool = False) -> str:
    result = runner.invoke(app, ["--config", str(folder), "sites", *words])
    assert (result.exit_code != 0) is fails, result.output
    return result.output + (str(result.exception) if fails else "")


@pytest.fixture
def centre(tmp_path: Path) -> Path:
    folder = tmp_path / "centre"
    folder.mkdir()
    a_clinic(folder)
    told(folder, "broker", "--host", "127.0.0.1", "--host", "centre.clinic.example", "--port", "9883")
    return folder


def site_of(folder: Path) -> str:
    return str(wiring.load_files(folder).rules.sites[0].id)


def certificate(file: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(file.read_bytes())


def test_a_centre_and_a_box_can_be_set_up_from_what_is_written(centre: Path, tmp_path: Path) -> None:
    words = told(centre, "add", "north-box", "--site", site_of(centre))
    parcel = centre / "sites/for-north-box"
    assert f"scp -r {parcel}" in words
    assert {file.name for file in parcel.iterdir()} == {
        "ca.pem", "north-box.pem", "north-box.key", "seal", "70-centre.yaml",
    }  # fmt: skip
    settings = wiring.load_files(centre)
    assert settings.boxes is not None
    assert (settings.boxes.broker.host, settings.boxes.broker.port) == ("127.0.0.1", 9883)
    assert settings.boxes.broker.context() is not None
    assert settings.rules.sites[0].box == "north-box"
    box = tmp_path / "box"
    box.mkdir()
    a_clinic(box)
    (box / "sites").mkdir()
    for file in parcel.iterdir():
        if file.suffix in (".pem", ".key"):
            (box / "sites" / file.name).write_bytes(file.read_bytes())
    (box / "credentials/seal").write_bytes((parcel / "seal").read_bytes())
    (box / "credentials/seal").chmod(0o600)
    theirs = (parcel / "70-centre.yaml").read_text().replace("/etc/secondring/sites", str(box / "sites"))
    (box / "conf.d/70-centre.yaml").write_text(theirs)
    there = wiring.load_files(box)
    assert there.centre is not None
    assert there.listening.pbx == "north-box"
    assert there.centre.seal == settings.boxes.known["north-box"].seal
    assert there.centre.broker.context() is not None


def test_secrets_are_for_nobody_else_to_read(centre: Path) -> None:
    told(centre, "add", "north-box", "--site", site_of(centre))
    for place in ("sites/ca.key", "sites/for-north-box/north-box.key", "credentials/seal-north-box"):
        assert stat.S_IMODE((centre / place).stat().st_mode) == 0o600
    assert not (centre / "sites/north-box.key").exists(), "the box's alone"
    assert (centre / "sites/centre.key").stat().st_mode & stat.S_IRWXO == 0


def test_certificates_say_who_and_for_how_long(centre: Path) -> None:
    told(centre, "add", "north-box", "--site", site_of(centre))
    box = certificate(centre / "sites/for-north-box/north-box.pem")
    assert box.subject.rfc4514_string() == "CN=north-box"
    broker = certificate(centre / "sites/for-broker/broker.pem")
    names = broker.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["centre.clinic.example"]
    assert [str(ip) for ip in names.get_values_for_type(x509.IPAddress)] == ["127.0.0.1"]
    left = box.not_valid_after_utc - datetime.now(UTC)
    assert timedelta(days=800) < left < timedelta(days=830)
    box.verify_directly_issued_by(certificate(centre / "sites/ca.pem"))
    uses = box.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert [use.dotted_string for use in uses] == ["1.3.6.1.5.5.7.3.2"], "for a client, never a server"


def test_a_renewed_certificate_leaves_the_key_that_seals_as_it_is(centre: Path) -> None:
    told(centre, "add", "north-box", "--site", site_of(centre))
    seal = (centre / "credentials/seal-north-box").read_bytes()
    before = certificate(centre / "sites/for-north-box/north-box.pem").serial_number
    assert "kept" in told(centre, "add", "north-box", "--site", site_of(centre))
    assert (centre / "credentials/seal-north-box").read_bytes() == seal
    assert certificate(centre / "sites/for-north-box/north-box.pem").serial_number != before


@pytest.mark.parametrize("name", ["centre", "broker", "ca", "+", "#", "a/b", "../x", "", "$share"])
def test_names_that_would_open_other_topics_are_refused(centre: Path, name: str) -> None:
    words = told(centre, "add", "--site", site_of(centre), "--", name, fails=True)
    assert "no name for a box" in words


def test_a_box_needs_a_centre_and_sites_that_there_are(centre: Path, tmp_path: Path) -> None:
    assert "there is no site" in told(centre, "add", "north-box", "--site", "nowhere", fails=True)
    other = tmp_path / "other"
    other.mkdir()
    a_clinic(other)
    assert "sites broker" in told(other, "add", "north-box", "--site", site_of(other), fails=True)
    assert "There are no site boxes" in told(other, "list")


def test_an_authority_whose_key_is_gone_is_not_made_anew_silently(centre: Path) -> None:
    (centre / "sites/ca.key").write_text("no key")
    with pytest.raises(ConfigError, match="put it back"):
        Authority(centre / "sites", datetime.now(UTC))


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ("centre: {host: c.example}", "centre.ca_file"),
        ("boxes: {known: {b: {sites: [nowhere], seal_file: 'credential:seal-north-box'}}}", "is no site"),
        (
            "boxes: {known: {pbx: {sites: [SITE], seal_file: 'env:X'}}}",
            "is a name that the centre has itself",
        ),
        ("boxes: {known: {b: {sites: [SITE], seal_file: 'credential:seal-north-box'}}}", "is that of box"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_place(centre: Path, more: str, words: str) -> None:
    site = site_of(centre)
    told(centre, "add", "north-box", "--site", site)
    (centre / "conf.d/90-more.yaml").write_text(more.replace("SITE", site) + "\n")
    with pytest.raises(ConfigError, match=words.replace(".", r"\.")):
        wiring.load_files(centre)


def test_a_box_is_silent_until_it_is_heard_of_and_its_spool_is_told(centre: Path) -> None:
    told(centre, "add", "north-box", "--site", site_of(centre))
    assert "SILENT" in told(centre, "list")
    at = wiring.now()
    beat = Beat(at=at, waiting=7, oldest_at=at - timedelta(minutes=20), listening=True)
    with wiring.writing(wiring.load_files(centre)) as books:
        site_health.keep(books, "north-box", Heard(at=at, beat=beat))
        assert site_health.last(books, "north-box") == Heard(at=at, beat=beat)
    listed = told(centre, "list")
    assert "linked" in listed
    assert "7" in listed


def test_a_beat_that_somebody_kept_and_sent_again_says_nothing() -> None:
    at = datetime(2026, 3, 2, 15, tzinfo=UTC)
    newest = Heard(at=at, beat=Beat(at=at, waiting=0, oldest_at=None, listening=True))
    old = Beat(at=at - timedelta(minutes=5), waiting=9, oldest_at=None, listening=True)
    assert site_health.beaten(newest, old, at + timedelta(hours=1)) is newest
    gone = site_health.gone(newest, at + timedelta(seconds=5))
    assert not gone.is_silent(at + timedelta(seconds=10)), "it may be back at once"
    assert gone.is_silent(at + timedelta(seconds=26))
    back = site_health.beaten(
        gone, Beat(at=at + timedelta(minutes=1), waiting=0, oldest_at=None, listening=True), at
    )
    assert not back.is_silent(at)
