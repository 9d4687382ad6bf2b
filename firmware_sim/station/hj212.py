"""What a dust and noise station writes in HJ 212-2017, and what it is answered."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from firmware_sim.station.weather import Weather


@dataclass(frozen=True, slots=True, kw_only=True)
class Hj212Station:
    """One station: its number (MN) and password (PW)."""

    station: str = "SIM00000000000000001"
    password: str = "123456"  # noqa: S105 - a pretend one

    def report(self, weather: Weather, number: int, at: datetime) -> bytes:
        """Write real-time data that ask for an answer; QN carries the number."""
        local = at + timedelta(hours=8)
        content = (
            f"DataTime={local:%Y%m%d%H%M%S};a01001-Rtd={weather.temperature_degc:.1f},"
            f"a01001-Flag=N;a01007-Rtd={weather.wind_ms:.1f},a01007-Flag=N"
        )
        data = (
            f"QN={local:%Y%m%d%H%M%S}{number % 1000:03d};ST=22;CN=2011;PW={self.password};"
            f"MN={self.station};Flag=5;CP=&&{content}&&"
        )
        return f"##{len(data):04d}{data}{_checksum(data)}\r\n".encode("ascii")

    def confirmed(self, held: bytearray) -> list[int]:
        """Take whole answers out of what came, and give the numbers they confirm."""
        numbers = []
        while (end := held.find(b"\r\n")) >= 0:
            line = held[:end].decode("ascii", errors="replace")
            del held[: end + 2]
            data = line[6:-4]
            if "CN=9014;" in data and _checksum(data) == line[-4:]:
                numbers.append(int(data.partition("QN=")[2][14:17]))
        return numbers


def _checksum(data: str) -> str:
    register = 0xFFFF
    for byte in data.encode("ascii", errors="replace"):
        register = (register >> 8) ^ byte
        for _ in range(8):
            low = register & 1
            register >>= 1
            if low:
                register ^= 0xA001
    return f"{register:04X}"
