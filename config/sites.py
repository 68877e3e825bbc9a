"""The keys of a clinic with several PBXs: a site box's centre, a centre's site boxes; and what is built from them."""

import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import Field, SecretBytes

from config.fields import AbsolutePath, Line, Word
from config.ladders import Slip
from config.links import SecretPlace
from config.section import Section

if TYPE_CHECKING:
    from config.build import Secrets
    from config.schema import Configuration

_Port = Annotated[int, Field(ge=1, le=65535)]
CENTRE = "centre"
"""The centre's own name at the broker, which no box may have."""


class _BrokerKeys(Section):
    host: Line | None = Field(examples=["centre.clinic.example"])
    """Where the centre's MQTT broker is; empty: there is none."""
    port: _Port = Field(examples=["8883"])
    """Its port for TLS with client certificates."""
    ca_file: AbsolutePath | None = Field(examples=["/etc/secondring/sites/ca.pem"])
    """The authority that `secondring sites` made; nobody else's certificates are believed."""
    cert_file: AbsolutePath | None = Field(examples=["/etc/secondring/sites/north.pem"])
    """Our certificate for the broker, which knows us by it."""
    cert_key_file: AbsolutePath | None = Field(examples=["/etc/secondring/sites/north.key"])
    """Its private key; not for everybody to read."""


class Centre(_BrokerKeys):
    """On a site box: the centre that texts, and where people work. With a host, this machine only listens and rings."""

    seal_file: SecretPlace | None = Field(examples=["credential:seal"])
    """Where the key is kept that this box and the centre share: it seals what the broker must not read."""


class BoxKeys(Section):
    """A site box. The key it stands under is its `pbx.name`."""

    sites: tuple[Word, ...] = Field(min_length=1, examples=["[north]"])
    """The sites whose calls it hears and whose ladders it rings."""
    seal_file: SecretPlace = Field(examples=["credential:seal-north"])
    """Where the key is kept that the box and this centre share."""


class Boxes(_BrokerKeys):
    """At the centre: the site boxes that it does the casework for."""

    own_pbx: bool = Field(examples=["true"])
    """This machine listens to a PBX of its own too."""
    known: dict[Word, BoxKeys] = Field(
        examples=["{north: {sites: [north], seal_file: credential:seal-north}}"]
    )
    """The boxes, each under its `pbx.name`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsBroker:
    """A broker that knows us by our certificate."""

    host: str
    port: int
    ca_file: Path
    cert_file: Path
    cert_key_file: Path

    def context(self) -> ssl.SSLContext:
        """Raises OSError or ssl.SSLError when the files do not serve."""
        made = ssl.create_default_context(cafile=str(self.ca_file))
        made.minimum_version = ssl.TLSVersion.TLSv1_2
        made.load_cert_chain(self.cert_file, self.cert_key_file)
        return made


@dataclass(frozen=True, slots=True, kw_only=True)
class CentreSettings:
    """A box's way to its centre."""

    broker: TlsBroker
    seal: SecretBytes


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxSettings:
    """One box, as the centre knows it."""

    sites: tuple[str, ...]
    seal: SecretBytes


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxesSettings:
    """The centre's way to its boxes."""

    broker: TlsBroker
    own_pbx: bool
    known: dict[str, BoxSettings]


def build_centre(keys: Centre, secrets: "Secrets") -> CentreSettings | None:
    """None on a machine that is no site box."""
    broker = _broker(keys)
    if broker is None or keys.seal_file is None:
        return None
    return CentreSettings(broker=broker, seal=secrets.seal(keys.seal_file, ("centre", "seal_file")))


def build_boxes(keys: Boxes, secrets: "Secrets") -> BoxesSettings | None:
    """None where there are no boxes."""
    broker = _broker(keys)
    if broker is None:
        return None
    known = {
        name: BoxSettings(
            sites=box.sites, seal=secrets.seal(box.seal_file, ("boxes", "known", name, "seal_file"))
        )
        for name, box in keys.known.items()
    }
    return BoxesSettings(broker=broker, own_pbx=keys.own_pbx, known=known)


def _broker(keys: _BrokerKeys) -> TlsBroker | None:
    if keys.host is None or not (keys.ca_file and keys.cert_file and keys.cert_key_file):
        return None
    return TlsBroker(
        host=keys.host,
        port=keys.port,
        ca_file=keys.ca_file,
        cert_file=keys.cert_file,
        cert_key_file=keys.cert_key_file,
    )


def box_of(found: "Configuration", site: str) -> str:
    """The box that rings a site's phones; empty when our own PBX does."""
    if found.boxes.host is None:
        return ""
    return next((name for name, box in found.boxes.known.items() if site in box.sites), "")


def slips_of_sites(found: "Configuration") -> Iterator[Slip]:
    """What is refused."""
    for section, keys in (("centre", found.centre), ("boxes", found.boxes)):
        if keys.host is None:
            continue
        for name in (
            "ca_file",
            "cert_file",
            "cert_key_file",
            *(("seal_file",) if section == "centre" else ()),
        ):
            if getattr(keys, name) is None:
                remedy = f"`secondring sites add` makes the file and says where it goes: name it in {section}.{name}."
                yield (section, name), f"is missing, and {section}.host is there", remedy
    if found.centre.host is not None and found.boxes.host is not None:
        yield (
            ("boxes", "host"),
            "is there, and centre.host too",
            "A machine is a site box or the centre, not both.",
        )
    if found.centre.host is not None and found.alarms.texts:
        what = "are there, and this is a site box, which texts nobody"
        yield ("alarms", "texts"), what, "Write them into the centre's files; here name alarms.mail or mqtt."
    yield from _slips_of_boxes(found)


def _slips_of_boxes(found: "Configuration") -> Iterator[Slip]:
    owner: dict[str, str] = {}
    seals: dict[str, str] = {}
    for name, box in found.boxes.known.items():
        path = ("boxes", "known", name)
        if name in (CENTRE, found.pbx.name):
            yield path, "is a name that the centre has itself", "Give that box's PBX another pbx.name."
        if seals.setdefault(box.seal_file, name) != name:
            remedy = "Each box needs a key of its own, or one that is stolen opens the others' messages."
            yield (*path, "seal_file"), f"is that of box {seals[box.seal_file]} too", remedy
        for place, site in enumerate(box.sites):
            at = (*path, "sites", place)
            if site not in found.sites:
                yield at, "is no site", f"There are: {', '.join(found.sites)}."
            elif owner.setdefault(site, name) != name:
                remedy = (
                    f"A site's calls are heard by one box: `secondring sites add {name} --site` with its other sites,"
                    f" or `secondring sites remove {name}`."
                )
                yield at, f"belongs to box {owner[site]} too", remedy
