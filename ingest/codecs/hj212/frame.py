"""Packets of HJ 212: cut out of a stream, and their fields.

##0101QN=…;ST=32;CN=2011;PW=123456;MN=…;Flag=5;CP=&&DataTime=…;w01018-Rtd=36.9,…&&1C80 CR LF
"""

from collections.abc import Mapping
from typing import NamedTuple

from ingest.codecs.hj212.crc import crc16
from ingest.codecs.scanner import Scanner

START = b"##"
LENGTH_SIZE, CRC_SIZE = 4, 4
MAX_DATA = 9999
MAX_PACKET = len(START) + LENGTH_SIZE + MAX_DATA + CRC_SIZE + 2
_OPEN, _CLOSE = ";CP=&&", "&&"
_MAX_FIELDS = 64

WANTS_ANSWER, HAS_NUMBERS = 1, 2


class Packet(NamedTuple):
    """One packet as received, `raw`, its fields in front of CP, and what stands in CP."""

    raw: bytes
    fields: Mapping[str, str]
    content: str
    why_damaged: str | None

    def field(self, name: str) -> str:
        """Give a field, "" where it is not there."""
        return self.fields.get(name, "")

    @property
    def flag(self) -> int:
        """Give the flag's bits, 0 where there are none."""
        text = self.field("Flag")
        return int(text) if text.isdecimal() and len(text) < 4 else 0

    @property
    def split(self) -> tuple[int, int] | None:
        """Give of how many packets this is which, from 1; None where it is the only one."""
        total, number = self.field("PNUM"), self.field("PNO")
        if not (self.flag & HAS_NUMBERS and total.isdecimal() and number.isdecimal()):
            return None
        if len(total) > CRC_SIZE or len(number) > CRC_SIZE or int(total) < 2:
            return None
        return int(total), int(number)


def packets_of(data: bytes) -> list[Packet] | None:
    """Read bytes that are whole packets one behind the other, or give None."""
    scanning = scanner()
    found = list(scanning.feed(data))
    packets = [each for each in found if isinstance(each, Packet)]
    return packets if packets and len(packets) == len(found) and not scanning.n_pending else None


def scanner() -> Scanner[Packet]:
    """Make what cuts a stream into packets."""
    return Scanner(start=START, size_at=_size, read=_packet, between=b"\r\n")


def _size(held: bytes, at: int) -> int | None:
    """Give a packet's size without CR LF, 0 where it cannot be known yet, None where it is none."""
    digits = held[at + len(START) : at + len(START) + LENGTH_SIZE]
    if digits and not digits.isdigit():
        return None
    if len(digits) < LENGTH_SIZE:
        return 0
    return len(START) + LENGTH_SIZE + int(digits) + CRC_SIZE


def _packet(raw: bytes) -> Packet:
    data = raw[len(START) + LENGTH_SIZE : -CRC_SIZE]
    given, computed = raw[-CRC_SIZE:].decode("latin-1").upper(), f"{crc16(data):04X}"
    damage = None
    if given != computed:
        damage = f"the checksum is {given!r}, of these bytes it is {computed}"
    text = data.decode("latin-1")
    head, opened, rest = text.partition(_OPEN)
    if not opened or not rest.endswith(_CLOSE):
        damage = damage or "there is no CP=&&…&& at its end"
    pairs = [each.partition("=") for each in head.split(";")[:_MAX_FIELDS]]
    fields = {name: value for name, _, value in pairs if name}
    return Packet(raw, fields, rest.removesuffix(_CLOSE), damage)
