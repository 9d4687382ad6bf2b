"""Small scales people speak in: Beaufort, classes of rain, and what a bucket can tell."""

from math import pi
from typing import NamedTuple

ORIFICE_MM = 200.0  # the usual gauge of China's network


class Word(NamedTuple):
    """A class in both languages."""

    en: str
    zh: str


# The lower end of each Beaufort force in m/s, force 0 first.
BEAUFORT_MS = (0.0, 0.3, 1.6, 3.4, 5.5, 8.0, 10.8, 13.9, 17.2, 20.8, 24.5, 28.5, 32.7)

_CLASSES = (
    Word("light rain", "小雨"),
    Word("moderate rain", "中雨"),
    Word("heavy rain", "大雨"),
    Word("rainstorm", "暴雨"),
    Word("heavy rainstorm", "大暴雨"),
    Word("extreme rainstorm", "特大暴雨"),
)
# GB/T 28592: the lower end of each class, in mm.
RAIN_24H_MM = (0.1, 10.0, 25.0, 50.0, 100.0, 250.0)
RAIN_12H_MM = (0.1, 5.0, 15.0, 30.0, 70.0, 140.0)


def beaufort(wind_ms: float) -> int:
    """Give the Beaufort force of a wind.

    >>> beaufort(10.8)
    6
    """
    return sum(1 for lower in BEAUFORT_MS if wind_ms >= lower) - 1 if wind_ms >= 0.0 else 0


def rain_class(amount_mm: float, *, hours: int = 24) -> Word | None:
    """Give the class of an amount in 24 or 12 hours by GB/T 28592; None below 0.1 mm."""
    if hours not in (12, 24):
        raise ValueError(f"there are classes for 12 and 24 hours, not for {hours}")
    lower_ends = RAIN_24H_MM if hours == 24 else RAIN_12H_MM
    # Amounts are told to a tenth: 9.96 mm is 10.0 mm.
    reached = sum(1 for lower in lower_ends if round(amount_mm, 1) >= lower)
    return _CLASSES[reached - 1] if reached else None


def tip_ml(bucket_mm: float) -> float:
    """Give the water of one tip in millilitres, for the usual orifice of 200 mm."""
    return bucket_mm * pi * (ORIFICE_MM / 2.0) ** 2 / 1000.0


def tips_per_min(intensity_mm_per_h: float, bucket_mm: float) -> float:
    """Give how often a bucket tips in rain of an intensity."""
    return intensity_mm_per_h / 60.0 / bucket_mm


def dead_time_loss(intensity_mm_per_h: float, bucket_mm: float, tip_s: float = 0.3) -> float:
    """Give the largest share of rain lost while the bucket tips."""
    return tips_per_min(intensity_mm_per_h, bucket_mm) * tip_s / 60.0
