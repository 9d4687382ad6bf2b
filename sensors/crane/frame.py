"""A flat frame of metres around one place: x east, y north; good to a centimetre within a site."""

from dataclasses import dataclass
from math import cos, radians

from sensors.model import Position


@dataclass(frozen=True, slots=True)
class Frame:
    """Turns WGS 84 degrees near `origin` into metres (series of the ellipsoid's radii)."""

    origin: Position

    def xy_m(self, position: Position) -> tuple[float, float]:
        """Give metres east and north of the origin."""
        per_lat, per_lon = self._metres_per_degree()
        return (
            (position.lon - self.origin.lon) * per_lon,
            (position.lat - self.origin.lat) * per_lat,
        )

    def position(self, x_m: float, y_m: float) -> Position:
        """Give the place that lies so many metres east and north of the origin.

        >>> here = Frame(Position(23.2, 113.2))
        >>> [round(metres, 6) for metres in here.xy_m(here.position(30.0, -40.0))]
        [30.0, -40.0]
        """
        per_lat, per_lon = self._metres_per_degree()
        return Position(self.origin.lat + y_m / per_lat, self.origin.lon + x_m / per_lon)

    def _metres_per_degree(self) -> tuple[float, float]:
        lat = radians(self.origin.lat)
        per_lat = 111132.92 - 559.82 * cos(2 * lat) + 1.175 * cos(4 * lat)
        per_lon = 111412.84 * cos(lat) - 93.5 * cos(3 * lat) + 0.118 * cos(5 * lat)
        return per_lat, per_lon
