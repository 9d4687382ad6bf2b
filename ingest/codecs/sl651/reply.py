"""What the centre writes to a station: confirmations, and the request to send a packet again.

A report is answered with its own function, serial number and the time of the centre. The end byte
says what comes next: 06 go on, 04 the session is over, 1B stay on the line, 15 send this packet
again. Keep-alives (2F) are not answered.
"""

from datetime import datetime
from typing import NamedTuple

from ingest.codecs.sl651.bcd import packed_instant
from ingest.codecs.sl651.crc import crc16
from ingest.codecs.sl651.frame import MULTI, SINGLE, START, Frame, Packet

GO_ON, OVER, STAY, AGAIN = 0x06, 0x04, 0x1B, 0x15
_DOWN = 0x8000


class Downlink(NamedTuple):
    """What one answer says."""

    serial: int
    end: int
    packet: Packet | None = None


def downlink(frame: Frame, said: Downlink, now: datetime) -> bytes:
    """Write an answer to the station of a frame."""
    body = said.serial.to_bytes(2) + packed_instant(now)
    if said.packet is not None:
        body = (said.packet.total << 12 | said.packet.number).to_bytes(3) + body
    written = b"".join(
        (
            START,
            bytes.fromhex(frame.station),
            bytes((frame.centre,)),
            frame.password,
            bytes((frame.function,)),
            (_DOWN | len(body)).to_bytes(2),
            bytes((SINGLE if said.packet is None else MULTI,)),
            body,
            bytes((said.end,)),
        )
    )
    return written + crc16(written).to_bytes(2)
