"""The weather a pretend station sees: rain that comes and goes, and a river that follows it."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import sin
from random import Random

_PERIOD = 24
_HEAVY_MM = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Weather:
    """What there is to report at one instant; rain is that of the five minutes before."""

    rain_mm: float
    rain_total_mm: float
    stage_m: float
    battery_v: float
    temperature_degc: float
    wind_ms: float

    @property
    def is_heavy(self) -> bool:
        """Say whether it rains so much that a station reports out of turn."""
        return self.rain_mm >= _HEAVY_MM


def weather(*, seed: int, stage_m: float, rise_m: float, most_mm: float) -> Iterator[Weather]:
    """Yield the weather of each report: a stage that begins at `stage_m` and rises by `rise_m`."""
    chance = Random(seed)
    total = 180.0
    n = 0
    while True:
        rain = round(max(0.0, most_mm * sin(n * 6.28 / _PERIOD) + chance.uniform(-0.2, 0.2)), 1)
        total = round(total + rain, 1)
        yield Weather(
            rain_mm=rain,
            rain_total_mm=total,
            stage_m=round(stage_m + n * rise_m + chance.uniform(-0.002, 0.002), 3),
            battery_v=round(12.6 - chance.uniform(0.0, 0.3), 2),
            temperature_degc=round(26.0 + 3 * sin(n / _PERIOD), 1),
            wind_ms=round(max(0.0, 5 + chance.uniform(-2, 3)), 1),
        )
        n += 1
