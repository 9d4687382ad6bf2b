"""What every look-up is told, and the rings it searches: shared by teams and supplies."""

from datetime import datetime
from typing import Final, NamedTuple

from gis_link import words
from gis_link.index import Near
from gis_link.model import Depot, Position, Team

RINGS_M: Final = (1_000.0, 3_000.0, 5_000.0, 10_000.0)
WIDEST_M: Final = 50_000.0
REACH: Final = f"{RINGS_M[-1] / 1000:g} km"
WIDEST: Final = f"{WIDEST_M / 1000:g} km"


class Scene(NamedTuple):
    """Where something is wrong, how bad (1 minor to 4 extreme), and the time now."""

    at: Position
    severity: int
    now: datetime


def ring(distance_m: float) -> str:
    """Say in which ring a distance lies."""
    for ring_m in RINGS_M:
        if distance_m <= ring_m:
            return f"inside the {ring_m / 1000:g} km ring"
    return f"beyond {REACH}, for want of nearer"


def placed(hit: Near[Team] | Near[Depot]) -> str:
    """Say who and how far: `Renhe depot 14.2 km`."""
    return f"{hit.entry.name} {words.distance(hit.distance_m)}"
