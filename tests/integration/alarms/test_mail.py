"""Mail to a real server: encrypted and logged in, or not at all; and errors that say what to mend."""

import asyncio
import socket
from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path

import pytest

from lab.ports import free_port
from secondring.domain.errors import PeerError
from secondring.mail import Mailer, MailServer
from tests.support.certificates import loopback_certificate
from tests.support.mail_server import PASSWORD, USER, MailBox


def a_server(box: MailBox) -> MailServer:
    return MailServer(
        host="127.0.0.1",
        port=box.port,
        security="starttls",
        ca_file=box.certificate.cert,
        user=USER,
        password=PASSWORD,
        sender=USER,
    )


def a_message(*to: str) -> EmailMessage:
    message = EmailMessage()
    message["To"] = ", ".join(to or ("boss@clinic.example",))
    message["Subject"] = "Alarm: Clínica del Norte"
    message.set_content("nobody took an urgent call – look")
    return message


async def send(server: MailServer, message: EmailMessage | None = None) -> None:
    await asyncio.to_thread(Mailer(server).send, message or a_message())


async def refusal(server: MailServer, message: EmailMessage | None = None) -> str:
    with pytest.raises(PeerError) as refused:
        await send(server, message)
    assert PASSWORD not in str(refused.value)
    return str(refused.value)


async def test_a_message_arrives_whole_over_starttls_and_a_login(mailbox: MailBox) -> None:
    await send(a_server(mailbox), a_message("boss@clinic.example", "it@clinic.example"))
    (message,) = mailbox.taken
    assert mailbox.recipients == [["boss@clinic.example", "it@clinic.example"]]
    assert message["From"] == USER
    assert message["Subject"] == "Alarm: Clínica del Norte"
    assert message["Message-ID"].endswith("@clinic.example>")
    assert message.get_content().strip() == "nobody took an urgent call – look"


async def test_checking_sends_nothing(mailbox: MailBox) -> None:
    said = await asyncio.to_thread(Mailer(a_server(mailbox)).check)
    assert said == f"127.0.0.1:{mailbox.port} answers (STARTTLS, logged in)"
    assert mailbox.taken == []


async def test_a_wrong_password_is_named_by_the_key_that_mends_it(mailbox: MailBox) -> None:
    said = await refusal(replace(a_server(mailbox), password="wrong"))
    assert "refused our login (535): look at mail.user" in said


async def test_a_certificate_of_somebody_else_is_not_trusted(mailbox: MailBox, tmp_path: Path) -> None:
    other = loopback_certificate(tmp_path, "other").cert
    assert "mail.ca_file" in await refusal(replace(a_server(mailbox), ca_file=other))
    assert "do not trust" in await refusal(replace(a_server(mailbox), ca_file=None))
    assert mailbox.taken == []


async def test_a_server_that_cannot_encrypt_never_sees_the_password(mailbox: MailBox) -> None:
    await mailbox.stop()
    mailbox.starttls = False
    await mailbox.start()
    assert "STARTTLS" in await refusal(a_server(mailbox))
    assert mailbox.taken == []


async def test_what_the_server_does_not_take_is_told(mailbox: MailBox) -> None:
    mailbox.answer = "452 the disk is full"
    assert "said no (452)" in await refusal(a_server(mailbox))
    mailbox.refuses = {"boss@clinic.example"}
    assert "takes no mail for the recipients (550)" in await refusal(a_server(mailbox))


async def test_one_unknown_recipient_is_told_and_the_others_have_it(mailbox: MailBox) -> None:
    mailbox.refuses = {"gone@clinic.example"}
    said = await refusal(a_server(mailbox), a_message("gone@clinic.example", "it@clinic.example"))
    assert "not for 1 of its recipients (550)" in said
    assert mailbox.recipients == [["it@clinic.example"]]


async def test_nobody_there(mailbox: MailBox) -> None:
    nowhere = replace(a_server(mailbox), port=free_port(socket.SOCK_STREAM))
    assert "cannot be reached (Connection refused): look at mail.host and mail.port" in await refusal(nowhere)


async def test_tls_where_plain_smtp_is_spoken(mailbox: MailBox) -> None:
    said = await refusal(replace(a_server(mailbox), security="tls"))
    assert "look at mail.security and mail.port" in said
