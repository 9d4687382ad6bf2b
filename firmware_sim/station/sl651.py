"""What a hydrological station writes in SL 651-2014 (HEX/BCD form), and what it is answered."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from firmware_sim.station.weather import Weather

_TIMED, _EXTRA = 0x32, 0x33
_RIVER = 0x48
_FRAME_START = b"\x7e\x7e"
_CONFIRMING = (0x04, 0x06, 0x1B)
_OVERHEAD = 17


@dataclass(frozen=True, slots=True, kw_only=True)
class Sl651Station:
    """One station: its address of ten digits, its password of four, the centre it reports to."""

    station: str = "0044010699"
    password: str = "1234"  # noqa: S105 - a pretend one
    centre: int = 1

    def report(self, weather: Weather, number: int, at: datetime) -> bytes:
        """Write a report; an extra one (加报) where the weather is worth it."""
        body = number.to_bytes(2, "big") + _beijing(at + timedelta(seconds=2), "%y%m%d%H%M%S")
        body += b"\xf1\xf1" + bytes.fromhex(self.station) + bytes([_RIVER])
        body += b"\xf0\xf0" + _beijing(at, "%y%m%d%H%M")
        body += _decimal(0x22, weather.rain_mm, 2, 1)
        body += _decimal(0x26, weather.rain_total_mm, 3, 1)
        body += _decimal(0x39, weather.stage_m, 4, 3)
        body += _decimal(0x38, weather.battery_v, 2, 2)
        return self._framed(_EXTRA if weather.is_heavy else _TIMED, body)

    def _framed(self, function: int, body: bytes) -> bytes:
        head = bytes([self.centre]) + bytes.fromhex(self.station) + bytes.fromhex(self.password)
        frame = _FRAME_START + head + bytes([function]) + len(body).to_bytes(2, "big")
        frame += b"\x02" + body + b"\x03"
        return frame + _checksum(frame)

    def confirmed(self, held: bytearray) -> list[int]:
        """Take whole answers out of what came, and give the numbers they confirm."""
        numbers = []
        while len(held) >= _OVERHEAD:
            size = _OVERHEAD + int.from_bytes(held[11:13], "big") % 4096
            if len(held) < size:
                break
            answer = bytes(held[:size])
            del held[:size]
            is_whole = answer.startswith(_FRAME_START) and answer[-2:] == _checksum(answer[:-2])
            if is_whole and answer[-3] in _CONFIRMING:
                numbers.append(int.from_bytes(answer[14:16], "big"))
        return numbers


def _beijing(at: datetime, form: str) -> bytes:
    return bytes.fromhex((at + timedelta(hours=8)).strftime(form))


def _decimal(code: int, value: float, size: int, decimals: int) -> bytes:
    digits = f"{round(abs(value) * 10**decimals):0{2 * size}d}"
    packed = bytes.fromhex(digits)
    if value < 0:
        packed = b"\xff" + packed[1:]
    return bytes([code, size << 3 | decimals]) + packed


def _checksum(data: bytes) -> bytes:
    register = 0xFFFF
    for byte in data:
        register ^= byte
        for _ in range(8):
            low = register & 1
            register >>= 1
            if low:
                register ^= 0xA001
    return register.to_bytes(2, "big")
