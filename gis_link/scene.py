"""What every look-up is told, and the rings it searches: shared by teams and supplies."""

from datetime import datetime
from typing import Any, Final, NamedTuple

import shapely

from gis_link import words
from gis_link.closures import Outlines
from gis_link.ground import Bools, Floats
from gis_link.index import Found, Index
from gis_link.model import Depot, Position, Team

RINGS_M: Final = (1_000.0, 3_000.0, 5_000.0, 10_000.0)
RING_M: Final = RINGS_M[-1]
WIDEST_M: Final = 50_000.0
REACH: Final = f"{RING_M / 1000:g} km"
WIDEST: Final = f"{WIDEST_M / 1000:g} km"


class Danger(NamedTuple):
    """Where nobody may be sent from: a circle around the point, outlines, both or neither.

    `outline` is a shapely shape in WGS 84 (lon, lat) degrees, `outlines` many of them.
    """

    radius_m: float = 0.0
    outline: Any = None
    outlines: Outlines | None = None

    def __bool__(self) -> bool:
        """Say whether it is anywhere."""
        return self.radius_m > 0.0 or self.outline is not None or self.outlines is not None

    def covers(self, lat: Floats, lon: Floats, metres: Floats) -> Bools:
        """Say which points lie inside; `metres` is their distance from the scene."""
        inside: Bools = metres < self.radius_m
        if self.outline is not None:
            inside = inside | shapely.intersects_xy(self.outline, lon, lat)
        if self.outlines is not None:
            inside = inside | self.outlines.cover(lat, lon)
        return inside


def parted(found: Found, danger: Danger, places: Index) -> tuple[Found, Found]:
    """Part rows, nearest first, into those outside the danger area and those inside."""
    rows, metres = found
    if danger.outline is None and danger.outlines is None:
        n = int(metres.searchsorted(danger.radius_m)) if danger.radius_m > 0.0 else 0
        return (Found(rows[n:], metres[n:]) if n else found), Found(rows[:n], metres[:n])
    inside = danger.covers(*places.degrees_of(rows), metres)
    return Found(rows[~inside], metres[~inside]), Found(rows[inside], metres[inside])


NOWHERE: Final = Danger()


class Scene(NamedTuple):
    """Where something is wrong, how bad (1 minor to 4 extreme), and the time now.

    What is inside `danger` is not sent for. `holder` is whose own reservations of stock do not
    count as taken: an alert sees what was put aside for it.
    """

    at: Position
    severity: int
    now: datetime
    danger: Danger = NOWHERE
    holder: str = ""


def ring(distance_m: float) -> str:
    """Say in which ring a distance lies."""
    for ring_m in RINGS_M:
        if distance_m <= ring_m:
            return f"inside the {ring_m / 1000:g} km ring"
    return f"beyond {REACH}, for want of nearer"


def placed(entry: Team | Depot, distance_m: float) -> str:
    """Say who and how far: `Renhe depot 14.2 km`."""
    return f"{entry.name} {words.distance(distance_m)}"
