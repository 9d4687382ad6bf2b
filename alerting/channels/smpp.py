"""The part of SMPP 3.4 that a sender of short messages needs: bytes, and one session.

`alerting.channels.sms_smpp` is the channel. The session is used by one sender at a time: a request,
then reading until its answer; whatever the centre asks in between is answered.
"""

import asyncio
import ssl
import struct
from dataclasses import dataclass
from enum import IntEnum
from typing import Self

_HEADER = struct.Struct(">IIII")
_MAX_PDU = 65_536
_ANSWER = 0x80000000
UCS2, DEFAULT_ALPHABET = 0x08, 0x00
_HAS_UDH = 0x40
_VERSION = 0x34


class SmppBroken(Exception):
    """The connection broke; what was asked last may or may not have been taken."""


class Command(IntEnum):
    """What is asked; answers have the highest bit set as well."""

    GENERIC_NACK = 0x80000000
    BIND_TRANSMITTER = 0x02
    SUBMIT_SM = 0x04
    DELIVER_SM = 0x05
    UNBIND = 0x06
    ENQUIRE_LINK = 0x15


@dataclass(frozen=True, slots=True, kw_only=True)
class Pdu:
    """One message of the protocol."""

    command: int
    sequence: int
    status: int = 0
    body: bytes = b""

    def encode(self) -> bytes:
        """Give the bytes."""
        length = _HEADER.size + len(self.body)
        return _HEADER.pack(length, self.command, self.status, self.sequence) + self.body


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Who binds, and where; the password never shows."""

    host: str
    port: int
    system_id: str
    password: str
    system_type: str = ""
    tls: ssl.SSLContext | None = None

    def __repr__(self) -> str:
        """Leave the password out."""
        return f"Account(host={self.host!r}, port={self.port}, system_id={self.system_id!r})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Short:
    """One part of a message, ready to be sent."""

    source: str
    to: str
    octets: bytes
    coding: int
    udh: bytes = b""


def bind_body(account: Account) -> bytes:
    """Give what a bind_transmitter says."""
    names = (account.system_id, account.password, account.system_type)
    return b"".join(_text(name) for name in names) + bytes([_VERSION, 0, 0]) + _text("")


def submit_body(short: Short) -> bytes:
    """Give what a submit_sm says."""
    message = short.udh + short.octets
    return b"".join(
        [
            _text(""),
            _address(short.source),
            _address(short.to),
            bytes([_HAS_UDH if short.udh else 0, 0, 1]),
            _text(""),
            _text(""),
            bytes([0, 0, short.coding, 0, len(message)]),
            message,
        ]
    )


def concatenation(reference: int, total: int, number: int) -> bytes:
    """Give the header by which a telephone puts the parts of one message together."""
    return bytes([5, 0, 3, reference & 0xFF, total, number])


def _text(text: str) -> bytes:
    return text.encode("ascii", "replace") + b"\x00"


def _address(address: str) -> bytes:
    """Give an address with its type: international, national, or letters."""
    digits = address.removeprefix("+")
    if digits.isdigit():
        kind = bytes([1, 1]) if address.startswith("+") else bytes([0, 1])
    else:
        kind = bytes([5, 0])
    return kind + _text(digits)


class Session:
    """A connection that is bound, and asks one thing at a time."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take a connection."""
        self._reader = reader
        self._writer = writer
        self._sequence = 0

    @classmethod
    async def bind(cls, account: Account) -> tuple[Self, int]:
        """Connect and bind as a transmitter; give the session and the centre's status.

        Raises:
            OSError, SmppBroken: it cannot be reached, or does not speak the protocol.
        """
        reader, writer = await asyncio.open_connection(
            account.host, account.port, ssl=account.tls, limit=_MAX_PDU
        )
        session = cls(reader, writer)
        answer = await session.ask(Command.BIND_TRANSMITTER, bind_body(account))
        return session, answer.status

    async def submit(self, short: Short) -> tuple[int, str]:
        """Hand one part over; give the centre's status and its id of the part.

        Raises:
            SmppBroken: there is no answer, and nobody knows whether it was taken.
        """
        answer = await self.ask(Command.SUBMIT_SM, submit_body(short))
        return answer.status, answer.body.split(b"\x00", 1)[0].decode("ascii", "replace")

    async def enquire(self) -> None:
        """Ask whether the centre is still there.

        Raises:
            SmppBroken: it is not.
        """
        await self.ask(Command.ENQUIRE_LINK, b"")

    async def ask(self, command: Command, body: bytes) -> Pdu:
        """Send a request and give its answer.

        Raises:
            SmppBroken: the connection broke, or what came is no SMPP.
        """
        self._sequence = self._sequence % 0x7FFFFFFF + 1
        await self._write(Pdu(command=command, sequence=self._sequence, body=body))
        while True:
            pdu = await self._read()
            is_answer = pdu.command & _ANSWER and pdu.sequence == self._sequence
            if is_answer:
                return pdu
            if not pdu.command & _ANSWER:
                await self._answer(pdu)

    def close(self) -> None:
        """Leave; what was asked and not answered stays open."""
        self._writer.close()

    async def _answer(self, asked: Pdu) -> None:
        body = b"\x00" if asked.command == Command.DELIVER_SM else b""
        known = asked.command in (Command.ENQUIRE_LINK, Command.DELIVER_SM, Command.UNBIND)
        command = asked.command | _ANSWER if known else Command.GENERIC_NACK
        status = 0 if known else 3  # invalid command
        await self._write(Pdu(command=command, sequence=asked.sequence, status=status, body=body))
        if asked.command == Command.UNBIND:
            raise SmppBroken("the centre ended the session")

    async def _write(self, pdu: Pdu) -> None:
        try:
            self._writer.write(pdu.encode())
            await self._writer.drain()
        except OSError as error:
            raise SmppBroken("the connection broke") from error

    async def _read(self) -> Pdu:
        try:
            head = await self._reader.readexactly(_HEADER.size)
            length, command, status, sequence = _HEADER.unpack(head)
            if not _HEADER.size <= length <= _MAX_PDU:
                raise SmppBroken(f"a message of {length} bytes is none of SMPP")
            body = await self._reader.readexactly(length - _HEADER.size)
        except (asyncio.IncompleteReadError, OSError) as error:
            raise SmppBroken("the connection broke") from error
        return Pdu(command=command, sequence=sequence, status=status, body=body)
