"""The shape of the configuration: every key there is, its type, and what it means.

The docstring below a key is its description in docs/configuration.md, `examples` is what an error
message offers. Defaults stand in default.yaml; only a site's own are here. Unknown keys refuse.
"""

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field

from config.alarms import Alarms, Mail, Mqtt
from config.booking import BookingKeys, CalendarKeys
from config.call_back import CallBackKeys
from config.carriers import AnyCarrier
from config.digest import Digest
from config.fields import (
    AbsolutePath,
    AnyNumbers,
    Country,
    Destination,
    Digits,
    Duration,
    ExternalAnswer,
    Holidays,
    Line,
    OpenWeek,
    Pattern,
    PositiveDuration,
    QueueOptions,
    SiteNumber,
    SiteNumbers,
    SpecialDays,
    Version,
    Word,
    Zone,
)
from config.links import DatabaseUrl, SecretPlace, WebAddress
from config.messages import Messages
from config.oidc import Oidc
from config.records import Records
from config.retention import Retention
from config.section import Section
from config.sites import Boxes, Centre
from config.triage import AmiDial, TriageKeys
from config.web import Web
from secondring.domain.records import Intent
from secondring.domain.rules import Clock
from secondring.domain.verdict import Reason

Port = Annotated[int, Field(ge=1, le=65535)]
Count = Annotated[int, Field(ge=1, le=1_000_000)]
Mode = Literal["live", "shadow"]
Queue = Literal["front-desk", "billing", "care-team", "triage"]


class Pbx(Section):
    """How the PBX names things."""

    name: Word = Field(examples=["pbx"])
    """Names this PBX in every call id; never change it once calls are stored."""
    inbound_contexts: tuple[Pattern, ...] = Field(examples=["[from-pstn, 'from-trunk.*']"])
    """Dialplan contexts that calls from outside start in, as regular expressions for the whole name."""
    outside_prefix: Digits = Field(examples=['"9"'])
    """Digits that staff dial before an outside number."""
    forget_after: PositiveDuration = Field(examples=["12h"])
    """A call without a sign of life for so long is judged as it stands."""
    external_answer: ExternalAnswer = Field(examples=["20s", "person", "not-a-person"])
    """What an outside phone that picks up (a follow-me to a mobile) counts for: `person`, `not-a-person`, or a length
    of time that the caller has to be connected with it. A carrier's mailbox picks up like a person, and one that
    takes a long message outlasts any time. Keep `person` where whoever picks up has to press a key first."""


class Ami(Section):
    """The link to Asterisk."""

    host: Line = Field(examples=["127.0.0.1"])
    """Where Asterisk is."""
    port: Port = Field(examples=["5038"])
    """Its manager port."""
    user: Word = Field(examples=["secondring"])
    """The manager account that listens."""
    secret_file: SecretPlace = Field(examples=["credential:ami-secret"])
    """Where its secret is kept."""
    tls: bool = Field(examples=["true"])
    """Encrypt the link; required when `host` is another machine."""
    ca_file: AbsolutePath | None = Field(examples=["/etc/secondring/pbx-ca.pem"])
    """Certificate authority of the PBX; empty for the system's own list."""
    ping_interval: PositiveDuration = Field(examples=["15s"])
    """How often the link is tried."""
    ping_deadline: PositiveDuration = Field(examples=["5s"])
    """An answer later than this means that the link is dead."""


class Database(Section):
    """Where everything is kept."""

    url: DatabaseUrl = Field(examples=["sqlite:////var/lib/secondring/secondring.db"])
    """The database: a file, or a PostgreSQL server (docs/postgresql.md)."""
    password_file: SecretPlace | None = Field(default=None, examples=["credential:database-password"])
    """Where the password of a PostgreSQL user is kept; empty where the server asks for none."""
    key_file: SecretPlace = Field(examples=["credential:key"])
    """Where the key is kept that encrypts numbers and texts. Keep a copy: without it they cannot be read."""
    warn_free_mb: Count = Field(examples=["1000"])
    """With less room than this (MB) on the database's disk an alarm is raised, before it is full."""
    emergency_directory: AbsolutePath | None = Field(examples=["/run/secondring"])
    """A directory on another disk: calls that the database does not take are kept there, encrypted, until it does.
    Empty: the runtime directory that systemd gives the service, where there is one."""


class Inbound(Section):
    """Where the carrier delivers replies and receipts."""

    host: Line = Field(examples=["127.0.0.1"])
    """Address to listen on; loopback when a web server or tunnel stands before it."""
    port: Port = Field(examples=["8480"])
    """Port to listen on."""
    secret_file: SecretPlace = Field(examples=["credential:carrier-inbound"])
    """Where the secret is kept that the carrier signs with."""


class Http(Section):
    """The plain HTTP carrier."""

    url: WebAddress | None = Field(examples=["https://carrier.example/texts"])
    """Where texts are posted to."""
    token_file: SecretPlace | None = Field(examples=["credential:carrier-token"])
    """Where the token is kept that is sent as `Authorization: Bearer`."""
    lookup_url: WebAddress | None = Field(examples=["https://carrier.example/texts/{id}"])
    """Asked what became of a text whose answer was lost; `{id}` is replaced by the text's id."""
    timeout: PositiveDuration = Field(examples=["10s"])
    """How long to wait for the carrier's answer."""
    inbound: Inbound | None = Field(examples=["{host: 127.0.0.1, port: 8480, secret_file: /path}"])
    """Where replies and receipts come in; empty when there are none."""


class Carrier(Section):
    """Who sends the texts, where one carrier is enough; `carriers` takes the place of all this."""

    kind: Literal["handset", "http"] = Field(examples=["http"])
    """`handset` simulates phones and sends nothing out of this machine; `http` posts to a carrier."""
    confirms_opt_out: bool = Field(examples=["true"])
    """The carrier itself answers STOP, so Second Ring does not."""
    http: Http


class WebhookKeys(Section):
    """Where carriers deliver replies and receipts that are not asked for them."""

    host: Line = Field(examples=["127.0.0.1"])
    """Address to listen on; loopback when a web server or tunnel stands before it."""
    port: Port | None = Field(examples=["8480"])
    """Port to listen on; empty when no carrier sends anything to us."""
    public_url: WebAddress | None = Field(examples=["https://texts.clinic.example"])
    """How carriers reach that port from outside, without a slash at the end; their signatures cover it."""
    per_second: Count = Field(examples=["20"])
    """Requests from one address in a second; behind a web server all come from one."""
    burst: Count = Field(examples=["100"])
    """Requests from one address at once."""


class Gateway(Section):
    """How fast and how long texts are tried."""

    per_second: Count = Field(examples=["5"])
    """Parts of texts that one of our numbers sends in a second, unless its carrier says otherwise."""
    concurrency: Annotated[int, Field(ge=1, le=64)] = Field(examples=["4"])
    """Requests to carriers at one time."""
    max_attempts: Annotated[int, Field(ge=1, le=50)] = Field(examples=["8"])
    """After so many attempts a callback task takes the place of the text."""
    max_age: PositiveDuration = Field(examples=["30m"])
    """A text that could not be sent for so long becomes a callback task."""


class GuardKeys(Section):
    """What holds a text back."""

    settle: Duration = Field(examples=["2s"])
    """A caller who is back on the line within this time needs no text."""
    on_line_limit: PositiveDuration = Field(examples=["10m"])
    """A text held for a caller who is back on the line goes out after this at the latest."""
    window: PositiveDuration = Field(examples=["24h"])
    """One episode, and one first text, per caller and site in this time."""
    late_after: PositiveDuration = Field(examples=["30m"])
    """A call that ended longer ago gets a callback task, not a text."""
    min_wait: Duration = Field(examples=["3s"])
    """A caller who hung up sooner gets no text."""
    per_number_per_day: Count = Field(examples=["4"])
    """Texts to one number in 24 hours."""
    per_site_per_minute: Count = Field(examples=["60"])
    """Texts of one site in a minute."""
    all_per_minute: Count = Field(examples=["200"])
    """The storm brake: above it no first text goes out, tasks are made and an alarm is raised."""
    countries: tuple[Country, ...] = Field(examples=["[US, CA]"])
    """Only numbers of these countries are texted."""
    blocked: AnyNumbers = Field(examples=["[+1 202 555 0150]"])
    """Numbers that are never texted."""
    own: AnyNumbers = Field(examples=["[+1 202 555 0151]"])
    """The clinic's own numbers beside its sites' DIDs and senders."""
    ignored_dids: frozenset[Digits] = Field(examples=['["2025550199"]'])
    """DIDs of fax lines and modems, as the trunk sends them: never a missed call."""
    no_text_reasons: frozenset[Reason] = Field(examples=["[voicemail]"])
    """Missed calls of these reasons get a task instead of a text."""
    spoken: Duration = Field(examples=["10s"])
    """An outside call counts as spoken with the patient when it lasted at least so long."""


class FollowUpKeys(Section):
    """What happens when nothing happens."""

    link_silence: PositiveDuration = Field(examples=["2h"])
    """Business time after a booking link was sent until the desk takes over."""
    reminder_after: PositiveDuration | None = Field(examples=["4h"])
    """Business time without a reply until one reminder goes out; empty sends none."""


class RouteKeys(Section):
    """What an intent leads to."""

    template: Word | None = Field(examples=["book"])
    """The text sent back; empty sends none."""
    queue: Queue | None = Field(examples=["front-desk"])
    """Who gets a task; empty makes none."""
    clock: Clock = Field(examples=["same-business-day"])
    """When the task is due, in business time."""
    link: bool = Field(examples=["true"])
    """Send the booking link first; a task follows only when it leads to nothing."""


class Agi(Section):
    """Where Asterisk's dialplan asks us while a caller is on the line."""

    listen: Line = Field(examples=["127.0.0.1"])
    """Address to listen on. FastAGI knows no password: anything but loopback needs a firewall."""
    port: Port = Field(examples=["4583"])
    """Port to listen on. FreePBX has 4573 for itself."""
    threads: Annotated[int, Field(ge=1, le=256)] = Field(examples=["64"])
    """Callers who are served at one time; the others wait their turn, some milliseconds each."""
    program: AbsolutePath | None = Field(examples=["/opt/secondring/bin/secondring"])
    """Instead of all this: the program that Asterisk starts anew for every question, where no daemon may answer calls.
    It costs about a second of processor each time, and Asterisk's user must be able to read the configuration."""


class QueueKeys(Section):
    """A queue whose callers get the offer. The key it stands under is the queue's name in Asterisk."""

    every: PositiveDuration = Field(default=timedelta(seconds=30), examples=["30s"])
    """How often a waiting caller hears the offer."""
    from_position: Annotated[int, Field(ge=0, le=1000)] = Field(default=0, examples=["3"])
    """Who would wait at this position or behind gets the offer before the queue; 0: nobody."""
    timeout: Duration = Field(default=timedelta(0), examples=["5m"])
    """How long a caller may wait altogether; 0s: without end."""
    options: QueueOptions = Field(default="t", examples=["t"])
    """Options of Asterisk's Queue application."""
    then: Destination | None = Field(default=None, examples=["ext-local,vmu1001,1"])
    """Where a caller goes on who used a key and was not answered; `context,extension,priority`."""


class Ivr(Section):
    """What callers are offered by key."""

    announcement_version: Version = Field(examples=["2026-03"])
    """Kept with every opt-out and every text asked for by key: change it when you change the words, and render anew."""
    everybody_hears: bool = Field(examples=["true"])
    """Every caller hears, before they can be missed, that they may get a text and how to decline it: by our offer or by
    a greeting of your own. Then the version is kept with every first text too, as the consent that it rests on."""
    after_text: Literal["stay", "hang-up"] = Field(examples=["hang-up"])
    """What happens to callers who got their text: they stay on the line, in their place, or are said goodbye."""
    ordinary: Destination | None = Field(examples=["ext-queues,400,1"])
    """Where callers go on who were sent to us by Goto; `context,extension,priority`. By Gosub they return."""
    mobile_digits: Annotated[int, Field(ge=4, le=15)] = Field(examples=["10"])
    """Digits of a mobile number as callers type it."""
    queues: dict[Word, QueueKeys] = Field(examples=['{"400": {every: 30s}}'])
    """Queues whose callers get the offer, each under its name in Asterisk."""


class Log(Section):
    """What is written to the journal."""

    level: Literal["debug", "info", "warning", "error"] = Field(examples=["info"])
    """The least important message to write. Numbers and texts are never logged at any level."""


class SiteKeys(Section):
    """A clinic location. The key it stands under is its id; do not change it once calls are stored."""

    name: Line = Field(examples=["Maple Street Family Clinic"], max_length=60)
    """How patients know it; every text names it."""
    region: Country = Field(default="US", examples=["US"])
    """Country whose way of writing numbers is understood without `+`."""
    phone: SiteNumber = Field(examples=["+1 202 555 0123"])
    """The number that patients may call."""
    sender: SiteNumber | None = Field(default=None, examples=["+1 202 555 0123"])
    """The number that texts come from; `phone` when left out."""
    senders: SiteNumbers = Field(default=(), examples=["[+1 202 555 0124]"])
    """Other numbers that texts may come from: a DID among them texts those who dialled it; else callers are shared."""
    dids: SiteNumbers = Field(default=(), examples=["[+1 202 555 0123]"])
    """The numbers that ring here; `phone` alone when left out."""
    language: Literal["en", "es"] = Field(default="en", examples=["en"])
    """Language of the first text."""
    zone: Zone = Field(examples=["America/New_York"])
    """IANA time zone of the hours."""
    hours: OpenWeek = Field(examples=['{mon-fri: ["08:00-17:00"]}'])
    """When the clinic is open; days not named are closed."""
    holidays: Holidays = Field(default={}, examples=["{2026-12-25: Christmas Day}"])
    """Days closed all day, with their names or as a list."""
    special_days: SpecialDays = Field(default={}, examples=['{2026-12-24: ["08:00-12:00"]}'])
    """Days with other hours."""
    booking_url: WebAddress | None = Field(default=None, examples=["https://book.clinic.example/"])
    """Your own booking page elsewhere; empty when there is none. Our page takes its place once it is on."""
    calendar: CalendarKeys | None = Field(default=None, examples=["{visits: {checkup: {...}}}"])
    """When patients may book themselves on our page; see docs/booking.md. Empty: not at all."""
    alert_numbers: SiteNumbers = Field(default=(), examples=["[+1 202 555 0177]"])
    """Staff phones that are texted when someone is URGENT; such a text names no patient."""
    triage: TriageKeys | None = Field(default=None, examples=["{steps: [{ring: ['1001']}]}"])
    """The ladder of nurses that an urgent caller is offered to, live; empty: people work from task and alert."""


class Configuration(Section):
    """Everything."""

    mode: Mode = Field(examples=["shadow"])
    """`live`, or `shadow`: every call is judged, every decision taken and explained, and nothing is sent."""
    pbx: Pbx
    ami: Ami
    ami_dial: AmiDial
    call_back: CallBackKeys
    database: Database
    carrier: Carrier
    carriers: tuple[AnyCarrier, ...]
    webhooks: WebhookKeys
    gateway: Gateway
    guards: GuardKeys
    follow_up: FollowUpKeys
    booking: BookingKeys
    routes: dict[Intent, RouteKeys]
    agi: Agi
    ivr: Ivr
    messages: Messages
    web: Web
    oidc: Oidc
    alarms: Alarms
    mail: Mail
    mqtt: Mqtt
    centre: Centre
    boxes: Boxes
    records: Records
    log: Log
    digest: Digest
    retention: Retention
    state_directory: AbsolutePath = Field(examples=["/var/lib/secondring"])
    """Where the service keeps its own files."""
    sites: dict[Word, SiteKeys] = Field(min_length=1, examples=["{main: {name: ...}}"])
    """The clinic's locations, each under an id of your choosing."""
