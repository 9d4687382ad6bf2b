"""What a station of SL 651 writes, for tests: an encoder that shares nothing with the codec."""

from dataclasses import dataclass
from datetime import datetime, timedelta

STATION = "0044010699"


def checksum(data: bytes) -> bytes:
    value = 0xFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value, odd = divmod(value, 2)
            value ^= 0xA001 * odd
    return bytes(divmod(value, 256))


def bcd(text: str) -> bytes:
    return bytes(int(text[n]) * 16 + int(text[n + 1]) for n in range(0, len(text), 2))


def beijing(at: datetime, *, seconds: bool) -> bytes:
    local = (at + timedelta(hours=8)).strftime("%y%m%d%H%M%S")
    return bcd(local if seconds else local[:10])


def digits_of(number: float, size: int, decimals: int) -> bytes:
    """Write a number in `size` bytes; one below zero gets an FF byte in front."""
    text = f"{round(abs(number) * 10**decimals)}"
    if number < 0:
        return b"\xff" + bcd(text.zfill(2 * size - 2))
    return bcd(text.zfill(2 * size))


def element(code: int, number: float | None, size: int, decimals: int) -> bytes:
    data = b"\xff" * size if number is None else digits_of(number, size, decimals)
    return bytes((code, size * 8 + decimals)) + data


def head(sent_at: datetime, observed_at: datetime, *, serial: int = 1, kind: int = 0x48) -> bytes:
    return b"".join(
        (
            bytes(divmod(serial, 256)),
            beijing(sent_at, seconds=True),
            b"\xf1\xf1" + bcd(STATION) + bytes((kind,)),
            b"\xf0\xf0" + beijing(observed_at, seconds=False),
        )
    )


@dataclass(frozen=True, kw_only=True)
class Uplink:
    """The outside of a frame. `packet` is total and number."""

    function: int = 0x32
    station: str = STATION
    centre: int = 1
    password: str = "1234"
    packet: tuple[int, int] | None = None
    end: int = 0x03

    def frame(self, body: bytes) -> bytes:
        mark = b"\x02"
        if self.packet is not None:
            total, number = self.packet
            mark = b"\x16"
            body = bytes((total // 16, total % 16 * 16 + number // 256, number % 256)) + body
        out = b"\x7e\x7e" + bytes((self.centre,)) + bcd(self.station) + bytes.fromhex(self.password)
        out += bytes((self.function,)) + bytes(divmod(len(body), 256)) + mark + body
        out += bytes((self.end,))
        return out + checksum(out)
