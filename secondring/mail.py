"""The door to a mail server: one message, over a verified link, or an error that says what to mend.

smtplib, because it knows every server's manners and a message every few minutes needs no event loop of its own:
callers on an event loop hop to a thread.
"""

import smtplib
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import make_msgid
from pathlib import Path
from typing import Literal

from secondring.domain.errors import PeerError

SECONDS = 10.0
"""How long each step may take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    """Where mail is handed in, and as whom."""

    host: str
    port: int
    security: Literal["starttls", "tls", "none"]
    """`none` is for a server on this machine."""
    sender: str
    ca_file: Path | None = None
    user: str | None = None
    password: str = field(default="", repr=False)

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


class Mailer:
    """Hands messages to one server. Every call is a link of its own; any thread may call."""

    def __init__(self, server: MailServer) -> None:
        self._server = server

    def send(self, message: EmailMessage) -> None:
        """Hand it over, to everybody in To; From and Message-ID are added when missing.

        Raises PeerError, with the remedy, when the server did not take it, or not for all of them.
        """
        sender = self._server.sender
        if "From" not in message:
            message["From"] = sender
        if "Message-ID" not in message:
            message["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2])
        with self._told_plainly(), self._open() as link:
            refused = link.send_message(message, from_addr=sender)
        if refused:
            raise PeerError(
                f"mail server {self._server} took the mail, but not for {len(refused)} of its recipients"
                f" ({_codes(refused)}): look at the addresses"
            )

    def check(self) -> str:
        """Connect and log in, and send nothing; returns what was proven. Raises PeerError."""
        with self._told_plainly(), self._open() as link:
            link.noop()
        how = {"starttls": "STARTTLS", "tls": "TLS", "none": "no encryption"}[self._server.security]
        return f"{self._server} answers ({how}{', logged in' if self._server.user else ''})"

    @contextmanager
    def _open(self) -> Iterator[smtplib.SMTP]:
        server = self._server
        with self._connected() as link:
            if server.security == "starttls":
                link.starttls(context=_context(server))
            if server.user is not None:
                link.login(server.user, server.password)
            yield link

    def _connected(self) -> smtplib.SMTP:
        server = self._server
        name = socket.gethostname() or "localhost"  # its full name would take a look-up that may hang
        if server.security == "tls":
            return smtplib.SMTP_SSL(
                server.host, server.port, local_hostname=name, timeout=SECONDS, context=_context(server)
            )
        return smtplib.SMTP(server.host, server.port, local_hostname=name, timeout=SECONDS)

    @contextmanager
    def _told_plainly(self) -> Iterator[None]:
        """Every error of the libraries becomes one that says where and what to do; theirs may quote a password."""
        try:
            yield
        except (smtplib.SMTPException, OSError) as error:
            what, remedy = _plainly(error, self._server)
            raise PeerError(f"mail server {self._server} {what}: {remedy}") from None


def _context(server: MailServer) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(server.ca_file) if server.ca_file else None)


_SAID_NO: tuple[tuple[type[smtplib.SMTPException], str, str], ...] = (
    (
        smtplib.SMTPAuthenticationError,
        "refused our login",
        "look at mail.user and at the file in mail.password_file",
    ),
    (smtplib.SMTPSenderRefused, "does not take mail from us", "look at mail.sender"),
    (smtplib.SMTPRecipientsRefused, "takes no mail for the recipients", "look at the addresses"),
    (
        smtplib.SMTPNotSupportedError,
        "cannot do what is configured (STARTTLS, or a login)",
        "look at mail.security and mail.port",
    ),
    (smtplib.SMTPResponseException, "said no", "its own log tells why"),
    (smtplib.SMTPException, "broke off", "look at mail.security and mail.port; its own log tells why"),
)
"""The first that fits."""


def _plainly(error: Exception, server: MailServer) -> tuple[str, str]:
    for kind, what, remedy in _SAID_NO:
        if isinstance(error, kind):
            return f"{what}{_code(error)}", remedy
    return _link_trouble(error, server)


def _code(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return f" ({_codes(error.recipients)})"
    return f" ({error.smtp_code})" if isinstance(error, smtplib.SMTPResponseException) else ""


def _link_trouble(error: Exception, server: MailServer) -> tuple[str, str]:
    if isinstance(error, ssl.SSLCertVerificationError):
        why = f"has a certificate that we do not trust ({error.verify_message})"
        return why, "give its authority in mail.ca_file, or the name in its certificate in mail.host"
    if isinstance(error, ssl.SSLError):
        return f"failed in TLS ({error.reason})", "look at mail.security and mail.port"
    if isinstance(error, TimeoutError):
        return f"did not answer within {SECONDS:g} s", "look at mail.port, and at firewalls in between"
    if isinstance(error, FileNotFoundError):
        return f"needs {server.ca_file}, which is not there", "look at mail.ca_file"
    strerror = getattr(error, "strerror", None) or type(error).__name__
    return f"cannot be reached ({strerror})", "look at mail.host and mail.port"


def _codes(refused: dict[str, tuple[int, bytes]]) -> str:
    return ", ".join(sorted({str(code) for code, _ in refused.values()}))
