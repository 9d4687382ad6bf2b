"""How one device reaches the broker: on a line of its own, or on one it shares with others."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Protocol

from firmware_sim.errors import LinkDown
from firmware_sim.link import Broker, Line, Will

SHARED_IN_FLIGHT = 40
FAREWELL_S = 5.0


class Uplink(Protocol):
    """A device's connection; every call may raise LinkDown, `open` also Misuse."""

    async def open(self, will: Will) -> None:
        """Connect, and leave `will` for the case that nothing is heard again."""
        ...

    async def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """Publish at QoS 1; returns when acknowledged."""
        ...

    async def listen(self, topic: str, heard: Callable[[bytes], Awaitable[None]]) -> None:
        """Give what comes on a topic to `heard` until the connection ends."""
        ...

    async def drop(self) -> None:
        """Break off without a farewell: the will is published."""
        ...

    async def close(self) -> None:
        """Say farewell."""
        ...


class OwnUplink:
    """A connection of the device's own, with a last will kept by the broker."""

    def __init__(self, broker: Broker, identifier: str) -> None:
        self._broker = broker
        self._identifier = identifier
        self._line: Line | None = None

    async def open(self, will: Will) -> None:
        await self.drop()
        line = Line(self._broker, self._identifier, will=will)
        await line.__aenter__()
        self._line = line

    async def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        if self._line is None:
            raise LinkDown("not connected")
        await self._line.publish(topic, payload, retain=retain)

    async def listen(self, topic: str, heard: Callable[[bytes], Awaitable[None]]) -> None:
        if self._line is None:
            raise LinkDown("not connected")
        await self._line.listen(topic, heard)

    async def drop(self) -> None:
        line, self._line = self._line, None
        if line is not None:
            await line.drop()

    async def close(self) -> None:
        line, self._line = self._line, None
        if line is not None:
            async with asyncio.timeout(FAREWELL_S):
                await line.__aexit__(None, None, None)


@dataclass(slots=True)
class Trunk:
    """One line for many devices; opened by the first, opened again when it broke."""

    broker: Broker
    identifier: str
    in_flight: int = SHARED_IN_FLIGHT
    line: Line | None = None
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    room: asyncio.Semaphore = field(init=False)

    def __post_init__(self) -> None:
        self.room = asyncio.Semaphore(self.in_flight)

    async def ready(self) -> Line:
        """Give the open line, opening it first where needed."""
        async with self.lock:
            if self.line is None:
                line = Line(self.broker, self.identifier, in_flight=self.in_flight)
                await line.__aenter__()
                self.line = line
            return self.line

    async def broke(self, line: Line) -> None:
        """Forget a line that failed, once."""
        if self.line is line:
            self.line = None
            await line.drop()

    async def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """Publish on the open line; a line that fails is forgotten."""
        line = await self.ready()
        async with self.room:
            try:
                await line.publish(topic, payload, retain=retain)
            except LinkDown:
                await self.broke(line)
                raise

    async def close(self) -> None:
        """Say farewell for everybody."""
        line, self.line = self.line, None
        if line is not None:
            async with asyncio.timeout(FAREWELL_S):
                await line.__aexit__(None, None, None)


class SharedUplink:
    """A place on a trunk; the will is published by the trunk when the device breaks off."""

    def __init__(self, trunk: Trunk) -> None:
        self._trunk = trunk
        self._will: Will | None = None

    async def open(self, will: Will) -> None:
        await self._trunk.ready()
        self._will = will

    async def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        await self._trunk.publish(topic, payload, retain=retain)

    async def listen(self, topic: str, heard: Callable[[bytes], Awaitable[None]]) -> None:
        """Hear nothing: devices that share a line are too many to be commanded one by one."""

    async def drop(self) -> None:
        will, self._will = self._will, None
        if will is not None:
            await self.publish(will.topic, will.payload, retain=True)

    async def close(self) -> None:
        self._will = None
