"""From a checked configuration to the domain's own types and the wiring's settings."""

from datetime import date

from pydantic import SecretBytes, SecretStr

from config.alarms import Mail, Mqtt
from config.booking import BookingKeys, build_timetable
from config.call_back import CallBackSettings
from config.check import problem_at
from config.choosing import build_carriers, build_webhooks, confirms_opt_out
from config.digest import build_digest
from config.ehr import EhrKeys, EhrSettings
from config.oidc import BACK, Oidc, OidcSettings
from config.problems import KeyPath, Problem
from config.records import build_records
from config.retention import build_retention
from config.schema import Configuration, Database, Ivr, SiteKeys
from config.secret_files import (
    MEND_KEY,
    RESTORE_KEY,
    RESTORE_SEAL,
    SecretMissing,
    SecretReader,
    SecretRefused,
    as_key,
    as_password,
)
from config.settings import (
    AgiSettings,
    AmiSettings,
    BookingSettings,
    DialSettings,
    GatewaySettings,
    IvrSettings,
    MailSettings,
    MqttSettings,
    QueueSettings,
    Settings,
)
from config.sites import box_of, build_boxes, build_centre
from config.tree import Tree
from config.triage import build_ladder
from config.web import WebSettings
from secondring.domain.calls import ListeningRules
from secondring.domain.hours import OpeningHours, Period
from secondring.domain.ids import SiteId
from secondring.domain.rules import AlarmRules, BookingRules, FollowUp, Guards, Route, Rules, Site


class Secrets:
    """Reads the secrets of a configuration and collects what is wrong with them."""

    def __init__(self, read: SecretReader, tree: Tree) -> None:
        self._read = read
        self._tree = tree
        self.problems: list[Problem] = []

    def _bytes(self, place: str, path: KeyPath, if_missing: str = "") -> bytes | None:
        try:
            return self._read(place)
        except SecretMissing as missing:
            self._note(path, SecretRefused(missing.what, if_missing or missing.remedy))
            return None
        except SecretRefused as refused:
            self._note(path, refused)
            return None

    def _note(self, path: KeyPath, refused: SecretRefused) -> None:
        self.problems.append(problem_at(self._tree, path, refused.what, refused.remedy))

    def password(self, place: str, path: KeyPath) -> SecretStr:
        """The password kept at a place; an empty one when there is a problem."""
        raw = self._bytes(place, path)
        try:
            return SecretStr("" if raw is None else as_password(raw))
        except SecretRefused as refused:
            self._note(path, refused)
            return SecretStr("")

    def key(self, place: str, path: KeyPath) -> SecretBytes:
        """The database's key, kept at a place; an empty one when there is a problem."""
        return self._key(place, path, if_missing=RESTORE_KEY, if_bad=MEND_KEY)

    def seal(self, place: str, path: KeyPath) -> SecretBytes:
        """The key that a site box and its centre share; an empty one when there is a problem."""
        return self._key(place, path, if_missing=RESTORE_SEAL, if_bad=RESTORE_SEAL)

    def _key(self, place: str, path: KeyPath, *, if_missing: str, if_bad: str) -> SecretBytes:
        raw = self._bytes(place, path, if_missing)
        try:
            return SecretBytes(b"" if raw is None else as_key(raw, if_bad))
        except SecretRefused as refused:
            self._note(path, refused)
            return SecretBytes(b"")


def build_settings(found: Configuration, secrets: Secrets) -> Settings:
    """Everything the wiring needs. Look at `secrets.problems` before using it."""
    return Settings(
        rules=build_rules(found),
        listening=build_listening(found),
        ami=_ami(found, secrets),
        dial=_dial(found, secrets),
        call_back=CallBackSettings(**dict(found.call_back)),
        database_url=found.database.url,
        database_password=_database_password(found.database, secrets),
        key=secrets.key(found.database.key_file, ("database", "key_file")),
        warn_free=found.database.warn_free_mb * 1_000_000,
        emergency_directory=found.database.emergency_directory,
        carriers=build_carriers(found, secrets.password),
        webhooks=build_webhooks(found),
        gateway=GatewaySettings(**dict(found.gateway)),
        agi=AgiSettings(**dict(found.agi)),
        ivr=_ivr(found.ivr),
        booking=BookingSettings(**dict(found.booking.listen)) if found.booking.public_url else None,
        ehrs=_ehrs(found, secrets),
        messages_directory=found.messages.directory,
        digest=build_digest(found.digest),
        wording=build_wording(found),
        web=WebSettings(**dict(found.web)),
        oidc=_oidc(found.oidc, secrets),
        mail=_mail(found.mail, secrets),
        alarm_mail=found.alarms.mail,
        mqtt=_mqtt(found.mqtt, secrets),
        centre=build_centre(found.centre, secrets),
        boxes=build_boxes(found.boxes, secrets),
        records=build_records(found.records, secrets.password),
        retention=build_retention(found.retention),
        log_level=found.log.level,
        state_directory=found.state_directory,
        shadow=found.mode == "shadow",
    )


def build_rules(found: Configuration) -> Rules:
    """The clinic's wishes as the domain takes them."""
    return Rules(
        sites=tuple(_site(found, name, keys) for name, keys in found.sites.items()),
        guards=Guards(**dict(found.guards)),
        follow_up=FollowUp(**dict(found.follow_up)),
        alarms=AlarmRules(texts=tuple(sorted(found.alarms.texts)), fold=found.alarms.fold),
        routes={intent: Route(**dict(keys)) for intent, keys in found.routes.items()},
        booking=_booking(found.booking),
        announcement=found.ivr.announcement_version if found.ivr.everybody_hears else "",
        carrier_confirms_opt_out=confirms_opt_out(found),
    )


def _booking(keys: BookingKeys) -> BookingRules | None:
    if keys.public_url is None:
        return None
    return BookingRules(
        public_url=keys.public_url,
        link_valid=keys.link_valid,
        hold=keys.hold,
        ask_name=keys.ask_name,
        ask_birth_date=keys.ask_birth_date,
    )


def build_wording(found: Configuration) -> dict[tuple[str, str], str]:
    """The messages that are worded in the configuration itself, by language and name."""
    return {
        (language, name): words
        for language, messages in found.messages.wording.items()
        for name, words in messages.items()
    }


def build_listening(found: Configuration) -> ListeningRules:
    """How the PBX names things, as the domain takes it."""
    return ListeningRules(
        pbx=found.pbx.name,
        inbound=found.pbx.inbound_contexts,
        outside_prefix=found.pbx.outside_prefix,
        forget_after=found.pbx.forget_after,
        external_answer=found.pbx.external_answer,
    )


def _site(found: Configuration, name: str, keys: SiteKeys) -> Site:
    return Site(
        id=SiteId(name),
        name=keys.name,
        phone=keys.phone,
        sender=keys.sender or keys.phone,
        senders=keys.senders,
        dids=keys.dids or (keys.phone,),
        hours=OpeningHours(zone=keys.zone, week=keys.hours, days=_days(keys)),
        region=keys.region,
        language=keys.language,
        booking_url=keys.booking_url,
        timetable=build_timetable(keys.calendar, keys.zone, keys.hours, _days(keys)),
        alert_numbers=keys.alert_numbers,
        triage=build_ladder(keys.triage, keys.zone, found.guards.spoken),
        shadow=found.mode == "shadow",
        box=box_of(found, name),
    )


def _days(keys: SiteKeys) -> dict[date, tuple[Period, ...]]:
    closed: dict[date, tuple[Period, ...]] = dict.fromkeys(keys.holidays, ())
    return closed | keys.special_days


def _ami(found: Configuration, secrets: Secrets) -> AmiSettings:
    keys = found.ami
    return AmiSettings(
        host=keys.host,
        port=keys.port,
        user=keys.user,
        secret=secrets.password(keys.secret_file, ("ami", "secret_file")),
        tls=keys.tls,
        ca_file=keys.ca_file,
        ping_interval=keys.ping_interval,
        ping_deadline=keys.ping_deadline,
    )


def _ehrs(found: Configuration, secrets: Secrets) -> dict[SiteId, EhrSettings]:
    kept = {name: site.calendar.ehr for name, site in found.sites.items() if site.calendar is not None}
    return {SiteId(name): _ehr(name, keys, secrets) for name, keys in kept.items() if keys is not None}


def _ehr(site: str, keys: EhrKeys, secrets: Secrets) -> EhrSettings:
    path: KeyPath = ("sites", site, "calendar", "ehr", "token_file")
    token = secrets.password(keys.token_file, path) if keys.token_file else None
    return EhrSettings(
        url=keys.url, schedules=keys.schedules, token=token, timeout=keys.timeout, ca_file=keys.ca_file
    )


def _ivr(keys: Ivr) -> IvrSettings:
    queues = tuple(QueueSettings(name=name, **dict(queue)) for name, queue in keys.queues.items())
    return IvrSettings(**{**dict(keys), "queues": queues})


def _dial(found: Configuration, secrets: Secrets) -> DialSettings | None:
    keys = found.ami_dial
    if keys.secret_file is None:
        return None
    return DialSettings(
        user=keys.user, secret=secrets.password(keys.secret_file, ("ami_dial", "secret_file"))
    )


def _mail(keys: Mail, secrets: Secrets) -> MailSettings | None:
    if keys.host is None:
        return None
    place = keys.password_file
    password = secrets.password(place, ("mail", "password_file")) if place else None
    return MailSettings(
        host=keys.host,
        port=keys.port,
        security=keys.security,
        ca_file=keys.ca_file,
        user=keys.user,
        password=password,
        sender=keys.sender or "",
    )


def _database_password(keys: Database, secrets: Secrets) -> SecretStr | None:
    place = keys.password_file
    return secrets.password(place, ("database", "password_file")) if place else None


def _mqtt(keys: Mqtt, secrets: Secrets) -> MqttSettings | None:
    if keys.host is None:
        return None
    place = keys.password_file
    password = secrets.password(place, ("mqtt", "password_file")) if place else None
    return MqttSettings(
        host=keys.host, port=keys.port, tls=keys.tls, ca_file=keys.ca_file, user=keys.user, password=password
    )


def _oidc(keys: Oidc, secrets: Secrets) -> OidcSettings | None:
    if keys.issuer is None:
        return None
    place = keys.secret_file
    return OidcSettings(
        issuer=keys.issuer,
        client_id=keys.client_id or "",
        secret=secrets.password(place, ("oidc", "secret_file")) if place else None,
        redirect=(keys.pages or "") + BACK,
        button=keys.button,
        name_claim=keys.name_claim,
        scopes=keys.scopes,
        trusted_acr=keys.trusted_acr,
        trusted_amr=keys.trusted_amr,
        ca_file=keys.ca_file,
    )
