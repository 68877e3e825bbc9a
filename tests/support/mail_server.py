"""A real SMTP server on a free loopback port: STARTTLS, a login that is required, and a memory."""

import asyncio
import socket
import ssl
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from lab.ports import free_port
from tests.support.certificates import Certificate

USER, PASSWORD = "secondring@clinic.example", "planted-mail-password"


@dataclass
class MailBox:
    """The server; `start`, `stop` and start again on the same port."""

    certificate: Certificate
    port: int = field(default_factory=lambda: free_port(socket.SOCK_STREAM))
    starttls: bool = True
    answer: str = "250 taken"
    """To each message."""
    refuses: set[str] = field(default_factory=set)
    """Recipients it does not know."""
    taken: list[EmailMessage] = field(default_factory=list)
    recipients: list[list[str]] = field(default_factory=list)
    tried: int = 0
    _server: asyncio.Server | None = None

    async def start(self) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate.cert, self.certificate.key)
        loop = asyncio.get_running_loop()

        def session() -> SMTP:
            self.tried += 1
            return SMTP(
                self,
                hostname="mail.clinic.example",
                tls_context=context if self.starttls else None,
                require_starttls=self.starttls,
                auth_required=self.starttls,
                authenticator=_authenticate,
                loop=loop,
            )

        self._server = await loop.create_server(session, "127.0.0.1", self.port)

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
            self._server = None

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.refuses:
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.answer.startswith("250"):
            message = message_from_bytes(_bytes(envelope.content), policy=default)
            assert isinstance(message, EmailMessage)
            self.taken.append(message)
            self.recipients.append(envelope.rcpt_tos)
        return self.answer


def _bytes(content: Any) -> bytes:
    assert isinstance(content, bytes)
    return content


def _authenticate(
    server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any
) -> AuthResult:
    assert isinstance(data, LoginPassword)
    right = (data.login, data.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=right, handled=False)
