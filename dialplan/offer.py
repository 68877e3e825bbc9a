"""Renders the offer: its contexts for the dialplan, and its announcement and keys for the queues."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from dialplan.asterisk import version_numbers
from dialplan.prompts import PLACE, stock_sounds
from dialplan.render import template
from secondring.domain.errors import ConfigError

DESTINATION_CHARACTERS = 50
"""What FreePBX keeps of a destination."""
REASSURE_SECONDS = 15
"""How long an urgent caller hears music between two words of reassurance."""
PATIENCE = 1.5
"""Seconds that a call waits for a script; with the way there and back it stays below two."""
PROGRAM_PATIENCE = 4.0
"""Seconds that a call waits for a program of ours to start, work and end: it takes one on an idle box of the year
2020, and several are started at once when several callers press keys."""
MACRO_UNTIL = 20
"""Up to this major version Queue() has an argument for a macro, before the one for a Gosub."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A queue in which the offer is made."""

    name: str
    every: int = 30
    """Seconds between two announcements."""
    from_position: int = 0
    """Callers who would be at this position or behind get the offer before they wait; 0: nobody does."""
    timeout: int = 0
    """Seconds in the queue altogether; 0: without end."""
    options: str = "t"
    """Options of the Queue application."""
    then: str | None = None
    """Where a caller goes on who used a key and was not answered, unless `secondring,queue-NAME,1` was the entry."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LastResort:
    """A site with a triage ladder, and whom its callers are put through to when the ladder fails."""

    site: str
    dids: tuple[str, ...]
    """Their last ten digits: how the dialplan knows the site when nobody tells."""
    dial: str
    """What Dial() takes; empty when there is no last resort."""
    ring: int = 45
    """Seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What the site chose."""

    host: str = "127.0.0.1"
    port: int = 4583
    program: str | None = None
    """What is started for every question, where nobody listens at the port."""
    queues: tuple[Waiting, ...] = ()
    announcement: str = ""
    """The version of the words that callers hear; kept with every key they press."""
    ordinary: str | None = None
    """Where callers go on who came by Goto: `context,extension,priority`."""
    after_text: str = "stay"
    """`stay` on the line, or `hang-up`."""
    mobile_digits: int = 10
    key_seconds: int = 5
    typing_seconds: int = 5
    triage: tuple[LastResort, ...] = ()
    """Sites that find a nurse for urgent callers; those of others are noted as urgent, and go on the ordinary path."""


def render_dialplan(offer: Offer, version: str, *, missing: Collection[str] = ()) -> str:
    """Everything that belongs into extensions.conf. `missing` names prompts of ours that are not built: a stock
    sound takes their place. Raises ConfigError for a value that cannot be written safely.
    """
    _check(offer)

    def say(name: str) -> str:
        return stock_sounds(name) if name in missing else f"{PLACE}/{name}"

    greets = any(name.startswith("greeting-") for name in missing)
    macro = version_numbers(version)[0] <= MACRO_UNTIL
    return template("extensions.conf.j2").render(
        host=offer.host,
        port=offer.port,
        program=offer.program,
        queues=offer.queues,
        announcement=offer.announcement,
        ordinary=offer.ordinary,
        after_text=offer.after_text,
        mobile_digits=offer.mobile_digits,
        key_seconds=offer.key_seconds,
        typing_seconds=offer.typing_seconds,
        patience=PROGRAM_PATIENCE if offer.program else PATIENCE,
        before_position=",," if macro else ",",
        greeting="silence/1" if greets else f"{PLACE}/greeting-${{SR_SITE}}",
        triage=offer.triage,
        reassure=REASSURE_SECONDS,
        site_prompt=_site_prompt(missing),
        say=say,
    )


def render_queues(queues: Sequence[Waiting]) -> str:
    """What belongs after the queues of queues.conf."""
    for queue in queues:
        _check_queue(queue)
    return template("queues.conf.j2").render(queues=queues, say=lambda name: f"{PLACE}/{name}")


def _site_prompt(missing: Collection[str]) -> str:
    """How a nurse is told which clinic calls."""
    name = "urgent-site"
    gone = any(one.startswith(f"{name}-") for one in missing)
    return stock_sounds(name) if gone else f"{PLACE}/{name}-${{SR_SITE}}"


def _check(offer: Offer) -> None:
    if not re.fullmatch(r"[A-Za-z0-9.:\[\]-]{1,60}", offer.host):
        raise ConfigError(f"agi.listen {offer.host!r}: give an address without spaces")
    if offer.program is not None and not re.fullmatch(r"/[A-Za-z0-9_./+-]{1,200}", offer.program):
        raise ConfigError(f"agi.program {offer.program!r}: use letters, digits, - _ . and / only")
    if not re.fullmatch(r"[A-Za-z0-9._-]{0,40}", offer.announcement):
        raise ConfigError(
            f"ivr.announcement_version {offer.announcement!r}: use letters, digits, - _ and . only"
        )
    if offer.ordinary is not None:
        check_destination(offer.ordinary, "ivr.ordinary")
    for queue in offer.queues:
        _check_queue(queue)
    for site in offer.triage:
        _check_site(site)


def _check_site(site: LastResort) -> None:
    fitting = re.fullmatch(r"[a-z0-9_.-]{1,40}", site.site) and all(did.isdigit() for did in site.dids)
    if not fitting or not re.fullmatch(r"[A-Za-z0-9_./@:+*#-]*", site.dial):
        raise ConfigError(f"site {site.site!r}: its last resort cannot be written into a dialplan safely")


def _check_queue(queue: Waiting) -> None:
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,24}", queue.name):
        raise ConfigError(f"queue {queue.name!r}: use 1 to 24 letters, digits, - and _")
    if not re.fullmatch(r"[A-Za-z0-9]*", queue.options):
        raise ConfigError(f"options {queue.options!r} of queue {queue.name}: letters and digits only")
    if queue.then is not None:
        check_destination(queue.then, f"ivr.queues.{queue.name}.then")


def check_destination(text: str, where: str) -> str:
    """The text, when it is `context,extension,priority`; raises ConfigError otherwise."""
    fitting = re.fullmatch(r"[A-Za-z0-9_-]+,[A-Za-z0-9_+*#-]+,[A-Za-z0-9_-]+", text)
    if not fitting or len(text) > DESTINATION_CHARACTERS:
        raise ConfigError(
            f"{where} {text!r}: write context,extension,priority in {DESTINATION_CHARACTERS} characters or fewer"
        )
    return text
