"""How long a responder needs to the place of an alert, and how that was estimated."""

from collections.abc import Callable, Iterable, Sequence
from typing import Final, NamedTuple, Protocol

from gis_link.ground import distances_m
from gis_link.model import Position

DETOUR: Final = 1.4
FLOODED_KM_PER_H: Final = 20.0
NORMAL_KM_PER_H: Final = 30.0


class Travel(NamedTuple):
    """A time on the road in seconds, and in words how it was found.

    `is_open` is false where no open road is known; the seconds are then those of a straight line.
    """

    seconds: float
    how: str
    is_open: bool = True


class TravelTime(Protocol):
    """Estimates travel, by straight line, over roads, or by asking a server."""

    def between(
        self, origin: Position, destinations: Sequence[Position], hazard: str
    ) -> list[Travel]:
        """Give, for each destination, the time from it to `origin` while `hazard` is on."""
        ...


class StraightLine:
    """Straight line times a detour factor, at the speed of a dry or a flooded town.

    Detour 1.4, 30 km/h and 20 km/h are the project's defaults; no standard gives them.
    """

    def __init__(
        self,
        is_flooded: Callable[[str], bool],
        *,
        detour: float = DETOUR,
        normal_km_per_h: float = NORMAL_KM_PER_H,
        flooded_km_per_h: float = FLOODED_KM_PER_H,
    ) -> None:
        """Refuse a detour below 1 and speeds that are not above 0."""
        if detour < 1.0 or normal_km_per_h <= 0.0 or flooded_km_per_h <= 0.0:
            raise ValueError("detour must be at least 1 and speeds above 0 km/h")
        self._is_flooded = is_flooded
        self._detour = detour
        self._normal, self._flooded = normal_km_per_h, flooded_km_per_h

    @property
    def s_per_m(self) -> float:
        """Give the seconds for a metre of straight line in a dry town."""
        return self._detour * 3.6 / self._normal

    def slowness(self, hazard: str) -> float:
        """Give how many times longer the same road takes while a hazard is on."""
        return self._normal / self._flooded if self._is_flooded(hazard) else 1.0

    def between(
        self, origin: Position, destinations: Sequence[Position], hazard: str
    ) -> list[Travel]:
        """Give the time for each destination."""
        return self.over(distances_m(origin, destinations).tolist(), hazard)

    def over(self, metres: Iterable[float], hazard: str) -> list[Travel]:
        """Give the time for each geodesic distance that is measured already."""
        flooded = self._is_flooded(hazard)
        speed = self._flooded if flooded else self._normal
        roads = "flooded roads" if flooded else "town roads"
        how = f"straight line x {self._detour:g} at {speed:g} km/h ({roads})"
        s_per_m = self._detour * 3.6 / speed
        return [Travel(each * s_per_m, how) for each in metres]


def travels(
    reach: TravelTime,
    origin: Position,
    metres: Sequence[float],
    hazard: str,
    positions: Callable[[], Sequence[Position]],
) -> list[Travel]:
    """Give the travel from places whose distances an index has measured already.

    A straight line takes those distances; others are told the positions.
    """
    if isinstance(reach, StraightLine):
        return reach.over(metres, hazard)
    return reach.between(origin, positions(), hazard)
