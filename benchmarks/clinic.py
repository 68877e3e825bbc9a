"""The clinic that is measured: everything as installed, but the brakes, which would rightly stop such a storm."""

import contextlib
import secrets
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dialplan.render import render_manager
from lab.load import DID as LOAD
from lab.pbx import Pbx
from lab.service import Manager, Service
from secondring.domain.twins import ASK

LOOSE = 5000
"""A brake's limit that 20 calls a second do not reach, but that is counted up to as usual. As installed, a
site's 60th text in a minute is the last."""
WIDE = 100_000
"""A brake's limit that hundreds of calls a second do not reach within a minute. It is asked for with each call, as any
other limit is: that is part of what is measured."""
UNPACED = 1_000_000
"""Texts a second that the carrier may be handed: as fast as they come."""
SITES = {"northside": "2025550100", "southside": "2025550180", "eastside": "2025550181"}
"""One caller opens one episode at each, so a few numbers make many texts."""
ALWAYS = {"mon-sun": ["00:00-24:00"]}


def settings(carrier_url: str, *, account: str, concurrency: int, brake: int) -> dict[str, Any]:
    """What differs from the defaults."""
    return {
        "ami": {"user": account},
        "carrier": {"kind": "http", "http": {"url": carrier_url}},
        "gateway": {"per_second": UNPACED, "concurrency": concurrency},
        "guards": {
            "settle": "0s",
            "per_number_per_day": brake,
            "per_site_per_minute": brake,
            "all_per_minute": brake,
        },
        "sites": {name: _site(name, did) for name, did in SITES.items()},
    }


def _site(name: str, did: str) -> dict[str, Any]:
    return {
        "name": f"{name.capitalize()} Clinic",
        "phone": f"+1{did}",
        "sender": f"+1{did}",
        "dids": [f"+1{did}", *({f"+1{LOAD}"} if did == SITES["northside"] else ())],
        "zone": "America/New_York",
        "hours": ALWAYS,
        "booking_url": f"https://book.{name}.example/new",
    }


@contextlib.contextmanager
def service(
    pbx: Manager,
    carrier_url: str,
    *,
    account: str = "secondring",
    concurrency: int = 4,
    brake: int = LOOSE,
) -> Iterator[Service]:
    """`secondring run`, listening as that account, its database on a real disk."""
    with tempfile.TemporaryDirectory(prefix="secondring-bench-", dir="/var/tmp") as home:
        _put_secret(Path(home), pbx.secrets[account])
        config = settings(carrier_url, account=account, concurrency=concurrency, brake=brake)
        with Service(pbx, config=config, home=Path(home)) as running:
            has_asked()
            yield running


def has_asked() -> None:
    """Wait until a service that has just come has asked who else listens: until then it lays missed calls aside."""
    time.sleep(ASK + 0.5)


def add_account(pbx: Pbx, name: str, *, filtered: bool) -> None:
    """Give the PBX the account that `secondring render manager` writes, with or without its event filter."""
    secret = secrets.token_urlsafe(24)
    text = render_manager(name, secret, pbx.asterisk.version)
    if not filtered:
        text = "".join(line for line in text.splitlines(keepends=True) if not line.startswith("eventfilter"))
    pbx.secrets[name] = secret
    pbx.add_config("manager", text, name=name)
    pbx.cli("manager reload")


def _put_secret(home: Path, secret: str) -> None:
    (home / "credentials").mkdir(mode=0o700)
    file = home / "credentials/ami-secret"
    file.touch(mode=0o600)
    file.write_text(secret)
