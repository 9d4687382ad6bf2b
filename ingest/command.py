"""Telling devices something: commands with a reply, and what foreign senders must be told.

Everything is bounded, published at QoS 1, counted, and its outcome can be looked up. Nothing is
tried again by itself: what a device is told must not be told late.
"""

import asyncio
import logging
import secrets
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

import msgspec

from ingest.errors import NotPublished
from ingest.source import CommandReply, Order

log = logging.getLogger(__name__)

MAX_WAITING = 256
MAX_ORDERS = 1_000
MAX_KEPT = 500
ANSWER_WITHIN = timedelta(seconds=30)


class Fate(StrEnum):
    """What became of a command."""

    DONE = "done"
    REFUSED = "refused"
    UNANSWERED = "unanswered"
    NOT_SENT = "not_sent"


class Command(msgspec.Struct, frozen=True, kw_only=True):
    """What a device shall do; it must not be begun later than `within` after it was sent."""

    site: str
    device: str
    name: str
    args: Mapping[str, str | float | int | bool] = {}
    within: timedelta = ANSWER_WITHIN


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a command, when, and why."""

    id: str
    command: Command
    fate: Fate
    reason: str
    sent_at: datetime
    ended_at: datetime
    detail: Mapping[str, str] = {}


class Publisher(Protocol):
    """Takes a message to the broker (implemented by `ingest.mqtt.MqttSource`)."""

    async def publish(self, topic: str, payload: bytes) -> None:
        """Publish at QoS 1; return when the broker took it.

        Raises:
            NotPublished: it did not.
        """
        ...


@dataclass(slots=True)
class CommandCounts:
    """What was told since the start; counts only grow."""

    sent: int = 0
    done: int = 0
    refused: int = 0
    unanswered: int = 0
    not_sent: int = 0
    unmatched: int = 0
    orders: int = 0
    orders_not_sent: int = 0


@dataclass(slots=True)
class Commander:
    """Sends commands and orders through one publisher, and matches the replies."""

    publisher: Publisher
    now: Callable[[], datetime]
    counts: CommandCounts = field(default_factory=CommandCounts)
    recent: deque[Outcome] = field(default_factory=lambda: deque(maxlen=MAX_KEPT))
    _waiting: dict[str, tuple[Command, asyncio.Future[CommandReply]]] = field(default_factory=dict)
    _orders: deque[Order] = field(default_factory=deque)
    _is_wanted: asyncio.Event = field(default_factory=asyncio.Event)

    async def send(self, command: Command) -> Outcome:
        """Send a command, and wait for its reply or until it is too late."""
        name, sent_at = secrets.token_hex(8), self.now()
        if len(self._waiting) >= MAX_WAITING:
            why = f"{MAX_WAITING} commands wait for their replies already"
            return self._end(name, command, sent_at, (Fate.NOT_SENT, why))
        replied: asyncio.Future[CommandReply] = asyncio.get_running_loop().create_future()
        self._waiting[name] = command, replied
        try:
            await self.publisher.publish(_topic(command), _payload(name, command, sent_at))
            self.counts.sent += 1
            async with asyncio.timeout(command.within.total_seconds()):
                reply = await replied
        except NotPublished as fault:
            return self._end(name, command, sent_at, (Fate.NOT_SENT, str(fault)))
        except TimeoutError:
            why = f"no reply within {command.within.total_seconds():g} s"
            return self._end(name, command, sent_at, (Fate.UNANSWERED, why))
        finally:
            self._waiting.pop(name, None)
        fate = Fate.DONE if reply.is_done else Fate.REFUSED
        return self._end(name, command, sent_at, (fate, reply.reason), reply.detail)

    def take_replies(self, replies: Iterable[CommandReply]) -> None:
        """Give replies to whoever waits for them; others are counted."""
        for reply in replies:
            command, waiting = self._waiting.get(reply.id, (None, None))
            whose = (command.site, command.device) if command is not None else None
            if waiting is None or waiting.done() or whose != (reply.site, reply.device):
                self.counts.unmatched += 1
                log.info("%s/%s replied to nothing we wait for", reply.site, reply.device)
            else:
                waiting.set_result(reply)

    def put(self, orders: Sequence[Order]) -> None:
        """Take orders to publish soon; when too many wait, the oldest leave and are counted."""
        self._orders.extend(orders)
        while len(self._orders) > MAX_ORDERS:
            self._orders.popleft()
            self.counts.orders_not_sent += 1
        if orders:
            self._is_wanted.set()

    async def run(self) -> None:
        """Publish orders until cancelled; each once."""
        while True:
            await self._is_wanted.wait()
            self._is_wanted.clear()
            while self._orders:
                await self._publish(self._orders.popleft())

    async def _publish(self, order: Order) -> None:
        try:
            await self.publisher.publish(order.topic, order.payload)
        except NotPublished as fault:
            self.counts.orders_not_sent += 1
            log.warning("not told on %s (%s): %s", order.topic, order.reason, fault)
        else:
            self.counts.orders += 1
            log.info("told on %s: %s", order.topic, order.reason)

    def _end(
        self,
        name: str,
        command: Command,
        sent_at: datetime,
        end: tuple[Fate, str],
        detail: Mapping[str, str] | None = None,
    ) -> Outcome:
        fate, reason = end
        outcome = Outcome(
            id=name,
            command=command,
            fate=fate,
            reason=reason,
            sent_at=sent_at,
            ended_at=self.now(),
            detail=detail or {},
        )
        setattr(self.counts, fate.value, getattr(self.counts, fate.value) + 1)
        self.recent.append(outcome)
        level = logging.INFO if fate is Fate.DONE else logging.WARNING
        where = f"{command.site}/{command.device}"
        log.log(level, "command %s to %s: %s (%s)", command.name, where, fate.value, reason)
        return outcome


def _topic(command: Command) -> str:
    return f"gw/1/{command.site}/{command.device}/command"


def _payload(name: str, command: Command, sent_at: datetime) -> bytes:
    return msgspec.json.encode(
        {
            "id": name,
            "name": command.name,
            "args": dict(command.args),
            "expires": (sent_at + command.within).isoformat(),
        }
    )
