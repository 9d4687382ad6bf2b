"""A crane's rail as a site file gives it, and how far past its ends a crane is believed."""

from collections.abc import Mapping
from math import inf

TRAVEL = "travel_m"
AZIMUTH, LEAST, MOST = NAMES = ("rail_azimuth_deg", "travel_min_m", "travel_max_m")
CARRIAGE = "undercarriage_m"
# Where a site file says nothing (confidence D): bogies and buffers of 8 m along the rail.
CARRIAGE_M = 8.0
# A crane that says it stands farther past its end stops is not where it says (confidence D), or its
# rail is not what the site file says.
PAST_END_M = 5.0


def has_rail(design: Mapping[str, float]) -> bool:
    """Say whether the design values give a whole rail, with an end behind its beginning."""
    return all(name in design for name in NAMES) and design[LEAST] < design[MOST]


def believed_m(design: Mapping[str, float]) -> tuple[float, float]:
    """Give the least and the most travel that is believed, without end where there is no rail.

    >>> believed_m({"rail_azimuth_deg": 90.0, "travel_min_m": 0.0, "travel_max_m": 80.0})
    (-5.0, 85.0)
    """
    if not has_rail(design):
        return -inf, inf
    return design[LEAST] - PAST_END_M, design[MOST] + PAST_END_M
