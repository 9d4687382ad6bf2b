"""A message centre on loopback that speaks SMPP 3.4, written from the standard, not from ours."""

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

# GSM 03.38 as far as texts of tests need it: what differs from ASCII.
_DIFFERENT = {0x00: "@", 0x02: "$", 0x11: "_", 0x40: "¡", 0x5F: "§"}
_EXTENSION = {0x14: "^", 0x28: "{", 0x29: "}", 0x2F: "\\", 0x3C: "[", 0x3D: "~", 0x3E: "]",
              0x40: "|", 0x65: "€"}  # fmt: skip


@dataclass(frozen=True)
class Submitted:
    """One part as it came."""

    to: str
    coding: int
    octets: bytes
    udh: bytes


@dataclass
class Centre:
    """Takes parts and puts messages together.

    `script` holds what is done with the next submit_sm: a status, `drop` (the line is cut), `late`
    (the answer comes after a question of the centre's own), or `silent`.
    """

    password: str
    script: list[str | int] = field(default_factory=list)
    parts: list[Submitted] = field(default_factory=list)
    n_binds: int = 0
    n_enquired: int = 0
    n_answered: int = 0
    port: int = 0
    lines: set[asyncio.StreamWriter] = field(default_factory=set)

    def cut(self) -> None:
        """Cut every line, as a restart of the centre does."""
        for line in list(self.lines):
            line.transport.abort()

    def texts(self) -> str:
        whole: dict[tuple[str, bytes], dict[int, str]] = {}
        for number, part in enumerate(self.parts):
            text = part.octets.decode("utf-16-be") if part.coding == 8 else _plain(part.octets)
            key = (part.to, part.udh[3:4] if part.udh else str(number).encode())
            whole.setdefault(key, {})[part.udh[5] if part.udh else 1] = text
        return "\n".join("".join(text for _, text in sorted(w.items())) for w in whole.values())

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.lines.add(writer)
        try:
            while True:
                length, command, status, number = struct.unpack(
                    ">IIII", await reader.readexactly(16)
                )
                body = await reader.readexactly(length - 16)
                if command & 0x80000000:
                    self.n_answered += status == 0
                elif not await self._answer(command, number, body, writer):
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self.lines.discard(writer)
            writer.close()

    async def _answer(
        self, command: int, number: int, body: bytes, writer: asyncio.StreamWriter
    ) -> bool:
        if command == 0x02:
            self.n_binds += 1
            _, password, _ = body.split(b"\x00")[:3]
            right = password.decode() == self.password
            _write(writer, 0x80000002, 0 if right else 0x0E, number, b"centre\x00")
            return right
        if command == 0x15:
            self.n_enquired += 1
            _write(writer, 0x80000015, 0, number)
            return True
        turn = self.script.pop(0) if self.script else 0
        if turn == "drop":
            writer.transport.abort()
            return False
        if turn == "silent":
            return True
        if turn == "late":
            _write(writer, 0x15, 0, 77)
            turn = 0
        assert isinstance(turn, int)
        if turn == 0:
            self.parts.append(_submitted(body))
        _write(writer, 0x80000004, turn, number, f"part-{len(self.parts)}\x00".encode())
        return True


def _write(
    writer: asyncio.StreamWriter, command: int, status: int, number: int, body: bytes = b""
) -> None:
    writer.write(struct.pack(">IIII", 16 + len(body), command, status, number) + body)


def _submitted(body: bytes) -> Submitted:
    _, rest = body.split(b"\x00", 1)  # service type
    _, rest = rest[2:].split(b"\x00", 1)  # source
    to, rest = rest[2:].split(b"\x00", 1)
    esm, rest = rest[0], rest[3:]
    _, rest = rest.split(b"\x00", 1)  # when
    _, rest = rest.split(b"\x00", 1)  # for how long
    _, _, coding, _, length = rest[:5]
    message = rest[5 : 5 + length]
    assert len(message) == length <= (254 if coding == 0 else 140)
    udh = message[: message[0] + 1] if esm & 0x40 else b""
    return Submitted(to.decode(), coding, message[len(udh) :], udh)


def _plain(octets: bytes) -> str:
    text, at = "", 0
    while at < len(octets):
        code = octets[at]
        if code == 0x1B:
            at += 1
            text += _EXTENSION[octets[at]]
        else:
            text += _DIFFERENT.get(code, chr(code))
        at += 1
    return text


@asynccontextmanager
async def centre(password: str) -> AsyncIterator[Centre]:
    found = Centre(password)
    server = await asyncio.start_server(found.serve, "127.0.0.1", 0)
    found.port = server.sockets[0].getsockname()[1]
    try:
        yield found
    finally:
        server.close()
        found.cut()
        await asyncio.sleep(0)
