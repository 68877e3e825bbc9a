"""The configuration as the wiring takes it: plain frozen values, secrets wrapped so that they never print."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Literal, TypeVar

from pydantic import SecretBytes, SecretStr

from config.call_back import CallBackSettings
from config.carriers import CarrierKeys
from config.digest import DigestSettings
from config.ehr import EhrsOfSites
from config.oidc import OidcSettings
from config.records import RecordSettings
from config.sites import BoxesSettings, CentreSettings
from config.web import WebSettings
from secondring.domain.calls import ListeningRules
from secondring.domain.retention import Policy
from secondring.domain.rules import Rules
from secondring.domain.settings import Disagreement

_Keys = TypeVar("_Keys", bound=CarrierKeys)


@dataclass(frozen=True, slots=True, kw_only=True)
class AmiSettings:
    """The link to Asterisk."""

    host: str
    port: int
    user: str
    secret: SecretStr
    tls: bool
    ca_file: Path | None
    ping_interval: timedelta
    ping_deadline: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class DialSettings:
    """The account that rings phones; all else of its link is that of the listener's."""

    user: str
    secret: SecretStr


@dataclass(frozen=True, slots=True, kw_only=True)
class CarrierSettings:
    """One carrier."""

    name: str
    kind: str
    keys: CarrierKeys
    """Its keys; those of its kind are in a subclass."""
    secrets: Mapping[str, SecretStr]
    """What its `_file` keys name, read, under the key's name without `_file`."""

    def keys_as(self, kind: type[_Keys]) -> _Keys:
        """Its keys, of the kind that a driver knows them to be."""
        if not isinstance(self.keys, kind):
            raise TypeError(f"carriers.{self.name}: its keys are not those of its kind")
        return self.keys

    def secret(self, name: str) -> str | None:
        """A secret in the clear; None when none is configured."""
        found = self.secrets.get(name)
        return found.get_secret_value() if found else None


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookSettings:
    """Where carriers deliver."""

    host: str
    port: int
    public_url: str | None
    per_second: int
    burst: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewaySettings:
    """How fast and how long texts are tried."""

    per_second: int
    concurrency: int
    max_attempts: int
    max_age: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class AgiSettings:
    """Where Asterisk's dialplan asks us."""

    listen: str
    port: int
    threads: int
    program: Path | None = None
    """What Asterisk starts for every question, instead of asking at the port."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueSettings:
    """A queue whose callers get the offer."""

    name: str
    every: timedelta
    from_position: int
    timeout: timedelta
    options: str
    then: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class IvrSettings:
    """What callers are offered by key."""

    announcement_version: str
    everybody_hears: bool
    after_text: Literal["stay", "hang-up"]
    ordinary: str | None
    mobile_digits: int
    queues: tuple[QueueSettings, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingSettings:
    """Where the booking page listens."""

    host: str
    port: int
    certificate: Path | None
    certificate_key: Path | None
    proxies: tuple[str, ...]
    per_minute: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MailSettings:
    """The mail server."""

    host: str
    port: int
    security: Literal["starttls", "tls", "none"]
    ca_file: Path | None
    user: str | None
    password: SecretStr | None
    sender: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MqttSettings:
    """The MQTT broker."""

    host: str
    port: int
    tls: bool
    ca_file: Path | None
    user: str | None
    password: SecretStr | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that `secondring` is told from outside."""

    rules: Rules
    listening: ListeningRules
    ami: AmiSettings
    dial: DialSettings | None
    """None when no secret is configured; a site with a ladder needs one."""
    call_back: CallBackSettings
    database_url: str
    database_password: SecretStr | None
    key: SecretBytes
    """32 bytes."""
    warn_free: int
    """Bytes free on the database's disk below which an alarm is raised."""
    emergency_directory: Path | None
    """Where calls are kept that the database does not take; None for the runtime directory."""
    carriers: tuple[CarrierSettings, ...]
    """In order of preference; at least one."""
    webhooks: WebhookSettings | None
    """None when nothing listens."""
    gateway: GatewaySettings
    agi: AgiSettings
    ivr: IvrSettings
    booking: BookingSettings | None
    """None while the booking page is off; `rules.booking` says how patients book."""
    ehrs: EhrsOfSites
    """The EHRs that keep appointments, by site."""
    messages_directory: Path | None
    digest: DigestSettings
    wording: Mapping[tuple[str, str], str]
    """Messages that are worded in the configuration, by language and name."""
    web: WebSettings
    oidc: OidcSettings | None
    """None while people log in by name and password alone."""
    mail: MailSettings | None
    """None when no e-mail is sent."""
    alarm_mail: tuple[str, ...]
    """Who gets alarms by e-mail; their phones are in `rules.alarms`."""
    mqtt: MqttSettings | None
    """None when nothing is published."""
    centre: CentreSettings | None
    """Where this machine is a site box."""
    boxes: BoxesSettings | None
    """Where this machine is the centre of site boxes."""
    records: RecordSettings
    """What the PBX itself keeps of its calls."""
    retention: Policy
    """How long what of patients is kept."""
    log_level: str
    """`debug`, `info`, `warning` or `error`."""
    state_directory: Path
    shadow: bool = False
    """Shadow mode: nothing is sent. Every site of `rules` says so too."""
    files: tuple[Path, ...] = field(default=())
    """The administrator's files that were read, in order."""
    disagreements: tuple[Disagreement, ...] = ()
    """Where the files say otherwise than what was set on screen, which is in force."""
    read_from: Path | None = None
    """Where the files are, so that they can be read anew."""
    version: int = 0
    """Of what was set on screen; 0 when nothing ever was."""
    cautions: tuple[str, ...] = field(default=())
    """What is allowed, and should be known before it matters: place, what it means, what mends it."""

    @property
    def trunks(self) -> tuple[CarrierSettings, ...]:
        """The carriers that are the PBX's own trunks: their texts come by its dialplan."""
        return tuple(carrier for carrier in self.carriers if carrier.kind == "sip")

    @property
    def only_simulated(self) -> bool:
        """True when texts go to simulated phones and nobody outside this machine gets one."""
        return all(carrier.kind == "handset" for carrier in self.carriers)
