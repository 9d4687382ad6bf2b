"""A protocol of numbered frames for tests of the TCP listener, and a station that speaks it.

    topic length 2  payload length 4  number 4  topic  payload        number 4 comes back

The station keeps what is not confirmed and sends it again whenever it connects.
"""

import asyncio
import struct
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import Self

from ingest.tcp.dialect import Given, Heard, Refused

HEAD = struct.Struct("!HII")
NUMBER = struct.Struct("!I")
MAX_TOPIC = 1000


def frame(topic: str, payload: bytes, number: int) -> bytes:
    return HEAD.pack(len(topic), len(payload), number) + topic.encode() + payload


def _confirmed(number: int, pad: bytes, now: datetime) -> bytes:
    del now
    return NUMBER.pack(number) + pad


class NumberedDialect:
    """`pad` makes confirmations longer; stations may want none."""

    name = "sl651"

    def __init__(self, pad: bytes = b"", *, confirms: bool = True) -> None:
        self._pad = pad
        self._confirms = confirms

    def converse(self) -> "NumberedConversation":
        return NumberedConversation(self._pad, confirms=self._confirms)


class NumberedConversation:
    def __init__(self, pad: bytes, *, confirms: bool) -> None:
        self._held = b""
        self._confirms = confirms
        self._pad = pad

    @property
    def is_within(self) -> bool:
        return bool(self._held)

    def hear(self, data: bytes, now: datetime) -> Iterator[Heard]:
        del now
        self._held += data
        while len(self._held) >= HEAD.size:
            n_topic, n_payload, number = HEAD.unpack_from(self._held)
            if n_topic > MAX_TOPIC:
                self._held = self._held[1:]
                yield Refused("no such topic")
                continue
            end = HEAD.size + n_topic + n_payload
            if len(self._held) < end:
                return
            topic = self._held[HEAD.size : HEAD.size + n_topic].decode("latin-1")
            payload = self._held[HEAD.size + n_topic : end]
            self._held = self._held[end:]
            confirm = partial(_confirmed, number, self._pad) if self._confirms else None
            yield Given(topic, payload, confirm)

    def tick(self, now: datetime) -> Iterator[Heard]:
        del now
        return iter(())


class Station:
    """Sends what it has, again after each cut, until it is confirmed."""

    def __init__(self, port: Callable[[], int]) -> None:
        self._port = port
        self.waiting: dict[int, bytes] = {}
        self.confirmed: list[int] = []
        self._n = 0
        self._more = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._task = asyncio.get_running_loop().create_task(self._run())
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._task is not None
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task

    def send(self, topic: str, payload: bytes) -> None:
        self._n += 1
        self.waiting[self._n] = frame(topic, payload, self._n)
        self._more.set()

    async def _run(self) -> None:
        while True:
            with suppress(OSError, asyncio.IncompleteReadError):
                await self._talk()
            await asyncio.sleep(0.01)

    async def _talk(self) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port())
        sending = asyncio.get_running_loop().create_task(self._send(writer))
        try:
            while True:
                (number,) = NUMBER.unpack(await reader.readexactly(NUMBER.size))
                self.waiting.pop(number, None)
                self.confirmed.append(number)
        finally:
            sending.cancel()
            with suppress(asyncio.CancelledError, OSError):
                await sending
            writer.close()

    async def _send(self, writer: asyncio.StreamWriter) -> None:
        sent = 0
        while True:
            self._more.clear()
            for number in sorted(self.waiting):
                if number > sent:
                    writer.write(self.waiting[number])
                    sent = number
            await writer.drain()
            await self._more.wait()
