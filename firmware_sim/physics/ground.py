"""How ground and falsework move: stages with creep, steady approach, and tertiary creep to failure.

Each law is a plain function of time that gives a share of the way, or of the limit.
"""

import math
import re

_DEPTH = re.compile(r"(\d+(?:\.\d+)?)m$")
# The failing mass is followed to this share of the time to failure; then it falls.
_LAST = 0.999


def smooth(share: float) -> float:
    """Go from 0 to 1 without a kink (smoothstep)."""
    share = min(max(share, 0.0), 1.0)
    return share * share * (3.0 - 2.0 * share)


def staged(since_s: float, over_s: float, creep: float, unit_s: float) -> float:
    """Give the share of a stage's movement: 1 when the digging ends, then creep by log of time."""
    if since_s <= 0.0:
        return 0.0
    after_s = since_s - over_s
    late = creep * math.log10(1.0 + after_s / unit_s) if after_s > 0.0 else 0.0
    return smooth(since_s / over_s) + late


def layered(since_s: float, over_s: float, layers: int) -> float:
    """Give the share of a pour done: equal layers, each placed in the first half of its time."""
    if since_s <= 0.0:
        return 0.0
    at = min(since_s / over_s, 1.0) * layers
    whole = min(int(at), layers)
    return (whole + smooth(2.0 * (at - whole))) / layers if whole < layers else 1.0


def tertiary(since_s: float, to_failure_s: float) -> float:
    """Give -ln(1 - u): velocity grows as 1 / (tf - t), the law of Voight at alpha = 2.

    >>> round(tertiary(90.0, 100.0), 3), tertiary(-1.0, 100.0)
    (2.303, 0.0)
    """
    u = min(max(since_s / to_failure_s, 0.0), _LAST)
    return -math.log(1.0 - u)


def bulge(depth_m: float, pit_m: float, peak: float, width: float) -> float:
    """Give the movement of a propped wall at a depth as a share of its largest (a bell)."""
    away = (depth_m / pit_m - peak) / width
    return math.exp(-away * away)


def depth_of(point: str) -> float | None:
    """Give the depth a point's name ends with, or None.

    >>> depth_of("CX1-7.5m"), depth_of("WT3")
    (7.5, None)
    """
    found = _DEPTH.search(point)
    return float(found[1]) if found else None
