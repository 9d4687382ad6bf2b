"""Channel that sends short messages by a GSM modem at this machine, with no internet at all.

A modem takes seconds for a message and cannot be interrupted, so it is used by a thread of its own,
one message after the other. A message that is still under way, or went out, when its notice is
tried again is not sent a second time.
"""

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from pydantic import SecretStr

from alerting.channels.gammu_door import GammuModem, ModemFailed
from alerting.channels.phone import dialled, why_no_number
from alerting.errors import DeliveryError
from alerting.model import Notice, Receipt
from alerting.render import SmsForm, render_sms
from alerting.render.gsm import is_gsm

_MAX_WAITING = 50
_MAX_REMEMBERED = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class GsmConfig:
    """Which modem, how it is spoken to, and the PIN of its card."""

    name: str
    device: str
    connection: str = "at115200"
    pin: SecretStr | None = None
    form: SmsForm = field(default_factory=SmsForm)

    def __post_init__(self) -> None:
        """Refuse what could never work."""
        pin = self.pin.get_secret_value() if self.pin is not None else "0000"
        if not (pin.isascii() and pin.isdigit() and 4 <= len(pin) <= 8):
            raise ValueError("a PIN has 4 to 8 digits")
        if not self.connection.startswith(("at", "blue", "irda")):
            raise ValueError("the connection is one of gammu's for modems, for example at115200")


class Modem(Protocol):
    """Sends messages and blocks (implemented by `alerting.channels.gammu_door`)."""

    def send(self, number: str, parts: tuple[str, ...], *, is_plain: bool, reference: int) -> str:
        """Send the parts of one message; raises ModemFailed."""
        ...

    def close(self) -> None:
        """Leave the modem."""
        ...


class SmsGsm:
    """Sends one message a notice."""

    def __init__(
        self, *, config: GsmConfig, now: Callable[[], datetime], modem: Modem | None = None
    ) -> None:
        """Hold the settings; the modem is opened by the first notice."""
        self.name = config.name
        self._config = config
        self._now = now
        self._modem = modem or GammuModem(
            device=config.device, connection=config.connection, pin=config.pin
        )
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=config.name)
        self._under_way: dict[str, Future[str]] = {}
        self._done: OrderedDict[str, str] = OrderedDict()

    async def close(self) -> None:
        """Let what is under way end, give up the rest, and leave the modem."""
        for waiting in self._under_way.values():
            waiting.cancel()
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._thread, self._modem.close)
        self._thread.shutdown(wait=False)

    async def send(self, notice: Notice) -> Receipt:
        """Send once.

        Raises:
            DeliveryError: it was not taken; `retryable` says whether to try again.
        """
        refused = why_no_number(notice.recipient.address)
        if refused is not None:
            raise self._failed(refused, retryable=False)
        reference = self._done.get(notice.id)
        if reference is None:
            reference = await self._sent(notice)
        return Receipt(notice_id=notice.id, at=self._now(), reference=reference)

    async def _sent(self, notice: Notice) -> str:
        work = self._under_way.get(notice.id)
        if work is None:
            work = self._begin(notice)
        try:
            return await asyncio.shield(asyncio.wrap_future(work))
        except ModemFailed as error:
            raise self._failed(str(error), retryable=error.may_pass) from None
        except asyncio.CancelledError:
            work.cancel()  # takes back what has not begun; what has goes on to its end
            raise

    def _begin(self, notice: Notice) -> Future[str]:
        if len(self._under_way) >= _MAX_WAITING:
            why = f"{_MAX_WAITING} messages wait for the modem already"
            raise self._failed(why, retryable=True)
        to = notice.recipient
        parts = render_sms(notice, to.language, self._config.form)
        work = self._thread.submit(
            self._modem.send,
            dialled(to.address),
            parts,
            is_plain=is_gsm("".join(parts)),
            reference=hashlib.sha256(notice.id.encode()).digest()[0],
        )
        self._under_way[notice.id] = work
        loop = asyncio.get_running_loop()
        work.add_done_callback(lambda done: loop.call_soon_threadsafe(self._ended, notice.id, done))
        return work

    def _ended(self, notice_id: str, done: Future[str]) -> None:
        self._under_way.pop(notice_id, None)
        if not done.cancelled() and done.exception() is None:
            self._done[notice_id] = done.result()
            while len(self._done) > _MAX_REMEMBERED:
                self._done.popitem(last=False)

    def _failed(self, reason: str, *, retryable: bool) -> DeliveryError:
        return DeliveryError(f"{self.name}: {reason}", retryable=retryable)
