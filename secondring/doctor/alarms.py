"""The ways to people: whether they are open (`doctor`), and one alarm through each of them (`alarm test`)."""

import asyncio
from collections.abc import Iterator
from datetime import datetime

from secondring import wiring
from secondring.bus.client import heard, once
from secondring.bus.topics import Bell
from secondring.channels import alarm_mail, alarm_payload, alarm_topic, broker, mailer
from secondring.doctor.findings import Check, Finding, bad, unseen, well
from secondring.domain.alarms import Alarm, first
from secondring.domain.ids import TextId, derived_id
from secondring.domain.phone import PhoneNumber
from secondring.domain.records import KeptAlarm
from secondring.wiring import Settings
from sms_gateway.carriers.port import Accepted, OutgoingText

KIND = "test"
BECAUSE = "this is a test; nothing is wrong, nobody has to do anything"


def alarm_checks(settings: Settings) -> Iterator[Check]:
    """Reach each, log in, and send nothing."""
    yield Check("alarms by text", lambda: _phones(settings))
    yield Check("alarms by e-mail", lambda: _mail(settings))
    yield Check("MQTT", lambda: _mqtt(settings))


def alarm_trials(settings: Settings, at: datetime) -> Iterator[Check]:
    """One alarm through each that is configured."""
    alarm = first(Alarm(KIND, BECAUSE), at)
    for number in settings.rules.alarms.texts:
        yield Check(f"text to {number}", lambda number=number: _text(settings, alarm, number))  # type: ignore[misc]
    if settings.mail is not None and settings.alarm_mail:
        to = ", ".join(settings.alarm_mail)
        yield Check(f"e-mail to {to}", lambda: _send_mail(settings, alarm))
    if settings.mqtt is not None:
        yield Check("MQTT", lambda: _publish(settings, alarm))


# ---------------------------------------------------------------- without a word


def _phones(settings: Settings) -> Finding:
    numbers = settings.rules.alarms.texts
    if not numbers:
        return unseen("nobody is texted", "name supervisors' phones in alarms.texts")
    if settings.only_simulated:
        return unseen(f"{len(numbers)} phones, simulated ones", "choose a carrier: docs/carriers.md")
    return well(f"{len(numbers)} phones, by the carrier")


def _mail(settings: Settings) -> Finding:
    if settings.mail is None or not settings.alarm_mail:
        return unseen("nobody gets e-mail", "name the server in mail, and addresses in alarms.mail")
    return well(f"{len(settings.alarm_mail)} addresses; {mailer(settings.mail).check()}")


def _mqtt(settings: Settings) -> Finding:
    if settings.mqtt is None:
        return unseen("nothing is published", "name a broker in mqtt.host")
    at = broker(settings.mqtt, settings.listening.pbx)
    asyncio.run(heard(at, at.topic("bell", Bell.WORK), {"from": "doctor"}))
    return well(f"{at} lets us in ({'TLS' if at.tls else 'no encryption'}), and what we ring is heard")


# ---------------------------------------------------------------- one alarm


def _text(settings: Settings, alarm: KeptAlarm, number: PhoneNumber) -> Finding:
    """Straight to the carrier: the running service has its own way, by the outbox."""
    site = settings.rules.sites[0]
    text = OutgoingText(
        id=TextId(derived_id("M", alarm.id, number.e164)),
        to=number,
        sender=site.sender,
        body=f"Second Ring alarm, {site.name}: {alarm.because}",
    )

    async def send() -> Finding:
        drivers = wiring.drivers(settings)
        carrier = drivers[0].carrier
        try:
            result = await carrier.send(text)
        finally:
            for driver in drivers:
                await driver.carrier.close()
        if isinstance(result, Accepted):
            return well(f"the carrier {carrier.name} took it")
        why = f"the carrier {carrier.name} did not take it ({result.note})"
        return bad(why, f"see the line of the carrier {carrier.name} in what `secondring doctor` shows")

    return asyncio.run(send())


def _send_mail(settings: Settings, alarm: KeptAlarm) -> Finding:
    if settings.mail is None:
        return unseen("nobody gets e-mail")
    door = mailer(settings.mail)
    door.send(alarm_mail(alarm, settings.mail.sender, settings.alarm_mail))
    return well(
        f"{settings.mail.host}:{settings.mail.port} took it; look into the mailbox, and its junk folder"
    )


def _publish(settings: Settings, alarm: KeptAlarm) -> Finding:
    if settings.mqtt is None:
        return unseen("nothing is published")
    at = broker(settings.mqtt, settings.listening.pbx)
    topic = alarm_topic(at, alarm)
    asyncio.run(once(at, (topic, alarm_payload(alarm))))
    return well(f"{at} took it on {topic}; whether we may publish there, only a subscriber sees")
