"""The checksum of SL 651 frames: CRC-16/MODBUS over everything before it, sent high byte first."""

_POLYNOMIAL = 0xA001  # 0x8005 with its bits in reverse


def _step(value: int) -> int:
    for _ in range(8):
        value = (value >> 1) ^ (_POLYNOMIAL if value & 1 else 0)
    return value


_TABLE = tuple(_step(byte) for byte in range(256))


def crc16(data: bytes) -> int:
    """Give the checksum of some bytes."""
    crc = 0xFFFF
    for byte in data:
        crc = (crc >> 8) ^ _TABLE[(crc ^ byte) & 0xFF]
    return crc
