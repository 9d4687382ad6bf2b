"""The MQTT source: gives batches, acknowledges what is owned, and comes back after every cut."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from secrets import SystemRandom

from ingest.errors import BrokerAway, NotPublished, SourceError
from ingest.mqtt.config import MqttConfig
from ingest.mqtt.link import Link
from ingest.source import RawMessage, SourceStatus

log = logging.getLogger(__name__)

# A connection must have held so long before the pauses between attempts start small again.
_STEADY_S = 30.0
_MAX_COUNTED = 1 << 30


class MqttSource:
    """A `Source` on a broker: QoS 1, a lasting session, and acknowledgement by hand.

    A refusal that a person must mend (login, subscription, TLS) stops it when it happens on the
    first connection; after a first success every loss is retried for ever, with pauses growing to
    `longest_pause_s`, and shows in `status`. `max_in_flight` bounds each connection: a cut frees
    it, because the broker gives everything unacknowledged again.
    """

    def __init__(self, config: MqttConfig, *, now: Callable[[], datetime]) -> None:
        self._config = config
        self._now = now
        self._inbox: list[RawMessage] = []
        self._link: Link | None = None
        self._wake = asyncio.Event()  # messages, an acknowledgement, a loss, or closing
        self._closing = asyncio.Event()
        self._is_iterated = False
        self._generation = 0
        self._connected_as = 0  # the generation of the last connection that was made
        self._session_since = 0  # and of the first one of the session that the broker keeps
        self._n_connects = 0
        self._n_failures = 0
        self._opened_at = 0.0
        self._status = SourceStatus(
            connected=False, since=now(), reason="not yet connected", n_reconnects=0
        )

    @property
    def status(self) -> SourceStatus:
        """Say whether messages can arrive now, since when, and why not."""
        return self._status

    @property
    def n_unacknowledged(self) -> int:
        """Count the messages received on this connection and not yet acknowledged."""
        return self._link.n_unacknowledged if self._link is not None else 0

    async def batches(self) -> AsyncIterator[Sequence[RawMessage]]:
        """Yield what arrived since the last batch, at most `max_batch` messages, until closed.

        Raises:
            SourceError: the broker refuses us on the first connection.
        """
        if self._is_iterated:
            raise RuntimeError("this source already gives its batches to somebody")
        self._is_iterated = True
        try:
            while not self._closing.is_set():
                self._wake.clear()
                if self._inbox:
                    yield self._take()
                elif self._link is None or self._link.ended is not None:
                    await self._connect()
                else:
                    await self._wake.wait()
        finally:
            self._is_iterated = False

    def _take(self) -> list[RawMessage]:
        batch = self._inbox[: self._config.max_batch]
        del self._inbox[: self._config.max_batch]
        if self._link is not None:
            self._link.resume()
        return batch

    async def acknowledge(self, messages: Sequence[RawMessage]) -> None:
        """Tell the broker that these are owned; those of an earlier connection are ignored."""
        link = self._link
        if link is None:
            return
        generation = link.generation
        link.acknowledge(
            [each.token[1] for each in messages if each.token and each.token[0] == generation]
        )
        self._wake.set()

    async def publish(self, topic: str, payload: bytes) -> None:
        """Publish at QoS 1 on the connection that is there, and return when the broker took it.

        Raises:
            NotPublished: there is no connection, or the broker did not take it; it is not tried
                again, because what a device is told must not be told late.
        """
        if self._link is None or not self._status.connected:
            raise NotPublished(f"no connection: {self._status.reason}")
        await self._link.publish(topic, payload)

    def gives_again(self, message: RawMessage) -> bool:
        """Tell whether a message is of an earlier connection, and the broker kept the session."""
        token = message.token
        return token is not None and self._session_since <= token[0] < self._connected_as

    async def close(self, timeout_s: float = 5.0) -> None:
        """Stop reading, wait until what was given is acknowledged, and disconnect.

        After `timeout_s` seconds it no longer waits: the broker keeps the rest for the next run.
        """
        self._closing.set()
        self._wake.set()
        link = self._link
        if link is None:
            return
        link.stop_reading()
        link.forget([each.token[1] for each in self._inbox if each.token])
        self._inbox.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                while link.n_unacknowledged and link.ended is None:
                    self._wake.clear()
                    await self._wake.wait()
        self._link = None
        link.end("closed")
        self._note(connected=False, reason="closed")

    # Coming back

    async def _connect(self) -> None:
        """Try until connected or closed."""
        if self._link is not None and self._link.refused is not None and self._n_connects == 1:
            raise self._link.refused
        while not self._closing.is_set():
            await self._pause()
            try:
                await self._attempt()
            except BrokerAway as away:
                self._note_failure(str(away))
            except SourceError as refused:
                self._note_failure(str(refused))
                if not self._n_connects:
                    raise
            else:
                return

    async def _attempt(self) -> None:
        self._generation += 1
        link = Link(
            self._config,
            generation=self._generation,
            inbox=self._inbox,
            now=self._now,
            wake=self._on_wake,
        )
        self._link = link
        await link.open()
        self._opened_at = asyncio.get_running_loop().time()
        log.info("connected to %s as %s", self._config.place, self._config.client_id)
        if self._n_connects and not link.session_present:
            log.warning(
                "%s kept no session for us: what was sent while we were away may be lost",
                self._config.place,
            )
        self._connected_as = link.generation
        if not link.session_present:
            self._session_since = link.generation
        self._n_connects += 1
        self._note(connected=True, reason="connected")

    async def _pause(self) -> None:
        """Wait before an attempt: not at all at first, then longer and longer, with jitter."""
        if self._n_failures == 0:
            return
        config = self._config
        longest = min(config.longest_pause_s, config.first_pause_s * 2 ** (self._n_failures - 1))
        with suppress(TimeoutError):
            async with asyncio.timeout(longest * SystemRandom().uniform(0.5, 1.0)):
                await self._closing.wait()

    def _on_wake(self) -> None:
        link = self._link
        if link is not None and link.ended is not None and self._status.connected:
            held_s = asyncio.get_running_loop().time() - self._opened_at
            self._n_failures = 0 if held_s > _STEADY_S else self._n_failures
            self._note_failure(link.ended)
        self._wake.set()

    def _note_failure(self, reason: str) -> None:
        self._n_failures = min(self._n_failures + 1, _MAX_COUNTED)
        self._note(connected=False, reason=reason)
        if self._n_failures.bit_count() == 1:  # the 1st, 2nd, 4th, 8th, … in a row
            log.warning("no broker (%d in a row): %s", self._n_failures, reason)

    def _note(self, *, connected: bool, reason: str) -> None:
        old = self._status
        self._status = replace(
            old,
            connected=connected,
            since=old.since if old.connected == connected else self._now(),
            reason=reason,
            n_reconnects=max(0, self._n_connects - 1),
        )


async def try_broker(config: MqttConfig, *, now: Callable[[], datetime]) -> None:
    """Connect, log in, subscribe and leave, to tell a person whether the settings work.

    It uses a client id of its own, so that a running program keeps its connection and session.

    Raises:
        SourceError: refused for a reason a person must mend.
        BrokerAway: no answer.
    """
    trial = replace(config, client_id=f"{config.client_id}-trial", session_expiry_s=0)
    link = Link(trial, generation=1, inbox=[], now=now, wake=lambda: None)
    await link.open()
    link.end("tried")
