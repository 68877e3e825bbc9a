"""Whether the services run: as systemd sees them, and by what each says of itself in the books."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

from secondring import wiring
from secondring.doctor.findings import Check, Finding, bad, unseen, well
from secondring.domain import pulse
from secondring.domain.errors import ConfigError, PeerError
from secondring.domain.pulse import Service, State
from secondring.wiring import Settings

ANSWER_SECONDS = 5
UNITS = ("secondring.service", "secondring.target")
"""All in one, or each by itself."""


def service_checks(settings: Settings) -> Iterator[Check]:
    """The units, and the services."""
    yield Check("service", _unit)
    yield Check("services", lambda: _services(settings))


def _unit() -> Finding:
    if not Path("/run/systemd/system").exists():
        return unseen("this machine does not run systemd")
    done = subprocess.run(  # noqa: S603 - fixed words
        ["systemctl", "is-active", *UNITS],  # noqa: S607 - wherever systemd is
        capture_output=True,
        text=True,
        check=False,
        timeout=ANSWER_SECONDS,
    )
    states = dict(zip(UNITS, done.stdout.split() or ["unknown"] * len(UNITS), strict=False))
    active = [unit for unit, state in states.items() if state == "active"]
    if active:
        return well(f"{' and '.join(active)} is active")
    told = ", ".join(f"{unit} is {state}" for unit, state in states.items())
    return bad(told, "systemctl enable --now secondring; why: journalctl -u 'secondring*' -n 50")


def _services(settings: Settings) -> Finding:
    """Which of the services say of themselves that they are here; `run` speaks for all."""
    expected = _expected(settings)
    try:
        with wiring.reading(settings) as books:
            quiet = {
                s: found for s in expected if (found := pulse.silence(pulse.last(books, s), wiring.now()))
            }
    except (ConfigError, PeerError):
        return unseen("the database, in which each says that it is here, cannot be read")
    alive = ", ".join(service for service in expected if service not in quiet)
    if not quiet:
        return well(f"{alive}: all heard of within {pulse.SILENT_AFTER.seconds} s")
    gone = ", ".join(f"{service} ({_quiet(found)})" for service, found in quiet.items())
    return bad(
        f"not there: {gone}{f'; there: {alive}' if alive else ''}",
        "start what is missing: `secondring run` is all of them; by itself each is secondring-listener, -agi,"
        " -gateway or -web.service",
    )


def _expected(settings: Settings) -> list[Service]:
    """What has to run here; a site box leaves texts and pages to its centre."""
    expected = [Service.LISTEN]
    expected += [Service.AGI] if settings.agi.program is None else []
    if settings.centre is None:
        expected += [Service.GATEWAY]
        expected += [Service.WEB] if settings.web.port is not None else []
    return expected


def _quiet(found: pulse.Silence) -> str:
    if found.since is None:
        return "never ran"
    because = {State.STOPPED: "stopped", State.UNLINKED: "no link to the PBX"}
    words = because.get(found.because, "silent") if found.because else "silent"
    return f"{words} since {found.since:%Y-%m-%d %H:%M:%S} UTC"
