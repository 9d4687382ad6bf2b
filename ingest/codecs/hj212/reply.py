"""What the platform writes to a station: answers to data and notices, and the order of a clock."""

from datetime import datetime, timedelta, timezone

from ingest.codecs.hj212.crc import crc16
from ingest.codecs.hj212.frame import Packet

BEIJING = timezone(timedelta(hours=8))
_SYSTEM = "91"  # the ST of answers: between the platform and the station themselves
_VERSION_BITS = 0xFC


def packed(data: str) -> bytes:
    """Write a packet around a data segment."""
    raw = data.encode("latin-1", errors="replace")
    return b"##%04d%s%04X\r\n" % (len(raw), raw, crc16(raw))


def answer(packet: Packet, command: str) -> bytes:
    """Answer a packet under its own QN: 9014 to data, 9013 to a notice."""
    fields = {
        "QN": packet.field("QN"),
        "ST": _SYSTEM,
        "CN": command,
        "PW": packet.field("PW"),
        "MN": packet.field("MN"),
        "Flag": str(packet.flag & _VERSION_BITS),
    }
    return packed(_joined(fields, ""))


def clock_order(packet: Packet, now: datetime) -> bytes:
    """Order the clock of a station, or of the instrument it names, to be set."""
    local = now.astimezone(BEIJING)
    instrument = packet.content.partition("PolId=")[2].partition(";")[0]
    content = f"PolId={instrument};" if instrument else ""
    fields = {
        "QN": local.strftime("%Y%m%d%H%M%S") + f"{local.microsecond // 1000:03d}",
        "ST": packet.field("ST"),
        "CN": "1012",
        "PW": packet.field("PW"),
        "MN": packet.field("MN"),
        "Flag": str(packet.flag & _VERSION_BITS | 1),
    }
    return packed(_joined(fields, f"{content}SystemTime={local:%Y%m%d%H%M%S}"))


def _joined(fields: dict[str, str], content: str) -> str:
    return "".join(f"{name}={value};" for name, value in fields.items()) + f"CP=&&{content}&&"
