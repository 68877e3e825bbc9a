"""`secondring sites`: papers for broker, centre and boxes, and what administrators are told to do with them."""

import json
import shutil
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml
from cryptography import x509
from typer.testing import CliRunner

from secondring import wiring
from secondring.cli import app
from secondring.cli.chosen import to_type
from secondring.doctor.findings import Finding, carried_out
from secondring.doctor.sites import site_checks
from secondring.domain import pulse, site_health
from secondring.domain.errors import ConfigError
from secondring.domain.pulse import Service
from secondring.domain.site_health import Beat, Heard
from secondring.site_papers import Authority
from tests.support.terminal import a_clinic, run

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


@pytest.fixture
def two_sites(centre: Path) -> Path:
    """The centre of a clinic with a second site, `south`."""
    first = yaml.safe_load((centre / "conf.d/10-site.yaml").read_text())["sites"][site_of(centre)]
    south = {"sites": {"south": first | {"dids": ["+12025550177"]}}}
    (centre / "conf.d/20-south.yaml").write_text(yaml.safe_dump(south))
    return centre


def service_ran(folder: Path, *, since: datetime) -> None:
    """The gateway began then, and is alive."""
    with wiring.writing(wiring.load_files(folder)) as books:
        for seconds in range(0, int((wiring.now() - since).total_seconds()) + 1, 15):
            pulse.keep(books, pulse.State.WORKING, since + timedelta(seconds=seconds), Service.GATEWAY)


def kept_in(folder: Path) -> dict[Path, bytes]:
    return {file: file.read_bytes() for file in folder.rglob("*") if file.is_file() and file.suffix != ".db"}


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
    words = told(centre, "add", "north-box", "--site", "nowhere", fails=True)
    assert "is no site" in words
    assert f"There are: {site_of(centre)}" in words
    assert not (centre / "sites/for-north-box").exists()
    other = tmp_path / "other"
    other.mkdir()
    a_clinic(other)
    assert "sites broker" in told(other, "add", "north-box", "--site", site_of(other), fails=True)
    assert "There are no site boxes" in told(other, "list")


def test_a_site_that_is_another_box_s_is_refused_before_anything_is_written(two_sites: Path) -> None:
    site = site_of(two_sites)
    told(two_sites, "add", "north-box", "--site", site)
    before = kept_in(two_sites)
    words = told(two_sites, "add", "other", "--site", "south", "--site", site, fails=True)
    assert f"site {site} is box north-box's" in words
    assert kept_in(two_sites) == before
    told(two_sites, "add", "other", "--site", "south")
    assert wiring.load_files(two_sites).rules.sites[1].box == "other"


def test_what_check_config_would_refuse_is_not_written(two_sites: Path) -> None:
    site = site_of(two_sites)
    elsewhere = f"boxes: {{known: {{hand-made: {{sites: [{site}], seal_file: 'env:X'}}}}}}\n"
    (two_sites / "conf.d/90-more.yaml").write_text(elsewhere)
    before = kept_in(two_sites)
    words = told(two_sites, "add", "north-box", "--site", site, fails=True)
    assert "Nothing was changed" in words
    assert "hand-made" in words
    assert kept_in(two_sites) == before


def test_a_site_box_is_not_made_a_centre(tmp_path: Path) -> None:
    a_clinic(tmp_path)
    papers = "".join(f", {key}: /p" for key in ("ca_file", "cert_file", "cert_key_file"))
    (tmp_path / "conf.d/70-centre.yaml").write_text(
        f"centre: {{host: c.example{papers}, seal_file: 'env:X'}}\n"
    )
    assert "not both" in told(tmp_path, "broker", "--host", "c.example", fails=True)
    assert not (tmp_path / "sites").exists()


@pytest.mark.parametrize(
    "mends", [("add", "other", "--site", "south"), ("remove", "other"), ("remove", "north-box")]
)
def test_a_file_that_gives_a_site_to_two_boxes_can_be_mended(two_sites: Path, mends: tuple[str, ...]) -> None:
    site = site_of(two_sites)
    told(two_sites, "add", "north-box", "--site", site)
    told(two_sites, "add", "other", "--site", "south")
    file = two_sites / "conf.d/70-site-boxes.yaml"
    file.write_text(file.read_text().replace("- south", f"- {site}"))
    with pytest.raises(ConfigError, match="secondring sites remove other"):
        wiring.load_files(two_sites)
    told(two_sites, *mends)
    wiring.load_files(two_sites)


def test_a_box_that_is_removed_takes_its_entry_and_papers_along_and_nothing_else(two_sites: Path) -> None:
    told(two_sites, "add", "north-box", "--site", site_of(two_sites))
    accounts = {two_sites / "sites/issued", two_sites / "sites/revoked.pem"}
    before = kept_in(two_sites)
    told(two_sites, "add", "other", "--site", "south")
    words = told(two_sites, "remove", "other")
    after = kept_in(two_sites)
    assert {file for file in before if before[file] != after.get(file)} == accounts
    assert after.keys() == before.keys()
    assert not (two_sites / "sites/for-other").exists()
    for step in ("On the box", "Here", "On the broker's machine"):
        assert step in words
    assert "there are: north-box" in told(two_sites, "remove", "other", fails=True)
    told(two_sites, "remove", "north-box")
    assert "There are no site boxes" in told(two_sites, "list")
    assert site_of(two_sites) == str(wiring.load_files(two_sites).rules.sites[0].id)


def called_back(folder: Path) -> set[int]:
    found = x509.load_pem_x509_crl((folder / "sites/revoked.pem").read_bytes())
    assert found.is_signature_valid(certificate(folder / "sites/ca.pem").public_key())  # type: ignore[arg-type]
    assert found.next_update_utc == certificate(folder / "sites/ca.pem").not_valid_after_utc
    return {one.serial_number for one in found}


def test_every_certificate_that_a_removed_box_ever_had_is_called_back_and_no_other(two_sites: Path) -> None:
    site, serials = site_of(two_sites), set()
    for _ in range(2):
        told(two_sites, "add", "north-box", "--site", site)
        serials.add(certificate(two_sites / "sites/for-north-box/north-box.pem").serial_number)
    told(two_sites, "add", "other", "--site", "south")
    assert called_back(two_sites) == set(), (
        "renewing calls nothing back: the box may not have the new one yet"
    )
    told(two_sites, "remove", "north-box")
    assert called_back(two_sites) == serials
    assert len(serials) == 2
    told(two_sites, "add", "north-box", "--site", site)
    assert certificate(two_sites / "sites/for-north-box/north-box.pem").serial_number not in called_back(
        two_sites
    )
    told(two_sites, "broker", "--host", "127.0.0.1", "--port", "9883")
    parcel = two_sites / "sites/for-broker"
    assert (parcel / "revoked.pem").read_bytes() == (two_sites / "sites/revoked.pem").read_bytes()
    assert "crlfile /etc/mosquitto/secondring/revoked.pem" in (parcel / "secondring-sites.conf").read_text()


def test_a_certificate_of_before_accounts_were_kept_is_called_back_too(centre: Path) -> None:
    told(centre, "add", "north-box", "--site", site_of(centre))
    serial = certificate(centre / "sites/for-north-box/north-box.pem").serial_number
    (centre / "sites/issued").unlink()
    told(centre, "remove", "north-box")
    assert called_back(centre) == {serial}


def test_a_list_that_cannot_be_read_is_not_made_anew_silently(centre: Path) -> None:
    told(centre, "add", "north-box", "--site", site_of(centre))
    (centre / "sites/revoked.pem").write_text("no list")
    before = kept_in(centre)
    assert "put it back" in told(centre, "remove", "north-box", fails=True)
    assert kept_in(centre) == before


def test_what_an_administrator_adds_to_the_file_stays(two_sites: Path) -> None:
    file = two_sites / "conf.d/70-site-boxes.yaml"
    file.write_text(file.read_text() + "  own_pbx: true\n")
    told(two_sites, "add", "other", "--site", "south")
    told(two_sites, "remove", "other")
    boxes = wiring.load_files(two_sites).boxes
    assert boxes is not None
    assert boxes.own_pbx


def test_a_box_that_had_no_time_to_be_heard_of_is_not_called_silent(centre: Path) -> None:
    told(centre, "add", "north-box", "--site", site_of(centre))
    assert site_health.NOT_YET in told(centre, "list"), "nothing runs here that could hear it"
    service_ran(centre, since=wiring.now() - timedelta(seconds=15))
    listed = told(centre, "list")
    assert site_health.NOT_YET in listed
    assert "SILENT" not in listed
    assert json.loads(told(centre, "list", "--json"))["silent"] is None
    assert found_at(centre, "site box north-box").ok is None


def test_a_box_that_was_heard_of_before_the_service_stopped_is_silent(centre: Path) -> None:
    told(centre, "add", "north-box", "--site", site_of(centre))
    with wiring.writing(wiring.load_files(centre)) as books:
        site_health.keep(books, "north-box", Heard(at=wiring.now() - timedelta(hours=1)))
    assert "SILENT" in told(centre, "list")


def found_at(folder: Path, name: str) -> Finding:
    """What `doctor` finds."""
    (check,) = (one for one in site_checks(wiring.load_files(folder)) if one.name == name)
    return carried_out(check).finding


def test_doctor_names_the_section_of_the_sites_broker(centre: Path) -> None:
    found = found_at(centre, "the site boxes' broker")
    assert found.ok is False
    said = f"{found.evidence} {found.remedy}"
    assert "boxes.host and boxes.port" in said
    assert "mqtt." not in said


def test_what_is_to_be_done_on_the_box_is_told_without_our_folder(centre: Path) -> None:
    told(centre, "add", "north-box", "--site", site_of(centre))
    service_ran(centre, since=wiring.now() - timedelta(minutes=5))
    found = found_at(centre, "site box north-box")
    assert found.ok is False
    assert "On the box" in found.remedy
    assert "secondring doctor" in found.remedy
    assert to_type(found.remedy) == found.remedy


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
    at = wiring.now()
    service_ran(centre, since=at - timedelta(minutes=5))
    assert "SILENT" in told(centre, "list")
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


@pytest.fixture
def box(centre: Path, tmp_path: Path) -> Path:
    """A site box with the papers that the centre made for it."""
    told(centre, "add", "north-box", "--site", site_of(centre))
    given, folder = centre / "sites/for-north-box", tmp_path / "box"
    folder.mkdir()
    a_clinic(folder)
    (folder / "sites").mkdir()
    for file in given.iterdir():
        place = {"seal": folder / "credentials/seal", "70-centre.yaml": folder / "conf.d/70-centre.yaml"}
        shutil.copy(file, place.get(file.name, folder / "sites" / file.name))
    part = folder / "conf.d/70-centre.yaml"
    part.write_text(part.read_text().replace("/etc/secondring/sites", str(folder / "sites")))
    return folder


@pytest.mark.parametrize("seal", [b"not a key", None])
def test_a_seal_that_is_none_is_not_made_on_the_spot(box: Path, seal: bytes | None) -> None:
    file = box / "credentials/seal"
    file.unlink() if seal is None else file.write_bytes(seal)
    with pytest.raises(ConfigError) as refused:
        wiring.load_files(box)
    said = str(refused.value)
    assert "centre.seal_file" in said
    assert "copy it from the other one" in said
    assert "openssl" not in said, "a key of our own making is not the centre's"
    assert "database" not in said


def test_papers_that_were_not_copied_are_named_with_what_makes_them(box: Path) -> None:
    assert found_at(box, "papers of this site box").ok
    (box / "sites/north-box.pem").unlink()
    found = found_at(box, "papers of this site box")
    assert found.ok is False
    assert "north-box.pem cannot be read (no such file or directory)" in found.evidence
    assert "at the centre, `sites add`" in found.remedy
    (box / "sites/north-box.pem").write_text("no certificate")
    assert "it is no certificate" in found_at(box, "papers of this site box").evidence


def test_check_config_says_who_texts_for_a_site_box(box: Path) -> None:
    said = run("--config", str(box), "check-config")
    assert "site box north-box: its centre, 127.0.0.1, sends the texts" in said
    assert "until you choose another" not in said, "a site box has no carrier"
