"""A webhook receiver on loopback that behaves as badly as it is told to."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Received:
    """One request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes
    connection: int


@dataclass
class Receiver:
    """Answers requests with `script` in turn, then 200; each entry is a status line or a trick.

    `reply_to` makes the body of each plain answer from the request.

    Tricks: `hang` (no answer), `reset` (closed unread), `cut` (closed within the answer), `twice`
    (two answers to one request), `drip` and `flood` (a body without end, slow and fast), `garbage`
    (not HTTP).
    """

    script: list[str] = field(default_factory=list)
    extra_headers: str = ""
    reply: bytes = b"ok"
    reply_to: Callable[[Received], bytes] | None = None
    port: int = 0
    received: list[Received] = field(default_factory=list)
    n_connections: int = 0
    connections: dict[asyncio.StreamWriter, asyncio.Event] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.n_connections += 1
        number = self.n_connections
        ended = self.connections[writer] = asyncio.Event()
        try:
            while True:
                request = await self._read(reader, number)
                self.received.append(request)
                trick = self.script.pop(0) if self.script else "200"
                if self.reply_to is not None and trick == "200":
                    self.reply = self.reply_to(request)
                if not await self._answer(trick, reader, writer):
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()
            ended.set()

    async def _read(self, reader: asyncio.StreamReader, number: int) -> Received:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        first, *lines = head.strip().split("\r\n")
        pairs = (line.split(": ", 1) for line in lines)
        headers = {name.lower(): value for name, value in pairs}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        return Received(first.split(" ")[1], headers, body, number)

    async def _answer(
        self, trick: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        """Answer; say whether the connection stays open."""
        if trick == "hang":
            await reader.read()
            return False
        if trick == "reset":
            return False
        if trick == "garbage":
            writer.write(b"this is not HTTP at all\r\n\r\n")
        elif trick == "cut":
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nonly this")
        elif trick in ("drip", "flood"):
            return await self._pour(writer, wait_s=0.01 if trick == "drip" else 0.0)
        else:
            answer = self._plain(trick.removeprefix("twice ")) * (2 if "twice" in trick else 1)
            writer.write(answer)
        await writer.drain()
        return trick not in ("garbage", "cut")

    async def _pour(self, writer: asyncio.StreamWriter, *, wait_s: float) -> bool:
        writer.write(b"HTTP/1.1 503 Busy\r\nTransfer-Encoding: chunked\r\n\r\n")
        while not writer.is_closing():
            writer.write(b"1\r\nx\r\n")
            await writer.drain()
            await asyncio.sleep(wait_s)
        return False

    def _plain(self, status: str) -> bytes:
        head = f"HTTP/1.1 {status} Word\r\nContent-Length: {len(self.reply)}\r\n"
        return (head + self.extra_headers + "\r\n").encode() + self.reply


@asynccontextmanager
async def receiving(
    *script: str, tls: ssl.SSLContext | None = None, **options: object
) -> AsyncIterator[Receiver]:
    """Run a receiver on a free loopback port."""
    receiver = Receiver(script=list(script), **options)  # type: ignore[arg-type]
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0, ssl=tls)
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        server.close()
        for writer, ended in receiver.connections.items():
            writer.transport.abort()
            await ended.wait()
