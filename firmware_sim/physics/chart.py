"""The load chart of a tower crane: rated load by radius.

The built-in chart is synthetic (domain reference A9): 6 t flat to 13.7 m, then K/R - c with
K = 85.24 t·m and c = 0.222 t, to 56 m. It is no manufacturer's.
"""

from bisect import bisect_right

SYNTHETIC: tuple[tuple[float, float], ...] = (
    (13.7, 6.00),
    (15.0, 5.46),
    (20.0, 4.04),
    (25.0, 3.19),
    (30.0, 2.62),
    (35.0, 2.21),
    (40.0, 1.91),
    (45.0, 1.67),
    (50.0, 1.48),
    (56.0, 1.30),
)


def scaled(max_load_t: float) -> tuple[tuple[float, float], ...]:
    """Give the synthetic chart of a crane with another greatest load."""
    factor = max_load_t / SYNTHETIC[0][1]
    return tuple((radius, load * factor) for radius, load in SYNTHETIC)


def rated_t(chart: tuple[tuple[float, float], ...], radius_m: float) -> float:
    """Give the rated load at a radius, interpolated in 1/R; 0 beyond the chart's end.

    >>> rated_t(SYNTHETIC, 10.0), rated_t(SYNTHETIC, 20.0), rated_t(SYNTHETIC, 60.0)
    (6.0, 4.04, 0.0)
    """
    radii = [radius for radius, _ in chart]
    if radius_m <= radii[0]:
        return chart[0][1]
    if radius_m > radii[-1]:
        return 0.0
    if radius_m == radii[-1]:
        return chart[-1][1]
    upper = bisect_right(radii, radius_m)
    (r0, load0), (r1, load1) = chart[upper - 1], chart[upper]
    share = (1.0 / r0 - 1.0 / radius_m) / (1.0 / r0 - 1.0 / r1)
    return load0 + share * (load1 - load0)
