"""The papers of site boxes: an authority of the clinic's own, a certificate for each box, the centre and the broker,
the key that a box and the centre seal with, mosquitto's files that let each box into its own topics only, and the list
of certificates that are called back.
"""

import contextlib
import ipaddress
import os
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from secondring.domain.errors import ConfigError

AUTHORITY_DAYS, PAPER_DAYS = 3650, 825
EARLIER = timedelta(hours=1)
"""A certificate is good from a little before it was made: another machine's clock may be behind."""
CENTRE, BROKER, AUTHORITY = "centre", "broker", "ca"
TAKEN = frozenset({CENTRE, BROKER, AUTHORITY})
ISSUED, REVOKED = "issued", "revoked.pem"
"""Which certificates were made for whom, and the list of those that are called back."""
SEAL_BYTES = 32

ACCESS = f"""# Written by `secondring sites`. Who may say and hear what; everything else is refused.
# %u is the name in a box's certificate (use_identity_as_username).

user {CENTRE}
topic read secondring/+/up/#
topic write secondring/+/down/#

pattern write secondring/%u/up/#
pattern read secondring/%u/down/#
"""


@dataclass(frozen=True, slots=True)
class Papers:
    """A certificate and its key, in PEM."""

    cert: Path
    key: Path


class Authority:
    """The clinic's own authority, in a folder of the centre. Its key never leaves it."""

    def __init__(self, folder: Path, now: datetime) -> None:
        """Made when it is not there yet."""
        self.folder = folder
        self._now = now
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.papers = Papers(folder / "ca.pem", folder / "ca.key")
        if not self.papers.key.exists():
            self._make()
        self._key = _private_key(self.papers.key)
        self._cert = _certificate(self.papers.cert)
        self.revoked = folder / REVOKED
        if not self.revoked.exists():
            self._write_revoked(())

    def _make(self) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Second Ring sites")])
        made = (
            _begun(name, name, key, self._now, AUTHORITY_DAYS)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(signs=True), critical=True)
            .sign(key, hashes.SHA256())
        )
        _write(self.papers, key, made)

    def issue(self, name: str, *, hosts: tuple[str, ...] = (), days: int = PAPER_DAYS) -> Papers:
        """A certificate in that name: for a client, or with hosts for the broker. Takes the place of an earlier one."""
        papers = Papers(self.folder / f"{name}.pem", self.folder / f"{name}.key")
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        purpose = ExtendedKeyUsageOID.SERVER_AUTH if hosts else ExtendedKeyUsageOID.CLIENT_AUTH
        built = (
            _begun(subject, self._cert.subject, key, self._now, days)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False
            )
        )
        if hosts:
            built = built.add_extension(
                x509.SubjectAlternativeName([_host(h) for h in hosts]), critical=False
            )
        made = built.sign(self._key, hashes.SHA256())
        with (self.folder / ISSUED).open("a") as log:  # first: what is not in here cannot be called back
            log.write(f"{name} {made.serial_number:x}\n")
        _write(papers, key, made)
        return papers

    def revoke(self, name: str) -> int:
        """Call back every certificate that was made in that name; returns how many are on the list for it now.

        Only a broker that has the new list refuses them.
        """
        serials = {made for whose, made in self._issued() if whose == name}
        with contextlib.suppress(ConfigError):  # made by a version that kept no account
            serials.add(_certificate(self.folder / f"{name}.pem").serial_number)
        known = {one.serial_number: one for one in _revocations(self.revoked)}
        fresh = (_called_back(serial, self._now) for serial in sorted(serials - known.keys()))
        self._write_revoked((*known.values(), *fresh))
        return len(serials)

    def _issued(self) -> list[tuple[str, int]]:
        try:
            rows = [line.split() for line in (self.folder / ISSUED).read_text().splitlines()]
        except FileNotFoundError:
            return []
        return [(row[0], int(row[1], 16)) for row in rows if len(row) == 2]

    def _write_revoked(self, called_back: Iterable[x509.RevokedCertificate]) -> None:
        begun = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self._cert.subject)
            .last_update(self._now - EARLIER)
            .next_update(
                self._cert.not_valid_after_utc
            )  # a broker refuses everybody by a list that has run out
            .add_extension(x509.CRLNumber(int(self._now.timestamp())), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False
            )
        )
        for one in called_back:
            begun = begun.add_revoked_certificate(one)
        new = self.revoked.with_suffix(".new")
        new.write_bytes(begun.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
        new.replace(self.revoked)


def write_seal(file: Path) -> bool:
    """A new key to seal with. False when there is one, which stays: messages under way are sealed with it."""
    try:
        opened = os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        return False
    with os.fdopen(opened, "w") as out:
        out.write(secrets.token_hex(SEAL_BYTES) + "\n")
    return True


def broker_files(folder: Path, where: Path, port: int) -> None:
    """mosquitto's configuration for the boxes' listener, and its access list, for papers that lie in `where`."""
    (folder / "access").write_text(ACCESS)
    (folder / "secondring-sites.conf").write_text(
        "# Written by `secondring sites`.\n"
        "per_listener_settings true\n"
        f"listener {port}\n"
        f"cafile {where}/ca.pem\n"
        f"certfile {where}/broker.pem\n"
        f"keyfile {where}/broker.key\n"
        f"crlfile {where}/{REVOKED}\n"
        "tls_version tlsv1.2\n"
        "require_certificate true\n"
        "use_identity_as_username true\n"
        "allow_anonymous false\n"
        f"acl_file {where}/access\n"
        "persistence false\n"
        "max_packet_size 65536\n"
    )


def _host(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _begun(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, now: datetime, days: int
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - EARLIER)
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs,
        crl_sign=signs,
        encipher_only=False,
        decipher_only=False,
    )


def _write(papers: Papers, key: ec.EllipticCurvePrivateKey, cert: x509.Certificate) -> None:
    plain = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    new = papers.key.with_suffix(".new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as out:
        out.write(plain)
    papers.cert.write_bytes(cert.public_bytes(serialization.Encoding.PEM))
    new.replace(papers.key)


def _private_key(file: Path) -> ec.EllipticCurvePrivateKey:
    try:
        found = serialization.load_pem_private_key(file.read_bytes(), None)
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"{file} cannot be read ({type(error).__name__}): put it back from its copy"
        ) from None
    if not isinstance(found, ec.EllipticCurvePrivateKey):
        raise ConfigError(f"{file} is no key that `secondring sites` made: put it back from its copy")
    return found


def _revocations(file: Path) -> list[x509.RevokedCertificate]:
    try:
        return list(x509.load_pem_x509_crl(file.read_bytes()))
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"{file} cannot be read ({type(error).__name__}): put it back from its copy"
        ) from None


def _called_back(serial: int, now: datetime) -> x509.RevokedCertificate:
    return x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(now).build()


def _certificate(file: Path) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(file.read_bytes())
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"{file} cannot be read ({type(error).__name__}): put it back from its copy"
        ) from None
