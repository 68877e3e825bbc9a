"""The one place that knows everyone: builds the parts from the settings and joins them.

It is also the only place that reads the clock; everyone else is handed one.
"""

import asyncio
import logging
import os
import secrets
import ssl
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from difflib import get_close_matches
from pathlib import Path

from ami_listener.recording import read_facts
from ami_listener.recording import record as record_link
from ami_listener.session import AmiAccount, Timing
from ami_listener.stats import LinkStats
from config.carriers import SipKeys
from config.loader import config_path, load
from config.settings import Settings
from dialplan.dialer import render_dialer
from dialplan.render import render_manager as render_account
from dialplan.texts import render_texter
from secondring.carriers import door, driver
from secondring.carriers.handset import spool
from secondring.domain.booking import TOKEN_BYTES
from secondring.domain.booking_link import Links
from secondring.domain.booking_on_behalf import OnBehalf
from secondring.domain.call_events import CallEnded, ListeningRules
from secondring.domain.calls import CallTracker
from secondring.domain.deskwork import Deskwork
from secondring.domain.errors import ConfigError, UnknownThing
from secondring.domain.hours import next_opening
from secondring.domain.ids import SiteId
from secondring.domain.phone import PhoneNumber, hide_numbers, spoken_form
from secondring.domain.ports import Books
from secondring.domain.rules import Rules, Site
from secondring.domain.settings import Disagreement, Overlay, SettingsVersion
from secondring.store.alone import alone as store_alone
from secondring.store.keys import Key
from secondring.store.migrate import is_current, upgrade
from secondring.store.sqlstore import SqlStore
from sms_gateway.carriers.null import NullCarrier
from sms_gateway.carriers.port import Driver, Webhook
from sms_gateway.carriers.spool import Line, Spool
from sms_gateway.messages import NAMES, Messages
from sms_gateway.privacy import quiet_libraries
from sms_gateway.spoken_time import opens_phrase, visit_phrase

__all__ = ["Settings"]

log = logging.getLogger("secondring")


def now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)


# ---------------------------------------------------------------- settings


def load_settings(directory: Path | None) -> Settings:
    """Read the files, and what was set on screen over them; raises ConfigError with every mistake in it."""
    files = load_files(directory)
    newest = newest_on_screen(files)
    if newest is None:
        return files
    both = load(config_path(directory, os.environ), os.environ, newest.overlay)
    twice = worded_twice(messages(both), newest.overlay)
    return replace(both, version=newest.number, disagreements=(*both.disagreements, *twice))


def load_files(directory: Path | None) -> Settings:
    """Read the files alone: enough to find the books."""
    return load(config_path(directory, os.environ), os.environ)


def newest_on_screen(files: Settings) -> SettingsVersion | None:
    """What is set on screen; None when nothing is, or where there are no books of this version yet."""
    if not is_current(files.database_url):
        return None
    with reading(files) as books:
        return books.settings_version(books.settings_number())


def known_site(settings: Settings, name: str | None) -> SiteId | None:
    """The site of that id; raises UnknownThing naming those there are."""
    if name is None:
        return None
    if name not in {site.id for site in settings.rules.sites}:
        names = [str(site.id) for site in settings.rules.sites]
        near = get_close_matches(name, names, n=1)
        hint = f" (did you mean {near[0]}?)" if near else ""
        raise UnknownThing(f"there is no site {name!r}{hint}; there are: {', '.join(names)}")
    return SiteId(name)


def render_manager(settings: Settings, version: str) -> str:
    """The AMI accounts, for Asterisk's configuration: the listener's, and those that dial and text where they are."""
    listener = render_account(settings.ami.user, settings.ami.secret.get_secret_value(), version)
    dial = settings.dial
    dialler = render_dialer(dial.user, dial.secret.get_secret_value(), version) if dial else ""
    texters = [
        render_texter(trunk.keys_as(SipKeys).user, trunk.secret("secret") or "", version)
        for trunk in settings.trunks
    ]
    return listener + dialler + "".join(texters)


# ---------------------------------------------------------------- streams


def listening_rules(inbound: Sequence[str] | None) -> ListeningRules:
    """The usual rules, or those with other inbound contexts."""
    return ListeningRules(inbound=tuple(inbound)) if inbound else ListeningRules()


class Replayed:
    """A recording being replayed."""

    def __init__(self, file: Path, rules: ListeningRules) -> None:
        self._file = file
        self._tracker = CallTracker(rules)
        self._stats = LinkStats()

    def calls(self) -> Iterator[CallEnded]:
        """Every call in the recording, in order of verdict."""
        for fact in read_facts(self._file, stats=self._stats):
            for event in self._tracker.feed(fact):
                if isinstance(event, CallEnded):
                    yield event

    @property
    def is_none(self) -> bool:
        """True when nothing in the file was ever said by an AMI; to be asked at the end."""
        return not (self._stats.connects or self._stats.facts)

    def notes(self) -> list[str]:
        """What a reader of the verdicts should know; to be asked for at the end."""
        notes = []
        if self._tracker.open_calls:
            notes.append(f"calls not over when the recording ended: {self._tracker.open_calls}")
        skipped = self._stats.garbage + self._stats.broken + sum(self._stats.unreadable.values())
        if skipped:
            notes.append(f"messages that could not be read and were skipped: {skipped}")
        return notes


def replay(file: Path, rules: ListeningRules) -> Replayed:
    """Read a recording through the code of the live service."""
    return Replayed(file, rules)


def record(settings: Settings, file: Path) -> None:
    """Write down what the PBX says, until Ctrl-C."""
    asyncio.run(record_link(account(settings), file, clock=now, timing=timing(settings)))


def account(settings: Settings) -> AmiAccount:
    """Where the PBX is, and as whom we log in."""
    ami = settings.ami
    context = (
        ssl.create_default_context(cafile=str(ami.ca_file) if ami.ca_file else None) if ami.tls else None
    )
    secret = ami.secret.get_secret_value()
    return AmiAccount(host=ami.host, port=ami.port, user=ami.user, secret=secret, tls=context)


def dial_account(settings: Settings) -> AmiAccount | None:
    """The account that rings phones, at the same PBX; None when none is configured."""
    if settings.dial is None:
        return None
    secret = settings.dial.secret.get_secret_value()
    return replace(account(settings), user=settings.dial.user, secret=secret)


def timing(settings: Settings) -> Timing:
    """How patient the link is."""
    ami = settings.ami
    return Timing(
        ping_every=ami.ping_interval.total_seconds(), ping_deadline=ami.ping_deadline.total_seconds()
    )


# ---------------------------------------------------------------- books


def migrate(settings: Settings) -> str:
    """Make or bring up to date the database; says what was done."""
    upgrade(settings.database_url)
    open_store(settings).close()
    return f"The database at {settings.database_url} is up to date."


def alone(settings: Settings) -> AbstractContextManager[None]:
    """Be the only service of this database; raises ConfigError when there is one already."""
    return store_alone(settings.database_url)


def open_store(settings: Settings) -> SqlStore:
    """The books; raises ConfigError when they are not migrated or the key is not theirs."""
    return SqlStore(settings.database_url, Key(settings.key.get_secret_value()))


@contextmanager
def reading(settings: Settings) -> Iterator[Books]:
    """The books, to read."""
    with _opened(settings) as store, store.reading() as books:
        yield books


@contextmanager
def writing(settings: Settings) -> Iterator[Books]:
    """The books, to write in one transaction."""
    with _opened(settings) as store, store.transaction() as books:
        yield books


@contextmanager
def _opened(settings: Settings) -> Iterator[SqlStore]:
    store = open_store(settings)
    try:
        yield store
    finally:
        store.close()


# ---------------------------------------------------------------- words


class ClinicWording:
    """The gateway's messages, with what each site puts into them."""

    def __init__(self, messages: Messages) -> None:
        self._messages = messages

    def become(self, messages: Messages) -> None:
        """Go by other words from now on; only between transactions, like the rules."""
        self._messages = messages

    def text(
        self,
        template: str,
        *,
        site: Site,
        language: str,
        now: datetime,
        task: str = "",
        link: str = "",
        visit_at: datetime | None = None,
    ) -> str:
        """A message, ready to send."""
        words = site_words(site, language, now) | {"task": task}
        if link:
            words["link"] = link
        if visit_at is not None:
            words["when"] = visit_phrase(visit_at, zone=_zone(site), language=language)
        return self._messages.render(template, language, words)


def _zone(site: Site) -> str:
    return site.timetable.zone if site.timetable else site.hours.zone


def site_words(site: Site, language: str, at: datetime) -> dict[str, str]:
    """What a message may say of a site at a time."""
    opening = next_opening(site.hours, at)
    return {
        "clinic": site.name,
        "phone": spoken_form(site.phone, site.region),
        "link": site.booking_url or "",
        "opens": opens_phrase(opening, now=at, zone=site.hours.zone, language=language) if opening else "",
    }


def links(rules: Rules) -> Links:
    """Makes the links that texts carry."""
    return Links(rules, lambda: secrets.token_bytes(TOKEN_BYTES))


def wording(settings: Settings) -> ClinicWording:
    """Our words, with the site's own on top."""
    return ClinicWording(messages(settings))


def messages(settings: Settings) -> Messages:
    """Our messages, with the clinic's own on top."""
    return Messages(settings.messages_directory, settings.wording)


def check_messages(settings: Settings) -> None:
    """Raise ConfigError naming file and line of every message that must not go to a patient."""
    refuse_messages(messages(settings), settings.rules)


def worded_twice(found: Messages, overlay: Overlay) -> tuple[Disagreement, ...]:
    """Messages that were worded on screen though the clinic has a file for them as well."""
    worded = ((path, setting) for path, setting in overlay.items() if path[:2] == ("messages", "wording"))
    return tuple(
        Disagreement(path=path, file=str(file), setting=setting)
        for path, setting in worded
        if (file := found.hidden_file(path[3], path[2])) is not None
    )


def tell_disagreements(settings: Settings) -> None:
    """Say in the log where the files and the screen do not agree, and which one is in force."""
    for one in settings.disagreements:
        log.warning("%s", one)


def refuse_messages(found: Messages, rules: Rules) -> None:
    """Raise ConfigError when one of these may not go out, or a route sends one that there is not."""
    found.lint(samples=samples(rules))
    for intent, route in rules.routes.items():
        if route.template is not None and route.template not in NAMES:
            raise ConfigError(
                f"routes.{intent}.template: no message is called {route.template!r}; there are {', '.join(NAMES)}"
            )


def samples(rules: Rules) -> tuple[dict[str, str], ...]:
    """What each site puts into the messages now, in both languages."""
    at = now()
    return tuple(site_words(site, language, at) for site in rules.sites for language in ("en", "es"))


def deskwork(settings: Settings) -> Deskwork:
    """What people do with tasks."""
    return Deskwork(settings.rules, wording(settings))


def on_behalf(settings: Settings, words: ClinicWording | None = None) -> OnBehalf:
    """What staff do with bookings; `words` are those in force where a service runs."""
    return OnBehalf(settings.rules, words or wording(settings), links(settings.rules))


class Handset:
    """The simulated phones."""

    def __init__(self, spool: Spool, clinic: PhoneNumber) -> None:
        self._spool = spool
        self._clinic = clinic

    def inbox(self, number: PhoneNumber) -> list[Line]:
        """The texts that reached a phone, oldest first."""
        return self._spool.inbox(number)

    def reply(self, number: PhoneNumber, body: str, to: PhoneNumber | None = None) -> Line:
        """Write to a number, else to whoever texted that phone last, else to the first site."""
        answered = to or (None if self._spool.inbox(number) else self._clinic)
        return self._spool.reply(number, body, at=now(), to=answered)


def handset(settings: Settings) -> Handset:
    """The phones of the handset carrier; raises ConfigError when another one is configured."""
    if not settings.only_simulated:
        named = ", ".join(carrier.kind for carrier in settings.carriers)
        raise ConfigError(
            f"texts go by {named}, so there are no simulated phones. Set carrier.kind to handset to try things out."
        )
    return Handset(spool(settings), settings.rules.sites[0].sender)


def drivers(settings: Settings) -> list[Driver]:
    """Whoever sends the texts, the preferred one first. In shadow mode nobody: no real carrier is even made."""
    if settings.shadow:
        return [Driver(carrier=NullCarrier(confirms_opt_out=settings.rules.carrier_confirms_opt_out))]
    return [driver(carrier, settings, now) for carrier in settings.carriers]


def doors(settings: Settings) -> dict[str, Webhook]:
    """Where carriers deliver, by their names; in shadow mode too."""
    found = {carrier.name: door(carrier) for carrier in settings.carriers}
    return {name: webhook for name, webhook in found.items() if webhook is not None}


# ---------------------------------------------------------------- log


class _Masking(logging.Formatter):
    """Hides whatever looks like a whole phone number: the last line of defence, after careful wording."""

    def format(self, record: logging.LogRecord) -> str:
        return hide_numbers(super().format(record))


def start_logging(settings: Settings) -> None:
    """Log to standard error, where systemd's journal or a terminal takes it up."""
    handler = logging.StreamHandler()
    handler.setFormatter(_Masking("%(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=settings.log_level.upper(), handlers=[handler], force=True)
    quiet_libraries()
