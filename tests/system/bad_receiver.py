"""A receiver of notices over real HTTP that behaves badly, the same way after every restart."""

import asyncio
import hashlib
import json
import random
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

TIMEOUT_S = 1.5
FAULTS = ("hang", "429", "500", "503", "reset", "cut_early", "garbage")
KINDS_OF_OK = ("200", "slow", "cut_late", "twice")


@dataclass(frozen=True)
class Taken:
    """A notice that the receiver answered with 2xx while its sender was still there."""

    key: str
    alert: str
    at_s: float
    body: dict[str, Any]


@dataclass(frozen=True)
class Seen:
    """A notice that reached the receiver, whatever became of it."""

    alert: str
    reason: str
    at_s: float


@dataclass
class BadReceiver:
    """Fails each key up to three times in ways of its own, then takes it, in ways of its own too.

    What is done to a key follows from the key, so that it is the same after a restart. `on_request`
    and `on_answer` are told of each, for kills at that very moment.
    """

    is_away: bool = False
    tries: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    seen: list[Seen] = field(default_factory=list)
    taken: list[Taken] = field(default_factory=list)
    on_request: Callable[[dict[str, Any]], None] = lambda _: None
    on_answer: Callable[[], None] = lambda: None
    url: str = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                rows = (row.partition(":") for row in head.decode().split("\r\n")[1:] if row)
                headers = {name.lower(): value.strip() for name, _, value in rows}
                body = await reader.readexactly(int(headers["content-length"]))
                if not await self._answer(headers["idempotency-key"], body, reader, writer):
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the sender is gone, as in a kill
        finally:
            writer.close()

    async def _answer(
        self, key: str, body: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        notice = json.loads(body)
        self.seen.append(Seen(notice["alert"]["id"], notice["reason"], time.monotonic()))
        self.on_request(notice)
        trick = self._trick(key)
        if trick in ("hang", "reset"):
            if trick == "hang":
                await reader.read()
            return False
        if trick in ("500", "503", "429"):
            writer.write(
                f"HTTP/1.1 {trick} No\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n".encode()
            )
            await writer.drain()
            return True
        if trick in ("garbage", "cut_early"):
            writer.write(b"not HTTP\r\n\r\n" if trick == "garbage" else b"HTTP/1.1 20")
            await writer.drain()
            return False
        return await self._take(trick, key, body, (reader, writer))

    def _trick(self, key: str) -> str:
        digest = hashlib.sha256(key.encode()).digest()
        turn = self.tries[key]
        n_faults = turn + 1 if self.is_away else digest[0] % 4
        self.tries[key] += 1
        if turn < n_faults:
            return FAULTS[digest[1 + turn % 8] % len(FAULTS)]
        return KINDS_OF_OK[digest[9] % len(KINDS_OF_OK)]

    async def _take(
        self,
        trick: str,
        key: str,
        body: bytes,
        talk: tuple[asyncio.StreamReader, asyncio.StreamWriter],
    ) -> bool:
        reader, writer = talk
        if trick == "slow":
            await asyncio.sleep(TIMEOUT_S * 0.2)
            if reader.at_eof():
                return False  # the sender has given up, and knows that it has to come again
        plain = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
        cut = b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\nonly this"
        answer = {"twice": plain * 2, "cut_late": cut}.get(trick, plain)
        notice = json.loads(body)
        self.taken.append(Taken(key, notice["alert"]["id"], time.monotonic(), notice))
        writer.write(answer)
        await writer.drain()
        self.on_answer()
        return trick != "cut_late"


@asynccontextmanager
async def receiving(receiver: BadReceiver) -> AsyncIterator[BadReceiver]:
    talks: set[asyncio.Task[Any]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talk = asyncio.current_task()
        assert talk is not None
        talks.add(talk)
        try:
            await receiver.serve(reader, writer)
        except asyncio.CancelledError:
            pass  # the test is over
        finally:
            talks.discard(talk)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    receiver.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/notices"
    try:
        yield receiver
    finally:
        server.close()
        for talk in list(talks):
            talk.cancel()
        if talks:
            await asyncio.wait(talks)


async def at_a_moment(receiver: BadReceiver, how: str) -> None:
    """Wait for a moment to kill at.

    Some time or other, on a request, on that of a notice about several alerts, or after an answer.
    """
    come = asyncio.Event()

    def look(notice: dict[str, Any]) -> None:
        if how == "request" or (how == "gathered" and notice["batch"] is not None):
            come.set()

    receiver.on_request = look
    receiver.on_answer = come.set if how == "answer" else lambda: None
    try:
        async with asyncio.timeout(random.uniform(0.0, 1.5) if how == "whenever" else 8.0):
            await come.wait()
    except TimeoutError:
        pass  # nothing to deliver just then: any moment will do
    finally:
        receiver.on_request, receiver.on_answer = lambda _: None, lambda: None


def assert_copies_only_after_a_crash(receiver: BadReceiver, kills: Sequence[float]) -> None:
    """Let each key come once, and once more for each crash between at most."""
    by_key: dict[str, list[Taken]] = defaultdict(list)
    for taken in receiver.taken:
        by_key[taken.key].append(taken)
    for copies in by_key.values():
        for one, next_one in pairwise(copies):
            between = [at_s for at_s in kills if one.at_s <= at_s <= next_one.at_s]
            assert between, f"told twice without a crash between: {one.key}"
            assert one.body["alert"]["id"] == next_one.body["alert"]["id"]
