"""Channel that sends short messages to a message centre over SMPP 3.4.

One session is kept and used by one sender at a time. One that rested is asked whether it still
lives (enquire_link) before it is used. A message of several parts carries the same reference each
time it is sent, so that a telephone that got a part twice puts it together once.
"""

import asyncio
import hashlib
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from pydantic import SecretStr

from alerting.channels.phone import dialled, why_no_number
from alerting.channels.smpp import (
    DEFAULT_ALPHABET,
    UCS2,
    Account,
    Session,
    Short,
    SmppBroken,
    concatenation,
)
from alerting.errors import DeliveryError
from alerting.model import Notice, Receipt
from alerting.render import SmsForm, render_sms
from alerting.render.gsm import gsm_octets, is_gsm

_RESTED_S = 20.0

# Statuses that pass, with the seconds to wait (SMPP 3.4, 5.1.3); every other one is final.
_PASSING: dict[int, tuple[str, float | None]] = {
    0x04: ("not bound", None),
    0x05: ("bound already", 5.0),
    0x08: ("system error", None),
    0x14: ("message queue full", 10.0),
    0x45: ("submit failed", None),
    0x58: ("throttled", 5.0),
    0x64: ("temporary error of the receiving application", None),
}
_FINAL = {
    0x0B: "invalid destination",
    0x0D: "bind failed",
    0x0E: "invalid password",
    0x0F: "invalid system id",
    0x0A: "invalid source",
    0x01: "invalid length",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SmppConfig:
    """Which centre, as whom, and from which number or name."""

    name: str
    host: str
    port: int = 2775
    system_id: str
    password: SecretStr
    source: str
    system_type: str = ""
    tls: ssl.SSLContext | None = None
    timeout_s: float = 8.0
    form: SmsForm = field(default_factory=SmsForm)

    def __post_init__(self) -> None:
        """Refuse what the protocol has no room for."""
        wrong = None
        if not (len(self.password.get_secret_value()) <= 8 and len(self.system_id) <= 15):
            wrong = "SMPP has room for a password of 8 signs and a system id of 15"
        is_number = self.source.removeprefix("+").isdigit() and len(self.source) <= 20
        if not (is_number or (self.source.isascii() and 0 < len(self.source) <= 11)):
            wrong = wrong or "the source is a number, or a name of at most 11 signs"
        if wrong is not None:
            raise ValueError(wrong)


class SmsSmpp:
    """Sends one message a notice."""

    def __init__(
        self,
        *,
        config: SmppConfig,
        now: Callable[[], datetime],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Hold the settings; nothing connects before the first notice."""
        self.name = config.name
        self._config = config
        self._now = now
        self._monotonic = monotonic
        self._turn = asyncio.Lock()
        self._session: Session | None = None
        self._used_s = 0.0

    async def close(self) -> None:
        """Leave the centre."""
        self._drop()

    async def send(self, notice: Notice) -> Receipt:
        """Send once, every part of it.

        Raises:
            DeliveryError: it was not taken; `retryable` says whether to try again.
        """
        refused = why_no_number(notice.recipient.address)
        if refused is not None:
            raise self._failed(refused, retryable=False)
        shorts = self._shorts(notice)
        async with self._turn:
            is_done = False
            try:
                async with asyncio.timeout(self._config.timeout_s):
                    reference = await self._submit(shorts)
                is_done = True
            except SmppBroken as error:
                raise self._failed(str(error), retryable=True) from None
            except TimeoutError:
                raise self._failed("the centre did not answer in time", retryable=True) from None
            except OSError:
                raise self._failed("cannot connect", retryable=True) from None
            finally:
                if not is_done:  # an answer may still be under way: nobody must take it for theirs
                    self._drop()
        return Receipt(notice_id=notice.id, at=self._now(), reference=reference)

    async def _submit(self, shorts: list[Short]) -> str:
        session = await self._bound()
        ids = []
        for short in shorts:
            status, part_id = await session.submit(short)
            if status:
                raise self._refused(status)
            ids.append(part_id)
        self._used_s = self._monotonic()
        return " ".join(ids)[:200]

    async def _bound(self) -> Session:
        """Give a session that lives: the one there is, or a new one."""
        if self._session is not None and self._monotonic() - self._used_s > _RESTED_S:
            try:
                await self._session.enquire()
            except SmppBroken:
                self._drop()
        if self._session is None:
            config = self._config
            account = Account(
                host=config.host,
                port=config.port,
                system_id=config.system_id,
                password=config.password.get_secret_value(),
                system_type=config.system_type,
                tls=config.tls,
            )
            self._session, status = await Session.bind(account)
            if status:
                raise self._refused(status)
        return self._session

    def _shorts(self, notice: Notice) -> list[Short]:
        to = notice.recipient
        parts = render_sms(notice, to.language, self._config.form)
        is_plain = is_gsm("".join(parts))
        reference = hashlib.sha256(notice.id.encode()).digest()[0]
        return [
            Short(
                source=self._config.source,
                to=dialled(to.address),
                octets=gsm_octets(part) if is_plain else part.encode("utf-16-be"),
                coding=DEFAULT_ALPHABET if is_plain else UCS2,
                udh=concatenation(reference, len(parts), number) if len(parts) > 1 else b"",
            )
            for number, part in enumerate(parts, start=1)
        ]

    def _drop(self) -> None:
        if self._session is not None:
            self._session.close()
            self._session = None

    def _refused(self, status: int) -> DeliveryError:
        words, wait_s = _PASSING.get(status, (_FINAL.get(status, "see the centre's table"), None))
        reason = f"the centre refused with 0x{status:02X}: {words}"
        return self._failed(reason, retryable=status in _PASSING, retry_after_s=wait_s)

    def _failed(
        self, reason: str, *, retryable: bool, retry_after_s: float | None = None
    ) -> DeliveryError:
        return DeliveryError(
            f"{self.name}: {reason}", retryable=retryable, retry_after_s=retry_after_s
        )
