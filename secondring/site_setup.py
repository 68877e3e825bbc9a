"""Lays the papers of site boxes where they belong, and says in plain words what is to be copied where."""

import os
import re
import shutil
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

from config.loader import Layers, config_path, default_source, find_files, read_files
from config.problems import Place
from config.tree import Source
from secondring.domain.errors import ConfigError
from secondring.site_papers import BROKER, CENTRE, REVOKED, TAKEN, Authority, broker_files, write_seal

OWN_FILE = "conf.d/70-site-boxes.yaml"
HEAD = """\
# Written by `secondring sites`: `sites add` and `sites remove` change the boxes here. They keep every value and no
# comment; what you add yourself, such as boxes.own_pbx, is safest in another file of conf.d.
"""
BOX_HEAD = "# Written by `secondring sites add` at the centre. The box's own keys belong into other files of conf.d.\n"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,40}")


BROKER_PLACE = Path("/etc/mosquitto/secondring")


def make_broker(directory: Path | None, hosts: tuple[str, ...], port: int, where: Path, now: datetime) -> str:
    """The authority, the papers of broker and centre, mosquitto's files, our own part of the configuration."""
    root = config_path(directory, os.environ)
    folder = root / "sites"
    kept = _kept(root)
    kept["boxes"] = {
        **kept.get("boxes", {}),
        "host": hosts[0],
        "port": port,
        "ca_file": str(folder / "ca.pem"),
        "cert_file": str(folder / f"{CENTRE}.pem"),
        "cert_key_file": str(folder / f"{CENTRE}.key"),
    }
    _refuse_what_breaks(root, kept)
    authority = Authority(folder, now)
    ours = authority.issue(CENTRE)
    parcel = _broker_parcel(authority, hosts, port, where)
    _keep(root, kept)
    for file in (authority.papers.cert, ours.cert, ours.key, root / OWN_FILE):
        _for_the_service(root, file)
    return f"""The authority and this centre's papers are in {authority.folder}.
Keep a copy of {authority.papers.key}: whoever has it can make boxes of this clinic, and without it nobody can.

1. On the broker's machine, as root, with the folder {parcel}:
     apt-get install mosquitto
     install -d -o mosquitto -m 700 {where}
     install -o mosquitto -m 600 {parcel}/* {where}/
     rm -f /etc/mosquitto/conf.d/secondring-sites.conf
     ln -sf {where}/secondring-sites.conf /etc/mosquitto/conf.d/00-secondring-sites.conf
     systemctl restart mosquitto
   Then rm -r {parcel}
   It has to be the first file there: mosquitto takes `per_listener_settings` before any other rule only, and rules of
   your own belong below a `listener` of their own from then on.
2. Open port {port} of that machine for the boxes.
3. For each box: secondring sites add BOX --site SITE
"""


def _broker_parcel(authority: Authority, hosts: tuple[str, ...], port: int, where: Path) -> Path:
    folder = _new_folder(authority.folder / "for-broker")
    papers = authority.issue(BROKER, hosts=hosts)
    shutil.copy(authority.papers.cert, folder / "ca.pem")
    shutil.copy(papers.cert, folder / "broker.pem")
    shutil.copy(authority.revoked, folder / REVOKED)
    papers.key.replace(folder / "broker.key")
    broker_files(folder, where, port)
    return folder


def _new_folder(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    return folder


def add_box(directory: Path | None, name: str, sites: tuple[str, ...], now: datetime) -> str:
    """A box's certificate, its seal key, what goes to the box, and our part of the configuration."""
    root = config_path(directory, os.environ)
    if not NAME.fullmatch(name) or name in TAKEN:
        raise ConfigError(
            f"{name[:40]!r} is no name for a box: letters, digits, - and _, and none of {', '.join(TAKEN)}"
        )
    kept = _kept(root)
    boxes = kept.get("boxes", {})
    if "host" not in boxes:
        raise ConfigError("this machine is no centre yet: run `secondring sites broker --host NAME` first")
    known = boxes.get("known", {})
    _refuse_taken(name, sites, known)
    kept["boxes"] = {
        **boxes,
        "known": {**known, name: {"sites": list(sites), "seal_file": f"credential:{_seal(root, name).name}"}},
    }
    _refuse_what_breaks(root, kept)
    authority = Authority(root / "sites", now)
    authority.issue(name)
    seal = _seal(root, name)
    seal.parent.mkdir(mode=0o700, exist_ok=True)
    is_new = write_seal(seal)
    _keep(root, kept)
    _for_the_service(root, root / OWN_FILE)
    parcel = _parcel(root, authority, name, boxes)
    seal_told = "made" if is_new else "kept, for what is under way is sealed with it"
    return f"""Box {name}, for {", ".join(sites)}. Its certificate: made. Its key to seal with: {seal_told}.

1. Copy the folder to the box, by a way that nobody else can read (it holds two secrets), and delete it here:
     scp -r {parcel} root@BOX:/root/{parcel.name} && rm -r {parcel}
2. On the box, with Second Ring installed there (docs/install.md), as root:
     install -d -m 750 -g secondring /etc/secondring/sites
     install -m 640 -g secondring /root/{parcel.name}/*.pem /root/{parcel.name}/*.key /etc/secondring/sites/
     install -m 600 /root/{parcel.name}/seal /etc/secondring/credentials/seal
     install -m 640 -g secondring /root/{parcel.name}/70-centre.yaml /etc/secondring/conf.d/
     rm -r /root/{parcel.name}
     secondring check-config && systemctl restart secondring
   The box needs the same `sites:` as this centre, at least its own, with the same numbers, hours and ladder.
3. Here: systemctl restart secondring (or secondring-gateway), then `secondring sites list` until the box is linked.
"""


def remove_box(directory: Path | None, name: str, now: datetime) -> str:
    """Its entry, its papers and its key out of this machine, its certificates called back; what it brought stays."""
    root = config_path(directory, os.environ)
    kept = _kept(root)
    boxes = kept.get("boxes", {})
    known = boxes.get("known", {})
    if name not in known:
        there = ", ".join(sorted(known)) or "none"
        raise ConfigError(f"there is no box {name[:40]!r} in {root / OWN_FILE}; there are: {there}")
    authority = Authority(root / "sites", now)
    authority.revoke(name)
    kept["boxes"] = {**boxes, "known": {other: keys for other, keys in known.items() if other != name}}
    _keep(root, kept)  # before the papers: with them gone and the entry here, no command would start
    _for_the_service(root, root / OWN_FILE)
    folder = root / "sites"
    shutil.rmtree(folder / f"for-{name}", ignore_errors=True)
    for paper in (folder / f"{name}.pem", folder / f"{name}.key", _seal(root, name)):
        paper.unlink(missing_ok=True)
    return f"""Box {name} is out, with its papers and its key. The calls that it brought stay.

1. On the box, if it is still there. What waits in its spool (`doctor` there tells) reaches nobody from now on:
     systemctl disable --now secondring.target secondring
     rm -r /etc/secondring/sites /etc/secondring/credentials/seal /etc/secondring/conf.d/70-centre.yaml
2. Here: secondring check-config && systemctl restart secondring (or secondring-gateway).
   Whatever comes in its name is refused then. Its sites can be another box's, by `sites add`.
3. On the broker's machine: put the list of certificates that are called back, {authority.revoked}, in
   the place of the one there, and restart mosquitto. The box gets in no more, and the last word kept of it is gone:
     install -o mosquitto -m 600 {authority.revoked.name} {BROKER_PLACE}/ && systemctl restart mosquitto
   Is there no line `crlfile` in secondring-sites.conf there? Then run `secondring sites broker` here again first.
"""


def _seal(root: Path, name: str) -> Path:
    return root / "credentials" / f"seal-{name}"


def _refuse_taken(name: str, sites: tuple[str, ...], known: dict[str, Any]) -> None:
    for other, keys in known.items():
        taken = [site for site in sites if other != name and site in keys.get("sites", ())]
        if taken:
            raise ConfigError(
                f"site {taken[0]} is box {other}'s, and a site's calls are heard by one box; nothing was changed."
                f" `secondring sites remove {other}` frees it, or `secondring sites add {other} --site` with its other"
                " sites"
            )


def _refuse_what_breaks(root: Path, kept: dict[str, Any]) -> None:
    """What `check-config` would say if our own part were that. A service that does not start again hears nobody."""
    ours = root / OWN_FILE
    others = [file for file in find_files(root) if file != ours]
    sources = [*read_files(others), Source(name=str(ours), text=_written(kept))]
    layers = Layers(
        sources=(default_source(), *sorted(sources, key=lambda source: source.name)),
        where=Place(file=str(ours)),
    )
    try:
        layers.checked()
    except ConfigError as error:
        raise ConfigError(
            f"Nothing was changed, for no command could read this afterwards. {error}"
        ) from None


def _parcel(root: Path, authority: Authority, name: str, boxes: dict[str, Any]) -> Path:
    folder = _new_folder(root / "sites" / f"for-{name}")
    shutil.copy(authority.papers.cert, folder / "ca.pem")
    for ending in ("pem", "key"):
        shutil.copy(authority.folder / f"{name}.{ending}", folder / f"{name}.{ending}")
    shutil.copy(_seal(root, name), folder / "seal")
    there = "/etc/secondring/sites"
    centre = {
        "host": boxes["host"],
        "port": boxes["port"],
        "ca_file": f"{there}/ca.pem",
        "cert_file": f"{there}/{name}.pem",
        "cert_key_file": f"{there}/{name}.key",
        "seal_file": "credential:seal",
    }
    words = yaml.safe_dump({"pbx": {"name": name}, "centre": centre}, sort_keys=False)
    (folder / "70-centre.yaml").write_text(BOX_HEAD + words)
    (authority.folder / f"{name}.key").unlink()  # the box's alone from here on
    return folder


def _kept(root: Path) -> dict[str, Any]:
    file = root / OWN_FILE
    try:
        found = yaml.safe_load(file.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, yaml.YAMLError) as error:
        raise ConfigError(f"{file} cannot be read ({type(error).__name__}): look at the file") from None
    return found if isinstance(found, dict) else {}


def _written(kept: dict[str, Any]) -> str:
    return HEAD + yaml.safe_dump(kept, sort_keys=False)


def _keep(root: Path, kept: dict[str, Any]) -> None:
    file = root / OWN_FILE
    file.parent.mkdir(exist_ok=True)
    new = file.with_suffix(".new")
    new.write_text(_written(kept), "utf-8")
    new.chmod(0o640)
    new.replace(file)


def _for_the_service(root: Path, file: Path) -> None:
    """Readable by the service's group, which the configuration's folder has."""
    os.chown(file, -1, root.stat().st_gid)
    file.chmod(0o640)
    file.parent.chmod(file.parent.stat().st_mode | 0o050)
    os.chown(file.parent, -1, root.stat().st_gid)
