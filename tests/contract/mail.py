"""A real SMTP server on loopback (aiosmtpd) that refuses what it is told to refuse."""

import asyncio
import email
import email.policy
import logging
import ssl
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

# What the far end writes to its own log is its own affair.
logging.getLogger("mail.log").setLevel(logging.CRITICAL)


@dataclass
class Mailbox:
    """Keeps messages; `script` holds the answers to the next recipients (`451 …`, `550 …`)."""

    password: str = ""
    script: list[str] = field(default_factory=list)
    messages: list[EmailMessage] = field(default_factory=list)
    port: int = 0

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        del server, session, options
        if self.script:
            return self.script.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        del server, session
        content = envelope.content
        assert isinstance(content, bytes)
        message = email.message_from_bytes(content, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        self.messages.append(message)
        return f"250 taken as number {len(self.messages)}"

    def let_in(self, *given: object) -> AuthResult:
        login = given[-1]
        assert isinstance(login, LoginPassword)
        is_right = (login.login, login.password) == (b"gw", self.password.encode())
        return AuthResult(success=is_right, handled=is_right)

    def texts(self) -> str:
        return "\n".join(f"{each['Subject']}\n{each.get_content()}" for each in self.messages)


@asynccontextmanager
async def post_office(
    mailbox: Mailbox, *, starttls: ssl.SSLContext | None = None, tls: ssl.SSLContext | None = None
) -> AsyncIterator[Mailbox]:
    def make() -> SMTP:
        needs_password = bool(mailbox.password)
        with warnings.catch_warnings():
            # The library does not see that a connection which begins in TLS is protected.
            warnings.simplefilter("ignore", UserWarning)
            return SMTP(
                mailbox,
                hostname="mail.example",
                tls_context=starttls,
                require_starttls=starttls is not None,
                authenticator=mailbox.let_in if needs_password else None,
                auth_required=needs_password,
                auth_require_tls=starttls is not None,
            )

    loop = asyncio.get_running_loop()
    server = await loop.create_server(make, "127.0.0.1", 0, ssl=tls)
    mailbox.port = server.sockets[0].getsockname()[1]
    try:
        yield mailbox
    finally:
        server.close()
