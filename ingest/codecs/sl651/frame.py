"""Frames of SL 651-2014 in the HEX/BCD form: cut out of a stream, and what each one says.

    uplink    7E7E  centre 1  station 5  password 2  function 1  flag+length 2  02|16 … end  CRC 2
    downlink  7E7E  station 5  centre 1  password 2  function 1  flag+length 2  02|16 … end  CRC 2

Behind 16 the first three bytes are the total and the index of the packet, 12 bits each.
"""

from typing import NamedTuple

from ingest.codecs.scanner import Scanner
from ingest.codecs.sl651.crc import crc16

START = b"\x7e\x7e"
SINGLE, MULTI = 0x02, 0x16
LAST, MORE = 0x03, 0x17
HEADER_SIZE, TAIL_SIZE = 14, 3
INDEX_SIZE = 3
MAX_BODY = 4095
MAX_FRAME = HEADER_SIZE + MAX_BODY + TAIL_SIZE

KEEP_ALIVE, TEST, UNIFORM, TIMED, EXTRA, HOURLY, MANUAL, PICTURE = range(0x2F, 0x37)
# What a station answers to a question of the centre; it is read as a report is.
ANSWERS = range(0x37, 0x3B)
FUNCTIONS: dict[int, str] = {
    KEEP_ALIVE: "keep-alive",
    TEST: "test report",
    UNIFORM: "report of uniform intervals",
    TIMED: "timed report",
    EXTRA: "extra report",
    HOURLY: "hourly report",
    MANUAL: "manual report",
    PICTURE: "picture",
    **dict.fromkeys(ANSWERS, "answer to a query"),
}


class Packet(NamedTuple):
    """Which packet of how many a frame is; the first has number 1."""

    total: int
    number: int


class Frame(NamedTuple):
    """One frame as received, `raw`, and its fields. `body` is without the packet's index."""

    raw: bytes
    centre: int
    station: str
    password: bytes
    function: int
    packet: Packet | None
    body: bytes
    end: int

    @property
    def why_damaged(self) -> str | None:
        """Say how the checksum differs, or None where it does not."""
        given, computed = int.from_bytes(self.raw[-2:]), crc16(self.raw[:-2])
        if given == computed:
            return None
        return f"the checksum is {given:04X}, of these bytes it is {computed:04X}"


def frames_of(data: bytes) -> list[Frame] | None:
    """Read bytes that are whole frames one behind the other, or give None."""
    scanning = scanner()
    found = [each for each in scanning.feed(data) if isinstance(each, Frame)]
    is_whole = not scanning.n_pending and sum(len(each.raw) for each in found) == len(data)
    return found if is_whole and found else None


def scanner() -> Scanner[Frame]:
    """Make what cuts a stream into frames."""
    return Scanner(start=START, size_at=_size, read=_frame)


def _size(held: bytes, at: int) -> int | None:
    """Give the size of the frame that begins at `at`, 0 where that cannot be known yet.

    None where the header cannot be a station's.
    """
    if len(held) - at < HEADER_SIZE:
        return 0
    length = int.from_bytes(held[at + 11 : at + 13])
    mark = held[at + 13]
    if length > MAX_BODY or mark not in (SINGLE, MULTI):
        return None
    return HEADER_SIZE + length + TAIL_SIZE


def _frame(raw: bytes) -> Frame | None:
    """Read the fields, or give None where the end of the body is not where it should be."""
    end = raw[-TAIL_SIZE]
    body = raw[HEADER_SIZE:-TAIL_SIZE]
    packet = None
    if end not in (LAST, MORE):
        return None
    if raw[13] == MULTI:
        if len(body) < INDEX_SIZE:
            return None
        both = int.from_bytes(body[:INDEX_SIZE])
        packet, body = Packet(both >> 12, both & 0xFFF), body[INDEX_SIZE:]
    return Frame(raw, raw[2], raw[3:8].hex().upper(), raw[8:10], raw[10], packet, body, end)
