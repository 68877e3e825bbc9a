"""The one place that knows everyone: builds the parts from the settings and joins them.

It is also the only place that reads the clock; everyone else is handed one.
"""

import logging
import os
import secrets
import ssl
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from difflib import get_close_matches
from pathlib import Path

from ami_listener.session import AmiAccount, Timing
from config.carriers import SipKeys
from config.loader import config_path, load
from config.settings import Settings
from dialplan.dialer import render_dialer
from dialplan.render import render_manager as render_account
from dialplan.texts import render_texter
from secondring.carriers import door, driver
from secondring.carriers.handset import spool
from secondring.clinic_words import ClinicWording, refuse_messages, worded_twice
from secondring.domain.booking import TOKEN_BYTES
from secondring.domain.booking_link import Links
from secondring.domain.booking_on_behalf import OnBehalf
from secondring.domain.deskwork import Deskwork
from secondring.domain.errors import ConfigError, UnknownThing
from secondring.domain.ids import SiteId
from secondring.domain.phone import PhoneNumber, hide_numbers
from secondring.domain.ports import Books
from secondring.domain.pulse import Service
from secondring.domain.rules import Rules
from secondring.domain.settings import SettingsVersion
from secondring.store.alone import alone as store_alone
from secondring.store.emergency import EmergencySpool
from secondring.store.keys import Key
from secondring.store.migrate import HEAD, is_current, upgrade
from secondring.store.sqlstore import SqlStore
from sms_gateway.carriers.null import NullCarrier
from sms_gateway.carriers.port import Driver, Webhook
from sms_gateway.carriers.spool import Line, Spool
from sms_gateway.messages import Messages
from sms_gateway.privacy import quiet_libraries

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
    if not is_current(files.database_url, database_password(files)):
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


# ---------------------------------------------------------------- the PBX


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
    before = upgrade(settings.database_url, database_password(settings))
    store = open_store(settings)
    store.close()
    done = "made" if before is None else "brought up to date" if before < HEAD else "up to date already"
    return f"The database at {store.where} is {done}."


ONE_ONLY = frozenset({Service.LISTEN})
"""Two that listen to one PBX would do everything twice; of the others there may be several around a server."""


@contextmanager
def alone(settings: Settings, services: Iterable[Service], command: str) -> Iterator[None]:
    """Be these services of this database; raises ConfigError when there is one already.

    In a file one process is each of them. On a server there may be several gateways, pages and FastAGI doors, on as
    many machines as it takes.
    """
    with _locked(settings, services, command, ONE_ONLY):
        yield


@contextmanager
def closed(settings: Settings, command: str) -> Iterator[None]:
    """Have the database for ourselves, no service beside us; raises ConfigError naming one that runs."""
    with _locked(settings, Service, command, frozenset(Service)):
        yield


@contextmanager
def _locked(
    settings: Settings, services: Iterable[Service], command: str, exclusive: frozenset[Service]
) -> Iterator[None]:
    url, password = settings.database_url, database_password(settings)
    with ExitStack() as locks:
        for service in services:
            shared = service not in exclusive
            locks.enter_context(store_alone(url, service, command, password, shared=shared))
        yield


def open_store(settings: Settings) -> SqlStore:
    """The books; raises ConfigError when they are not migrated or the key is not theirs."""
    key = Key(settings.key.get_secret_value())
    return SqlStore(settings.database_url, key, password=database_password(settings))


def books_folder(settings: Settings) -> Path:
    """The folder whose disk the service must have room on: where its books are, or its own when a server has those."""
    scheme, _, file = settings.database_url.partition("///")
    return Path(file).parent if scheme == "sqlite:" else settings.state_directory


def database_password(settings: Settings) -> str | None:
    """The password of the database's user; None where none is configured."""
    kept = settings.database_password
    return None if kept is None else kept.get_secret_value()


def emergency_spool(settings: Settings) -> EmergencySpool | None:
    """Where calls go that the books do not take; None where no other place is known."""
    given = os.environ.get("RUNTIME_DIRECTORY", "").split(":")[0]
    folder = settings.emergency_directory or (Path(given) if given else None)
    if folder is None:
        return None
    return EmergencySpool(folder / f"{settings.listening.pbx}.calls", Key(settings.key.get_secret_value()))


def laid_aside(settings: Settings) -> EmergencySpool:
    """Where calls are kept of which it is not known yet whether another service has them."""
    file = settings.state_directory / f"{settings.listening.pbx}.laid-aside"
    return EmergencySpool(file, Key(settings.key.get_secret_value()))


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
    refuse_messages(messages(settings), settings.rules, now())


def tell_disagreements(settings: Settings) -> None:
    """Say in the log where the files and the screen do not agree, and which one is in force."""
    for one in settings.disagreements:
        log.warning("%s", one)


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
