"""The event stream: what changed, to every listener, without ever waiting for one.

A bounded ring keeps the newest events for listeners that come back with the id they saw last. Each
listener has a bounded queue; one that does not read is dropped with a last event that says so. The
program's own status goes to everybody every few seconds, which is also the heartbeat.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

_RING = 1_000
_QUEUE = 256
_MAX_LISTENERS = 64
_STATUS_EVERY_S = 5.0


@dataclass(frozen=True, slots=True)
class Event:
    """One event: its name, its JSON object, and its id (empty for what is not kept)."""

    name: str
    body: dict[str, Any]
    id: str = ""


class TooManyListeners(Exception):
    """Every place on the stream is taken."""


@dataclass(slots=True, eq=False)
class Listener:
    """One open stream: what is still to be sent, and whether that is all."""

    max_queue: int
    queue: deque[Event] = field(default_factory=deque)
    is_over: bool = False
    _moved: asyncio.Event = field(default_factory=asyncio.Event)

    def put(self, event: Event) -> None:
        """Queue one event; a full queue drops the listener."""
        if self.is_over:
            return
        if len(self.queue) >= self.max_queue:
            missed = len(self.queue) + 1
            self.queue.clear()
            reason = "too slow: events came faster than they were read; connect again"
            self.end(Event("dropped", {"reason": reason, "missed": missed}))
            return
        self.queue.append(event)
        self._moved.set()

    def end(self, last: Event) -> None:
        """Queue a last event, after which the stream closes."""
        if not self.is_over:
            self.queue.append(last)
            self.is_over = True
            self._moved.set()

    async def events(self) -> AsyncIterator[Event]:
        """Yield events as they come, until the end."""
        while True:
            while self.queue:
                yield self.queue.popleft()
            if self.is_over:
                return
            self._moved.clear()
            await self._moved.wait()


class Hub:
    """Gives every event to every listener. Its methods belong to one event loop."""

    def __init__(
        self,
        *,
        epoch: str,
        status: Callable[[], Awaitable[dict[str, Any]]],
        ring: int = _RING,
        queue: int = _QUEUE,
        max_listeners: int = _MAX_LISTENERS,
    ) -> None:
        """Number events within `epoch`, which differs from that of any earlier run."""
        self._epoch = epoch
        self._ask_status = status
        self._ring: deque[Event] = deque(maxlen=ring)
        self._queue = queue
        self._max_listeners = max_listeners
        self._listeners: set[Listener] = set()
        self._number = 0
        self.n_dropped = 0
        self.is_closed = False

    @property
    def n_listeners(self) -> int:
        """Count the open streams."""
        return len(self._listeners)

    def publish(self, name: str, body: dict[str, Any]) -> None:
        """Number an event, keep it in the ring and queue it for everybody."""
        self._number += 1
        event = Event(name, body, f"{self._epoch}-{self._number}")
        self._ring.append(event)
        self._tell(event)

    def _tell(self, event: Event) -> None:
        for listener in self._listeners:
            was_over = listener.is_over
            listener.put(event)
            self.n_dropped += listener.is_over and not was_over

    def join(self, last_id: str = "") -> Listener:
        """Open a stream; with the id seen last, what came after it is sent first.

        Raises:
            TooManyListeners: every place is taken.
        """
        if len(self._listeners) >= self._max_listeners:
            raise TooManyListeners(f"all {self._max_listeners} places on the stream are taken")
        listener = Listener(max(self._queue, len(self._ring) + 1))
        if last_id:
            for event in self._after(last_id):
                listener.put(event)
        if self.is_closed:
            listener.end(_stopping())
        self._listeners.add(listener)
        return listener

    def leave(self, listener: Listener) -> None:
        """Forget a stream that was closed."""
        self._listeners.discard(listener)

    def _after(self, last_id: str) -> list[Event]:
        """Give what came after an id, or say that what came between is no longer known."""
        ids = [event.id for event in self._ring]
        if last_id in ids:
            return list(islice(self._ring, ids.index(last_id) + 1, None))
        if last_id == f"{self._epoch}-{self._number}":
            return []
        reason = "what came after this id is no longer kept; read the alerts again"
        return [Event("gap", {"reason": reason, "last_event_id": last_id[:64]})]

    async def run(self) -> None:
        """Tell everybody the program's status every few seconds, until cancelled."""
        while True:
            if self._listeners:
                self._tell(await self.status())
            await asyncio.sleep(_STATUS_EVERY_S)

    async def status(self) -> Event:
        """Make a status event; it has no id, so that a reader's last id stays an alert's."""
        return Event("status", await self._ask_status())

    def close(self) -> None:
        """End every stream: the program stops."""
        self.is_closed = True
        for listener in self._listeners:
            listener.end(_stopping())


def _stopping() -> Event:
    return Event("stopping", {"reason": "the program stops; connect again"})
