"""The checksum of HJ 212: like MODBUS's with A001, but each byte goes into the high byte only."""

_POLYNOMIAL = 0xA001


def crc16(data: bytes) -> int:
    """Give the checksum of a data segment; it is sent as four hexadecimal digits."""
    crc = 0xFFFF
    for byte in data:
        crc = (crc >> 8) ^ byte
        for _ in range(8):
            crc = (crc >> 1) ^ (_POLYNOMIAL if crc & 1 else 0)
    return crc
