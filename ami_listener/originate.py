"""Rings phones for urgent callers, and reads what becomes of them.

A nurse is rung through `Local/NUMBER@secondring-nurse/n`: its first half is up when she has pressed 1, and then goes
on to `secondring-join`. Its Uniqueid is ours (`sr-` and the attempt's id), so it is known again after a crash, and
what happens to it comes as facts on the same link. Nothing is ever sent a second time without a look first.
"""

import asyncio
import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol

from ami_listener.protocol import Fields, Reply
from secondring.domain.errors import PeerError
from secondring.domain.facts import HungUp
from secondring.domain.ids import Uniqueid
from secondring.domain.ladder import DIALABLE
from secondring.domain.triage_events import Why
from secondring.domain.urgent_case import CHANNEL_PREFIX

log = logging.getLogger(__name__)

OTHER_HALF = "-2"
"""What the Uniqueid of the Local channel's second half ends with: the half that dials."""
SCREEN_TIME = timedelta(seconds=25)
"""On top of the ring time: the question, twice, and its answer."""
EVENT_FIRST = 0.5
"""Seconds that the channel's own hang-up, whose cause says more, may come after OriginateResponse."""

BY_CAUSE = {
    17: Why.BUSY,
    18: Why.NO_KEY,
    19: Why.NO_ANSWER,
    20: Why.UNAVAILABLE,
    21: Why.REFUSED,
    3: Why.UNAVAILABLE,
    34: Why.UNAVAILABLE,
}
"""Q.850 causes as `secondring-nurse` and `secondring-join` give them; none when a call ends as calls do."""
BY_REASON = {"1": Why.NO_ANSWER, "3": Why.NO_ANSWER, "5": Why.BUSY, "8": Why.UNAVAILABLE}
"""OriginateResponse's Reason (pbx.c): 0 is everything else."""
CODECS = "ulaw"
"""What a nurse's leg speaks inside the PBX, as trunks and most phones do: left to itself, Asterisk takes slin, and
transcodes. Debian's and Ubuntu's builds drop a transcoded voice for minutes when it follows a prompt in the same
translation and its RTP numbers are above 32769; see docs/urgent.md."""
_PLAIN = re.compile(r"[A-Za-z0-9_./@:+*#;=~-]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ringing:
    """One nurse's phone to be rung, with all that the dialplan has to know should we die meanwhile."""

    attempt: str
    case: str
    site: str
    language: str
    number: str
    dial: str
    """What Dial() takes for the nurse's phone."""
    ring: timedelta
    waiting_since: int
    """Seconds since 1970."""
    shown: str
    """The clinic's own number: what nurse and patient see."""
    line: str = field(default="", repr=False)
    """The waiting caller's channel; empty when nobody waits."""
    patient: str = field(default="", repr=False)
    """What Dial() takes for the patient's phone; empty when it is not known."""
    patient_ring: timedelta = timedelta(seconds=45)
    last_try: bool = False
    """No other call to the patient will follow: the nurse is told so."""


class Link(Protocol):
    """What is needed of an `AmiLink`."""

    async def action(self, fields: Fields, *, until: str | None = None, within: float | None = None) -> Reply:
        """Send an action; PeerError when no answer comes."""
        ...


class Dialler:
    """The actions of one PBX, on the link of the account that may dial."""

    def __init__(self, link: Link) -> None:
        self._link = link

    async def ring(self, phone: Ringing) -> Why | None:
        """Ring, and wait until the PBX says how that went. None when somebody accepted, or when nobody can tell:
        then a look at its channels has to.
        """
        within = (phone.ring + SCREEN_TIME).total_seconds() + 5
        try:
            reply = await self._link.action(originate(phone), until="OriginateResponse", within=within)
        except PeerError as error:
            log.warning("attempt %s: %s", phone.attempt, error)
            return None
        if not reply.ok:
            log.error("the PBX refused to ring attempt %s: %s", phone.attempt, reply.why)
            return Why.ERROR
        outcome = reply.events[-1] if reply.events else None
        if outcome is None or outcome.get("Response") == "Success":
            return None
        await asyncio.sleep(EVENT_FIRST)
        return BY_REASON.get(outcome.get("Reason"), Why.ERROR)

    async def stop(self, attempts: Sequence[str]) -> None:
        """Stop ringing these; those that are over already are left alone."""
        for attempt in attempts:
            await self._tell({"Action": "Hangup", "Channel": channel_id(attempt), "Cause": "26"})

    async def set_line(self, attempt: str, line: str) -> None:
        """Whoever accepts on this attempt is to be joined with that line."""
        name = checked("line", line)
        await self._tell(
            {"Action": "Setvar", "Channel": channel_id(attempt), "Variable": "SR_CALLER", "Value": name}
        )

    async def to_last_resort(self, line: str) -> None:
        """Send the waiting caller on."""
        await self._tell(
            {
                "Action": "Redirect",
                "Channel": checked("line", line),
                "Context": "secondring-sub-urgent",
                "Exten": "last",
                "Priority": "1",
            }
        )

    async def look(self) -> None:
        """Ask what is alive; the answer comes as a StockTaken among the facts."""
        await self._tell({"Action": "CoreShowChannels"})

    async def _tell(self, fields: Fields) -> None:
        try:
            reply = await self._link.action(fields)
        except PeerError as error:
            log.warning("%s", error)
            return
        if not reply.ok:
            log.info("%s: %s", fields["Action"], reply.why)


def originate(phone: Ringing) -> dict[str, str | list[str]]:
    """The action. Raises ValueError for anything that the dialplan could read as more than a value."""
    if not DIALABLE.fullmatch(phone.number):
        raise ValueError(f"attempt {phone.attempt}: its number holds more than digits, +, * and #")
    variables = {
        "__SR_CASE": phone.case,
        "__SR_SITE": phone.site,
        "__SR_LANGUAGE": phone.language,
        "__SR_SINCE": str(phone.waiting_since),
        "SR_DIAL": phone.dial,
        "SR_RING": _seconds(phone.ring),
        "SR_CALLER": phone.line,
        "SR_PATIENT": phone.patient,
        "SR_PATIENT_RING": _seconds(phone.patient_ring),
        "SR_LAST_TRY": "1" if phone.last_try else "",
        "SR_CLI": phone.shown,
    }
    name = channel_id(phone.attempt)
    return {
        "Action": "Originate",
        "Channel": f"Local/{phone.number}@secondring-nurse/n",
        "Context": "secondring-join",
        "Exten": "s",
        "Priority": "1",
        "Async": "true",
        "Codecs": CODECS,
        "Timeout": str(int((phone.ring + SCREEN_TIME).total_seconds() * 1000)),
        "ChannelId": name,
        "OtherChannelId": f"{name}{OTHER_HALF}",
        "CallerID": f"<{checked('shown', phone.shown)}>",
        "Variable": [f"{key}={checked(key, value)}" for key, value in variables.items()],
    }


def channel_id(attempt: str) -> str:
    """The Uniqueid of the channel that an attempt rings by."""
    return f"{CHANNEL_PREFIX}{checked('attempt', attempt)}"


def attempt_of(channel: Uniqueid) -> str | None:
    """The attempt that a channel is the accepting half of; None for all other channels."""
    if not channel.startswith(CHANNEL_PREFIX) or channel.endswith(OTHER_HALF):
        return None
    return channel.removeprefix(CHANNEL_PREFIX)


def attempt_dialled_by(channel: Uniqueid) -> str | None:
    """The attempt that a channel is the dialling half of."""
    if not channel.startswith(CHANNEL_PREFIX) or not channel.endswith(OTHER_HALF):
        return None
    return channel.removeprefix(CHANNEL_PREFIX).removesuffix(OTHER_HALF)


def why_ended(fact: HungUp) -> Why | None:
    """Why a nurse's channel ended; None when it ended as calls end."""
    return BY_CAUSE.get(fact.cause)


def _seconds(span: timedelta) -> str:
    return str(max(int(span.total_seconds()), 1))


def checked(name: str, value: str) -> str:
    """No comma, quote, bracket or `$`: Asterisk splits variables at commas and evaluates the rest."""
    if not _PLAIN.fullmatch(value):
        raise ValueError(f"{name} holds a character that must not reach the dialplan")
    return value
