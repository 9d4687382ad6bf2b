"""Gusts with Kaimal's spectrum: cosines of equal energy, frozen in the air and carried by it.

The spectrum over wave numbers n = f/U is S(n)/variance = 4 L / (1 + 6 n L)^(5/3). Its integral from
0 to n is 1 - (1 + 6 n L)^(-2/3), so bands of equal energy are found by turning that round, and a
cosine in each, all of one amplitude, has the spectrum's variance without a table. The field does
not change while the mean wind carries it past the instrument (Taylor), so a wind that rises brings
faster gusts.
"""

import math
from dataclasses import dataclass
from random import Random

from firmware_sim.physics.world import World
from firmware_sim.site import DeviceSpec


def share_below(n_per_m: float, length_m: float) -> float:
    """Give the share of the variance in wave numbers below `n_per_m`."""
    return 1.0 - math.pow(1.0 + 6.0 * n_per_m * length_m, -2.0 / 3.0)


def wave_number(share: float, length_m: float) -> float:
    """Give the wave number below which this share of the variance lies.

    >>> round(share_below(wave_number(0.9, 340.0), 340.0), 12)
    0.9
    """
    return (math.pow(1.0 - share, -1.5) - 1.0) / (6.0 * length_m)


@dataclass(frozen=True, slots=True, kw_only=True)
class Eddies:
    """How large the largest eddies are, the smallest an instrument shows, and how many cosines."""

    length_m: float
    cutoff_m: float
    bands: int


class Turbulence:
    """A frozen field of gusts along the wind: mean 0, variance 1 less what the cutoff hides."""

    def __init__(self, random: Random, eddies: Eddies) -> None:
        seen = share_below(1.0 / eddies.cutoff_m, eddies.length_m)
        self._amplitude = math.sqrt(2.0 * seen / eddies.bands)
        shares = (seen * (band + random.random()) / eddies.bands for band in range(eddies.bands))
        self._waves = [
            (math.tau * wave_number(share, eddies.length_m), random.random() * math.tau)
            for share in shares
        ]

    def at(self, place_m: float) -> float:
        """Give the gust `place_m` along the wind, in standard deviations."""
        return self._amplitude * sum(math.cos(k * place_m + phase) for k, phase in self._waves)


class Gust:
    """Gusts at one instrument: the field carried past it; asked with growing time."""

    def __init__(self, field: Turbulence) -> None:
        self._field = field
        self._place_m = 0.0
        self._t_s = 0.0

    def at(self, t_s: float, mean_ms: float, turbulence: float) -> float:
        """Give the wind in m/s at `t_s`; `turbulence` is its deviation over its mean."""
        self._place_m += max(t_s - self._t_s, 0.0) * mean_ms
        self._t_s = t_s
        return max(mean_ms * (1.0 + turbulence * self._field.at(self._place_m)), 0.0)


def gust_for(spec: DeviceSpec, world: World) -> Gust:
    """Give the gusts at one machine."""
    nature = world.nature
    eddies = Eddies(
        length_m=nature("wind", "length_m"),
        cutoff_m=nature("wind", "cutoff_m"),
        bands=int(nature("wind", "bands")),
    )
    return Gust(Turbulence(world.random(spec.name, "gust"), eddies))
