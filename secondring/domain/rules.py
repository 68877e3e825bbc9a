"""What the administrator decides, as plain values. `config` builds these from YAML and nothing else does."""

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from datetime import timedelta
from enum import StrEnum

from secondring.domain.hours import Clock, OpeningHours
from secondring.domain.ids import SiteId
from secondring.domain.ladder import Ladder
from secondring.domain.phone import PhoneNumber
from secondring.domain.records import Intent
from secondring.domain.timetable import Timetable

__all__ = [
    "BILLING",
    "CARE_TEAM",
    "DEFAULT_ROUTES",
    "FRONT_DESK",
    "QUEUES",
    "TRIAGE",
    "AlarmRules",
    "Ask",
    "BookingRules",
    "Clock",
    "FollowUp",
    "Guards",
    "Route",
    "Rules",
    "Site",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A clinic location."""

    id: SiteId
    name: str
    """How patients know it; every text names it."""
    phone: PhoneNumber
    """The number patients may call."""
    sender: PhoneNumber
    """The number texts come from."""
    senders: tuple[PhoneNumber, ...] = ()
    """Other numbers that texts may come from; a DID among them texts those who dialled it."""
    dids: tuple[PhoneNumber, ...]
    """The numbers that ring here."""
    hours: OpeningHours
    region: str = "US"
    language: str = "en"
    booking_url: str | None = None
    """The clinic's own booking page elsewhere; None when there is none."""
    timetable: Timetable | None = None
    """When patients may book themselves on our page; None when they cannot."""
    alert_numbers: tuple[PhoneNumber, ...] = ()
    """Staff phones that are texted when someone is URGENT; such a text names no patient."""
    triage: Ladder | None = None
    """Who is rung for an urgent caller; None when nobody is, and people work from the task and the alert."""
    shadow: bool = False
    """Everything is decided and kept as ever, and nothing is sent: every text of this site is withheld."""

    box: str = ""
    """The site box whose PBX rings this site's phones; empty: our own PBX does."""

    @property
    def texting(self) -> tuple[PhoneNumber, ...]:
        """Every number that texts may come from, the usual one first."""
        return (self.sender, *(number for number in self.senders if number != self.sender))


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """What an intent leads to: a text back, human work, or both."""

    template: str | None = None
    queue: str | None = None
    clock: Clock = Clock.WITHIN_THE_HOUR
    link: bool = False
    """Sends the self-scheduling link; a task only follows when the link leads to nothing."""


MIN_DID_DIGITS = 3
"""Some trunks send only the last three or four digits of the number dialled."""

FRONT_DESK, BILLING, CARE_TEAM, TRIAGE = "front-desk", "billing", "care-team", "triage"
QUEUES = (FRONT_DESK, BILLING, CARE_TEAM, TRIAGE)

DEFAULT_ROUTES: dict[Intent, Route] = {
    Intent.BOOK: Route(template="book", queue=FRONT_DESK, link=True),
    Intent.RESCHEDULE: Route(template="reschedule", queue=FRONT_DESK, link=True),
    Intent.BILLING: Route(template="billing", queue=BILLING, clock=Clock.NEXT_DAY),
    Intent.REFILL: Route(template="refill", queue=CARE_TEAM, clock=Clock.SAME_DAY),
    Intent.URGENT: Route(template="urgent", queue=TRIAGE, clock=Clock.NOW),
    Intent.HELP: Route(template="help"),
    Intent.UNKNOWN: Route(template="unknown", queue=FRONT_DESK, clock=Clock.WITHIN_THE_HOUR),
    Intent.CANCEL: Route(template="opt-out", queue=FRONT_DESK, clock=Clock.SAME_DAY),
    Intent.STOP: Route(template="opt-out"),
    Intent.START: Route(template="start"),
}
"""The branch table of the product; a site may override each row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Guards:
    """What holds a text back."""

    settle: timedelta = timedelta(seconds=2)
    """How long a caller may take to be back on the line before the text goes."""
    on_line_limit: timedelta = timedelta(minutes=10)
    """A text held for a caller who is back on the line goes out after this, should we lose sight of them."""
    window: timedelta = timedelta(hours=24)
    """One episode, and one first text, per caller and site in this time."""
    late_after: timedelta = timedelta(minutes=30)
    """A call that ended longer ago gets a callback task, not a text."""
    min_wait: timedelta = timedelta(0)
    """A caller who hung up sooner gets no text."""
    per_number_per_day: int = 4
    per_site_per_minute: int = 60
    all_per_minute: int = 200
    """The storm brake: above it no first text goes out, tasks are made and an alarm is raised."""
    countries: tuple[str, ...] = ("US", "CA")
    blocked: frozenset[PhoneNumber] = frozenset()
    own: frozenset[PhoneNumber] = frozenset()
    """The clinic's own numbers beside the sites' DIDs and senders."""
    ignored_dids: frozenset[str] = frozenset()
    """DIDs (digits as the trunk sends them) of fax lines, modems and the like: never a missed call."""
    no_text_reasons: frozenset[str] = frozenset()
    """Missed-call reasons that get a task instead of a text, for example `voicemail`."""
    spoken: timedelta = timedelta(seconds=10)
    """An outside call counts as spoken with the patient when the two talked at least this long:
    shorter ones are often the patient's voicemail."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUp:
    """What happens when nothing happens."""

    link_silence: timedelta = timedelta(hours=2)
    """Business time after a booking link was sent until the desk takes over."""
    reminder_after: timedelta | None = None
    """Business time without a reply until one reminder goes out; None sends none."""


class Ask(StrEnum):
    """Whether the booking page asks for something."""

    NO = "no"
    OPTIONAL = "optional"
    REQUIRED = "required"


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingRules:
    """How patients book themselves."""

    public_url: str
    """Where the page is found from outside, without a slash at the end."""
    link_valid: timedelta = timedelta(days=3)
    """How long a link works that led to no booking; one that did works until the visit begins."""
    hold: timedelta = timedelta(minutes=10)
    """How long a chosen time is kept for a caller who has not confirmed it."""
    ask_name: Ask = Ask.NO
    ask_birth_date: Ask = Ask.NO


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmRules:
    """Who learns of an alarm by text, and what counts as one alarm."""

    texts: tuple[PhoneNumber, ...] = ()
    """Supervisors' phones; such a text names no patient."""
    fold: timedelta = timedelta(minutes=10)
    """Alarms of one kind at one site within this time are one, with a count."""


@dataclass(slots=True, kw_only=True)
class Rules:
    """Everything the domain needs to know of the clinic's wishes.

    A running service has one, which everybody who decides holds on to. When the clinic changes its mind, it becomes
    another: see `become`.
    """

    sites: tuple[Site, ...]
    guards: Guards = field(default_factory=Guards)
    follow_up: FollowUp = field(default_factory=FollowUp)
    alarms: AlarmRules = field(default_factory=AlarmRules)
    routes: dict[Intent, Route] = field(default_factory=lambda: dict(DEFAULT_ROUTES))
    booking: BookingRules | None = None
    """None while our booking page is off: a site's `booking_url` is then sent as it is."""
    announcement: str = ""
    """The version of what every caller hears about texts and how to decline them; empty when not everybody hears it."""
    carrier_confirms_opt_out: bool = False
    """The carrier itself answers STOP; a second confirmation from us would be one too many."""

    @property
    def shadow(self) -> bool:
        """Shadow mode: everything is decided, nothing is sent. It is that of the whole clinic."""
        return any(site.shadow for site in self.sites)

    def books_online(self, site: Site) -> bool:
        """True when there is a link to send to callers of this site who want to book."""
        return site.booking_url is not None or (self.booking is not None and site.timetable is not None)

    def become(self, other: "Rules") -> None:
        """Take over what another says. Only where nobody is deciding: on the writer's thread, between transactions."""
        for each in fields(self):
            setattr(self, each.name, getattr(other, each.name))

    def site(self, site: SiteId) -> Site:
        """The site of that id; the first one when the configuration has it no longer."""
        return next((s for s in self.sites if s.id == site), self.sites[0])

    def site_of_did(self, did: str) -> Site:
        """The site a dialled number belongs to; the first one when it is none's."""
        return self._site_with(did, lambda site: site.dids)

    def site_of_sender(self, number: str) -> Site:
        """The site that texts from this number; the first one when none does."""
        return self._site_with(number, lambda site: (*site.texting, *site.dids))

    def _site_with(self, number: str, numbers_of: Callable[[Site], tuple[PhoneNumber, ...]]) -> Site:
        """Trunks send 7 to 11 digits with or without a prefix, so the last ten (or fewer) decide."""
        digits = "".join(c for c in number if c.isdigit())[-10:]
        if len(digits) < MIN_DID_DIGITS:
            return self.sites[0]
        fitting = (s for s in self.sites if any(n.e164.endswith(digits) for n in numbers_of(s)))
        return next(fitting, self.sites[0])
