"""Warnings that what a command shows may not be all that happened, because somebody does not listen."""

from collections.abc import Collection
from datetime import datetime

from secondring import centre, expected, wiring
from secondring.cli.chosen import last_settings, warn
from secondring.domain import pulse, site_health, story
from secondring.domain.health import WITHOUT
from secondring.domain.ports import Books
from secondring.domain.pulse import Service, Silence, State
from secondring.domain.rules import Site


def warn_of_silence(books: Books, site: Site, now: datetime) -> None:
    """Say so when nobody listens, or a service is gone: what is shown then may not be all that happened."""
    chosen = last_settings()
    here = expected.services(chosen) if chosen is not None else pulse.BESIDE
    if chosen is not None and chosen.boxes is not None:
        _warn_of_silent_boxes(books, chosen, site, now)
    apart = pulse.are_apart(books, now)
    found = pulse.silence(pulse.last(books), now) if Service.LISTEN in here else None
    if found is not None:
        _warn_of_the_listener(found, site, _start(here, Service.LISTEN, apart=apart), apart=apart)
    if found is None or found.because is State.UNLINKED or apart:  # else it was `run`, and all of it is gone
        for service, gone in pulse.silences(books, now, here).items():
            _warn_of_another(service, gone, site, _start(here, service, apart=apart))


def _start(here: Collection[Service], gone: Service, *, apart: bool) -> str:
    by_hand = gone if apart else pulse.RUN
    command = pulse.to_start([gone], apart=apart, whole=len(here) == len(Service))
    return f"Start it: {command}; by hand: `secondring {by_hand}`."


def _warn_of_the_listener(found: Silence, site: Site, start: str, *, apart: bool) -> None:
    since = f" since {story.said_time(found.since, site)}" if found.since else ""
    if found.because is State.UNLINKED:
        warn(
            f"no link to the PBX{since}: calls missed meanwhile are not in here yet. `secondring doctor` tells more."
        )
    elif found.since is None:
        nobody = "the service listen has never run here" if apart else "no service has run here yet"
        warn(f"{nobody}: nothing is noted until one does. {start}")
    else:
        warn(
            f"{_gone('service listen' if apart else 'service', found)}{since}: calls missed meanwhile are not in here"
            f" yet. {start}"
        )


def _gone(what: str, found: Silence) -> str:
    stopped = found.because is State.STOPPED
    return f"the {what} has been stopped" if stopped else f"nothing was heard of the {what}"


def _warn_of_silent_boxes(books: Books, chosen: wiring.Settings, site: Site, now: datetime) -> None:
    for name, since in site_health.silent_boxes(books, centre.boxes(chosen), now):
        when = (
            f"nothing was heard since {story.said_time(since, site)}" if since else "nothing was ever heard"
        )
        warn(
            f"site box {name}: {when}. Calls missed there are not in here yet. `secondring sites list` tells more."
        )


def _warn_of_another(service: Service, found: Silence, site: Site, start: str) -> None:
    since = f" since {story.said_time(found.since, site)}" if found.since else ""
    warn(
        f"{_gone(f'service {service}', found)}{since}. {WITHOUT[service]}. {start} `secondring doctor` tells more."
    )
