"""The channels that the configuration names: e-mail and MQTT, joined to what they tell. Texts go by the outbox."""

import asyncio
import ssl
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any

from config.settings import MailSettings, MqttSettings, Settings
from secondring.alarming import Channel
from secondring.bus.client import Broker, Payload
from secondring.bus.mqtt import MqttLink
from secondring.domain.alarms import in_words
from secondring.domain.errors import ConfigError
from secondring.domain.ids import SiteId
from secondring.domain.records import KeptAlarm
from secondring.mail import Mailer, MailServer

ADVICE = """
secondring explain, tasks and doctor show more; `journalctl -u secondring -p warning` has the service's own words.
This message names no patient. It may arrive twice.
"""


class MailChannel:
    """Alarms by e-mail."""

    name = "mail"

    def __init__(self, mailer: Mailer, sender: str, to: tuple[str, ...]) -> None:
        self._mailer = mailer
        self._sender = sender
        self._to = to

    async def tell(self, alarm: KeptAlarm) -> None:
        await asyncio.to_thread(self._mailer.send, alarm_mail(alarm, self._sender, self._to))


def alarm_mail(alarm: KeptAlarm, sender: str, to: tuple[str, ...]) -> EmailMessage:
    """The message. Told again, it has the same Message-ID, by which mailboxes know it."""
    message = EmailMessage()
    message["Subject"] = f"Second Ring alarm: {alarm.kind}{f' at {alarm.site}' if alarm.site else ''}"
    message["To"] = ", ".join(to)
    message["Date"] = format_datetime(alarm.last_at)
    message["Message-ID"] = f"<{alarm.id}.{alarm.count}@{sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(
        f"{in_words(alarm)}\n\nfirst  {_iso(alarm.raised_at)}\nlast   {_iso(alarm.last_at)}\n{ADVICE}"
    )
    return message


class MqttChannel:
    """Alarms on the broker."""

    name = "mqtt"

    def __init__(self, link: MqttLink, broker: Broker) -> None:
        self._link = link
        self._broker = broker

    async def tell(self, alarm: KeptAlarm) -> None:
        await self._link.publish(alarm_topic(self._broker, alarm), alarm_payload(alarm))


def alarm_topic(broker: Broker, alarm: KeptAlarm) -> str:
    """Of its site; one level higher when it is about all of them."""
    return broker.topic(alarm.site, "alarm") if alarm.site else broker.topic("alarm")


def alarm_payload(alarm: KeptAlarm) -> Payload:
    """As docs/alarms.md shows it."""
    return {
        "id": alarm.id,
        "kind": alarm.kind,
        "site": alarm.site or None,
        "because": alarm.because,
        "count": alarm.count,
        "raised_at": _iso(alarm.raised_at),
        "last_at": _iso(alarm.last_at),
    }


class MqttBoard:
    """Lamps on the broker."""

    def __init__(self, link: MqttLink, broker: Broker) -> None:
        self._link = link
        self._broker = broker

    def show(self, site: SiteId, state: dict[str, Any]) -> None:
        self._link.show(self._broker.topic(site, "urgent"), state)

    def tell(self, site: SiteId, event: dict[str, Any]) -> None:
        self._link.tell(self._broker.topic(site, "urgent", "event"), event)


# ---------------------------------------------------------------- from the settings


def mailer(mail: MailSettings) -> Mailer:
    """The door to the configured mail server."""
    return Mailer(
        MailServer(
            host=mail.host,
            port=mail.port,
            security=mail.security,
            sender=mail.sender,
            ca_file=mail.ca_file,
            user=mail.user,
            password=mail.password.get_secret_value() if mail.password else "",
        )
    )


def broker(mqtt: MqttSettings, pbx: str) -> Broker:
    """The configured broker; raises ConfigError when the file of its authority is not one."""
    return Broker(
        host=mqtt.host,
        port=mqtt.port,
        pbx=pbx,
        user=mqtt.user,
        password=mqtt.password.get_secret_value() if mqtt.password else "",
        tls=_context(mqtt) if mqtt.tls else None,
    )


def _context(mqtt: MqttSettings) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=str(mqtt.ca_file) if mqtt.ca_file else None)
    except OSError as error:
        why = error.strerror or "no certificate in it"
        raise ConfigError(f"mqtt.ca_file {mqtt.ca_file} cannot be used ({why}): look at the file") from None


def mail_channel(settings: Settings) -> list[Channel]:
    """By e-mail, where somebody is to get it."""
    if settings.mail is None or not settings.alarm_mail:
        return []
    return [MailChannel(mailer(settings.mail), settings.mail.sender, settings.alarm_mail)]


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
