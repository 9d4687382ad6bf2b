"""Channel that sends e-mail through one SMTP server, encrypted unless the settings say otherwise.

Each notice is one message with a `Message-ID` made of the notice's id, so that a second copy is
known as such. Answers 4xx and broken connections are tried again, 5xx are final.
"""

import asyncio
import re
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from typing import Literal

import aiosmtplib
from pydantic import SecretStr

from alerting.errors import DeliveryError
from alerting.model import Notice, Receipt
from alerting.render import render_text
from alerting.render.short import essentials, first_words

Security = Literal["starttls", "tls", "none"]

_MAILBOX = re.compile(r"[^\s@<>(),;:\"\\\[\]]{1,64}@[A-Za-z0-9.-]{1,190}")
_SUBJECT = 120
_MAX_SHOWN = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailConfig:
    """Which server, who sends, and how the connection is protected.

    `tls` replaces the system's certificate authorities. At most `max_connections` at once.
    """

    name: str
    host: str
    sender: str
    port: int = 587
    security: Security = "starttls"
    user: str | None = None
    password: SecretStr | None = None
    base_url: str = ""
    timeout_s: float = 10.0
    max_connections: int = 4
    tls: ssl.SSLContext | None = None

    def __post_init__(self) -> None:
        """Refuse what could never work, and a password that everybody on the way could read."""
        wrong = why_no_mailbox(parseaddr(self.sender)[1])
        if (self.user is None) != (self.password is None):
            wrong = wrong or "user and password come together"
        if self.user is not None and self.security == "none":
            wrong = wrong or "a password is not sent over a connection without protection"
        if wrong is not None:
            raise ValueError(wrong)


def why_no_mailbox(address: str) -> str | None:
    """Say why something is no address of a mailbox; None when it is. It is not repeated."""
    if _MAILBOX.fullmatch(address) and ".." not in address:
        return None
    return "this is no address of a mailbox; allowed: one like duty@office.example"


class Email:
    """Sends one message a notice, over a connection of its own."""

    def __init__(self, *, config: EmailConfig, now: Callable[[], datetime]) -> None:
        """Hold the settings; nothing connects before the first notice."""
        self.name = config.name
        self._config = config
        self._now = now
        self._slots = asyncio.Semaphore(config.max_connections)

    async def close(self) -> None:
        """Do nothing: no connection outlives its message."""

    async def send(self, notice: Notice) -> Receipt:
        """Send once.

        Raises:
            DeliveryError: it was not taken; `retryable` says whether to try again.
        """
        refused = why_no_mailbox(notice.recipient.address)
        if refused is not None:
            raise self._failed(refused, retryable=False)
        message = self._message(notice)
        async with self._slots:
            said = await self._hand_over(message, notice.recipient.address)
        return Receipt(notice_id=notice.id, at=self._now(), reference=self._shown(said))

    async def _hand_over(self, message: EmailMessage, to: str) -> str:
        config = self._config
        password = config.password.get_secret_value() if config.password is not None else None
        client = aiosmtplib.SMTP(
            hostname=config.host,
            port=config.port,
            use_tls=config.security == "tls",
            start_tls=config.security == "starttls",
            tls_context=config.tls,
            timeout=config.timeout_s,
            username=config.user,
            password=password,
        )
        try:
            async with asyncio.timeout(config.timeout_s), client:
                _, said = await client.send_message(message, recipients=[to])
        except aiosmtplib.SMTPRecipientsRefused as error:
            raise self._refused(error.recipients[0]) from None
        except aiosmtplib.SMTPResponseException as error:
            raise self._refused(error) from None
        except (aiosmtplib.SMTPException, TimeoutError, OSError) as error:
            is_unable = "not supported" in str(error)  # no STARTTLS, or no way to log in
            said = self._shown(str(error)) if is_unable else _what_broke(error)
            raise self._failed(said, retryable=not is_unable) from None
        return said

    def _message(self, notice: Notice) -> EmailMessage:
        to = notice.recipient
        parts = essentials(notice, to.language)
        message = EmailMessage(policy=SMTP)
        message["From"] = self._config.sender
        message["To"] = to.address
        message["Subject"] = first_words(parts, to.language, limit=_SUBJECT, size=len).text
        message["Date"] = format_datetime(self._now())
        message["Message-ID"] = f"<{notice.id}@{parseaddr(self._config.sender)[1].split('@')[1]}>"
        message["Auto-Submitted"] = "auto-generated"
        message["X-Groundwatch-Mark"] = notice.mark.value
        message.set_content(render_text(notice, to.language, base_url=self._config.base_url))
        return message

    def _refused(self, error: aiosmtplib.SMTPResponseException) -> DeliveryError:
        said = self._shown(error.message)
        reason = f"{self._config.host} answered {error.code}: {said}"
        return self._failed(reason, retryable=not 500 <= error.code < 600)

    def _failed(self, reason: str, *, retryable: bool) -> DeliveryError:
        return DeliveryError(f"{self.name}: {reason}", retryable=retryable)

    def _shown(self, text: str) -> str:
        if self._config.password is not None:
            text = text.replace(self._config.password.get_secret_value(), "…")
        signs = (sign if sign.isprintable() else " " for sign in text[:_MAX_SHOWN])
        return "".join(signs).strip()


def _what_broke(error: BaseException) -> str:
    if isinstance(error, TimeoutError):
        return "the server did not answer in time"
    if isinstance(error, aiosmtplib.SMTPConnectError | OSError):
        return "cannot connect"
    return "the connection broke"
