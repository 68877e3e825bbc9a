"""Lays the papers of site boxes where they belong, and says in plain words what is to be copied where."""

import os
import re
import shutil
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

from config.loader import config_path
from secondring.domain.errors import ConfigError
from secondring.site_papers import BROKER, CENTRE, TAKEN, Authority, broker_files, write_seal

OWN_FILE = "conf.d/70-site-boxes.yaml"
HEAD = "# Written by `secondring sites`, which writes it anew: do not edit.\n"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,40}")


BROKER_PLACE = Path("/etc/mosquitto/secondring")


def make_broker(directory: Path | None, hosts: tuple[str, ...], port: int, where: Path, now: datetime) -> str:
    """The authority, the papers of broker and centre, mosquitto's files, our own part of the configuration."""
    root = config_path(directory, os.environ)
    authority = Authority(root / "sites", now)
    ours = authority.issue(CENTRE)
    parcel = _broker_parcel(authority, hosts, port, where)
    kept = _kept(root)
    kept["boxes"] = {
        **kept.get("boxes", {}),
        "host": hosts[0],
        "port": port,
        "ca_file": str(authority.papers.cert),
        "cert_file": str(ours.cert),
        "cert_key_file": str(ours.key),
    }
    _keep(root, kept)
    for file in (authority.papers.cert, ours.cert, ours.key, root / OWN_FILE):
        _for_the_service(root, file)
    return f"""The authority and this centre's papers are in {authority.folder}.
Keep a copy of {authority.papers.key}: whoever has it can make boxes of this clinic, and without it nobody can.

1. On the broker's machine, as root, with the folder {parcel}:
     apt-get install mosquitto
     install -d -o mosquitto -m 700 {where}
     install -o mosquitto -m 600 {parcel}/* {where}/
     ln -s {where}/secondring-sites.conf /etc/mosquitto/conf.d/
     systemctl restart mosquitto
   Then rm -r {parcel}
2. Open port {port} of that machine for the boxes.
3. For each box: secondring sites add BOX --site SITE
"""


def _broker_parcel(authority: Authority, hosts: tuple[str, ...], port: int, where: Path) -> Path:
    folder = _new_folder(authority.folder / "for-broker")
    papers = authority.issue(BROKER, hosts=hosts)
    shutil.copy(authority.papers.cert, folder / "ca.pem")
    shutil.copy(papers.cert, folder / "broker.pem")
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
    authority = Authority(root / "sites", now)
    authority.issue(name)
    credentials = root / "credentials"
    credentials.mkdir(mode=0o700, exist_ok=True)
    seal = credentials / f"seal-{name}"
    is_new = write_seal(seal)
    known = {**boxes.get("known", {}), name: {"sites": list(sites), "seal_file": f"credential:{seal.name}"}}
    kept["boxes"] = {**boxes, "known": known}
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


def _parcel(root: Path, authority: Authority, name: str, boxes: dict[str, Any]) -> Path:
    folder = _new_folder(root / "sites" / f"for-{name}")
    shutil.copy(authority.papers.cert, folder / "ca.pem")
    for ending in ("pem", "key"):
        shutil.copy(authority.folder / f"{name}.{ending}", folder / f"{name}.{ending}")
    shutil.copy(root / "credentials" / f"seal-{name}", folder / "seal")
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
    (folder / "70-centre.yaml").write_text(HEAD + words)
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


def _keep(root: Path, kept: dict[str, Any]) -> None:
    file = root / OWN_FILE
    file.parent.mkdir(exist_ok=True)
    new = file.with_suffix(".new")
    new.write_text(HEAD + yaml.safe_dump(kept, sort_keys=False), "utf-8")
    new.chmod(0o640)
    new.replace(file)


def _for_the_service(root: Path, file: Path) -> None:
    """Readable by the service's group, which the configuration's folder has."""
    os.chown(file, -1, root.stat().st_gid)
    file.chmod(0o640)
    file.parent.chmod(file.parent.stat().st_mode | 0o050)
    os.chown(file.parent, -1, root.stat().st_gid)
