"""Handing a letter to the mail server, by the standard library's SMTP client."""

import smtplib
import ssl
from dataclasses import dataclass, field
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Literal

from secondring.domain.errors import PeerError


class MailRefused(PeerError):
    """The mail server did not take the letter; says what it said and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A mail server, and whom to log in as."""

    host: str
    port: int
    encryption: Literal["none", "starttls", "tls"]
    ca_file: Path | None = None
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    timeout: timedelta = timedelta(seconds=30)


def post(server: Server, message: EmailMessage) -> None:
    """Hand it over; returns once the server has taken it. Raises MailRefused.

    Certificates are checked against `ca_file` or the system's list; a password only goes over TLS, or to a server
    on this machine (the configuration sees to that).
    """
    where = f"mail server {server.host}:{server.port}"
    try:
        _hand_over(server, message)
    except smtplib.SMTPAuthenticationError as error:
        raise MailRefused(
            f"{where}: log-in refused ({error.smtp_code}): check digest.smtp.user and password_file"
        ) from error
    except smtplib.SMTPResponseException as error:
        raise MailRefused(f"{where}: refused the letter ({error.smtp_code}): {_plain(error)}") from error
    except smtplib.SMTPRecipientsRefused as error:
        codes = ", ".join(str(code) for code, _ in error.recipients.values())
        raise MailRefused(f"{where}: refused digest.owner ({codes}): check the address") from error
    except smtplib.SMTPServerDisconnected as error:
        raise MailRefused(f"{where}: hung up on us: check digest.smtp.port and encryption") from error
    except (smtplib.SMTPException, ssl.SSLError) as error:
        raise MailRefused(
            f"{where}: {type(error).__name__}: check digest.smtp.encryption and ca_file"
        ) from error
    except OSError as error:
        raise MailRefused(
            f"{where}: {error.strerror or type(error).__name__}: is it running, is digest.smtp right?"
        ) from error


def _hand_over(server: Server, message: EmailMessage) -> None:
    seconds = server.timeout.total_seconds()
    if server.encryption == "tls":
        client: smtplib.SMTP = smtplib.SMTP_SSL(
            server.host, server.port, timeout=seconds, context=_context(server)
        )
    else:
        client = smtplib.SMTP(server.host, server.port, timeout=seconds)
    with client:
        if server.encryption == "starttls":
            client.starttls(context=_context(server))
        if server.user is not None and server.password is not None:
            client.login(server.user, server.password)
        client.send_message(message)


def _context(server: Server) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(server.ca_file) if server.ca_file else None)


def _plain(error: smtplib.SMTPResponseException) -> str:
    """The first line of what the server said, cut short; it may quote an address of staff, never a patient's."""
    said = error.smtp_error
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
    return (
        "".join(c for c in text.splitlines()[0][:120] if c.isprintable())
        if text.strip()
        else "no reason given"
    )
