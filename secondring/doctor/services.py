"""Whether the services run: as systemd sees them, and by what each says of itself in the books."""

import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from secondring import expected, wiring
from secondring.doctor.findings import Check, Finding, bad, unseen, well
from secondring.domain import pulse
from secondring.domain.errors import ConfigError, PeerError
from secondring.domain.pulse import Service, Silence, State
from secondring.wiring import Settings

ANSWER_SECONDS = 5
RUN_UNIT = "secondring.service"
UNITS = (RUN_UNIT, pulse.TARGET)
"""All in one, or each by itself."""
WHY = "; why: journalctl -u 'secondring*' -n 50"
LINK = "see `AMI login` below: Asterisk has to run and to know our account (`secondring install --reload`)"


def service_checks(settings: Settings) -> Iterator[Check]:
    """The units, and the services."""
    yield Check("service", lambda: _unit(expected.services(settings)))
    yield Check("services", lambda: _services(settings))


def how_to_start(settings: Settings, *gone: Service) -> str:
    """The command that starts these and stops nothing, as the services run here."""
    whole = len(expected.services(settings)) == len(Service)
    try:
        with wiring.reading(settings) as books:
            return pulse.to_start(gone, apart=pulse.are_apart(books, wiring.now()), whole=whole)
    except (ConfigError, PeerError):
        apart = pulse.to_start(gone, apart=True, whole=whole)
        return f"{pulse.to_start(gone, apart=False)}, or where the services run apart: {apart}"


def _unit(here: Sequence[Service]) -> Finding:
    if not Path("/run/systemd/system").exists():
        return unseen("this machine does not run systemd")
    units = [*UNITS, *(f"{pulse.UNITS[service]}.service" for service in here)]
    done = subprocess.run(  # noqa: S603 - fixed words
        ["systemctl", "is-active", *units],  # noqa: S607 - wherever systemd is
        capture_output=True,
        text=True,
        check=False,
        timeout=ANSWER_SECONDS,
    )
    states = done.stdout.split() or ["unknown"] * len(units)
    return judge_units(dict(zip(units, states, strict=False)))


def judge_units(states: Mapping[str, str]) -> Finding:
    """What systemd says of `run`, of the target and of those that have to run here by themselves."""
    whole = [unit for unit in UNITS if states.get(unit) == "active"]
    single = [unit for unit in states if unit not in UNITS]
    active = [unit for unit in single if states[unit] == "active"]
    if whole or (single and active == single):
        return well(f"{' and '.join(whole or active)} {'is' if len(whole or active) == 1 else 'are'} active")
    if active:
        gone = [unit for unit in single if unit not in active]
        told = ", ".join(f"{unit} is {states[unit]}" for unit in gone)
        return bad(told, f"systemctl enable --now {' '.join(gone)}{WHY}")
    told = ", ".join(f"{unit} is {states.get(unit, 'unknown')}" for unit in UNITS)
    return bad(told, f"systemctl enable --now secondring{WHY}")


def _services(settings: Settings) -> Finding:
    """Which of the services say of themselves that they are here; `run` speaks for all."""
    here = expected.services(settings)
    try:
        with wiring.reading(settings) as books:
            quiet = {s: found for s in here if (found := pulse.silence(pulse.last(books, s), wiring.now()))}
    except (ConfigError, PeerError):
        return unseen("the database, in which each says that it is here, cannot be read")
    if not quiet:
        return well(f"{', '.join(here)}: all heard of within {pulse.SILENT_AFTER.seconds} s")
    unlinked = [service for service, found in quiet.items() if found.because is State.UNLINKED]
    gone = [service for service in quiet if service not in unlinked]
    there = [service for service in here if service not in gone]
    told = [f"not there: {', '.join(f'{one} ({_quiet(quiet[one])})' for one in gone)}"] if gone else []
    if there:
        said = (
            f"{one}, without a link to the PBX{_since(quiet[one])}" if one in unlinked else one
            for one in there
        )
        told += [f"there: {', '.join(said)}"]
    mends = [how_to_start(settings, *gone)] if gone else []
    return bad("; ".join(told), "; ".join([*mends, *([LINK] if unlinked else [])]))


def _quiet(found: Silence) -> str:
    if found.since is None:
        return "never ran"
    return f"{'stopped' if found.because is State.STOPPED else 'silent'}{_since(found)}"


def _since(found: Silence) -> str:
    return f" since {found.since:%Y-%m-%d %H:%M:%S} UTC" if found.since else ""
