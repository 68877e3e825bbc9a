"""Who works here, what each may do, and for how long a log-in is good. Pure rules; the books keep the rest."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType

from secondring.domain.ids import EpisodeId, SiteId, TaskId
from secondring.domain.phone import PhoneNumber, spoken_form

UserId = NewType("UserId", str)


class Role(StrEnum):
    """What somebody does at the clinic. One person may have several."""

    FRONT_DESK = "front-desk"
    BILLING = "billing"
    NURSE = "nurse"
    MANAGER = "manager"
    ADMIN = "admin"


CALLS_PATIENTS = frozenset({Role.FRONT_DESK, Role.BILLING, Role.NURSE})
"""Who works with whole numbers every day; all others see the last two digits until they ask for more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """Somebody who may log in."""

    id: UserId
    name: str
    """What they log in with; compared without regard to case."""
    shown: str
    """How colleagues see them on a row they have taken."""
    roles: frozenset[Role]
    sites: frozenset[SiteId] | None = None
    """None for all sites, also those to come."""
    phone: str = ""
    """The phone on their desk, as the PBX dials it; rung first when they call a patient back."""
    password: str = field(repr=False, default="")
    """An Argon2id hash."""
    must_change: bool = False
    """Their password was chosen by somebody else."""
    totp: str | None = field(repr=False, default=None)
    """The secret of their second factor; None until they have set it up."""
    totp_step: int = 0
    """The 30-second step of the last code used: it and all before it are spent."""
    recovery: tuple[str, ...] = field(repr=False, default=())
    """Hashes of the recovery codes that are left."""
    vouched: str | None = field(repr=False, default=None)
    """Whom the identity provider said this is when they first came by it: names may be given anew, this not."""
    failures: int = 0
    """Log-ins that failed since the last that did not."""
    failed_at: datetime | None = None
    created_at: datetime
    disabled_at: datetime | None = None

    @property
    def is_active(self) -> bool:
        return self.disabled_at is None

    def may(self, roles: Collection[Role]) -> bool:
        """True when any of their roles is among these."""
        return not self.roles.isdisjoint(roles)

    def sees(self, site: SiteId) -> bool:
        """True when the site is one of theirs."""
        return self.sites is None or site in self.sites

    def works_with(self, other: "User") -> bool:
        """Do they share a site? Colleagues of other sites are nobody's business."""
        return self.sites is None or other.sites is None or bool(self.sites & other.sites)


class Stage(StrEnum):
    """How far a log-in has come."""

    PASSWORD = "password"  # noqa: S105 - a word, not a secret
    """The password was right; the second factor is still to come, or to be set up."""
    FULL = "full"


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A log-in as it is kept: the token itself only the browser has."""

    token_hash: str = field(repr=False)
    user: UserId
    stage: Stage
    created_at: datetime
    seen_at: datetime
    """The last time that the person did something; live updates do not count."""
    address: str = ""
    agent: str = ""
    """The browser, as it names itself; cut short."""
    ended_at: datetime | None = None
    vouched: str | None = field(repr=False, default=None)
    """Whom the clinic's identity provider said this is; None where they gave a password of ours."""
    emergency_until: datetime | None = None
    """Until then they have the rights of emergency access."""

    @property
    def by_provider(self) -> bool:
        """The clinic's identity provider vouched for them."""
        return self.vouched is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRules:
    """How long a log-in lasts."""

    idle: timedelta = timedelta(minutes=30)
    absolute: timedelta = timedelta(hours=12)
    half: timedelta = timedelta(minutes=10)
    """From the password to the second factor."""
    emergency: timedelta | None = timedelta(hours=1)
    """How long emergency access lasts; None where there is none."""
    touch: timedelta = timedelta(seconds=30)
    """How often activity is written down: not at every click."""


def ends_at(session: Session, rules: SessionRules) -> datetime:
    """When a log-in is over should nothing more happen."""
    if session.stage is Stage.PASSWORD:
        return session.created_at + rules.half
    return min(session.seen_at + rules.idle, session.created_at + rules.absolute)


def is_alive(session: Session, user: User, rules: SessionRules, now: datetime) -> bool:
    """True while the session counts: not ended by anybody, not run out, its user not disabled."""
    return session.ended_at is None and user.is_active and now < ends_at(session, rules)


# ---------------------------------------------------------------- lock-out

FREE_TRIES = 5
"""Wrong passwords or codes without a wait: people mistype."""
FIRST_WAIT = timedelta(seconds=15)
LONGEST_WAIT = timedelta(minutes=15)
"""NIST SP 800-63B asks for at most 100 tries in a row; at this wait a year allows 35,000 at one account."""


def locked_until(user: User) -> datetime | None:
    """When the next try counts; None when it may be made now. The wait doubles with each failure."""
    if user.failures < FREE_TRIES or user.failed_at is None:
        return None
    doubled = FIRST_WAIT * (1 << min(user.failures - FREE_TRIES, 10))
    return user.failed_at + min(doubled, LONGEST_WAIT)


def is_locked(user: User, now: datetime) -> bool:
    """True while tries are refused unread."""
    until = locked_until(user)
    return until is not None and now < until


def failed(user: User, now: datetime) -> User:
    """After a wrong password or code."""
    return replace(user, failures=user.failures + 1, failed_at=now)


def succeeded(user: User) -> User:
    """After a complete log-in."""
    return replace(user, failures=0, failed_at=None)


# ---------------------------------------------------------------- passwords

SHORTEST_PASSWORD = 12
LONGEST_PASSWORD = 128
"""OWASP ASVS 5.0, 6.2.1 and 6.2.9: at least 8 (15 advised), and 64 must be possible."""
FEWEST_CHARACTERS = 5
WORN_OUT = (
    "password",
    "secondring",
    "qwertyuiop",
    "1234567890",
    "letmein",
    "iloveyou",
    "welcome",
    "abcdefgh",
)
"""What most broken-into accounts have in their passwords (NCSC's and HIBP's published lists, the long ones)."""


def wrong_with_password(password: str, *, words: Iterable[str] = ()) -> str | None:
    """Why a password is none; None when it will do. `words` are names that everybody here knows.

    No rule asks for digits or signs, and none ever runs out (ASVS 6.2.5, 6.2.10).
    """
    if len(password) < SHORTEST_PASSWORD:
        return f"It needs at least {SHORTEST_PASSWORD} characters. Three or four words do well."
    if len(password) > LONGEST_PASSWORD:
        return f"It may have at most {LONGEST_PASSWORD} characters."
    if len(set(password)) < FEWEST_CHARACTERS:
        return "It repeats itself too much. Three or four words do well."
    plain = password.lower()
    for worn in (*WORN_OUT, *(word.lower() for word in words if len(word) > 3)):
        if worn in plain and len(plain) - len(worn) < SHORTEST_PASSWORD - 2:
            return "It is among the first that anybody would guess. Three or four words do well."
    return None


# ---------------------------------------------------------------- numbers


def masked_form(number: PhoneNumber | None, region: str) -> str:
    """A number as people of `region` write it, with all but its last two digits hidden."""
    if number is None:
        return "no number"
    written = spoken_form(number, region)
    left = sum(c.isdigit() for c in written) - 2
    out = []
    for c in written:
        hide = c.isdigit() and left > 0
        left -= c.isdigit()
        out.append("•" if hide else c)
    return "".join(out)


# ---------------------------------------------------------------- audit and notes


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """Who looked at or changed what. Names no patient: `about` leads to the rows that do."""

    at: datetime
    user: UserId | None
    """None when nobody had logged in yet."""
    shown: str
    """Their name at the time."""
    action: str
    """`view`, `reveal`, `change`, `log-in`, `log-in-failed`, …"""
    what: str
    """The page, or what was done."""
    about: str = ""
    """The id of an episode, task, case or user."""
    site: SiteId | None = None
    address: str = ""
    seq: int = 0
    """Its place in the book; given when it is kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffNote:
    """What somebody wrote down about a caller, for colleagues."""

    at: datetime
    episode: EpisodeId
    task: TaskId | None
    by: str
    words: str = field(repr=False)
